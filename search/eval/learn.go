package eval

import (
	"context"
	"hash/fnv"
	"math"
	"slices"

	"selfie/search/quick"
)

// Lesson is a link to learn from: somebody asked for what Link.To is about.
type Lesson struct {
	quick.Link
	Key   string // of who asked: lessons of one key are never both known and asked for
	Typed bool   // what a visitor typed whom it helped, not a duplicate
}

// Learned is what Learn found.
type Learned struct {
	Weights quick.Weights `json:"weights"`
	Before  float64       `json:"before"`          // MAP on the held-out part without links, 0 to 1
	After   float64       `json:"after"`           // and with the weights that were tried
	Typed   bool          `json:"typed,omitempty"` // what visitors typed counts too
	Asked   int           `json:"asked"`           // queries of the held-out part
}

// The bounds of learning: fewer queries prove nothing, and more cost time.
const (
	leastAsked = 30
	mostAsked  = 400
	depth      = 50 // of the rankings compared
)

// The parts that lessons are split into by their keys.
const (
	heldOut = iota // decides whether the weights are used
	tuning         // chooses them
	parts   = 4    // the others are only known
)

// Learn finds how much links should count in an index, by asking for what some
// of them lead to while only the others are known. Weights begin at zero, are
// changed one at a time, and stay at zero unless they win on a part that had no
// say in choosing them, by more than its standard error. What visitors typed
// must win in the same way over duplicates alone. The same lessons give the same
// weights. It fails only when the context ends.
func Learn(ctx context.Context, x *quick.Index, lessons []Lesson, ask func(terms []string) quick.Query) (l Learned, err error) {
	t := trial{ctx: ctx, x: x, ask: ask}
	tuned, held := queriesOf(lessons, tuning), queriesOf(lessons, heldOut)
	if l.Asked = len(held); len(tuned) < leastAsked || len(held) < leastAsked {
		l.Asked = 0
		return l, nil
	}
	t.asked, t.links = held, x.Of(nil)
	best := t.measure(quick.Weights{})
	l.Before = mean(best)
	for _, some := range sources(lessons) {
		t.asked, t.links = tuned, known(x, some.lessons, tuning)
		w := t.climb()
		t.asked, t.links = held, known(x, some.lessons, heldOut)
		after := t.measure(w)
		won := wins(best, after)
		if l.Weights == (quick.Weights{}) && !won {
			l.After = max(l.After, mean(after))
		}
		if won {
			best, l.Weights, l.Typed, l.After = after, w, some.typed, mean(after)
		}
	}
	return l, ctx.Err()
}

// source is a kind of lessons, with all of those that are surer.
type source struct {
	lessons []Lesson
	typed   bool
}

// sources are the duplicates, and then everything.
func sources(lessons []Lesson) []source {
	duplicates := slices.DeleteFunc(slices.Clone(lessons), func(l Lesson) bool { return l.Typed })
	switch len(duplicates) {
	case len(lessons):
		return []source{{lessons, false}}
	case 0:
		return []source{{lessons, true}}
	}
	return []source{{duplicates, false}, {lessons, true}}
}

// The bounds of what is taken from a visitor's words, so that nobody's name or
// number can be searched for because one person typed it: the texts that must
// have a word, or else the threads it stands in.
const (
	typedBy  = 2
	standsIn = 3
)

// Known are the links that lessons give: all words of duplicates, and of what
// visitors typed those that others use too.
func Known(x *quick.Index, lessons []Lesson) []quick.Link {
	type use struct{ to, term string }
	by := map[use]int{}
	for _, l := range lessons {
		for _, t := range l.Terms {
			by[use{l.To, t}]++
		}
	}
	links := make([]quick.Link, len(lessons))
	for i, l := range lessons {
		links[i] = l.Link
		if l.Typed {
			links[i].Terms = slices.DeleteFunc(slices.Clone(l.Terms), func(t string) bool {
				return by[use{l.To, t}] < typedBy && x.Frequency(t) < standsIn
			})
		}
	}
	return links
}

// trial asks an index what it should find.
type trial struct {
	ctx   context.Context
	x     *quick.Index
	links *quick.Links
	asked []Lesson
	ask   func(terms []string) quick.Query
}

func partOf(key string) int {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int(h.Sum32()>>8) % parts
}

// known are the links of all lessons but those of a part; while the weights are
// chosen, the held-out part is not known either.
func known(x *quick.Index, lessons []Lesson, without int) *quick.Links {
	var some []Lesson
	for _, l := range lessons {
		if p := partOf(l.Key); p != without && (without != tuning || p != heldOut) {
			some = append(some, l)
		}
	}
	return x.Of(Known(x, some))
}

// queriesOf are the lessons of a part, each key once.
func queriesOf(lessons []Lesson, part int) (asked []Lesson) {
	had := map[string]bool{}
	for _, l := range lessons {
		if partOf(l.Key) == part && l.Key != l.To && !had[l.Key] && len(l.Terms) > 0 {
			had[l.Key] = true
			if asked = append(asked, l); len(asked) == mostAsked {
				break
			}
		}
	}
	return asked
}

// grid are the values that are tried for each weight.
var grid = struct{ alias, near, popular []float64 }{
	[]float64{0, 0.25, 0.5, 1, 2}, []float64{0, 0.25, 0.5, 0.75}, []float64{0, 0.1, 0.2, 0.3, 0.5},
}

// climb changes one weight at a time for as long as that wins, twice over.
func (t *trial) climb() (w quick.Weights) {
	best := mean(t.measure(w))
	try := func(values []float64, set func(*quick.Weights, float64)) {
		from := w
		for _, v := range values {
			next := from
			set(&next, v)
			if next == from {
				continue
			}
			if m := mean(t.measure(next)); m > best {
				best, w = m, next
			}
		}
	}
	for range 2 {
		try(grid.alias, func(w *quick.Weights, v float64) { w.Alias = v })
		try(grid.popular, func(w *quick.Weights, v float64) { w.Popular = v })
		try(grid.near, func(w *quick.Weights, v float64) { w.Near = v })
	}
	return w
}

// measure is the average precision of each query.
func (t *trial) measure(w quick.Weights) []float64 {
	links := t.links.With(w)
	all := make([]float64, len(t.asked))
	for i, l := range t.asked {
		if t.ctx.Err() != nil {
			break
		}
		q := t.ask(l.Terms)
		q.Links, q.Limit, q.Exclude = links, depth, l.Key
		var ids []string
		for _, h := range t.x.Search(q) {
			ids = append(ids, h.ID)
		}
		all[i] = Judge(ids, []string{l.To}).MAP
	}
	return all
}

func mean(all []float64) (m float64) {
	for _, v := range all {
		m += v
	}
	return m / max(float64(len(all)), 1)
}

// wins reports whether paired results are better by more than the standard error
// of their difference.
func wins(before, after []float64) bool {
	n := float64(len(before))
	gain := mean(after) - mean(before)
	variance := 0.0
	for i := range before {
		d := after[i] - before[i] - gain
		variance += d * d
	}
	return gain > math.Sqrt(variance/max(n-1, 1)/n)
}
