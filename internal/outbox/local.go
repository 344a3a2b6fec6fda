package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"selfie/internal/store"
)

// The waits of a failing local follower, doubling.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 30 * time.Second
)

// maxInterval bounds the time between scans when scans take long.
const maxInterval = 10 * time.Second

// localFollower is one local follower with its feeds.
type localFollower struct {
	t     *Tailer
	name  string
	cp    Checkpoint
	batch func(context.Context, []Change) error
	feeds map[string]*feed
	order []*feed
	bell  chan struct{} // rung by commits of this process
	turn  chan struct{} // held by the one that scans; guards what follows

	loaded bool
	saved  map[string]store.Millis
}

func (f *localFollower) ring() {
	select {
	case f.bell <- struct{}{}:
	default:
	}
}

// startAt begins in memory at a moment: what is stamped before it and already
// visible is old news, what is stamped before it and comes late is not.
func (f *localFollower) startAt(now store.Millis) {
	for _, feed := range f.order {
		feed.floor, feed.mute = now-millis(Overlap), now
	}
	f.loaded = true
}

// run tells commits of this process at once and scans for the others, until
// ctx ends. A scan may take a tenth of the time, so that a busy collection
// does not make the tailer a burden.
func (f *localFollower) run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := f.scan(ctx)
		next := time.Now().Add(max(f.t.interval, min(9*time.Since(began), maxInterval)))
		for err == nil && f.rung(ctx, time.Until(next)) {
			err = f.tellHints(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			pause = firstPause
			continue
		}
		f.t.log.Error("local follower failed; it will be told again", "follower", f.name, "in", pause, "err", err)
		sleep(ctx, pause)
		pause = min(pause*2, lastPause)
	}
}

// rung waits at most d for a commit of this process.
func (f *localFollower) rung(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return false
	case <-f.bell:
		return true
	}
}

// locked runs step while no other goroutine feeds the follower.
func (f *localFollower) locked(ctx context.Context, step func() error) error {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-f.turn }()
	if err := f.load(ctx); err != nil {
		return err
	}
	return step()
}

// load reads the checkpoint once.
func (f *localFollower) load(ctx context.Context) error {
	if f.loaded {
		return nil
	}
	upTo, err := f.cp.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the checkpoint: %w", err)
	}
	for _, feed := range f.order {
		feed.floor = upTo[feed.schema.Name]
	}
	f.loaded, f.saved = true, maps.Clone(upTo)
	return nil
}

// scan tells everything visible that may not have been told, in every feed.
// One feed's failure does not keep the others from being told.
func (f *localFollower) scan(ctx context.Context) error {
	return f.locked(ctx, func() error {
		var errs []error
		for _, feed := range f.order {
			if err := f.scanFeed(ctx, feed); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", f.name, feed.schema.Name, err))
			}
		}
		return errors.Join(errs...)
	})
}

func (f *localFollower) scanFeed(ctx context.Context, d *feed) error {
	d.takeHints() // their writes are visible to this scan
	// What is stamped before this is visible now, and so is met by this scan.
	floor := store.At(f.t.db.Now()) - millis(Overlap)
	query := store.All().Between("changed", min(d.floor, floor), nil).Order("changed").Limit(BatchSize)
	for {
		docs, next, err := f.t.db.FindRaw(ctx, d.schema, query)
		if err != nil {
			return err
		}
		if err := f.tell(ctx, d, docs, 0, floor); err != nil {
			return err
		}
		if next == "" {
			break
		}
		last, err := store.Decode[store.Meta](docs[len(docs)-1])
		if err != nil {
			return err
		}
		if err := f.reach(ctx, d, min(last.Changed, floor)); err != nil {
			return err
		}
		query = query.After(next)
	}
	d.prune(floor)
	return f.reach(ctx, d, floor)
}

// tellHints tells what this process has just written. What is stamped before
// the floor was told: only its bookkeeping was written.
func (f *localFollower) tellHints(ctx context.Context) error {
	return f.locked(ctx, func() error {
		for _, d := range f.order {
			for _, ids := range d.takeHints() {
				docs, err := f.t.db.Engine.GetMany(ctx, d.schema, ids)
				if err != nil {
					return err
				}
				if err := f.tell(ctx, d, docs, d.floor, d.floor); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// tell hands over what is news in docs and stamped at or behind from, and
// remembers of it what is stamped at or behind floor.
func (f *localFollower) tell(ctx context.Context, d *feed, docs []store.Raw, from, floor store.Millis) error {
	changes, err := d.fresh(docs)
	if err != nil {
		return err
	}
	from = max(from, d.mute)
	news := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Changed < from })
	if len(news) > 0 {
		if err := f.call(ctx, news); err != nil {
			return err
		}
	}
	return d.heard(changes, floor)
}

func (f *localFollower) call(ctx context.Context, changes []Change) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f.batch(ctx, changes)
}

// saveStep is how far a checkpoint lags behind while changes keep coming.
const saveStep store.Millis = 10_000

// reach notes that everything stamped before floor was told, and saves that
// when a restart would otherwise tell much again.
func (f *localFollower) reach(ctx context.Context, d *feed, floor store.Millis) error {
	d.floor = floor
	last := f.saved[d.schema.Name]
	told := d.latest < last                            // a restart would repeat nothing
	soon := floor <= d.latest && floor-last < saveStep // more to come, and little to repeat
	if f.cp == nil || told || soon || floor <= last {
		return nil
	}
	upTo := maps.Clone(f.saved)
	if upTo == nil {
		upTo = map[string]store.Millis{}
	}
	upTo[d.schema.Name] = floor
	if err := f.cp.Save(ctx, maps.Clone(upTo)); err != nil {
		return fmt.Errorf("save the checkpoint: %w", err)
	}
	f.saved = upTo
	return nil
}
