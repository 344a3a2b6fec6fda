package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Rebuild makes the index again from the store, in a directory of its own, and
// puts it in place of the old one, which serves until then. One that the index
// began by itself is given up for it; another caller's is waited for, and then
// it is done again. progress, if not nil, is called with the number of threads
// read so far.
func (x *Index) Rebuild(ctx context.Context, progress func(done int)) error {
	x.mu.RLock()
	if x.yield != nil {
		x.yield()
	}
	x.mu.RUnlock()
	return x.rebuild(ctx, progress, func() bool { return false })
}

// rebuild is Rebuild, unless enough says, when its turn comes, that another did it.
func (x *Index) rebuild(ctx context.Context, progress func(int), enough func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(x.ctx, cancel)()
	select {
	case x.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-x.turn }()
	if enough() {
		return nil
	}
	began := x.svc.Clock()
	// All that is stamped before this is visible to the walk.
	mark := store.At(began.Add(-outbox.Overlap))
	g, err := x.begin(ctx)
	if err != nil {
		return err
	}
	if err := x.fill(ctx, progress); err != nil {
		return errors.Join(err, x.discard(g))
	}
	if err := x.finish(ctx, g, mark); err != nil {
		return errors.Join(err, x.discard(g))
	}
	n, _ := x.Count()
	x.log.Info("the search index was made from the store", "threads", n, "took", x.svc.Clock().Sub(began).Round(time.Millisecond))
	return nil
}

// begin makes the generation that changes are told to from now on.
func (x *Index) begin(ctx context.Context) (*generation, error) {
	epoch, err := x.epoch(ctx)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, errClosed
	}
	var g *generation
	if x.home == nil {
		g, err = newGeneration("", "", epoch)
	} else {
		g, err = x.home.fresh(epoch)
	}
	x.building = g
	return g, err
}

// fill brings every thread into the generation being made. What changes while
// it runs is told to both generations by the follower.
func (x *Index) fill(ctx context.Context, progress func(int)) error {
	done := 0
	return x.threadIDs(ctx, func(ids []string) error {
		if err := x.fillSome(ctx, ids); err != nil {
			return fmt.Errorf("search: %w", err)
		}
		done += len(ids)
		if done%syncEvery < len(ids) {
			if err := x.settle(ctx); err != nil {
				return err
			}
		}
		if progress != nil {
			progress(done)
		}
		return nil
	})
}

// syncEvery bounds the documents of a generation being filled that are held in
// memory.
const syncEvery = 2 * outbox.BatchSize

// settle waits until what was filled in is on disk.
func (x *Index) settle(ctx context.Context) error {
	x.mu.RLock()
	g := x.building
	x.mu.RUnlock()
	if g == nil {
		return errClosed
	}
	return guarded(func() error { return g.sync(ctx) })
}

func (x *Index) fillSome(ctx context.Context, ids []string) error {
	x.write.Lock()
	defer x.write.Unlock()
	docs, err := x.documents(ctx, ids)
	if err != nil {
		return err
	}
	x.mu.RLock()
	g := x.building
	x.mu.RUnlock()
	if g == nil {
		return errClosed
	}
	// Nearly nothing of it is there yet: writing a document again costs less than
	// asking for each.
	unknown := map[string]uint64{}
	for _, id := range ids {
		if docs[id] == nil {
			unknown[id] = 0
		}
	}
	return guarded(func() error { return g.write(x.text, ids, docs, unknown) })
}

// finish puts the generation in place, on disk and then in memory. A checkpoint
// that the follower saved meanwhile holds for it too: what was told before it
// was begun was there to be walked, the rest was told to both.
func (x *Index) finish(ctx context.Context, g *generation, mark store.Millis) error {
	x.write.Lock()
	defer x.write.Unlock()
	err := guarded(func() error {
		err := g.finish(map[string]store.Millis{x.rec.Threads.Schema().Name: mark, x.rec.Answers.Schema().Name: mark})
		return cmp.Or(err, g.sync(ctx))
	})
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	x.mu.Lock()
	old, err := x.replace(g)
	x.mu.Unlock()
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	x.remove(old)
	return nil
}

// replace makes a finished generation the one that serves, and returns the one
// that did. The caller holds both locks.
func (x *Index) replace(g *generation) (old *generation, err error) {
	x.building = nil
	if x.home != nil {
		if g, err = g.reopened(x.home.dir); err != nil {
			return nil, err
		}
		if err := x.home.name(g); err != nil {
			return nil, errors.Join(err, g.close())
		}
	}
	old, x.live = x.live, g
	x.ready()
	x.relinkSoon()
	return old, nil
}

// discard takes back a generation that was not finished.
func (x *Index) discard(g *generation) error {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	if x.building == g {
		x.building = nil
	}
	x.mu.Unlock()
	x.remove(g)
	return nil
}

// remove closes a generation and deletes its files. What cannot be deleted is
// deleted when the index is opened next.
func (x *Index) remove(g *generation) {
	if g == nil {
		return
	}
	err := g.close()
	if x.home != nil {
		err = errors.Join(err, os.RemoveAll(filepath.Join(x.home.dir, g.name)))
	}
	if err != nil {
		x.log.Warn("an old search index could not be removed", "generation", g.name, "err", err)
	}
}

// Sweep compares the index with the store, both ways, and repairs what differs:
// threads that are missing or out of date, and documents whose thread is gone.
// After a restore of the store it rebuilds. It is meant to run now and then, and
// reads every thread.
func (x *Index) Sweep(ctx context.Context) error {
	epoch, err := x.epoch(ctx)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if !x.isOf(epoch) {
		return x.rebuild(ctx, nil, func() bool { return x.isOf(epoch) })
	}
	held, err := x.held()
	if err != nil {
		return err
	}
	var gone []string
	err = x.threadIDs(ctx, func(ids []string) error {
		var over []string
		over, held = without(held, ids)
		gone = append(gone, over...)
		return x.refreshBy(ctx, ids, (*generation).lastingPrints)
	})
	if err != nil {
		return err
	}
	return x.refreshBy(ctx, append(gone, held...), (*generation).lastingPrints)
}

// without splits sorted held ids behind the last of a sorted page: those up to
// there that are not on the page, and the rest.
func without(held, page []string) (over, rest []string) {
	if len(page) == 0 {
		return nil, held
	}
	n, found := slices.BinarySearch(held, page[len(page)-1])
	if found {
		n++
	}
	for _, id := range held[:n] {
		if _, ok := slices.BinarySearch(page, id); !ok {
			over = append(over, id)
		}
	}
	return over, held[n:]
}

func (x *Index) isOf(epoch string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.fit && x.live.about.Epoch == epoch
}

// held lists the ids of all documents, sorted.
func (x *Index) held() (ids []string, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.live == nil {
		return nil, nil
	}
	err = guarded(func() error {
		return reading(x.live.bleve, func(r index.IndexReader) (err error) {
			ids, err = allIDs(r)
			return err
		})
	})
	slices.Sort(ids)
	return ids, err
}

func allIDs(r index.IndexReader) (ids []string, err error) {
	all, err := r.DocIDReaderAll()
	if err != nil {
		return nil, err
	}
	defer all.Close()
	for {
		internal, err := all.Next()
		if err != nil || internal == nil {
			return ids, err
		}
		id, err := r.ExternalID(internal)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
}
