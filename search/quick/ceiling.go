package quick

import (
	"cmp"
	"slices"
)

// Ceiling is what a document of common worth would score that says every term
// of the query as strongly as can be; terms that stand nowhere count as the
// rarest. A score over it says how much of the query a document meets, whatever
// the query's length. Links, and words that stand for others, are not counted.
func (x *Index) Ceiling(q Query) (sum float64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := &run{x: x}
	worth := make([]float64, len(q.Terms))
	for i, t := range q.Terms {
		if len(t.For) > 0 {
			continue // what it stands for is counted
		}
		in := 0
		if n, ok := x.terms[t.Text]; ok {
			in = len(x.lists[n].docs)
		}
		worth[i] = t.Weight * s.rarity(in)
	}
	slices.SortFunc(worth, func(a, b float64) int { return cmp.Compare(b, a) })
	if q.Most > 0 && len(worth) > q.Most {
		worth = worth[:q.Most]
	}
	for _, w := range worth {
		sum += w
	}
	return sum
}
