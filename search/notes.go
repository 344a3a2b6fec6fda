package search

import (
	"context"
	"errors"
	"time"

	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/search/eval"
)

// Notes keeps in the store what search has learned, so that every node ranks
// alike. All methods may be called concurrently.
type Notes struct {
	db    *store.DB
	notes *store.Collection[learnt]
}

// learnt is what was learned of the worth of links. There is one, or none.
type learnt struct {
	store.Meta
	eval.Learned
	From  int          `json:"from"`            // how many lessons there were
	Until store.Millis `json:"until,omitempty"` // a node learns until then, at the latest
}

const (
	noteID   = "links"
	learnFor = 15 * time.Minute // then the node that learns is taken for dead
)

// OpenNotes declares the collection. Call it before db.Migrate.
func OpenNotes(db *store.DB) *Notes {
	return &Notes{db: db, notes: store.Declare[learnt](db, "search_notes", outbox.ChangedIndex())}
}

func (n *Notes) read(ctx context.Context) (learnt, error) {
	if n == nil {
		return learnt{}, nil
	}
	l, err := n.notes.Get(ctx, noteID)
	if errors.Is(err, store.ErrNotFound) {
		return learnt{}, nil
	}
	if err != nil {
		return learnt{}, err
	}
	return *l, nil
}

// claim makes this node the one that learns, unless another does already.
func (n *Notes) claim(ctx context.Context) (mine bool, err error) {
	if n == nil {
		return true, nil
	}
	now := store.At(n.db.Now())
	_, err = n.write(ctx, func(l *learnt) error {
		if mine = l.Until <= now; !mine {
			return store.ErrUnchanged
		}
		l.Until = now + store.Millis(learnFor.Milliseconds())
		return nil
	})
	return mine, err
}

// keep writes down what was learned, and ends the claim.
func (n *Notes) keep(ctx context.Context, found eval.Learned, from int) (learnt, error) {
	if n == nil {
		return learnt{Learned: found, From: from}, nil
	}
	return n.write(ctx, func(l *learnt) error {
		if l.Learned == found && l.From == from && l.Until == 0 {
			return store.ErrUnchanged
		}
		l.Learned, l.From, l.Until = found, from, 0
		return nil
	})
}

func (n *Notes) write(ctx context.Context, apply func(*learnt) error) (learnt, error) {
	l, err := n.notes.Upsert(ctx, noteID, func() *learnt { return &learnt{} }, apply)
	if err != nil {
		return learnt{}, err
	}
	return *l, nil
}

// followNotes lets this node heed at once what another learned.
func (x *Index) followNotes(t *outbox.Tailer) {
	if x.notes == nil {
		return
	}
	t.Follow("search-notes", nil, func(context.Context, []outbox.Change) error { x.relinkSoon(); return nil }, x.notes.notes.Schema())
}

func (x *Index) relinkSoon() {
	select {
	case x.relinks <- struct{}{}:
	default:
	}
}
