package search

import (
	"context"
	"fmt"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"selfie/search/quick"
)

// ranked reads the generation's documents into the form they are ranked by:
// what it then holds is what it would hold had it been there from the start.
func (g *generation) ranked(ctx context.Context) (*quick.Index, error) {
	x := quick.New(shape())
	var terms []quick.Posting
	return x, g.eachRecord(func(id, record string) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d, err := readRecord(record, terms[:0])
		if err != nil {
			return fmt.Errorf("%w: thread %s", err, id)
		}
		d.ID, terms = id, d.Terms
		x.Put(d)
		return nil
	})
}

// releaseEvery bounds the documents whose mapped pages are held at once.
const releaseEvery = 4096

func releaseAll(r index.IndexReader) {
	if snapshot, err := snapshotOf(r); err == nil {
		for _, segment := range snapshot.Segments() {
			release(segment.Segment())
		}
	}
}

// eachRecord calls f with each document, in no order.
func (g *generation) eachRecord(f func(id, record string) error) error {
	return reading(g.bleve, func(r index.IndexReader) error {
		snapshot, err := snapshotOf(r)
		if err != nil {
			return err
		}
		for _, segment := range snapshot.Segments() {
			if err := eachRecordOf(segment, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func eachRecordOf(segment *scorch.SegmentSnapshot, f func(id, record string) error) error {
	read := 0
	for live := segment.DocNumbersLive().Iterator(); live.HasNext(); read++ {
		if read%releaseEvery == releaseEvery-1 {
			release(segment.Segment())
		}
		var id, record string
		err := segment.VisitDocument(uint64(live.Next()), func(field string, _ byte, value []byte, _ []uint64) bool {
			switch field {
			case "_id":
				id = string(value)
			case fieldRecord:
				record = string(value)
			}
			return true
		})
		if err != nil {
			return err
		}
		if err := f(id, record); err != nil {
			return err
		}
	}
	release(segment.Segment())
	return nil
}

// rankingWait is how long a search waits for the ranking to be read.
const rankingWait = 2 * time.Second

// loadRanking makes ready the ranking of a generation that was opened, which
// takes a second or two where there are many threads. A search waits that long;
// then Bleve answers, from titles and tags. What changes waits, too.
func (x *Index) loadRanking(g *generation) {
	x.write.Lock()
	loaded := make(chan struct{})
	x.loading = loaded
	x.work.Go(func() {
		defer x.write.Unlock()
		defer close(loaded)
		var ranking *quick.Index
		err := guarded(func() (err error) {
			ranking, err = g.ranked(x.ctx)
			return err
		})
		switch {
		case x.ctx.Err() != nil:
		case err != nil:
			x.doubt(g, err)
		default:
			x.mu.Lock()
			g.quick = ranking
			x.mu.Unlock()
		}
	})
}

// awaitRanking returns when the ranking is loaded, or when that takes too long.
func (x *Index) awaitRanking(ctx context.Context) {
	if x.loading == nil {
		return
	}
	select {
	case <-x.loading:
		return
	default:
	}
	t := time.NewTimer(rankingWait)
	defer t.Stop()
	select {
	case <-x.loading:
	case <-t.C:
	case <-ctx.Done():
	}
}

// ranks reports whether the ranking in memory is loaded.
func (x *Index) ranks() (loaded bool) {
	_ = x.viewing(func(g *generation) error { loaded = g.quick != nil; return nil })
	return loaded
}
