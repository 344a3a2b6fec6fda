package search

import (
	"context"
	"maps"
	"slices"

	"selfie/community"
	"selfie/search/quick"
)

// The bounds of likeness.
const (
	maxRelated      = 20
	relatedReadable = 4000 // runes of a body that are looked at
	relatedTerms    = 80   // of title and body together
)

// leastRelated is the part of the best one's score below which a thread only looks
// like noise: over questions of Ask Ubuntu and English.SE, no relevant one that
// would be among the first five lies below it, and from one half on some do.
const leastRelated = 0.4

// leastShare is the part of a title (see quick.Index.Ceiling) below which a thread
// hardly has a word of it: of the relevant ones among the first five over the same
// questions, one or two in a hundred lie below it.
const leastShare = 0.15

// bodyWord is what a word of a question's body counts beside one of its title.
const bodyWord = 0.5

// Related finds threads that are like a question, which may be a draft: title
// and body as typed or as text. exclude is the id of a thread to leave out. At
// most limit, 20 at most, best first; a question without words has none.
func (x *Index) Related(ctx context.Context, by community.Actor, title, body, exclude string, limit int) ([]*community.Thread, error) {
	return x.RelatedIn(ctx, by, "", title, body, exclude, limit)
}

// RelatedIn is Related among the threads of one space; of all with an empty one.
func (x *Index) RelatedIn(ctx context.Context, by community.Actor, space, title, body, exclude string, limit int) ([]*community.Thread, error) {
	if limit <= 0 || limit > maxRelated {
		limit = maxRelated
	}
	x.awaitRanking(ctx)
	terms := x.text.asked(title, body)
	if len(terms) == 0 {
		return nil, nil
	}
	spaces, err := x.openSpaces(ctx, by)
	if err != nil {
		return nil, err
	}
	if space != "" {
		spaces = slices.DeleteFunc(slices.Clone(spaces), func(sp *community.Space) bool { return sp.ID != space })
	}
	q := quick.Query{Terms: terms, May: finds(by, spaces), Author: by.ID, Exclude: exclude, Limit: window, Most: relatedTerms}
	list, err := x.best(q)
	if err != nil {
		return nil, err
	}
	most := x.ceiling(quick.Query{Terms: x.text.asked(title, ""), Most: relatedTerms})
	return x.worthwhile(ctx, by, list, leastShare*most, limit)
}

// worthwhile are the first of a list that the actor sees, without those that score
// too little, or have hardly anything of what the best has.
func (x *Index) worthwhile(ctx context.Context, by community.Actor, list []found, least float64, limit int) (related []*community.Thread, err error) {
	best := 0.0
	for some := range slices.Chunk(list, limit) { // nearly always the first will do
		if err := x.see(ctx, by, some); err != nil {
			return nil, err
		}
		for _, f := range some {
			if f.thread == nil {
				continue
			}
			best = max(best, f.score)
			if f.score < max(least, leastRelated*best) || len(related) == limit {
				return related, nil
			}
			related = append(related, f.thread)
		}
	}
	return related, nil
}

// asked are the terms of a question and what they count: those of the title
// most, and as often as they stand there.
func (r reader) asked(title, body string) []quick.Term {
	weights := map[string]float64{}
	for _, t := range r.terms(firstRunes(body, relatedReadable)) {
		weights[t] = bodyWord
	}
	for _, t := range r.terms(firstRunes(title, community.MaxTitle)) {
		weights[t] = 1
	}
	list := make([]quick.Term, 0, len(weights))
	for _, t := range slices.Sorted(maps.Keys(weights)) {
		list = append(list, quick.Term{Text: t, Weight: weights[t]})
	}
	return append(list, r.askedAlso(title, body)...)
}

// askedAlso are what stands for words of a question, in its title first.
func (r reader) askedAlso(title, body string) (list []quick.Term) {
	had, _ := r.widened(firstRunes(title, community.MaxTitle))
	for _, a := range had {
		list = append(list, a.term(1))
	}
	more, _ := r.widened(firstRunes(body, relatedReadable))
	for _, a := range more {
		if !slices.ContainsFunc(had, a.sameAs) {
			list = append(list, a.term(bodyWord))
		}
	}
	return list
}
