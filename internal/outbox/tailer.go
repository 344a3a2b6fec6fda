package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"selfie/internal/store"
)

// Change is a document as it stood when a local follower was told of it.
type Change struct {
	Collection string
	ID         string
	Changed    store.Millis
	Raw        store.Raw
}

// Checkpoint keeps, for one follower on one node, up to where each collection
// was followed: every change stamped before the value has been handed over.
// A collection that is absent is followed from its beginning.
type Checkpoint interface {
	Load(ctx context.Context) (map[string]store.Millis, error)
	Save(ctx context.Context, upTo map[string]store.Millis) error
}

// BatchSize bounds the changes in one call of a local follower.
const BatchSize = 500

// Overlap is how long after its stamp a write may still become visible: a scan
// goes back so far. It is the bound of a write plus the skew of the clocks.
const Overlap = store.WriteDeadline + store.MaxSkew

// DefaultInterval is how often the tailer looks for writes of other nodes.
const DefaultInterval = 500 * time.Millisecond

// Tailer feeds local followers, which run on every node. They are told of
// every document that changes, at least once for its last state, in batches of
// one collection in the order of (changed, id); of states in between they may
// hear or not. Writes of this process are told at once, those of other nodes
// within the interval.
type Tailer struct {
	db       *store.DB
	log      *slog.Logger
	interval time.Duration

	mu        sync.RWMutex
	followers []*localFollower
}

// NewTailer makes a tailer. An interval of 0 means DefaultInterval; a nil log discards.
func NewTailer(db *store.DB, log *slog.Logger, interval time.Duration) *Tailer {
	if interval <= 0 {
		interval = DefaultInterval
	}
	t := &Tailer{db: db, log: orDiscard(log), interval: interval}
	db.OnCommit(t.wake)
	return t
}

// Follow makes batch a local follower of collections that declare ChangedIndex.
// It is called at wiring time. With a nil checkpoint it hears what is written
// from now on, and remembers its place in memory only.
//
// batch is not called concurrently with itself. When it fails or panics it is
// called again, later, with the same documents as they then stand: a document
// that it can never digest is its own to log and pass over. The checkpoint is
// saved only after batch returned nil.
func (t *Tailer) Follow(name string, cp Checkpoint, batch func(ctx context.Context, changes []Change) error, collections ...*store.Schema) {
	f := &localFollower{
		t: t, name: name, cp: cp, batch: batch,
		turn:  make(chan struct{}, 1),
		bell:  make(chan struct{}, 1),
		feeds: map[string]*feed{},
	}
	for _, s := range collections {
		mustDeclare(s, ChangedIndex())
		f.order = append(f.order, newFeed(s))
		f.feeds[s.Name] = f.order[len(f.order)-1]
	}
	if cp == nil {
		f.startAt(store.At(t.db.Now()))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.followers = append(t.followers, f)
}

// Run feeds the followers until ctx ends, and returns nil.
func (t *Tailer) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, f := range t.all() {
		wg.Go(func() { f.run(ctx) })
	}
	wg.Wait()
	return nil
}

// CatchUp returns when every local follower has been told of everything
// committed before the call, whether or not the tailer runs. The first failure
// of a follower is returned.
func (t *Tailer) CatchUp(ctx context.Context) error {
	var errs []error
	for _, f := range t.all() {
		errs = append(errs, f.scan(ctx))
	}
	return errors.Join(errs...)
}

func (t *Tailer) all() []*localFollower {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.followers
}

func (t *Tailer) wake(c store.Commit) {
	for _, f := range t.all() {
		if feed := f.feeds[c.Collection]; feed != nil {
			feed.hint(c.ID)
			f.ring()
		}
	}
}

// Walk calls f with every document of a collection in the order of ids, page by
// page, until f fails: for sweeps that compare a follower's copy with the store.
// Documents written meanwhile may or may not be met.
func Walk(ctx context.Context, db *store.DB, s *store.Schema, f func(store.Raw) error) error {
	q := store.All().Limit(BatchSize)
	for {
		docs, next, err := db.FindRaw(ctx, s, q)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			if err := f(doc); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		q = q.After(next)
	}
}
