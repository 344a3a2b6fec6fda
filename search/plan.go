package search

import (
	"context"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	bq "github.com/blevesearch/bleve/v2/search/query"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/quick"
)

// plan is a query made ready: the terms that must be met in the loaded text,
// and what Bleve is asked.
type plan struct {
	query   Query
	terms   []string // any of these makes a match and is marked in snippets
	also    []also   // and so does what stands for them
	widened []Widening
	phrases [][]token // each must be met
	not     []string
	notRuns [][]token
	filter  filter
	avoid   filter   // of the query's Not
	none    bool     // nothing can match: words without a searchable term in them
	notes   []string // sentences about what was not understood
	bleve   bq.Query
	ranked  bool // by likeness; else the newest first
	may     func(quick.Group, bool) bool
}

func (x *Index) plan(ctx context.Context, by community.Actor, q Query, text reader) (plan, error) {
	spaces, err := x.openSpaces(ctx, by)
	if err != nil {
		return plan{}, err
	}
	p, err := x.judgingBy(ctx, by, q, spaces, text)
	if err == nil && !p.none {
		p.bleve = p.compile(readableBy(by, spaces))
		p.may = finds(by, spaces)
	}
	return p, err
}

// judging is a plan without Bleve's part: what a thread is held against.
func (x *Index) judging(ctx context.Context, by community.Actor, q Query, spaces []*community.Space) (plan, error) {
	return x.judgingBy(ctx, by, q, spaces, x.text)
}

func (x *Index) judgingBy(ctx context.Context, by community.Actor, q Query, spaces []*community.Space, text reader) (p plan, err error) {
	p.query = q
	p.terms, p.phrases = text.wanted(q)
	p.also, p.widened = text.widened(strings.Join(q.words(), " "))
	for _, a := range x.spelled(q.words(), text) {
		if !slices.ContainsFunc(p.also, a.sameAs) && len(p.also) < maxAlso {
			p.also = append(p.also, a)
		}
	}
	p.not, p.notRuns = text.wanted(*q.Not)
	p.ranked = len(p.terms)+len(p.phrases) > 0
	if p.filter, err = x.resolve(ctx, by, q, spaces, &p.notes); err != nil {
		return p, err
	}
	if p.avoid, err = x.resolve(ctx, by, *q.Not, spaces, &p.notes); err != nil {
		return p, err
	}
	typed := len(q.words())+len(q.Phrases) > 0
	excluded := len(p.not)+len(p.notRuns) > 0 || q.Not.filters()
	if p.none = !p.ranked && !q.filters() && (typed || !excluded); p.none && typed {
		note(&p.notes, "What you typed is in nearly every question, or has no letters. Add a word that says more.")
	}
	return p, nil
}

// admits reports whether a thread, as it stands, passes the parts of the query
// that are not about words. See filter.admits.
func (p plan) admits(t *community.Thread, c *content) bool {
	return p.filter.admits(t, c) && !p.avoid.refuses(t, c)
}

// The bounds of a plan: a word may hold many terms ("a-b-c"), and each is looked
// for in every text field.
const (
	maxTerms   = 32
	maxPhrases = 4
	maxRun     = 16 // terms of a phrase; what follows them is not looked at
)

// wanted analyses the words and phrases of a query.
func (r reader) wanted(q Query) (terms []string, phrases [][]token) {
	terms = r.terms(strings.Join(q.words(), " "))
	for _, s := range q.Phrases {
		if run := r.tokens(s); len(run) > 0 && len(phrases) < maxPhrases {
			phrases = append(phrases, run[:min(len(run), maxRun)])
		}
	}
	return terms[:min(len(terms), maxTerms)], phrases
}

// compile asks Bleve for what may fit, which is then held against the plan.
func (p plan) compile(filter []bq.Query) bq.Query {
	b := bleve.NewBooleanQuery()
	if p.ranked {
		b.AddMust(p.anything())
	} else {
		b.AddMust(bleve.NewMatchAllQuery())
	}
	filter = append(filter, p.filter.conditions()...)
	if len(filter) > 0 {
		b.AddFilter(bq.NewConjunctionQuery(filter))
	}
	b.AddMustNot(p.avoid.conditions()...)
	return b
}

// anything asks for any of the words typed, or of what stands for them.
func (p plan) anything() bq.Query {
	terms := firstsOf(p.asked())
	for _, run := range p.phrases {
		terms = append(terms, termsOf(run)...)
	}
	return anyOf(terms)
}

// asked are the words typed and what stands for them, for the ranking in memory.
func (p plan) asked() []quick.Term {
	list := equal(p.terms)
	for _, a := range p.also {
		list = append(list, a.term(1))
	}
	return list
}

// anyOf finds by the words of title and tags.
func anyOf(terms []string) bq.Query {
	var all []bq.Query
	for _, t := range terms {
		all = append(all, term(fieldHead, t, 1))
	}
	return bq.NewDisjunctionQuery(all)
}

func term(field, word string, weight float64) bq.Query {
	t := bleve.NewTermQuery(word)
	t.SetField(field)
	t.SetBoost(weight)
	return t
}

// is asks for a key, which counts for nothing in the score.
func is(kind, word string) bq.Query { return term(fieldKey, keyTerm(kind, word), 0) }

func either(kind string, words []string) bq.Query {
	var all []bq.Query
	for _, w := range words {
		all = append(all, is(kind, w))
	}
	return bq.NewDisjunctionQuery(all)
}

// openSpaces lists the spaces that the actor reads at this moment.
func (x *Index) openSpaces(ctx context.Context, by community.Actor) ([]*community.Space, error) {
	all, err := x.rec.Spaces.Find(ctx, store.All().Order("position").Limit(community.MaxSpaces))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Items, func(sp *community.Space) bool { return !community.Reads(by, sp) }), nil
}

// readableBy filters by spaces, and of private threads the actor's own. Staff
// see all in the spaces they read.
func readableBy(by community.Actor, spaces []*community.Space) []bq.Query {
	open := make([]string, len(spaces))
	for i, sp := range spaces {
		open[i] = sp.ID
	}
	filter := []bq.Query{either(keySpace, open)}
	if by.Staff() {
		return filter
	}
	shelf := is(keyShelf, string(community.OnOpen))
	if !by.Guest() {
		shelf = bq.NewDisjunctionQuery([]bq.Query{shelf, is(keyAuthor, by.ID)})
	}
	return append(filter, shelf)
}
