package search

import (
	"context"
	"errors"
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/search/quick"
)

// Follow registers the index with the tailer, for threads, answers and synonyms. Its
// checkpoint lies in the index itself and is written after what it vouches for.
// The first scan waits until there is an index that was filled from the store.
func (x *Index) Follow(t *outbox.Tailer) {
	t.Follow("search", checkpoint{x}, x.batch, x.rec.Threads.Schema(), x.rec.Answers.Schema(), x.rec.Uploads.Schema())
	x.followSynonyms(t)
	x.followNotes(t)
}

// batch brings the threads that changed, or whose answers or pictures did, up to
// date.
func (x *Index) batch(ctx context.Context, changes []outbox.Change) error {
	var ids []string
	for _, c := range changes {
		if c.Collection == x.rec.Threads.Schema().Name {
			ids = append(ids, c.ID)
			continue
		}
		a, err := store.Decode[struct {
			Thread string `json:"thread"`
		}](c.Raw)
		if err != nil {
			x.log.Error("a document cannot be read for the search index", "collection", c.Collection, "id", c.ID, "err", err)
			continue
		}
		if a.Thread != "" { // a picture of a draft is in none
			ids = append(ids, a.Thread)
		}
	}
	return x.refresh(ctx, ids)
}

// refresh brings documents to the present state of their threads, in every
// generation.
func (x *Index) refresh(ctx context.Context, ids []string) error {
	return x.refreshBy(ctx, ids, (*generation).prints)
}

// refreshBy is refresh, where prints tells what a generation holds. Reading and
// writing happen under one lock: the later writer has read the later state.
func (x *Index) refreshBy(ctx context.Context, ids []string, prints func(*generation, []string) (map[string]uint64, error)) error {
	slices.Sort(ids)
	for chunk := range slices.Chunk(slices.Compact(ids), outbox.BatchSize) {
		if err := x.refreshSome(ctx, chunk, prints); err != nil {
			return fmt.Errorf("search: %w", err)
		}
	}
	return nil
}

func (x *Index) refreshSome(ctx context.Context, ids []string, prints func(*generation, []string) (map[string]uint64, error)) error {
	x.write.Lock()
	defer x.write.Unlock()
	docs, err := x.documents(ctx, ids)
	if err != nil {
		return err
	}
	for _, g := range x.targets() {
		err := guarded(func() error {
			had, err := prints(g, ids)
			if err != nil {
				return err
			}
			return g.write(x.text, ids, docs, had)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// targets are the generations that must hear of a change. The caller holds write.
func (x *Index) targets() []*generation {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.DeleteFunc([]*generation{x.live, x.building}, func(g *generation) bool { return g == nil })
}

// documents makes the documents of those of the threads that are to be found.
func (x *Index) documents(ctx context.Context, ids []string) (map[string]*document, error) {
	threads, err := x.rec.Threads.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	docs := make(map[string]*document, len(threads))
	for id, t := range threads {
		if !indexed(t) {
			continue
		}
		c, err := x.load(ctx, t)
		if err != nil {
			return nil, err
		}
		docs[id] = documentOf(t, c)
	}
	return docs, nil
}

// write makes the generation hold docs, and of ids nothing else, in one batch. had
// are the fingerprints of those it holds already, 0 where that is not known: what
// is there as it should be is not written.
func (g *generation) write(r reader, ids []string, docs map[string]*document, had map[string]uint64) error {
	batch := g.bleve.NewBatch()
	w := r.weigher(shape())
	var put []quick.Doc
	var gone []string
	for _, id := range ids {
		d := docs[id]
		print, held := had[id]
		switch {
		case d == nil && held:
			batch.Delete(id)
			gone = append(gone, id)
		case d != nil && print != d.print:
			e := w.entry(id, d)
			if err := batch.IndexAdvanced(e.lasting); err != nil {
				return err
			}
			put = append(put, e.quick)
		}
	}
	if batch.Size() == 0 {
		return nil
	}
	if err := g.bleve.Batch(batch); err != nil {
		return err
	}
	if g.quick == nil {
		return nil // reading it failed, and the generation is about to be replaced
	}
	g.quick.Put(put...)
	g.quick.Delete(gone...)
	return nil
}

// prints returns the fingerprints of those of the ids that are held.
func (g *generation) prints(ids []string) (map[string]uint64, error) {
	if g.quick == nil {
		return g.lastingPrints(ids)
	}
	prints := make(map[string]uint64, len(ids))
	for _, id := range ids {
		if p, ok := g.quick.Print(id); ok {
			prints[id] = p
		}
	}
	return prints, nil
}

// lastingPrints are the fingerprints as Bleve keeps them.
func (g *generation) lastingPrints(ids []string) (map[string]uint64, error) {
	prints := make(map[string]uint64, len(ids))
	err := reading(g.bleve, func(r index.IndexReader) error {
		defer releaseAll(r)
		for _, id := range ids {
			d, err := r.Document(id)
			if err != nil {
				return err
			}
			if d == nil {
				continue
			}
			prints[id] = 0
			d.VisitFields(func(f index.Field) {
				if f.Name() == fieldRecord {
					prints[id] = printOf(f.Value())
				}
			})
		}
		return nil
	})
	return prints, err
}

// checkpoint keeps the tailer's place in every generation.
type checkpoint struct{ x *Index }

func (c checkpoint) Load(ctx context.Context) (map[string]store.Millis, error) {
	select {
	case <-c.x.first:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-c.x.ctx.Done():
		return nil, errClosed
	}
	c.x.mu.RLock()
	defer c.x.mu.RUnlock()
	if c.x.live == nil {
		return nil, nil
	}
	return c.x.live.checkpoint()
}

func (c checkpoint) Save(_ context.Context, upTo map[string]store.Millis) error {
	c.x.write.Lock()
	defer c.x.write.Unlock()
	for _, g := range c.x.targets() {
		if err := guarded(func() error { return g.saveCheckpoint(upTo) }); err != nil {
			return fmt.Errorf("search: %w", err)
		}
	}
	return nil
}

var errClosed = errors.New("search: the index is closed")

// threadIDs walks the ids of all threads in their order, page by page.
func (x *Index) threadIDs(ctx context.Context, f func(ids []string) error) error {
	q := store.All().Limit(outbox.BatchSize)
	for {
		page, err := x.rec.Threads.Find(ctx, q)
		if err != nil {
			return err
		}
		if err := f(idsOf(page.Items)); err != nil || page.Next == "" {
			return err
		}
		q = q.After(page.Next)
	}
}

func idsOf(threads []*community.Thread) []string {
	ids := make([]string, len(threads))
	for i, t := range threads {
		ids[i] = t.ID
	}
	return ids
}
