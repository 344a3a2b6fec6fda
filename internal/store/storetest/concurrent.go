package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"selfie/internal/store"
)

const rivals = 32

func testConcurrent(t *testing.T, target Target) {
	t.Run("one revision", func(t *testing.T) { testOneRevision(t, target) })
	t.Run("increments", func(t *testing.T) { testIncrements(t, target) })
	t.Run("one value", func(t *testing.T) { testOneValue(t, target) })
	t.Run("one id", func(t *testing.T) { testOneID(t, target) })
	t.Run("update or delete", func(t *testing.T) { testUpdateOrDelete(t, target) })
	t.Run("failures beside successes", func(t *testing.T) { testNeighbours(t, target) })
	t.Run("walk among writers", func(t *testing.T) { testWalkAmongWriters(t, target) })
	t.Run("cancelled", func(t *testing.T) { testCancelled(t, target) })
}

// race runs f n times at once and collects what it returns.
func race(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// wantOneWinner asserts that one rival succeeded and the rest lost by want.
func wantOneWinner(t *testing.T, errs []error, want error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantErr(t, "a loser", err, want)
		}
	}
	if won != 1 {
		t.Errorf("%d rivals won", won)
	}
}

// testOneRevision lets rivals edit the revision they all have seen.
func testOneRevision(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(&Thing{Meta: store.Meta{ID: "a"}})
	moved := errors.New("moved on")
	for round := range target.rounds(20) {
		seen := w.get("a").Rev
		errs := race(rivals, func(i int) error {
			_, err := w.things.Update(w.ctx, "a", func(v *Thing) error {
				if v.Rev != seen {
					return moved
				}
				v.Score = int64(i)
				return nil
			})
			return err
		})
		wantOneWinner(t, errs, moved)
		if got := w.get("a"); got.Rev != seen+1 || errs[got.Score] != nil {
			t.Errorf("round %d: stands %+v", round, got)
		}
	}
}

// testIncrements counts every acknowledged update; a rival that is told that
// there are too many tries again.
func testIncrements(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(&Thing{Meta: store.Meta{ID: "a"}})
	each := target.rounds(40)
	for _, err := range race(rivals, func(i int) error {
		for done := 0; done < each; {
			_, err := w.things.Update(w.ctx, "a", func(v *Thing) error { v.Score++; return nil })
			if err == nil {
				done++
			} else if !errors.Is(err, store.ErrBusy) {
				return err
			}
		}
		return nil
	}) {
		w.must(err)
	}
	if got, want := w.get("a"), int64(rivals*each); got.Score != want || got.Rev != want+1 {
		t.Errorf("counted %d at revision %d, want %d", got.Score, got.Rev, want)
	}
}

// testOneValue lets rivals take one unique value, half by insert, half by update.
func testOneValue(t *testing.T, target Target) {
	w := newWorld(t, target)
	for i := range rivals / 2 {
		w.insert(&Thing{Meta: store.Meta{ID: fmt.Sprintf("old%d", i)}, Slug: fmt.Sprint("old", i)})
	}
	for round := range target.rounds(10) {
		mail := fmt.Sprint("mail", round)
		errs := race(rivals, func(i int) error {
			if i%2 == 0 {
				return w.things.Insert(w.ctx, &Thing{Meta: store.Meta{ID: fmt.Sprintf("%d-%d", round, i)}, Slug: fmt.Sprint(round, "-", i), Mail: mail})
			}
			_, err := w.things.Update(w.ctx, fmt.Sprintf("old%d", i/2), func(v *Thing) error { v.Mail = mail; return nil })
			return err
		})
		wantOneWinner(t, errs, store.ErrExists)
		if n, err := w.things.Count(w.ctx, store.Where("mail", mail)); err != nil || n != 1 {
			t.Errorf("%d documents have the value, %v", n, err)
		}
	}
}

func testOneID(t *testing.T, target Target) {
	w := newWorld(t, target)
	for round := range target.rounds(10) {
		id := fmt.Sprint("id", round)
		errs := race(rivals, func(i int) error {
			return w.things.Insert(w.ctx, &Thing{Meta: store.Meta{ID: id}, Slug: fmt.Sprint(round, "-", i), Score: int64(i)})
		})
		wantOneWinner(t, errs, store.ErrExists)
		if got := w.get(id); errs[got.Score] != nil {
			t.Errorf("the document of a loser stands: %+v", got)
		}
	}
	var inserted atomic.Int64
	for _, err := range race(rivals, func(int) error {
		_, fresh, err := w.things.Put(w.ctx, &Thing{Meta: store.Meta{ID: "put"}, Slug: "put"})
		if fresh {
			inserted.Add(1)
		}
		return err
	}) {
		w.must(err)
	}
	if inserted.Load() != 1 {
		t.Errorf("%d puts inserted", inserted.Load())
	}
}

// testUpdateOrDelete holds that a deleted document is not written back.
func testUpdateOrDelete(t *testing.T, target Target) {
	w := newWorld(t, target)
	for round := range target.rounds(20) {
		id := fmt.Sprint("id", round)
		w.insert(&Thing{Meta: store.Meta{ID: id}, Slug: id})
		errs := race(8, func(i int) error {
			if i == 0 {
				return w.things.Delete(w.ctx, id, 0)
			}
			_, err := w.things.Update(w.ctx, id, func(v *Thing) error { v.Score++; return nil })
			return err
		})
		w.must(errs[0])
		for _, err := range errs[1:] {
			if err != nil {
				wantErr(t, "update of the deleted", err, store.ErrNotFound)
			}
		}
		_, err := w.things.Get(w.ctx, id)
		wantErr(t, "get", err, store.ErrNotFound)
	}
}

// testNeighbours holds that writes that fail spoil none that run beside them.
func testNeighbours(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(&Thing{Meta: store.Meta{ID: "taken"}, Slug: "taken", Tags: []string{"old"}})
	mine := errors.New("mine")
	for round := range target.rounds(10) {
		tag := fmt.Sprint("round", round)
		errs := race(rivals, func(i int) error {
			switch i % 4 {
			case 1:
				return w.things.Insert(w.ctx, &Thing{Slug: "taken", Tags: []string{tag}})
			case 2:
				_, err := w.things.Update(w.ctx, "taken", func(v *Thing) error { v.Tags = []string{tag}; return mine })
				return err
			case 3:
				return w.things.Delete(w.ctx, "taken", 99)
			}
			return w.things.Insert(w.ctx, &Thing{Meta: store.Meta{ID: fmt.Sprint(tag, i)}, Slug: fmt.Sprint(tag, i), Tags: []string{tag}})
		})
		for i, err := range errs {
			if want := []error{nil, store.ErrExists, mine, store.ErrStale}[i%4]; !errors.Is(err, want) {
				t.Errorf("write %d: got %v, want %v", i, err, want)
			}
		}
		if n, err := w.things.Count(w.ctx, store.Where("tags[]", tag)); err != nil || n != rivals/4 {
			t.Errorf("%d documents are tagged, %v; want %d", n, err, rivals/4)
		}
	}
}

// testWalkAmongWriters walks a list while others insert into it, change
// what is not its key, and delete what they inserted: each document that
// stands throughout is met exactly once, and none twice.
func testWalkAmongWriters(t *testing.T, target Target) {
	w := newWorld(t, target)
	standing := corpus(100)
	for _, v := range standing {
		v.Space, v.Slug = "walk", v.ID
	}
	w.insert(standing...)
	var writing atomic.Int64
	var writers sync.WaitGroup
	writing.Store(4)
	for i := range 4 {
		writers.Go(func() {
			defer writing.Add(-1)
			disturb(t, w, standing, i, target.rounds(100))
		})
	}
	defer writers.Wait()
	for last := false; !last; {
		last = writing.Load() == 0
		times := map[string]int{}
		for _, id := range w.walk(t, store.Where("space", "walk"), 7) {
			times[id]++
		}
		for id, n := range times {
			if n > 1 {
				t.Errorf("%s was met %d times", id, n)
			}
		}
		for _, v := range standing {
			if times[v.ID] != 1 {
				t.Errorf("standing %s was met %d times", v.ID, times[v.ID])
			}
		}
	}
}

// disturb writes around the standing things.
func disturb(t *testing.T, w *world, standing []*Thing, writer, rounds int) {
	for i := range rounds {
		id := fmt.Sprintf("t%d-%d", writer, i)
		err := w.things.Insert(w.ctx, &Thing{Meta: store.Meta{ID: id}, Space: "walk", Slug: id, Score: int64(i%7 - 3)})
		if err == nil {
			_, err = w.things.Update(w.ctx, standing[(i*4+writer)%len(standing)].ID, func(v *Thing) error { v.Note, v.Name = id, id; return nil })
		}
		if err == nil && i%2 == 0 {
			err = w.things.Delete(w.ctx, id, 1)
		}
		if err != nil {
			t.Errorf("writer: %v", err)
			return
		}
	}
}

// testCancelled holds that a context's end comes back as its error, and leaves
// a write whole or undone.
func testCancelled(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(&Thing{Meta: store.Meta{ID: "a"}, Slug: "a"})
	testCancelledBefore(t, w)
	const n = 64
	for i := range n {
		w.insert(&Thing{Meta: store.Meta{ID: fmt.Sprint("u", i)}, Slug: fmt.Sprint("u", i)})
	}
	ctx, cancel := context.WithCancel(w.ctx)
	var begun atomic.Int64
	errs := race(2*n, func(i int) error {
		if begun.Add(1) == n {
			cancel()
		}
		if i < n {
			return w.things.Insert(ctx, &Thing{Meta: store.Meta{ID: fmt.Sprint("i", i)}, Slug: fmt.Sprint("i", i), Note: "new", Tags: []string{"new"}})
		}
		_, err := w.things.Update(ctx, fmt.Sprint("u", i-n), func(v *Thing) error {
			v.Note, v.Twin, v.Tags = "new", "new", []string{"new"}
			return nil
		})
		return err
	})
	cancel()
	whole := int64(0)
	for i, err := range errs {
		id := fmt.Sprint("i", i)
		if i >= n {
			id = fmt.Sprint("u", i-n)
		}
		whole += w.wholeOrUndone(t, id, err)
	}
	if n, err := w.things.Count(w.ctx, store.Where("tags[]", "new")); err != nil || n != whole {
		t.Errorf("%d are found by their tag, %v; %d stand", n, err, whole)
	}
}

// wholeOrUndone returns 1 when the write of testCancelled stands. It waits for a
// write whose caller has gone: one more write of the same document is queued behind.
func (w *world) wholeOrUndone(t *testing.T, id string, err error) int64 {
	t.Helper()
	if err != nil {
		wantErr(t, "a cancelled write of "+id, err, context.Canceled)
	}
	v, upErr := w.things.Update(w.ctx, id, func(v *Thing) error { v.Score++; return nil })
	if errors.Is(upErr, store.ErrNotFound) && err != nil && id[0] == 'i' {
		return 0
	}
	w.must(upErr)
	done := v.Note == "new"
	if done != (len(v.Tags) == 1) || id[0] == 'u' && done != (v.Twin == "new") || err == nil && !done || id[0] == 'i' && !done {
		t.Errorf("%s (%v) stands half written: %+v", id, err, v)
	}
	if done {
		return 1
	}
	return 0
}

func testCancelledBefore(t *testing.T, w *world) {
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	_, err := w.things.Get(ctx, "a")
	wantErr(t, "get", err, context.Canceled)
	_, err = w.things.GetMany(ctx, []string{"a"})
	wantErr(t, "get many", err, context.Canceled)
	_, err = w.things.Find(ctx, store.All())
	wantErr(t, "find", err, context.Canceled)
	_, err = w.things.Count(ctx, store.All())
	wantErr(t, "count", err, context.Canceled)
	wantErr(t, "insert", w.things.Insert(ctx, &Thing{Meta: store.Meta{ID: "never"}, Slug: "never"}), context.Canceled)
	_, err = w.things.Update(ctx, "a", func(v *Thing) error { v.Note = "never"; return nil })
	wantErr(t, "update", err, context.Canceled)
	wantErr(t, "delete", w.things.Delete(ctx, "a", 0), context.Canceled)
	if got := w.get("a"); got.Note != "" {
		t.Errorf("a write whose context was over stands: %+v", got)
	}
}
