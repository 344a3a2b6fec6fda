package search

import (
	"math"
	"slices"

	"selfie/community"
	"selfie/search/quick"
)

// flags are the words of "is:" and "has:" that the ranking in memory knows, each
// by the bit of its place.
var flags = func() (list []string) {
	for _, s := range community.States {
		list = append(list, string(s))
	}
	return append(list, isUnanswered, hasImage, hasAccepted)
}()

func flagOf(word string) uint16 {
	i := slices.Index(flags, word)
	if i < 0 {
		return 0
	}
	return 1 << i
}

// factsOf are the facts of a thread as the ranking in memory knows them. Numbers
// that lie outside 16 bits count as the nearest within.
func factsOf(t *community.Thread, c content) quick.Facts {
	f := quick.Facts{Tags: slices.Clone(c.Tags), Score: clip(t.Stats.Score + scoreZero), Day: clip(dayOf(t.Created.Time())), At: max(0, int64(t.Created))}
	for _, w := range append(states(t), has(t, c)...) {
		f.Flags |= flagOf(w)
	}
	return f
}

func clip(v int64) uint16 { return uint16(min(max(v, 0), math.MaxUint16)) }

// rangeOf is a span as documents have numbers: what lies outside 16 bits counts
// as its nearest end, there as here. A span without a number is nil.
func rangeOf(s Span) quick.Range {
	return quick.Range{From: clip(s.From), To: clip(s.To)}
}

// wheres are the conditions, as Bleve's are, for the ranking in memory.
func (f filter) wheres() (all []quick.Where) {
	q := f.query
	for _, t := range q.Tags {
		all = append(all, quick.Where{Tag: t})
	}
	for _, w := range append(slices.Clone(f.is), q.Has...) {
		all = append(all, quick.Where{Flags: flagOf(w)})
	}
	if len(q.Spaces) > 0 {
		all = append(all, quick.Where{Spaces: some(f.spaces)})
	}
	if len(q.Authors) > 0 {
		all = append(all, quick.Where{Authors: some(f.authors)})
	}
	if f.mine {
		all = append(all, quick.Where{Authors: some(f.myself())})
	}
	for _, s := range q.Score {
		r := rangeOf(s.shift(scoreZero))
		all = append(all, quick.Where{Score: &r})
	}
	for _, s := range q.Created {
		r := rangeOf(s)
		all = append(all, quick.Where{Day: &r})
	}
	for _, set := range f.marked {
		ids := []string{}
		for id := range set {
			ids = append(ids, id)
		}
		all = append(all, quick.Where{Among: ids})
	}
	return all
}

// some is a list that holds nothing when it is nil, and does not ask nothing.
func some(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// asking is what the ranking in memory is asked: all that Bleve would be, and
// like it not whether the words of a phrase follow one another.
func (p plan) asking(by community.Actor) quick.Query {
	q := quick.Query{Terms: p.asked(), May: p.may, Author: by.ID, All: p.filter.wheres(), None: p.avoid.wheres()}
	if len(p.not) > 0 {
		q.None = append(q.None, quick.Where{Any: p.not})
	}
	if len(p.phrases) == 0 {
		return q
	}
	if len(q.Terms) > 0 {
		q.All = append(q.All, quick.Where{Any: firstsOf(q.Terms)})
	}
	for _, run := range p.phrases {
		terms := termsOf(run)
		q.All = append(q.All, quick.Where{Each: terms})
		q.Terms = append(q.Terms, equal(terms)...)
	}
	return q
}

// firstsOf are words of which whatever has a term has one.
func firstsOf(terms []quick.Term) []string {
	list := make([]string, len(terms))
	for i, t := range terms {
		list[i] = t.Text
	}
	return list
}
