package media

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Light pictures share the turns, a heavy one has all of them, and everyone gets a
// turn in the end.
func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const turns = 3
		s := newSlots(turns)
		var mu sync.Mutex
		light, heavy, most := 0, 0, 0
		enter := func(isHeavy bool, by int) {
			mu.Lock()
			defer mu.Unlock()
			if isHeavy {
				heavy += by
			} else {
				light += by
			}
			most = max(most, light)
			if light > turns || heavy > 1 || heavy == 1 && light > 0 {
				t.Errorf("%d light and %d heavy at once", light, heavy)
			}
		}
		for i := range 60 {
			isHeavy := i >= turns && i%7 == 0
			if i == turns {
				synctest.Wait() // the first have all turns at once
			}
			go func() {
				done, err := s.acquire(t.Context(), isHeavy)
				if err != nil {
					t.Error(err)
					return
				}
				enter(isHeavy, 1)
				time.Sleep(time.Second) // the bubble's clock
				enter(isHeavy, -1)
				done()
			}()
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if light != 0 || heavy != 0 || most != turns || len(s.turns) != 0 || len(s.heavy) != 0 {
			t.Errorf("left %d light, %d heavy, %d turns; most at once %d", light, heavy, len(s.turns), most)
		}
	})
}

// Whoever gives up gives back what it had collected.
func TestSlotsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(2)
		done, err := s.acquire(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, heavy := range []bool{true, true} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if _, err := s.acquire(ctx, heavy); err == nil {
				t.Error("a heavy picture got its turn beside another")
			}
			cancel()
		}
		if len(s.turns) != 1 || len(s.heavy) != 0 {
			t.Errorf("%d turns and %d heavy are still held", len(s.turns), len(s.heavy))
		}
		done()
		if _, err := s.acquire(t.Context(), true); err != nil {
			t.Error(err)
		}
	})
}
