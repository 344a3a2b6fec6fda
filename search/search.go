package search

import (
	"context"
	"html/template"

	"github.com/blevesearch/bleve/v2"
	bq "github.com/blevesearch/bleve/v2/search/query"

	"selfie/community"
	"selfie/internal/store"
)

// Hit is one thread that a search found, as the actor may see it.
type Hit struct {
	Thread  *community.Thread
	Snippet template.HTML // escaped text with the words found in <mark>, and no other markup
	Answer  string        // id of the answer that the snippet comes from; "" is the question
}

// The page size of a search that names none, and its bound.
const (
	defaultLimit = 20
	maxLimit     = 50
)

// maxJudged bounds the threads that one page loads and judges: a phrase whose
// words are everywhere, but seldom beside one another, gives short pages.
const maxJudged = 200

// Search finds threads for an actor, best first; see Query for the language. A
// query in which nothing was typed, and a cursor of another query, are faults
// of kind Invalid. next continues the list, at most 1000 deep; "" ends it.
// Pages may be short. What is asked while someone turns them stays out of them,
// and nothing is shown twice; what is edited meanwhile may move.
func (x *Index) Search(ctx context.Context, by community.Actor, q, cursor string, limit int) (hits []Hit, next string, err error) {
	r, err := x.Look(ctx, by, Request{Query: q, After: cursor, Limit: limit, Literal: true})
	return r.Hits, r.Next, err
}

// page lists hits of a plan from a place on.
func (x *Index) page(ctx context.Context, by community.Actor, p plan, from place, limit int) (hits []Hit, next *place, err error) {
	w := walk{x: x, by: by, plan: p, began: from.began, shown: map[uint32]bool{}}
	w.plan.bleve = p.before(from.began)
	w.resume(from)
	for limit = pageSize(limit); ; {
		at, h, err := w.next(ctx)
		switch {
		case err != nil:
			return nil, nil, err
		case at < 0:
			return hits, nil, nil
		case h == nil || len(hits) == limit: // enough was judged, or there is one more
			next = &place{at, from.began, from.shown}
			for _, h := range hits {
				next.shown = append(next.shown, tagOf(h.Thread.ID))
			}
			return hits, next, nil
		}
		hits = append(hits, *h)
	}
}

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultLimit
	}
	return min(limit, maxLimit)
}

// walk goes through the list of a plan, window by window.
type walk struct {
	x      *Index
	by     community.Actor
	plan   plan
	began  store.Millis
	shown  map[uint32]bool // on the pages before
	place  int             // of the next document in the whole list
	judged int
	list   []found // the window that place lies in
	from   int     // the place of its first
	last   bool    // nothing is behind it
}

// next returns the next hit and its place: -1 behind the last, and no hit when
// enough was judged for one page.
func (w *walk) next(ctx context.Context) (int, *Hit, error) {
	for ; w.place < maxDepth; w.place++ {
		if w.list == nil || w.place >= w.from+window {
			if w.last {
				return -1, nil, nil
			}
			if err := w.turn(ctx); err != nil {
				return 0, nil, err
			}
		}
		if w.place >= w.from+len(w.list) {
			return -1, nil, nil
		}
		if w.shown[tagOf(w.list[w.place-w.from].id)] {
			continue
		}
		if w.judged >= maxJudged {
			return w.place, nil, nil
		}
		w.judged++
		h, err := w.judge(ctx, w.list[w.place-w.from].thread)
		if err != nil {
			return 0, nil, err
		}
		if h != nil {
			w.place++
			return w.place - 1, h, nil
		}
	}
	return -1, nil, nil
}

// resume goes back a little before the place where the list was left, since
// threads may have moved, and passes over those that were shown.
func (w *walk) resume(from place) {
	w.place = max(0, from.at-window)
	for _, tag := range from.shown {
		w.shown[tag] = true
	}
}

// turn loads the window that place lies in.
func (w *walk) turn(ctx context.Context) (err error) {
	w.from = w.place / window * window
	inMemory := w.x.ranks()
	if inMemory {
		q := w.plan.asking(w.by)
		q.Limit = w.from + window
		w.list, err = w.x.front(w.plan, q, w.began)
		w.last = len(w.list) < w.from+window
		w.list = w.list[min(w.from, len(w.list)):]
	} else {
		w.list, w.last, err = w.x.find(ctx, w.plan.bleve, w.plan.ranked, w.from, window)
	}
	if err != nil {
		return err
	}
	if err := w.x.see(ctx, w.by, w.list); err != nil {
		return err
	}
	if w.plan.ranked && !inMemory {
		rank(w.list)
	}
	return nil
}

// judge loads a thread's text and decides whether it is a hit, as things stand.
func (w *walk) judge(ctx context.Context, t *community.Thread) (*Hit, error) {
	if t == nil || t.Created > w.began || !w.plan.admits(t, nil) {
		return nil, nil
	}
	c, err := w.x.load(ctx, t)
	if err != nil || !w.plan.admits(t, &c) {
		return nil, err
	}
	title, tags, texts := w.x.text.pieces(c)
	if !w.plan.matches(append([]piece{title, tags, w.x.linked(t.ID)}, texts...)) {
		return nil, nil
	}
	h := &Hit{Thread: t}
	h.Snippet, h.Answer = w.plan.snippet(texts)
	return h, nil
}

// find asks Bleve for a stretch of the list.
func (x *Index) find(ctx context.Context, q bq.Query, ranked bool, from, size int) (list []found, last bool, err error) {
	req := bleve.NewSearchRequestOptions(q, size, from, false)
	if ranked {
		req.SortBy([]string{"-_score", "_id"})
	} else {
		req.Score = "none"
		req.SortBy([]string{"-" + fieldAt, "-_id"})
	}
	err = x.view(func(b bleve.Index) error {
		res, err := b.SearchInContext(ctx, req)
		if err != nil {
			return err
		}
		last = uint64(from+size) >= res.Total
		for _, h := range res.Hits {
			list = append(list, found{id: h.ID, score: h.Score})
		}
		return nil
	})
	return list, last, err
}

// see loads the threads of a list, those that the actor sees and that are to be
// found at all.
func (x *Index) see(ctx context.Context, by community.Actor, list []found) error {
	ids := make([]string, len(list))
	for i, f := range list {
		ids[i] = f.id
	}
	seen, err := x.svc.ThreadsByID(ctx, by, ids)
	if err != nil {
		return err
	}
	for i := range list {
		if t := seen[list[i].id]; t != nil && indexed(t) {
			list[i].thread = t
		}
	}
	return nil
}
