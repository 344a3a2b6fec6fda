package search

import (
	"context"

	"selfie/community"
	"selfie/search/quick"
)

// Likeness is a thread that is like a question, and how much of the question it
// meets: about 0 for hardly a word, about 1 for all of them.
type Likeness struct {
	Thread *community.Thread
	Share  float64 // of what the ranking could give; over 1 for threads of great worth
}

// maxLikest bounds how many are told how like they are.
const maxLikest = maxRelated

// Likest finds threads as Related does, and tells how like the question they
// are. Links between threads are left out of it: what is judged by links, as
// the worth of suggestions is, would otherwise be judged by itself.
func (x *Index) Likest(ctx context.Context, by community.Actor, title, body, exclude string, limit int) ([]Likeness, error) {
	if limit <= 0 || limit > maxLikest {
		limit = maxLikest
	}
	x.awaitRanking(ctx)
	q := quick.Query{Terms: x.text.asked(title, body), Author: by.ID, Exclude: exclude, Limit: limit, Most: relatedTerms, Links: &quick.Links{}}
	if len(q.Terms) == 0 {
		return nil, nil
	}
	spaces, err := x.openSpaces(ctx, by)
	if err != nil {
		return nil, err
	}
	q.May = finds(by, spaces)
	list, err := x.best(q)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if err := x.see(ctx, by, list); err != nil {
		return nil, err
	}
	most := x.ceiling(q)
	var likest []Likeness
	for _, f := range list {
		if f.thread != nil && most > 0 {
			likest = append(likest, Likeness{f.thread, f.score / most})
		}
	}
	return likest, nil
}

func (x *Index) ceiling(q quick.Query) (most float64) {
	_ = x.viewing(func(g *generation) error {
		if g.quick != nil {
			most = g.quick.Ceiling(q)
		}
		return nil
	})
	return most
}
