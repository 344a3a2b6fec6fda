package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/eval"
	"selfie/search/quick"
)

// Threads that were closed as duplicates say in other words what their original
// is about. How much that counts is learned from them, for each community, and
// kept with the index: see eval.Learn.

const (
	relinkEvery = 10 * time.Minute // duplicates of other nodes and times are heeded within it
	relearnAt   = 1.1              // learned anew when there are so many times more duplicates, or as many times fewer
	maxLessons  = 50_000           // the latest of each space
)

var learnedKey = []byte("learned")

// learned is what a generation knows of the worth of links.
type learned struct {
	eval.Learned
	From int `json:"from"` // how many lessons there were
}

// keepLinked makes links count, now and then anew, until the index is closed.
func (x *Index) keepLinked() {
	if x.whole(x.ctx) != nil {
		return
	}
	for {
		if _, err := x.relink(x.ctx, false); err != nil && x.ctx.Err() == nil && !errors.Is(err, errClosed) {
			x.log.Warn("the links between threads could not be read for the search", "err", err)
		}
		t := time.NewTimer(relinkEvery)
		select {
		case <-x.ctx.Done():
			t.Stop()
			return
		case <-x.relinks:
			t.Stop()
		case <-t.C:
		}
	}
}

// Learn finds anew, from the community's duplicates, how much links between
// threads count, and makes them count. It is done by itself when there are many
// more of them than last time.
func (x *Index) Learn(ctx context.Context) (eval.Learned, error) {
	if err := x.whole(ctx); err != nil {
		return eval.Learned{}, err
	}
	return x.relink(ctx, true)
}

// relink reads the duplicates and makes them count in the generation that
// serves. Learning takes long, so it holds no lock.
func (x *Index) relink(ctx context.Context, always bool) (eval.Learned, error) {
	lessons, err := x.lessons(ctx)
	if err != nil {
		return eval.Learned{}, fmt.Errorf("search: %w", err)
	}
	var g *generation
	var l learned
	err = x.viewing(func(serving *generation) (err error) {
		g = serving
		l, err = g.learned()
		return err
	})
	if err != nil || g.quick == nil {
		return l.Learned, err
	}
	if always || float64(len(lessons)) > relearnAt*float64(l.From) || float64(l.From) > relearnAt*float64(len(lessons)) {
		found, err := eval.Learn(ctx, g.quick, lessons, plainly)
		if err != nil {
			return found, err
		}
		l = learned{found, len(lessons)}
		if err := x.keep(g, l); err != nil {
			return found, err
		}
	}
	if l.Weights == (quick.Weights{}) {
		g.quick.Use(nil)
	} else {
		g.quick.Use(linksOf(g.quick, lessons).With(l.Weights))
	}
	return l.Learned, nil
}

// plainly asks for all terms alike.
func plainly(terms []string) quick.Query {
	return quick.Query{Terms: equal(terms), Most: relatedTerms}
}

func (g *generation) learned() (l learned, err error) {
	raw, err := g.bleve.GetInternal(learnedKey)
	if err != nil || len(raw) == 0 {
		return l, err
	}
	return l, json.Unmarshal(raw, &l)
}

// keep writes down what was learned, unless the generation serves no longer.
func (x *Index) keep(g *generation, l learned) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	x.write.Lock()
	defer x.write.Unlock()
	return x.viewing(func(serving *generation) error {
		if serving != g {
			return nil
		}
		return g.bleve.SetInternal(learnedKey, raw)
	})
}

// lessons are the duplicates of the community, in the order of spaces and times.
func (x *Index) lessons(ctx context.Context) (list []eval.Lesson, err error) {
	spaces, err := x.rec.Spaces.Find(ctx, store.All().Order("position").Limit(community.MaxSpaces))
	if err != nil {
		return nil, err
	}
	for _, sp := range spaces.Items {
		q := store.Where("space", sp.ID).And("stats.shelf", community.OnDuplicate).Order("-created").Limit(lessonPage)
		for read := 0; read < maxLessons; read += lessonPage {
			page, err := x.rec.Threads.Find(ctx, q)
			if err != nil {
				return nil, err
			}
			some, err := x.lessonsOf(ctx, page.Items)
			if err != nil {
				return nil, err
			}
			list = append(list, some...)
			if page.Next == "" {
				break
			}
			q = q.After(page.Next)
		}
	}
	return list, nil
}

const lessonPage = 200

func (x *Index) lessonsOf(ctx context.Context, duplicates []*community.Thread) (list []eval.Lesson, err error) {
	var ids []string
	for _, t := range duplicates {
		if t.Duplicate != nil {
			ids = append(ids, t.Duplicate.Of)
		}
	}
	originals, err := x.rec.Threads.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range duplicates {
		if t.Duplicate != nil && teaches(t, originals[t.Duplicate.Of]) {
			terms := x.text.terms(t.Title)
			list = append(list, eval.Lesson{Link: quick.Link{To: t.Duplicate.Of, Terms: terms}, Key: t.ID})
		}
	}
	return list, nil
}

// teaches reports whether a duplicate's words may count for its original: only
// where whoever finds the one might have read the other.
func teaches(duplicate, original *community.Thread) bool {
	return original != nil && !duplicate.Private && duplicate.Removed == nil && duplicate.Space == original.Space &&
		original.Stats.Shelf == community.OnOpen
}
