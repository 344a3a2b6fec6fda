package quick

import "math/bits"

// tagged is a tag and the number of its list.
type tagged struct {
	name string
	list uint32
}

// Counts are how many of the documents that a query finds have what.
type Counts struct {
	All    int
	Spaces map[string]int
	Tags   map[string]int
	Flags  [16]int // by bit
}

// Count counts everything that a query finds, whatever its limit; a query
// without terms finds all that meets its conditions. No document is read.
func (x *Index) Count(q Query) Counts {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.begin(q)
	defer s.end()
	c := Counts{Spaces: map[string]int{}, Tags: map[string]int{}}
	found := s.found()
	groups := make([]int, len(x.groups))
	found.each(func(n uint32) {
		m := x.marks[n]
		groups[m.group]++
		for f := m.flags; f != 0; f &= f - 1 {
			c.Flags[bits.TrailingZeros16(f)]++
		}
	})
	for i, n := range groups {
		if n > 0 {
			c.All += n
			c.Spaces[x.groups[i].Space] += n
		}
	}
	for _, t := range x.tags {
		in := 0
		for _, n := range x.lists[t.list].docs {
			if found.has(n) {
				in++
			}
		}
		if in > 0 {
			c.Tags[t.name] = in
		}
	}
	return c
}

// found are the documents that have any of the terms and are to be found.
func (s *run) found() set {
	found := s.x.newSet()
	for _, l := range s.lists {
		for _, n := range l.list.docs {
			found.add(n)
		}
	}
	if len(s.q.Terms) == 0 {
		for n := range s.x.docs {
			found.add(uint32(n))
		}
	}
	found.each(func(n uint32) {
		if !s.finds(n) {
			found[n/64] &^= 1 << (n % 64)
		}
	})
	return found
}

func (s set) each(f func(n uint32)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			f(uint32(i*64 + bits.TrailingZeros64(w)))
		}
	}
}
