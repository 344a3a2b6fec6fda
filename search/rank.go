package search

import (
	"cmp"
	"math"
	"slices"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/quick"
)

// window is how many of the best by words are judged together by what else is
// known of them.
const window = 50

// found is a document that Bleve found, with its thread if the actor may see it.
type found struct {
	id     string
	score  float64
	thread *community.Thread
}

// rank orders a window: the likeness of the words times a prior of the thread.
// Equal ones stay in the order they came in.
func rank(list []found) {
	slices.SortStableFunc(list, func(a, b found) int {
		return cmp.Compare(b.score*prior(b.thread, nil), a.score*prior(a.thread, nil))
	})
}

// prior is what a thread is worth before its words are looked at, from 0.8 to
// 1.36: a solved one helps most, what the company confirmed too, and others' votes
// and me-toos say a little. c may be nil.
func prior(t *community.Thread, c *content) float64 {
	if t == nil {
		return 1
	}
	p := 1.0
	switch {
	case t.Stats.Solved:
		p += 0.12
	case t.Stats.Unanswered:
		p -= 0.08
	}
	if c != nil && c.Verified {
		p += 0.06
	}
	liked := math.Log1p(float64(max(t.Stats.Score, 0) + max(t.Stats.MeToos, 0)))
	p += 0.03 * min(liked, 6)
	if t.Stats.Score < 0 {
		p -= 0.02 * min(math.Log1p(float64(-t.Stats.Score)), 6)
	}
	return p
}

// best asks the ranking in memory.
func (x *Index) best(q quick.Query) (list []found, err error) {
	loaded := false
	err = x.viewing(func(g *generation) error {
		if loaded = g.quick != nil; !loaded {
			return nil
		}
		for _, h := range g.quick.Search(q) {
			list = append(list, found{id: h.ID, score: h.Score})
		}
		return nil
	})
	if err == nil && !loaded {
		err = errPreparing
	}
	return list, err
}

// front asks the ranking in memory for the beginning of a plan's list: the best,
// or where nothing is ranked the newest of those there were at a moment.
func (x *Index) front(p plan, q quick.Query, at store.Millis) (list []found, err error) {
	if p.ranked {
		return x.best(q)
	}
	loaded := false
	err = x.viewing(func(g *generation) error {
		if loaded = g.quick != nil; !loaded {
			return nil
		}
		for _, h := range g.quick.Newest(q, int64(at)) {
			list = append(list, found{id: h.ID})
		}
		return nil
	})
	if err == nil && !loaded {
		err = errPreparing
	}
	return list, err
}

// finds tells who may find what, as readableBy does for Bleve.
func finds(by community.Actor, spaces []*community.Space) func(quick.Group, bool) bool {
	open := make(map[string]bool, len(spaces))
	for _, sp := range spaces {
		open[sp.ID] = true
	}
	return func(g quick.Group, own bool) bool {
		return open[g.Space] && (by.Staff() || own && !by.Guest() || g.Shelf == string(community.OnOpen))
	}
}

// equal are terms that count the same.
func equal(terms []string) []quick.Term {
	list := make([]quick.Term, len(terms))
	for i, t := range terms {
		list[i] = quick.Term{Text: t, Weight: 1}
	}
	return list
}

// linked is the text that links say of a thread, to be matched and never shown.
func (x *Index) linked(id string) (p piece) {
	_ = x.viewing(func(g *generation) error {
		if g.quick == nil {
			return nil
		}
		for _, t := range g.quick.Linked(id) {
			p.tokens = append(p.tokens, token{term: t})
		}
		return nil
	})
	return p
}
