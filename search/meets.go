package search

import (
	"context"
	"slices"
	"strings"

	"selfie/community"
)

// Gathered are threads with their texts, read and cut once to be held against
// many queries. It is not kept: what it holds grows old.
type Gathered struct {
	x       *Index
	threads []gathered
}

type gathered struct {
	thread *community.Thread
	text   content
	pieces []piece
}

// Gather reads threads, those that are to be found at all.
func (x *Index) Gather(ctx context.Context, ids []string) (*Gathered, error) {
	threads, err := x.rec.Threads.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	g := &Gathered{x: x}
	for _, id := range ids {
		t := threads[id]
		if t == nil || !indexed(t) {
			continue
		}
		c, err := x.load(ctx, t)
		if err != nil {
			return nil, err
		}
		title, tags, texts := x.text.pieces(c)
		g.threads = append(g.threads, gathered{t, c, append([]piece{title, tags}, texts...)})
	}
	return g, nil
}

// MayMeet reports whether a thread has each word of a query, whoever sees it. It
// reads nothing.
func (g *Gathered) MayMeet(query string) bool {
	words := g.x.text.eachWord(Parse(query))
	return slices.ContainsFunc(g.threads, func(t gathered) bool { return t.hasEach(words) })
}

// Meet picks the threads that a query asks for and that the actor sees now. It
// is stricter than Search, which ranks: each word must stand in the thread
// somewhere, in whatever form, or what the community says stands for it. It asks no index, so its work does not grow with
// the community; where no thread has the words, it reads nothing at all.
func (g *Gathered) Meet(ctx context.Context, by community.Actor, query string) (met []*community.Thread, err error) {
	q, err := readQuery(query)
	if err != nil {
		return nil, err
	}
	words := g.x.text.eachWord(q)
	left := slices.DeleteFunc(slices.Clone(g.threads), func(t gathered) bool { return !t.hasEach(words) })
	if len(left) == 0 {
		return nil, nil
	}
	spaces, err := g.x.openSpaces(ctx, by)
	if err != nil {
		return nil, err
	}
	p, err := g.x.judging(ctx, by, q, spaces)
	if err != nil || p.none {
		return nil, err
	}
	left = slices.DeleteFunc(left, func(t gathered) bool { return !p.admits(t.thread, &t.text) || !p.matches(t.pieces) })
	ids := make([]string, len(left))
	for i, t := range left {
		ids[i] = t.thread.ID
	}
	seen, err := g.x.svc.ThreadsByID(ctx, by, ids)
	for _, id := range ids {
		if t := seen[id]; t != nil && indexed(t) {
			met = append(met, t)
		}
	}
	return met, err
}

// word is one word of a query: its forms, and what stands for it.
type word struct {
	forms []string
	also  []also
}

// eachWord are the words of a query; one without a searchable form is left out.
func (r reader) eachWord(q Query) (words []word) {
	all, _ := r.widened(strings.Join(q.words(), " "))
	for _, w := range q.words() {
		forms := r.terms(w)
		if len(forms) == 0 || len(words) == maxTerms {
			continue
		}
		stands := slices.DeleteFunc(slices.Clone(all), func(a also) bool {
			return !slices.ContainsFunc(a.of, func(t string) bool { return slices.Contains(forms, t) })
		})
		words = append(words, word{forms, stands})
	}
	return words
}

func (t gathered) hasEach(words []word) bool {
	return !slices.ContainsFunc(words, func(w word) bool {
		return !slices.ContainsFunc(t.pieces, func(p piece) bool { return p.hasAny(w.forms) || p.hasAlso(w.also) })
	})
}
