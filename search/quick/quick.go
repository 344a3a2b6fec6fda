// Package quick ranks documents by their words, from memory.
//
// A document has text in several fields; all of them are one posting a term
// (BM25F: Robertson, Zaragoza, Taylor, "Simple BM25 extension to multiple
// weighted fields", 2004): the frequencies in the fields, each over the field's
// own length and times its weight, are added up and then saturated once. The
// saturated value, the impact, is a number of eight bits. Lengths are compared
// with a typical length that the shape names, not with the mean of the
// collection, so that an impact depends on its document alone: an index that
// was changed a thousand times ranks as one made anew.
//
// A search adds the impacts of its terms up for all documents that have any.
// That is exact, and as fast as pruned ways are at hundreds of thousands of
// documents: going through a list in its order costs about a nanosecond a
// document, and deciding what to leave out cost more (measured: twice as much).
package quick

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"
)

// Field says how the text of one field counts.
type Field struct {
	Weight float64 // of one occurrence in a text of typical length
	B      float64 // how much the length matters, 0 to 1
	Length float64 // a typical length, in terms
}

// Shape is what an index is made for; it never changes.
type Shape struct {
	K1     float64 // how slowly repetition saturates
	Fields []Field
}

// Group is what decides who may find a document.
type Group struct{ Space, Shelf string }

// Mark is what is known of a document beside its words.
type Mark struct {
	Group  Group
	Author string
	Prior  uint8  // its level; see PriorFactor
	Tongue string // the language it is written in
	Facts
}

// Doc is one document and its terms, each once; see Shape.Weigh.
type Doc struct {
	ID    string
	Print uint64 // fingerprint of all there is to it
	Mark
	Terms []Posting
}

// Posting is a term of a document.
type Posting struct {
	Term   string
	Impact uint8
}

// Text is how often each term stands in a text, and how many there are in all.
type Text struct {
	Counts map[string]int
	Length int
}

// TextOf counts terms.
func TextOf(terms []string) Text {
	t := Text{make(map[string]int, len(terms)), len(terms)}
	for _, term := range terms {
		t.Counts[term]++
	}
	return t
}

// Index is a set of documents. All methods may be called concurrently; one
// writer works at a time.
type Index struct {
	shape Shape

	mu     sync.RWMutex
	docs   []doc  // by number; a number is never used again
	marks  []mark // by number; apart, since a search looks at many
	byID   map[string]uint32
	terms  map[string]uint32 // number of a term
	lists  []list            // by the number of the term
	groups []Group           // by number; 0 is nobody's
	byName map[Group]uint16
	tags   []tagged          // all there ever were
	people map[string]uint32 // number of an author, from 1
	spoken map[string]int    // documents by language
	speech []string          // the languages, by number
	live   int
	links  *Links

	scratch []numbered // of the one who writes
	packed  []byte
}

type doc struct {
	id    string
	print uint64
	terms string // numbers of its terms, sorted, as differences in varints
}

// mark is what a search asks of a document beside its words.
type mark struct {
	author uint32
	group  uint16
	flags  uint16
	score  uint16
	day    uint16
	prior  uint8
	tongue uint8
	at     int64
}

// list holds the documents of a term in the order of their numbers.
type list struct {
	docs    []uint32
	impacts []uint8
}

// New makes an empty index.
func New(s Shape) *Index {
	return &Index{
		shape: s, byID: map[string]uint32{}, terms: map[string]uint32{},
		groups: []Group{{}}, byName: map[Group]uint16{}, people: map[string]uint32{"": 0}, spoken: map[string]int{},
	}
}

// Len is the number of documents.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.live
}

// Put adds documents, or replaces them. Nothing of them is kept but their ids.
func (x *Index) Put(docs ...Doc) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, d := range docs {
		x.put(d)
	}
}

// Weigh makes the terms of a document, in no order, from a text for each field
// of the shape.
func (s Shape) Weigh(text ...Text) []Posting {
	weighed := map[string]float64{}
	for f, t := range text {
		s.Add(weighed, f, t)
	}
	return s.Saturate(nil, weighed)
}

// Add counts a text of a field among what was weighed of its document.
func (s Shape) Add(weighed map[string]float64, field int, t Text) {
	one := s.Fields[field].one(t.Length)
	for term, n := range t.Counts {
		weighed[term] += one * float64(n)
	}
}

// Saturate appends the terms of a document of which all texts were added.
func (s Shape) Saturate(list []Posting, weighed map[string]float64) []Posting {
	list = slices.Grow(list, len(weighed))
	for t, w := range weighed {
		list = append(list, Posting{t, s.impact(w)})
	}
	return list
}

// one is what an occurrence in a text of so many terms counts.
func (f Field) one(length int) float64 {
	return f.Weight / (1 - f.B + f.B*float64(length)/f.Length)
}

// impact saturates a weighed frequency and keeps eight bits of it.
func (s Shape) impact(frequency float64) uint8 {
	if frequency <= 0 {
		return 0
	}
	return uint8(max(1, math.Round(frequency/(s.K1+frequency)*255-1e-9)))
}

func (x *Index) put(d Doc) {
	terms := x.scratch[:0]
	for _, p := range d.Terms {
		terms = append(terms, numbered{x.term(p.Term), p.Impact})
	}
	for _, t := range d.Tags {
		terms = append(terms, numbered{x.term(tagMark + t), 1})
	}
	slices.SortFunc(terms, func(a, b numbered) int { return cmp.Compare(a.term, b.term) })
	terms = slices.Compact(terms)
	x.scratch = terms
	n, had := x.byID[d.ID]
	if had {
		x.take(n, terms)
		x.speak(x.tongue(n), -1)
	} else {
		n = uint32(len(x.docs))
		x.docs, x.marks = append(x.docs, doc{id: d.ID}), append(x.marks, mark{})
		x.byID[d.ID] = n
		x.live++
	}
	for _, t := range terms {
		x.lists[t.term].set(n, t.impact)
	}
	x.packed = pack(x.packed[:0], terms)
	x.docs[n].terms, x.docs[n].print = string(x.packed), d.Print
	x.mark(n, d.Mark)
}

// numbered is a term of a document by its number.
type numbered struct {
	term   uint32
	impact uint8
}

// mark notes what is known of a document beside its words.
func (x *Index) mark(n uint32, m Mark) {
	group, ok := x.byName[m.Group]
	if !ok {
		group = uint16(len(x.groups))
		own := Group{strings.Clone(m.Group.Space), strings.Clone(m.Group.Shelf)}
		x.groups = append(x.groups, own)
		x.byName[own] = group
	}
	author, ok := x.people[m.Author]
	if !ok {
		author = uint32(len(x.people))
		x.people[strings.Clone(m.Author)] = author
	}
	x.marks[n] = mark{author, group, m.Flags, m.Score, m.Day, min(m.Prior, Priors-1), x.speechOf(m.Tongue), m.At}
	x.speak(x.tongue(n), 1)
}

// speechOf is the number of a language; of more than 256, the others count as the
// first that was met.
func (x *Index) speechOf(tongue string) uint8 {
	i := slices.Index(x.speech, tongue)
	if i < 0 && len(x.speech) <= math.MaxUint8 {
		i, x.speech = len(x.speech), append(x.speech, strings.Clone(tongue))
	}
	return uint8(max(i, 0))
}

func (x *Index) tongue(n uint32) string { return x.speech[x.marks[n].tongue] }

func (x *Index) speak(tongue string, more int) {
	if x.spoken[tongue] += more; x.spoken[tongue] == 0 {
		delete(x.spoken, tongue)
	}
}

// Tongues returns the languages that at least so great a part of the documents
// is written in, the commonest first.
func (x *Index) Tongues(part float64) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var list []string
	for t, n := range x.spoken {
		if float64(n) >= part*float64(x.live) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(x.spoken[b], x.spoken[a]), cmp.Compare(a, b))
	})
	return list
}

func (x *Index) term(t string) uint32 {
	n, ok := x.terms[t]
	if !ok {
		n, t = uint32(len(x.lists)), strings.Clone(t)
		x.terms[t] = n
		x.lists = append(x.lists, list{})
		if strings.HasPrefix(t, tagMark) {
			x.tags = append(x.tags, tagged{t[len(tagMark):], n})
		}
	}
	return n
}

// Delete removes documents; those that are not there are left out.
func (x *Index) Delete(ids ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		n, ok := x.byID[id]
		if !ok {
			continue
		}
		x.take(n, nil)
		x.speak(x.tongue(n), -1)
		delete(x.byID, id)
		x.docs[n], x.marks[n] = doc{}, mark{} // of group 0
		x.live--
	}
}

// take removes a document from the lists of its terms, but for those to keep,
// which are sorted.
func (x *Index) take(n uint32, keep []numbered) {
	for t := range unpack(x.docs[n].terms) {
		_, kept := slices.BinarySearchFunc(keep, t, func(k numbered, t uint32) int { return cmp.Compare(k.term, t) })
		if !kept {
			x.lists[t].remove(n)
		}
	}
}

// set puts a document into the list, or changes its impact.
func (l *list) set(n uint32, impact uint8) {
	if len(l.docs) == 0 || l.docs[len(l.docs)-1] < n {
		l.docs, l.impacts = append(roomy(l.docs), n), append(roomy(l.impacts), impact)
		return
	}
	i, found := slices.BinarySearch(l.docs, n)
	if found {
		l.impacts[i] = impact
		return
	}
	l.docs, l.impacts = slices.Insert(l.docs, i, n), slices.Insert(l.impacts, i, impact)
}

// roomy makes room for more, by an eighth: most lists are short, and append
// would double them.
func roomy[T any](s []T) []T {
	if len(s) < cap(s) {
		return s
	}
	return append(make([]T, 0, len(s)+len(s)/8+2), s...)
}

func (l *list) remove(n uint32) {
	i, found := slices.BinarySearch(l.docs, n)
	if !found {
		return
	}
	l.docs, l.impacts = slices.Delete(l.docs, i, i+1), slices.Delete(l.impacts, i, i+1)
	if len(l.docs) == 0 {
		*l = list{}
	}
}

// at is the impact of a document, 0 if it is not in the list.
func (l *list) at(n uint32) uint8 {
	if i, found := slices.BinarySearch(l.docs, n); found {
		return l.impacts[i]
	}
	return 0
}

func pack(buf []byte, sorted []numbered) []byte {
	last := uint32(0)
	for _, t := range sorted {
		buf = binary.AppendUvarint(buf, uint64(t.term-last))
		last = t.term
	}
	return buf
}

func unpack(packed string) func(func(uint32) bool) {
	return func(yield func(uint32) bool) {
		n, d, shift := uint32(0), uint32(0), 0
		for i := range len(packed) {
			b := packed[i]
			d |= uint32(b&0x7f) << shift
			if shift += 7; b >= 0x80 {
				continue
			}
			if n += d; !yield(n) {
				return
			}
			d, shift = 0, 0
		}
	}
}

// Print is the fingerprint of a document, if there is such a document.
func (x *Index) Print(id string) (print uint64, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, ok := x.byID[id]
	if ok {
		print = x.docs[n].print
	}
	return print, ok
}

// Terms lists the terms that stand in any document and that keep chooses, in no
// order.
func (x *Index) Terms(keep func(term string) bool) (list []string) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for t, n := range x.terms {
		if len(x.lists[n].docs) > 0 && !strings.HasPrefix(t, tagMark) && keep(t) {
			list = append(list, t)
		}
	}
	return list
}

// Frequency is in how many documents a term stands.
func (x *Index) Frequency(term string) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if n, ok := x.terms[term]; ok {
		return len(x.lists[n].docs)
	}
	return 0
}

// Priors is how many levels of prior there are; the middle one is neutral.
const Priors = 16

// PriorFactor is what a score is multiplied by at a level: 0.8 to 1.3.
func PriorFactor(level uint8) float64 { return 0.8 + 0.5*float64(level)/(Priors-1) }

// PriorOf is the level whose factor is nearest.
func PriorOf(factor float64) uint8 {
	return uint8(math.Round(min(max((factor-0.8)/0.5, 0), 1) * (Priors - 1)))
}
