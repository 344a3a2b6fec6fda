package reputation

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestTurnsAreSharedByThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, runs, gate := newTurns[string](), 0, make(chan struct{})
		failure := errors.New("failed")
		var wg sync.WaitGroup
		wg.Go(func() {
			turns.Do("a", func() error { runs++; <-gate; return nil })
		})
		synctest.Wait()
		for range 20 {
			wg.Go(func() {
				if err := turns.Do("a", func() error { runs++; return failure }); err != failure {
					t.Errorf("got %v, want the shared run's error", err)
				}
			})
		}
		synctest.Wait()
		if err := turns.Do("b", func() error { return nil }); err != nil {
			t.Error("another key waits")
		}
		close(gate)
		wg.Wait()
		if runs != 2 || len(turns.running)+len(turns.waiting) != 0 {
			t.Errorf("%d runs; left %d", runs, len(turns.running)+len(turns.waiting))
		}
	})
}

// TestARunSeesWhatWasWrittenBefore: no caller may share a run that began
// before its call.
func TestARunSeesWhatWasWrittenBefore(t *testing.T) {
	turns := newTurns[int]()
	var written, seen atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				mine := written.Add(1)
				turns.Do(0, func() error { seen.Store(written.Load()); return nil })
				if got := seen.Load(); got < mine {
					t.Errorf("the run saw %d, I wrote %d", got, mine)
					return
				}
			}
		})
	}
	wg.Wait()
}
