package search

import (
	"context"
	"slices"
	"time"

	"selfie/community"
	"selfie/search/eval"
	"selfie/search/quick"
	"selfie/search/words"
)

// Row is one line of an evaluation: how well a way to rank does, and how long a
// query takes.
type Row struct {
	Name string
	eval.Scores
	P50, P99 time.Duration // of one query
}

// judgedDepth is how deep rankings are judged.
const judgedDepth = 1000

// Try ranks a set on paper in the usual way and in ways that leave something
// out, and says what was learned from its links. Threads of a set have no
// answers, votes or tags.
func Try(ctx context.Context, set *eval.Set) ([]Row, eval.Learned, error) {
	r := newReader()
	x := r.paper(set, shape())
	tongues := func() (list []words.Language) {
		for _, t := range x.Tongues(spoken) {
			list = append(list, words.Language(t))
		}
		return list
	}
	r.tongues = tongues
	lessons := r.lessons(set)
	learned, err := eval.Learn(ctx, x, lessons, plainly)
	if err != nil {
		return nil, learned, err
	}
	x.Use(linksOf(x, lessons).With(learned.Weights))

	only := func(fields ...string) *quick.Index {
		s := shape()
		for i, f := range textFields {
			if !slices.Contains(fields, f.name) {
				s.Fields[i].Weight = 0
			}
		}
		return r.paper(set, s)
	}
	all := func(q eval.Query) []quick.Term { return r.asked(q.Title, q.Body) }
	title := func(q eval.Query) []quick.Term { return r.asked(q.Title, "") }
	rarest := func(n int) func(q eval.Query) []quick.Term {
		return func(q eval.Query) []quick.Term { return x.Rarest(all(q), n) }
	}
	var rows []Row
	for _, w := range []way{
		{"default", x, false, all, quick.Query{}},
		{"without links", x, true, all, quick.Query{}},
		{"title of the query only", x, false, title, quick.Query{}},
		{"title only, without links", x, true, title, quick.Query{}},
		{"titles of threads only", only(fieldTitle), true, all, quick.Query{}},
		{"bodies of threads only", only(fieldBody), true, all, quick.Query{}},
		{"the 12 rarest words only", x, false, rarest(12), quick.Query{}},
	} {
		row, err := w.judge(ctx, set.Queries)
		if err != nil {
			return nil, learned, err
		}
		rows = append(rows, row)
	}
	return rows, learned, nil
}

// way is one way to rank.
type way struct {
	name  string
	index *quick.Index
	plain bool // without links
	terms func(eval.Query) []quick.Term
	query quick.Query // what else is asked
}

// judge measures it.
func (w way) judge(ctx context.Context, queries []eval.Query) (Row, error) {
	var scores []eval.Scores
	var took []time.Duration
	for _, asked := range queries {
		if err := ctx.Err(); err != nil {
			return Row{}, err
		}
		began := time.Now()
		q := w.query
		q.Terms, q.Exclude, q.Limit, q.Most = w.terms(asked), asked.ID, judgedDepth, relatedTerms
		if w.plain {
			q.Links = &quick.Links{}
		}
		hits := w.index.Search(q)
		took = append(took, time.Since(began))
		ids := make([]string, len(hits))
		for i, h := range hits {
			ids[i] = h.ID
		}
		scores = append(scores, eval.Judge(ids, asked.Relevant))
	}
	slices.Sort(took)
	row := Row{Name: w.name, Scores: eval.Mean(scores)}
	if n := len(took); n > 0 {
		row.P50, row.P99 = took[n/2], took[n*99/100]
	}
	return row, nil
}

// Unknown counts the ids that queries name as relevant, and those of them that
// the actor cannot find: of no thread, or of one that is hidden or removed, or
// marked as a duplicate.
func (x *Index) Unknown(ctx context.Context, by community.Actor, queries []eval.Query) (unknown, all int, err error) {
	known := map[string]bool{}
	for _, q := range queries {
		list := listed(q.Relevant)
		if err := x.see(ctx, by, list); err != nil {
			return 0, 0, err
		}
		for _, f := range list {
			known[f.id] = f.thread != nil
		}
	}
	unknown, all = eval.Unknown(queries, known)
	return unknown, all, nil
}

// Try asks the index that serves for judged queries, as an actor, in the usual
// way and in ways that leave something out.
func (x *Index) Try(ctx context.Context, by community.Actor, queries []eval.Query) (rows []Row, err error) {
	if err := x.whole(ctx); err != nil {
		return nil, err
	}
	spaces, err := x.openSpaces(ctx, by)
	if err != nil {
		return nil, err
	}
	all := func(q eval.Query) []quick.Term { return x.text.asked(q.Title, q.Body) }
	title := func(q eval.Query) []quick.Term { return x.text.asked(q.Title, "") }
	var ranking *quick.Index
	err = x.viewing(func(g *generation) error {
		if ranking = g.quick; ranking == nil {
			return errPreparing
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	q := quick.Query{May: finds(by, spaces), Author: by.ID}
	flat := q
	flat.NoPrior = true
	for _, w := range []way{
		{"default", ranking, false, all, q}, {"without links", ranking, true, all, q},
		{"without what threads are worth", ranking, false, all, flat},
		{"title of the query only", ranking, false, title, q},
	} {
		row, err := w.judge(ctx, queries)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// whole waits until there is an index that was filled from the store, with its
// ranking, whose loader holds write. One that turns out to be damaged when its
// ranking is read is made again meanwhile.
func (x *Index) whole(ctx context.Context) error {
	for ready := x.first; ; {
		select {
		case <-ready:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-x.ctx.Done():
			return errClosed
		}
		x.write.Lock()
		x.write.Unlock()
		if x.ranks() {
			return nil
		}
		again := make(chan struct{})
		time.AfterFunc(wholeLook, func() { close(again) })
		ready = again
	}
}

// wholeLook is how often it is seen whether the ranking is there.
const wholeLook = 50 * time.Millisecond

// paper indexes the threads of a set as the community's are.
func (r reader) paper(set *eval.Set, s quick.Shape) *quick.Index {
	x, w := quick.New(s), r.weigher(s)
	for _, t := range set.Threads {
		th := &community.Thread{Title: t.Title, Space: "set"}
		th.Stats.Shelf = community.OnOpen
		c := content{Title: t.Title, Body: t.Body, Tongue: words.Detect(t.Title + "\n" + t.Body)}
		x.Put(w.entry(t.ID, documentOf(th, c)).quick)
	}
	return x
}

// lessons are the links of a set, both ways.
func (r reader) lessons(set *eval.Set) (list []eval.Lesson) {
	titles := make(map[string]string, len(set.Threads))
	for _, t := range set.Threads {
		titles[t.ID] = t.Title
	}
	for _, l := range set.Links {
		list = append(list,
			eval.Lesson{Link: quick.Link{To: l.A, From: l.B, Terms: r.terms(titles[l.B])}, Key: l.B},
			eval.Lesson{Link: quick.Link{To: l.B, From: l.A, Terms: r.terms(titles[l.A])}, Key: l.B})
	}
	return list
}

func linksOf(x *quick.Index, lessons []eval.Lesson) *quick.Links {
	links := make([]quick.Link, len(lessons))
	for i, l := range lessons {
		links[i] = l.Link
	}
	return x.Of(links)
}
