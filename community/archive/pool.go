package archive

import (
	"context"

	"golang.org/x/sync/errgroup"

	"selfie/internal/store"
)

// chunk is how many documents are looked up and written between two breaths.
const chunk = 256

// pool writes documents by several goroutines, so that an engine can group the
// commits. Documents that stand are not made again. Add and Flush are called by
// one goroutine.
type pool struct {
	workers  int
	tally    *Tally
	standing func(ctx context.Context, ids []string) (map[string]bool, error)
	waiting  []piece
}

// piece is a document to be: put makes it and inserts it, and reports false when
// its id was taken.
type piece struct {
	id  string
	put func(ctx context.Context) (inserted bool, err error)
}

func newPool[T any](workers int, tally *Tally, c *store.Collection[T]) *pool {
	return &pool{workers: workers, tally: tally, standing: func(ctx context.Context, ids []string) (map[string]bool, error) {
		docs, err := c.GetMany(ctx, ids)
		have := make(map[string]bool, len(docs))
		for id := range docs {
			have[id] = true
		}
		return have, err
	}}
}

func (p *pool) add(ctx context.Context, id string, put func(context.Context) (bool, error)) error {
	p.waiting = append(p.waiting, piece{id, put})
	if len(p.waiting) < chunk {
		return nil
	}
	return p.flush(ctx)
}

func (p *pool) flush(ctx context.Context) error {
	waiting := p.waiting
	p.waiting = nil
	if len(waiting) == 0 {
		return nil
	}
	ids := make([]string, len(waiting))
	for i, w := range waiting {
		ids[i] = w.id
	}
	have, err := p.standing(ctx, ids)
	if err != nil {
		return err
	}
	return each(ctx, p.workers, waiting, func(ctx context.Context, w piece) error {
		if have[w.id] {
			p.tally.wrote(false)
			return nil
		}
		inserted, err := w.put(ctx)
		if err == nil {
			p.tally.wrote(inserted)
		}
		return err
	})
}

// put returns the put of a piece from what makes its document.
func put[T any](c *store.Collection[T], build func(ctx context.Context) (*T, error)) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		doc, err := build(ctx)
		if err != nil {
			return false, err
		}
		_, inserted, err := c.Put(ctx, doc)
		return inserted, err
	}
}

// each calls f for every item, by several goroutines, until one fails.
func each[T any](ctx context.Context, workers int, items []T, f func(context.Context, T) error) error {
	g, work := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, item := range items {
		if work.Err() != nil {
			break
		}
		g.Go(func() error { return f(work, item) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
