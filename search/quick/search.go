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
	Most    int // terms looked for, those that count most; 0 is all

	NoPrior    bool   // for comparison: all documents are worth the same
	Exhaustive bool   // for comparison: add everything up
	Links      *Links // for comparison: instead of the index's own
}

// Term is a word to look for and how much it counts.
type Term struct {
	Text   string
	Weight float64
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
	rest   []float32 // what the lists from here on can add
	post   []int     // how many postings they have
	may    []bool    // by group
	mine   []bool    // by group, of own documents
	author uint32
	ban    uint32 // number of the excluded document
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

func (s scored) bound() float32 { return s.one * float32(s.list.max) }

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
	s.rest, s.post = make([]float32, len(s.lists)+1), make([]int, len(s.lists)+1)
	for i := len(s.lists) - 1; i >= 0; i-- {
		s.rest[i] = s.rest[i+1] + s.lists[i].bound()
		s.post[i] = s.post[i+1] + len(s.lists[i].list.docs)
	}
	s.allow()
	s.buf = take(len(x.docs))
	s.score = s.buf.score[:len(x.docs)]
	return s
}

// add looks a term up, in the documents and in the words of their links.
func (s *run) add(t Term) {
	n, ok := s.x.terms[t.Text]
	if ok && len(s.x.lists[n].docs) > 0 {
		l := &s.x.lists[n]
		s.lists = append(s.lists, scored{t.Text, l, float32(t.Weight * s.rarity(len(l.docs)) / 255), false})
	}
	if s.links == nil || s.w.Alias <= 0 {
		return
	}
	if l := s.links.alias[t.Text]; l != nil {
		df := len(l.docs)
		if ok {
			df = max(df, len(s.x.lists[n].docs))
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

// worth is the factor of a document, 0 for one that is not to be found.
func (s *run) worth(n uint32) float32 {
	d := &s.x.docs[n]
	if !s.may[d.group] && !(d.author == s.author && d.author != 0 && s.mine[d.group]) || n == s.ban {
		return 0
	}
	f := s.factor[d.prior]
	if s.links != nil && s.w.Popular > 0 {
		f *= float32(1 + s.w.Popular*s.links.liked(n))
	}
	return f
}

// best returns the k documents of the highest scores.
func (s *run) best(k int) []candidate {
	added := 0 // postings since the last look at what is enough
	for i, l := range s.lists {
		if added >= len(s.score)/4 && s.post[i] >= len(s.score)/4 && !s.q.Exhaustive {
			if all, ok := s.enough(i, k); ok {
				return s.follow(all, i, k)
			}
			added = 0
		}
		for j, n := range l.list.docs {
			s.score[n] += l.one * float32(l.list.impacts[j])
		}
		added += len(l.list.docs)
	}
	return s.scan(k).list
}

// scan looks at all scores for the k best.
func (s *run) scan(k int) bestOf {
	b := bestOf{s: s, k: k}
	for n, sum := range s.score {
		if sum > b.floor {
			b.offer(uint32(n), sum)
		}
	}
	return b
}

// enough returns the documents that may still be among the best, if the lists
// from i on cannot bring in others.
func (s *run) enough(i, k int) ([]uint32, bool) {
	more := s.rest[i]
	if 2*more > s.rest[0] { // those before cannot outweigh it
		return nil, false
	}
	b := s.scan(k)
	least := b.least()
	if least <= more*s.top*slack {
		return nil, false
	}
	all, floor := s.buf.numbers[:0], least/(s.top*slack)-more
	for n, sum := range s.score {
		if sum > 0 && sum >= floor && (sum+more)*s.worth(uint32(n))*slack >= least {
			all = append(all, uint32(n))
		}
	}
	s.buf.numbers = all
	return all, true
}

// slack covers what adding up in another order rounds otherwise.
const slack = 1 + 1e-4

// follow adds the lists from i on up, for some documents only, leaving out those
// that fall behind.
func (s *run) follow(all []uint32, i, k int) []candidate {
	for ; i < len(s.lists); i++ {
		l := s.lists[i]
		at := 0
		for _, n := range all {
			at = seek(l.list.docs, at, n)
			if at == len(l.list.docs) {
				break
			}
			if l.list.docs[at] == n {
				s.score[n] += l.one * float32(l.list.impacts[at])
			}
		}
		if len(all) > 4*k {
			all = s.drop(all, i+1, k)
		}
	}
	b := bestOf{s: s, k: k}
	for _, n := range all {
		b.offer(n, s.score[n])
	}
	return b.list
}

func (s *run) drop(all []uint32, i, k int) []uint32 {
	b := bestOf{s: s, k: k}
	for _, n := range all {
		b.offer(n, s.score[n])
	}
	least := b.least()
	return slices.DeleteFunc(all, func(n uint32) bool {
		return (s.score[n]+s.rest[i])*s.worth(n)*slack < least
	})
}

// seek returns the first place from at on that holds n or more.
func seek(docs []uint32, at int, n uint32) int {
	step := 1
	for at+step < len(docs) && docs[at+step] < n {
		at += step
		step *= 2
	}
	end := min(at+step+1, len(docs))
	for at < end {
		mid := int(uint(at+end) / 2)
		if docs[mid] < n {
			at = mid + 1
		} else {
			end = mid
		}
	}
	return at
}

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

// least is what a document needs to be among the k best; 0 while there are fewer.
func (b *bestOf) least() float32 {
	if len(b.list) < b.k {
		return 0
	}
	return b.list[0].score
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
