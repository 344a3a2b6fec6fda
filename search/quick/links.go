package quick

import (
	"cmp"
	"math"
	"slices"
)

// Weights say how much links count. They are learned, and begin at zero.
type Weights struct {
	Alias   float64 `json:"alias"`   // words of linked texts, beside words of the document's own
	Near    float64 `json:"near"`    // of the score of a document linked with it
	Popular float64 `json:"popular"` // of the logarithm of how many links it has
}

// Link is a text that led to a document: the title of a question that was a
// duplicate of it, or what somebody typed whom it helped.
type Link struct {
	To    string   // the document
	From  string   // the document that has the text, which is then linked both ways; "" if none has
	Terms []string // of the text
}

// Links are what documents say of one another. They are made as a whole and
// never changed; the zero value has none.
type Links struct {
	alias   map[string]*list
	near    map[uint32][]uint32
	popular []float32 // by document, as far as any has links
	most    float32
	text    map[uint32][]string
	weights Weights
}

// Of makes the links of an index's present documents. Those of documents that
// it does not hold are left out.
func (x *Index) Of(links []Link) *Links {
	x.mu.RLock()
	defer x.mu.RUnlock()
	text := map[uint32][]string{}
	l := &Links{alias: map[string]*list{}, near: map[uint32][]uint32{}, text: text}
	count := map[uint32]int{}
	for _, link := range links {
		to, ok := x.byID[link.To]
		if !ok || link.To == link.From {
			continue
		}
		text[to] = append(text[to], link.Terms...)
		count[to]++
		if from, ok := x.byID[link.From]; ok && link.From != "" {
			l.near[to], l.near[from] = append(l.near[to], from), append(l.near[from], to)
		}
	}
	for to, n := range count {
		if grow := int(to) + 1 - len(l.popular); grow > 0 {
			l.popular = append(l.popular, make([]float32, grow)...)
		}
		l.popular[to] = float32(math.Log1p(float64(n)))
		l.most = max(l.most, l.popular[to])
	}
	l.index(text)
	for n, near := range l.near {
		slices.Sort(near)
		l.near[n] = slices.Compact(near)
	}
	return l
}

// aliasLength is a typical length of what links say of one document.
const aliasLength = 12

// index makes the lists of the words of links.
func (l *Links) index(text map[uint32][]string) {
	s := Shape{K1: 1.2, Fields: []Field{{Weight: 1, B: 0.5, Length: aliasLength}}}
	numbers := make([]uint32, 0, len(text))
	for n := range text {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		for _, p := range s.Weigh(TextOf(text[n])) {
			if l.alias[p.Term] == nil {
				l.alias[p.Term] = &list{}
			}
			l.alias[p.Term].set(n, p.Impact)
		}
	}
}

// With returns the same links with other weights.
func (l *Links) With(w Weights) *Links {
	changed := *l
	changed.weights = w
	return &changed
}

// Use makes searches count links, or no longer with nil.
func (x *Index) Use(l *Links) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.links = l
}

// liked is the logarithm of the links of a document.
func (l *Links) liked(n uint32) float64 {
	if int(n) < len(l.popular) {
		return float64(l.popular[n])
	}
	return 0
}

// reach is how many of the best are needed to pass something on.
func (s *run) reach() int {
	if s.links == nil || s.w.Near <= 0 || len(s.links.near) == 0 {
		return 0
	}
	return around
}

// neighbours adds to each document a part of the scores of those linked with it
// that stand among the best.
func (s *run) neighbours(best []candidate) []candidate {
	if s.reach() == 0 {
		return best
	}
	s.sort(best)
	place := make(map[uint32]int, len(best))
	for i, c := range best {
		place[c.n] = i
	}
	gain := map[uint32]float32{}
	for _, c := range best[:min(len(best), around)] {
		for _, n := range s.links.near[c.n] {
			gain[n] = max(gain[n], c.score*float32(s.w.Near))
		}
	}
	for n, g := range gain {
		if i, ok := place[n]; ok {
			best[i].score += g
		} else if worth := s.worth(n); worth > 0 {
			best = append(best, candidate{n, s.exactly(n)*worth + g})
		}
	}
	return best
}

// exactly adds up the score of one document.
func (s *run) exactly(n uint32) (sum float32) {
	for _, l := range s.lists {
		sum += l.one * float32(l.list.at(n))
	}
	return sum
}

func (s *run) sort(list []candidate) {
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(s.x.docs[a.n].id, s.x.docs[b.n].id))
	})
}

// Linked returns the terms of the links that lead to a document, if they count.
func (x *Index) Linked(id string) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, ok := x.byID[id]
	if !ok || x.links == nil || x.links.weights.Alias <= 0 {
		return nil
	}
	return x.links.text[n]
}
