package quick

import "slices"

// Facts are what is known of a document beside its words and who may find it.
type Facts struct {
	Flags uint16 // what holds of it, a bit each
	Score uint16
	Day   uint16
	At    int64 // when it came, for lists in that order; never below 0
	Tags  []string
}

// Range is of numbers, both ends in it.
type Range struct{ From, To uint16 }

// Where is a condition on documents; what is not set asks nothing.
type Where struct {
	Spaces  []string // in one of these; nil asks nothing, none of none holds
	Authors []string // by one of these; the same
	Among   []string // one of these, by id; the same
	Tag     string
	Flags   uint16 // all of them
	Score   *Range
	Day     *Range
	Any     []string // has one of these terms; the same as Spaces
	Each    []string // has each of these terms
}

// tagMark begins the names of the lists of tags, which no term does.
const tagMark = "\x00"

func (x *Index) tagList(tag string) *list {
	n, ok := x.terms[tagMark+tag]
	if !ok {
		return &list{}
	}
	return &x.lists[n]
}

// set is documents by their numbers.
type set []uint64

func (x *Index) newSet() set { return make(set, len(x.docs)/64+1) }

func (s set) add(n uint32)      { s[n/64] |= 1 << (n % 64) }
func (s set) has(n uint32) bool { return s[n/64]&(1<<(n%64)) != 0 }
func (s set) keep(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}

// test is a condition made ready: to be a member, and to have such a mark.
type test struct {
	members set // nil asks nothing
	marks   []func(mark) bool
}

func (t test) holds(n uint32, m mark) bool {
	return (t.members == nil || t.members.has(n)) && !slices.ContainsFunc(t.marks, func(f func(mark) bool) bool { return !f(m) })
}

// test makes a condition ready.
func (x *Index) test(w Where) (t test) {
	if w.Spaces != nil {
		in := make([]bool, len(x.groups))
		for i, g := range x.groups {
			in[i] = slices.Contains(w.Spaces, g.Space)
		}
		t.marks = append(t.marks, func(m mark) bool { return in[m.group] })
	}
	if w.Authors != nil {
		var by []uint32
		for _, a := range w.Authors {
			if n, ok := x.people[a]; ok {
				by = append(by, n)
			}
		}
		t.marks = append(t.marks, func(m mark) bool { return slices.Contains(by, m.author) })
	}
	if w.Flags != 0 {
		t.marks = append(t.marks, func(m mark) bool { return m.flags&w.Flags == w.Flags })
	}
	if r := w.Score; r != nil {
		t.marks = append(t.marks, func(m mark) bool { return r.From <= m.score && m.score <= r.To })
	}
	if r := w.Day; r != nil {
		t.marks = append(t.marks, func(m mark) bool { return r.From <= m.day && m.day <= r.To })
	}
	t.members = x.members(w)
	return t
}

// members are the documents that a condition names by lists; nil asks nothing.
func (x *Index) members(w Where) (s set) {
	and := func(lists ...*list) {
		other := x.newSet()
		for _, l := range lists {
			for _, n := range l.docs {
				other.add(n)
			}
		}
		if s == nil {
			s = other
			return
		}
		s.keep(other)
	}
	if w.Tag != "" {
		and(x.tagList(w.Tag))
	}
	if w.Any != nil {
		var lists []*list
		for _, t := range w.Any {
			if n, ok := x.terms[t]; ok {
				lists = append(lists, &x.lists[n])
			}
		}
		and(lists...)
	}
	for _, t := range w.Each {
		l := &list{}
		if n, ok := x.terms[t]; ok {
			l = &x.lists[n]
		}
		and(l)
	}
	if w.Among != nil {
		l := &list{}
		for _, id := range w.Among {
			if n, ok := x.byID[id]; ok {
				l.docs = append(l.docs, n)
			}
		}
		and(l)
	}
	return s
}

// passes reports whether a document meets what the query asks beside words.
func (s *run) passes(n uint32, m mark) bool {
	for _, t := range s.all {
		if !t.holds(n, m) {
			return false
		}
	}
	for _, t := range s.none {
		if t.holds(n, m) {
			return false
		}
	}
	return true
}
