package storetest

import (
	"context"

	"selfie/internal/store"
)

// Twice wraps an engine so that every update function runs twice, on fresh
// copies of the same document, and the second result counts: as if a rival had
// been first. A function with an effect outside its argument shows itself.
func Twice(e store.Engine) store.Engine { return twice{e} }

type twice struct{ store.Engine }

func (e twice) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	return e.Engine.Update(ctx, s, id, func(old store.Raw) (store.Raw, error) {
		spare := clone(old)
		_, _ = apply(old) // the first run's result is lost, as after a rival's write
		return apply(spare)
	})
}
