package search

import (
	"context"

	bq "github.com/blevesearch/bleve/v2/search/query"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/synonyms"
)

// Request is a search as a page asks for it.
type Request struct {
	Query   string
	After   string // Results.Next of the page before
	Limit   int    // 0 is 20; at most 50
	Facets  bool   // count what could narrow the list
	Literal bool   // look for exactly what was typed

	Trying   bool // widen the query by Synonyms instead of those that were saved
	Synonyms []synonyms.Group
}

// Results is a page of hits with what is to be said about it.
type Results struct {
	Hits    []Hit
	Next    string
	Query   Query    // what was looked for: Instead, or as typed
	Instead string   // the words that were looked for, because nothing has those typed
	Notes   []string // sentences about what was not understood; plain text
	Facets  *Facets  // nil unless asked for and something was found
	Widened []Widening
	Partial bool // the index is not whole yet, or not read: threads may be missing
}

// Look finds threads as Search does. Where nothing has the words typed, it looks
// for the nearest words that threads which the actor may read do have.
func (x *Index) Look(ctx context.Context, by community.Actor, r Request) (Results, error) {
	query, err := readQuery(r.Query)
	if err != nil {
		return Results{}, err
	}
	x.awaitRanking(ctx)
	partial := !x.Ready() || !x.ranks()
	out, err := x.lookNear(ctx, by, r, query)
	out.Partial = partial
	return out, err
}

func (x *Index) lookNear(ctx context.Context, by community.Actor, r Request, query Query) (Results, error) {
	out, err := x.look(ctx, by, r, query, r.Query)
	if r.Literal || (err == nil && (len(out.Hits) > 0 || r.After != "")) || (err != nil && (err != errCursor || r.After == "")) {
		return out, err
	}
	nearest, changed, nearErr := x.nearest(ctx, by, query)
	if nearErr != nil || !changed {
		return out, cmpErr(nearErr, err)
	}
	instead, nearErr := x.look(ctx, by, r, nearest, nearest.String())
	if nearErr != nil || len(instead.Hits) == 0 {
		return out, cmpErr(nearErr, err)
	}
	instead.Instead, instead.Notes = nearest.String(), out.Notes
	return instead, nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// look is one search; name is what its cursors are bound to.
func (x *Index) look(ctx context.Context, by community.Actor, r Request, q Query, name string) (Results, error) {
	out := Results{Query: q}
	from, err := placeOf(name, r.After, store.At(x.svc.Clock()))
	if err != nil {
		return out, err
	}
	text := x.text
	if r.Trying {
		text = text.trying(r.Synonyms)
	}
	p, err := x.plan(ctx, by, q, text)
	if out.Notes, out.Widened = p.notes, p.widened; err != nil || p.none {
		return out, err
	}
	hits, next, err := x.page(ctx, by, p, from, r.Limit)
	if err != nil {
		return out, err
	}
	if out.Hits = hits; next != nil {
		out.Next = cursorAt(name, *next)
	}
	if r.Facets && len(hits) > 0 {
		out.Facets, err = x.facets(ctx, by, p)
	}
	return out, err
}

// before leaves out what was asked after a moment, so that new threads do not
// move the pages of a list that someone is turning.
func (p plan) before(began store.Millis) bq.Query {
	inclusive := false
	late := bq.NewTermRangeInclusiveQuery(momentTerm(began), "", &inclusive, &inclusive)
	late.SetField(fieldAt)
	b := bq.NewBooleanQuery([]bq.Query{p.bleve}, nil, []bq.Query{late})
	return b
}
