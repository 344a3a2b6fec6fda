package outbox

import (
	"context"
	"slices"

	"selfie/internal/store"
)

// carrier is a collection whose documents carry boxes, without its type.
type carrier struct {
	schema *store.Schema
	load   func(ctx context.Context, id string) (*Box, error)
	settle func(ctx context.Context, id string, apply func(*Box) bool) error // apply reports whether it changed the box
}

// Carry registers a collection of documents that embed Box, so that the relay
// serves them. The collection must declare PendingIndex. It is called at
// wiring time; a bad declaration panics.
func Carry[T any, P interface {
	*T
	store.Document
	EventBox() *Box
}](r *Relay, c *store.Collection[T]) {
	s := c.Schema()
	mustDeclare(s, PendingIndex())
	r.carry(&carrier{
		schema: s,
		load: func(ctx context.Context, id string) (*Box, error) {
			v, err := c.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			return P(v).EventBox(), nil
		},
		settle: func(ctx context.Context, id string, apply func(*Box) bool) error {
			_, err := c.Settle(ctx, id, func(v *T) error {
				if !apply(P(v).EventBox()) {
					return store.ErrUnchanged
				}
				return nil
			})
			return err
		},
	})
}

func declares(s *store.Schema, want store.Index) bool {
	return slices.ContainsFunc(s.Indexes, func(ix store.Index) bool { return ix.Name() == want.Name() })
}

func mustDeclare(s *store.Schema, want store.Index) {
	if !declares(s, want) {
		panic("outbox: collection " + s.Name + " does not declare the index " + want.Name())
	}
}

// dueQuery finds the documents that must be looked at by now, longest due first.
func dueQuery(now store.Millis) store.Query {
	return store.All().Between("pending", 1, now).Order("pending")
}
