package search

import (
	"cmp"
	"context"
	"slices"

	"github.com/blevesearch/bleve/v2"
	bq "github.com/blevesearch/bleve/v2/search/query"

	"selfie/community"
)

// The bounds of likeness: the rarest terms carry nearly all of it, and each
// costs as much as a common one.
const (
	maxRelated       = 20
	relatedTerms     = 16
	relatedFromTitle = 10   // of these
	relatedReadable  = 4000 // runes of a body that are looked at
)

// Related finds threads that are like a question, which may be a draft: title
// and body as typed or as text. exclude is the id of a thread to leave out. At
// most limit, 20 at most, best first; a question without words has none.
func (x *Index) Related(ctx context.Context, by community.Actor, title, body, exclude string, limit int) ([]*community.Thread, error) {
	if limit <= 0 || limit > maxRelated {
		limit = maxRelated
	}
	terms, err := x.telling(ctx, title, body)
	if err != nil || len(terms) == 0 {
		return nil, err
	}
	filter, err := x.readable(ctx, by)
	if err != nil {
		return nil, err
	}
	q := bleve.NewBooleanQuery()
	q.AddMust(anyOf(terms))
	q.AddFilter(bq.NewConjunctionQuery(filter))
	if exclude != "" {
		q.AddMustNot(bleve.NewDocIDQuery([]string{exclude}))
	}
	list, _, err := x.find(ctx, q, true, 0, window)
	if err != nil {
		return nil, err
	}
	if err := x.see(ctx, by, list); err != nil {
		return nil, err
	}
	rank(list)
	var related []*community.Thread
	for _, f := range list {
		if f.thread != nil && f.id != exclude && len(related) < limit {
			related = append(related, f.thread)
		}
	}
	return related, nil
}

// telling chooses the terms to look for: the title's first, then the body's,
// each the rarest in the index first; what no thread has tells nothing.
func (x *Index) telling(ctx context.Context, title, body string) ([]string, error) {
	head := x.text.terms(firstRunes(title, community.MaxTitle))
	tail := slices.DeleteFunc(x.text.terms(firstRunes(body, relatedReadable)), func(t string) bool { return slices.Contains(head, t) })
	common, err := x.frequencies(ctx, slices.Concat(head, tail))
	if err != nil {
		return nil, err
	}
	chosen := rarest(head, common, relatedFromTitle)
	return append(chosen, rarest(tail, common, relatedTerms-len(chosen))...), nil
}

func rarest(terms []string, common map[string]uint64, most int) []string {
	terms = slices.DeleteFunc(slices.Clone(terms), func(t string) bool { return common[t] == 0 })
	slices.SortStableFunc(terms, func(a, b string) int { return cmp.Compare(common[a], common[b]) })
	return terms[:min(len(terms), most)]
}

// frequencies counts in how many texts a term stands.
func (x *Index) frequencies(ctx context.Context, terms []string) (map[string]uint64, error) {
	counts := make(map[string]uint64, len(terms))
	err := x.view(func(b bleve.Index) error {
		inner, err := b.Advanced()
		if err != nil {
			return err
		}
		r, err := inner.Reader()
		if err != nil {
			return err
		}
		defer r.Close()
		for _, t := range terms {
			for _, f := range textFields {
				tfr, err := r.TermFieldReader(ctx, []byte(t), f.name, false, false, false)
				if err != nil {
					return err
				}
				counts[t] += tfr.Count()
				if err := tfr.Close(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return counts, err
}
