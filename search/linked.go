package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/eval"
	"selfie/search/quick"
)

// Threads that were closed as duplicates say in other words what their original
// is about, and so does what a visitor typed whom a thread helped. How much that
// counts is learned from them, for each community, and kept in the store: see
// eval.Learn.

const (
	relinkEvery = 10 * time.Minute // duplicates of other nodes and times are heeded within it
	relearnAt   = 1.1              // learned anew when there are so many times more lessons, or as many times fewer
	maxLessons  = 50_000           // the latest duplicates of each space, and the latest visits
)

// Clicks tells what visitors typed whom a thread then helped, as they said
// themselves, in small letters, the latest first and at most so many.
type Clicks interface {
	Solutions(ctx context.Context, most int, f func(query, thread string)) error
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

// Learn finds anew, from the community's duplicates and from the visitors it
// helped, how much links between threads count, and makes them count on every
// node. It is done by itself when there are many more of them than last time.
func (x *Index) Learn(ctx context.Context) (eval.Learned, error) {
	if err := x.whole(ctx); err != nil {
		return eval.Learned{}, err
	}
	return x.relink(ctx, true)
}

// relink reads the lessons and makes them count in the generation that serves.
// Learning takes long, so it holds no lock that a search needs.
func (x *Index) relink(ctx context.Context, always bool) (eval.Learned, error) {
	x.learning.Lock()
	defer x.learning.Unlock()
	lessons, err := x.lessons(ctx)
	if err != nil {
		return eval.Learned{}, fmt.Errorf("search: %w", err)
	}
	var ranking *quick.Index
	err = x.viewing(func(g *generation) error { ranking = g.quick; return nil })
	if err == nil && ranking == nil && always {
		err = errPreparing // who asked for it is told that nothing was learned
	}
	if err != nil || ranking == nil {
		return eval.Learned{}, err
	}
	l, err := x.learned(ctx, ranking, lessons, always)
	if err != nil {
		return l.Learned, fmt.Errorf("search: %w", err)
	}
	if l.Weights == (quick.Weights{}) {
		ranking.Use(nil)
		return l.Learned, nil
	}
	if !l.Typed {
		lessons = slices.DeleteFunc(lessons, func(l eval.Lesson) bool { return l.Typed })
	}
	ranking.Use(ranking.Of(eval.Known(ranking, lessons)).With(l.Weights))
	return l.Learned, nil
}

// learned is what is known of the worth of links, learned anew where it is out
// of date and no other node is at it.
func (x *Index) learned(ctx context.Context, ranking *quick.Index, lessons []eval.Lesson, always bool) (learnt, error) {
	l, err := x.notes.read(ctx)
	if x.notes == nil {
		l = x.forgets
	}
	now, then := float64(len(lessons)), float64(l.From)
	if err != nil || !always && now <= relearnAt*then && then <= relearnAt*now {
		return l, err
	}
	if mine, err := x.notes.claim(ctx); err != nil || !mine && !always {
		return l, err
	}
	found, err := eval.Learn(ctx, ranking, lessons, plainly)
	if err != nil {
		return l, err
	}
	l, err = x.notes.keep(ctx, found, len(lessons))
	x.forgets = l
	return l, err
}

// plainly asks for all terms alike.
func plainly(terms []string) quick.Query {
	return quick.Query{Terms: equal(terms), Most: relatedTerms}
}

// lessons are all there are: duplicates, then visits.
func (x *Index) lessons(ctx context.Context) ([]eval.Lesson, error) {
	list, err := x.duplicates(ctx)
	if err != nil {
		return nil, err
	}
	typed, err := x.visits(ctx)
	return append(list, typed...), err
}

// visits are what visitors typed, each text once a thread, where whoever may
// find the thread may know it: private ones teach nothing.
func (x *Index) visits(ctx context.Context) (list []eval.Lesson, err error) {
	if x.clicks == nil {
		return nil, nil
	}
	type solution struct{ query, thread string }
	had := map[solution]bool{}
	var all []solution
	err = x.clicks.Solutions(ctx, maxLessons, func(query, thread string) {
		if s := (solution{query, thread}); !had[s] {
			had[s] = true
			all = append(all, s)
		}
	})
	for some := range slices.Chunk(all, lessonPage) {
		if err != nil {
			return nil, err
		}
		ids := make([]string, len(some))
		for i, s := range some {
			ids[i] = s.thread
		}
		var threads map[string]*community.Thread
		threads, err = x.rec.Threads.GetMany(ctx, ids)
		for _, s := range some {
			if t := threads[s.thread]; t != nil && t.Stats.Shelf == community.OnOpen {
				list = append(list, eval.Lesson{Link: quick.Link{To: t.ID, Terms: x.text.terms(s.query)}, Key: "typed " + s.query, Typed: true})
			}
		}
	}
	return list, err
}

// duplicates are those of the community, in the order of spaces and times.
func (x *Index) duplicates(ctx context.Context) (list []eval.Lesson, err error) {
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
