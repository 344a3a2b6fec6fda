package quick

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Loading fills an empty index term by term, as a store of postings holds it.
type Loading struct {
	x    *Index
	sum  []float64 // by document, of the term at hand
	met  []uint32  // documents of the term at hand
	last []uint32  // by document, its last term

	packed [][]byte // by document, as its terms will be
}

// Load begins to fill an index that holds nothing yet and that nobody else uses
// before Done. Documents are known by their places in the list from now on.
func (x *Index) Load(docs []Doc) *Loading {
	x.docs, x.marks = make([]doc, len(docs)), make([]mark, len(docs))
	tags := map[string][]int{}
	for i, d := range docs {
		for _, t := range d.Tags {
			tags[t] = append(tags[t], i)
		}
		x.docs[i].id = d.ID
		x.byID[d.ID] = uint32(i)
		x.mark(uint32(i), d.Mark)
	}
	x.live = len(docs)
	l := &Loading{x: x, sum: make([]float64, len(docs)), last: make([]uint32, len(docs)), packed: make([][]byte, len(docs))}
	for _, t := range slices.Sorted(maps.Keys(tags)) {
		l.tag(t, slices.Compact(tags[t]))
	}
	return l
}

// tag makes the list of a tag.
func (l *Loading) tag(tag string, documents []int) {
	number := l.x.term(tagMark + tag)
	made := list{docs: make([]uint32, len(documents)), impacts: make([]uint8, len(documents))}
	for i, n := range documents {
		made.docs[i], made.impacts[i] = uint32(n), 1
		l.belongs(n, number)
	}
	l.x.lists[number] = made
}

// belongs notes that a document has a term, whose number is above those before.
func (l *Loading) belongs(document int, term uint32) {
	l.packed[document] = binary.AppendUvarint(l.packed[document], uint64(term-l.last[document]))
	l.last[document] = term
}

// Count says how often the term at hand stands in a field of so many terms. The
// fields of a document come in the order of the shape.
func (l *Loading) Count(document, field, count, length int) {
	if l.sum[document] == 0 {
		l.met = append(l.met, uint32(document))
	}
	l.sum[document] += l.x.shape.Fields[field].one(length) * float64(count)
}

// Term ends a term, which must be new: what was counted belongs to it.
func (l *Loading) Term(term string) {
	if len(l.met) == 0 {
		return
	}
	slices.Sort(l.met)
	number := l.x.term(term)
	made := list{docs: slices.Clone(l.met), impacts: make([]uint8, len(l.met))}
	for i, n := range l.met {
		made.impacts[i] = l.x.shape.impact(l.sum[n])
		l.belongs(int(n), number)
		l.sum[n] = 0
	}
	l.x.lists[number] = made
	l.met = l.met[:0]
}

// Done ends the filling.
func (l *Loading) Done() {
	for i := range l.x.docs {
		l.x.docs[i].terms, l.packed[i] = string(l.packed[i]), nil
	}
}
