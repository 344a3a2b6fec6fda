package search

import (
	"cmp"
	"math"
	"slices"

	"selfie/community"
)

// window is how many of the best by words are judged together by what else is
// known of them.
const window = 50

// found is a document that Bleve found, with its thread if the actor may see it.
type found struct {
	id     string
	score  float64
	thread *community.Thread
}

// rank orders a window: the likeness of the words times a prior of the thread.
// Equal ones stay in the order they came in.
func rank(list []found) {
	slices.SortStableFunc(list, func(a, b found) int {
		return cmp.Compare(b.score*prior(b.thread), a.score*prior(a.thread))
	})
}

// prior is what a thread is worth before its words are looked at, from 0.8 to
// 1.3: a solved one helps most, and others' votes and me-toos say a little.
func prior(t *community.Thread) float64 {
	if t == nil {
		return 1
	}
	p := 1.0
	switch {
	case t.Stats.Solved:
		p += 0.12
	case t.Stats.Unanswered:
		p -= 0.08
	}
	liked := math.Log1p(float64(max(t.Stats.Score, 0) + max(t.Stats.MeToos, 0)))
	p += 0.03 * min(liked, 6)
	if t.Stats.Score < 0 {
		p -= 0.02 * min(math.Log1p(float64(-t.Stats.Score)), 6)
	}
	return p
}
