package quick

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Query asks for the best documents.
type Query struct {
	Terms   []Term
	May     func(g Group, own bool) bool // who may find what; nil lets all be found
	Author  string                       // whose documents are own
	Exclude string                       // id of a document that is left out
	Limit   int
	Most    int     // terms looked for, those that count most; 0 is all
	All     []Where // a document must meet each of these
	None    []Where // and none of these

	NoPrior    bool   // for comparison: all documents are worth the same
	Exhaustive bool   // for comparison: add everything up
	Links      *Links // for comparison: instead of the index's own
}

// Term is a word to look for and how much it counts.
type Term struct {
	Text   string
	Weight float64
	With   []string // words that must stand in the document too: all are one, as rare as they are together
	For    []string // words that this one stands for: it counts as no rarer than the rarest of them
}

// Hit is a document found.
type Hit struct {
	ID    string
	Score float64
}

// around is how many of the best pass some of their score to their neighbours.
const around = 50

// Search returns the best documents, best first; equal ones in the order of
// their ids.
func (x *Index) Search(q Query) []Hit {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.begin(q)
	defer s.end()
	if len(s.lists) == 0 || q.Limit <= 0 {
		return nil
	}
	return s.hits(s.neighbours(s.best(max(q.Limit, s.reach()))))
}

// run is one search under way. Its buffers are used again.
type run struct {
	x      *Index
	q      Query
	w      Weights
	links  *Links
	lists  []scored
	may    []bool // by group
	mine   []bool // by group, of own documents
	author uint32
	ban    uint32 // number of the excluded document
	all    []test
	none   []test
	factor [Priors]float32
	top    float32 // the greatest factor
	buf    *buffers
	score  []float32
}

// scored is a list and what an impact in it counts.
type scored struct {
	term  string
	list  *list
	one   float32
	alias bool
}

func (x *Index) begin(q Query) *run {
	s := &run{x: x, q: q, links: cmp.Or(q.Links, x.links), ban: math.MaxUint32}
	if s.links != nil {
		s.w = s.links.weights
	}
	for _, t := range q.Terms {
		s.add(t)
	}
	// The rarest first, whatever their greatest impacts were once: the order of
	// adding up, and so its rounding, is that of an index made anew.
	slices.SortStableFunc(s.lists, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.one, a.one), strings.Compare(a.term, b.term))
	})
	if q.Most > 0 && len(s.lists) > q.Most {
		s.lists = s.lists[:q.Most]
	}
	s.allow()
	s.buf = take(len(x.docs))
	s.score = s.buf.score[:len(x.docs)]
	return s
}

// add looks a term up, in the documents and in the words of their links.
func (s *run) add(t Term) {
	own, least := s.x.listOf(t), s.x.commonness(t.For)
	if own != nil && len(own.docs) > 0 {
		s.lists = append(s.lists, scored{t.name(), own, float32(t.Weight * s.rarity(max(least, len(own.docs))) / 255), false})
	}
	if s.links == nil || s.w.Alias <= 0 || len(t.With) > 0 {
		return
	}
	if l := s.links.alias[t.Text]; l != nil {
		df := max(least, len(l.docs))
		if own != nil {
			df = max(df, len(own.docs))
		}
		s.lists = append(s.lists, scored{t.Text, l, float32(t.Weight * s.w.Alias * s.rarity(df) / 255), true})
	}
}

// rarity is the inverse document frequency of BM25, never negative.
func (s *run) rarity(documents int) float64 {
	n, df := float64(max(s.x.live, documents)), float64(documents)
	return math.Log(1 + (n-df+0.5)/(df+0.5))
}

// allow prepares who may find what and what documents are worth.
func (s *run) allow() {
	s.may, s.mine = make([]bool, len(s.x.groups)), make([]bool, len(s.x.groups))
	for i, g := range s.x.groups {
		if i > 0 {
			s.may[i] = s.q.May == nil || s.q.May(g, false)
			s.mine[i] = s.may[i] || s.q.May(g, true)
		}
	}
	if n, ok := s.x.people[s.q.Author]; ok {
		s.author = n
	}
	if n, ok := s.x.byID[s.q.Exclude]; ok {
		s.ban = n
	}
	for _, w := range s.q.All {
		s.all = append(s.all, s.x.test(w))
	}
	for _, w := range s.q.None {
		s.none = append(s.none, s.x.test(w))
	}
	for l := range s.factor {
		s.factor[l] = float32(PriorFactor(uint8(l)))
		if s.q.NoPrior {
			s.factor[l] = 1
		}
		s.top = max(s.top, s.factor[l])
	}
	if s.links != nil {
		s.top *= float32(1 + s.w.Popular*float64(s.links.most))
	}
}

// finds reports whether a document is to be found at all.
func (s *run) finds(n uint32) bool {
	d := s.x.marks[n]
	own := d.author == s.author && d.author != 0 && s.mine[d.group]
	return (s.may[d.group] || own) && n != s.ban && s.passes(n, d)
}

// worth is the factor of a document, 0 for one that is not to be found.
func (s *run) worth(n uint32) float32 {
	if !s.finds(n) {
		return 0
	}
	d := s.x.marks[n]
	f := s.factor[d.prior]
	if s.links != nil && s.w.Popular > 0 {
		f *= float32(1 + s.w.Popular*s.links.liked(n))
	}
	return f
}

// best returns the k documents of the highest scores.
func (s *run) best(k int) []candidate {
	for _, l := range s.lists {
		impacts := l.list.impacts
		for j, n := range l.list.docs {
			s.score[n] += l.one * float32(impacts[j])
		}
	}
	b := bestOf{s: s, k: k}
	for n, sum := range s.score {
		if sum > b.floor {
			b.offer(uint32(n), sum)
		}
	}
	return b.list
}

// slack covers what a division rounds.
const slack = 1 + 1e-4

// candidate is a document on its way among the best.
type candidate struct {
	n     uint32
	score float32 // times what it is worth
}

// bestOf keeps the k best, as a heap with the worst of them first.
type bestOf struct {
	s     *run
	k     int
	list  []candidate
	floor float32 // a sum below it is not among the best, whatever it is worth
}

func (b *bestOf) offer(n uint32, sum float32) {
	c := candidate{n, sum * b.s.worth(n)}
	switch {
	case c.score <= 0:
		return
	case len(b.list) < b.k:
		b.list = append(b.list, c)
		b.rise(len(b.list) - 1)
	case b.s.before(c, b.list[0]):
		b.list[0] = c
		b.sink(0)
	}
	if len(b.list) == b.k {
		b.floor = b.list[0].score / (b.s.top * slack)
	}
}

func (b *bestOf) rise(i int) {
	for i > 0 {
		up := (i - 1) / 2
		if !b.s.before(b.list[up], b.list[i]) {
			return
		}
		b.list[up], b.list[i] = b.list[i], b.list[up]
		i = up
	}
}

func (b *bestOf) sink(i int) {
	for {
		down := 2*i + 1
		if down >= len(b.list) {
			return
		}
		if other := down + 1; other < len(b.list) && b.s.before(b.list[down], b.list[other]) {
			down = other
		}
		if !b.s.before(b.list[i], b.list[down]) {
			return
		}
		b.list[i], b.list[down] = b.list[down], b.list[i]
		i = down
	}
}

// before orders by score, and equal ones by id.
func (s *run) before(a, b candidate) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	return s.x.docs[a.n].id < s.x.docs[b.n].id
}

func (s *run) hits(list []candidate) []Hit {
	s.sort(list)
	hits := make([]Hit, min(len(list), s.q.Limit))
	for i := range hits {
		hits[i] = Hit{s.x.docs[list[i].n].id, float64(list[i].score)}
	}
	return hits
}

// Rarest are the terms that stand in the fewest documents, without those that
// stand in none.
func (x *Index) Rarest(terms []Term, most int) []Term {
	x.mu.RLock()
	defer x.mu.RUnlock()
	in := func(t Term) int {
		if n, ok := x.terms[t.Text]; ok {
			return len(x.lists[n].docs)
		}
		return 0
	}
	terms = slices.DeleteFunc(slices.Clone(terms), func(t Term) bool { return in(t) == 0 })
	slices.SortStableFunc(terms, func(a, b Term) int { return cmp.Compare(in(a), in(b)) })
	return terms[:min(len(terms), most)]
}
