package quick

import (
	"slices"
	"strings"
)

// name tells a term from others, for the order of equal ones.
func (t Term) name() string {
	if len(t.With) == 0 {
		return t.Text
	}
	return t.Text + " " + strings.Join(t.With, " ")
}

// listOf is the list of a term, nil if there is none.
func (x *Index) listOf(t Term) *list {
	n, ok := x.terms[t.Text]
	if !ok {
		return nil
	}
	l := &x.lists[n]
	if len(t.With) == 0 {
		return l
	}
	all := []*list{l}
	for _, w := range t.With {
		if n, ok = x.terms[w]; !ok {
			return nil
		}
		all = append(all, &x.lists[n])
	}
	return together(all)
}

// together lists the documents that stand in all lists, each with the least of
// its impacts.
func together(all []*list) *list {
	slices.SortFunc(all, func(a, b *list) int { return len(a.docs) - len(b.docs) })
	both := &list{docs: slices.Clone(all[0].docs), impacts: slices.Clone(all[0].impacts)}
	for _, other := range all[1:] {
		both.keep(other)
	}
	return both
}

// keep drops what another list, which is no shorter, has not.
func (l *list) keep(other *list) {
	kept, from := 0, 0
	for i, n := range l.docs {
		from += leap(other.docs[from:], n)
		if from == len(other.docs) {
			break
		}
		if other.docs[from] == n {
			l.docs[kept], l.impacts[kept] = n, min(l.impacts[i], other.impacts[from])
			kept++
		}
	}
	l.docs, l.impacts = l.docs[:kept], l.impacts[:kept]
}

// leap is the place of the first number that is not below n, found in leaps
// that double: cheap near the beginning, and over long ways.
func leap(sorted []uint32, n uint32) int {
	far := 1
	for far < len(sorted) && sorted[far-1] < n {
		far *= 2
	}
	from := far / 2
	i, _ := slices.BinarySearch(sorted[from:min(far, len(sorted))], n)
	return from + i
}

// commonness is in how many documents the rarest of some words stands, of those
// that stand in any.
func (x *Index) commonness(terms []string) (df int) {
	for _, t := range terms {
		if n, ok := x.terms[t]; ok {
			if c := len(x.lists[n].docs); c > 0 && (df == 0 || c < df) {
				df = c
			}
		}
	}
	return df
}
