package mongo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
)

// rounds is how often Update runs before it gives way.
const rounds = 64

// errAgain says that a write certainly did not happen, and may when repeated.
var errAgain = errors.New("mongo: a rival was first")

// Insert adds a document. A lost answer is an error and never a second try,
// since the document may stand by then.
func (e *Engine) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	ctx, done, err := e.begin(ctx, callDeadline)
	if err != nil {
		return err
	}
	defer done()
	tree, err := encode(s, doc)
	if err != nil {
		return err
	}
	return e.again(ctx, func() error {
		_, err := e.collection(s).InsertOne(ctx, tree)
		if refusesDouble(err) {
			return e.taken(ctx, s, tree, true, err)
		}
		return e.fail(ctx, s, "insert", err)
	})
}

// Update reads, applies and replaces at the revision read, until it was first.
// A lost answer to the replace is an error: the function may have been applied,
// and applying it again could count a thing twice.
func (e *Engine) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	ctx, done, err := e.begin(ctx, callDeadline)
	if err != nil {
		return err
	}
	defer done()
	return e.again(ctx, func() error {
		old, err := e.get(ctx, s, id)
		if err != nil {
			return err
		}
		next, err := apply(old)
		if err != nil {
			return err
		}
		return e.replace(ctx, s, old, next)
	})
}

func (e *Engine) replace(ctx context.Context, s *store.Schema, old, next store.Raw) error {
	if next.ID != old.ID || next.Rev <= old.Rev {
		return fmt.Errorf("mongo: %s %s: an update from revision %d made %s at %d", s.Name, old.ID, old.Rev, next.ID, next.Rev)
	}
	tree, err := encode(s, next)
	if err != nil {
		return err
	}
	result, err := e.collection(s).ReplaceOne(ctx, atRev(old.ID, old.Rev), tree)
	switch {
	case refusesDouble(err):
		return e.taken(ctx, s, tree, false, err)
	case err != nil:
		return e.fail(ctx, s, "replace", err)
	case result.MatchedCount == 0:
		return errAgain
	}
	return nil
}

func atRev(id string, rev int64) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "rev", Value: rev}}
}

// again runs a write until it ends otherwise than by a rival's luck.
func (e *Engine) again(ctx context.Context, write func() error) error {
	for round := range rounds {
		if err := write(); err != errAgain {
			return err
		}
		if err := pause(ctx, round); err != nil {
			return err
		}
	}
	return store.ErrBusy
}

// pause waits up to 2 ms, doubled each round up to 64 ms, a random share of it,
// so that rivals spread.
func pause(ctx context.Context, round int) error {
	longest := 2 * time.Millisecond << min(round, 5)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Delete removes a document, at a revision when one is given.
func (e *Engine) Delete(ctx context.Context, s *store.Schema, id string, rev int64) error {
	ctx, done, err := e.begin(ctx, callDeadline)
	if err != nil {
		return err
	}
	defer done()
	filter := byID(id)
	if rev != 0 {
		filter = atRev(id, rev)
	}
	result, err := e.collection(s).DeleteOne(ctx, filter)
	if err != nil {
		return e.fail(ctx, s, "delete", err)
	}
	if result.DeletedCount > 0 {
		return nil
	}
	if rev != 0 {
		if _, err := e.get(ctx, s, id); err != nil {
			return err
		}
		return store.ErrStale
	}
	return store.ErrNotFound
}
