// Package eval measures how well search ranks, on judged queries.
package eval

import "math"

// Scores are the usual measures of a ranking, each from 0 to 1: of one query,
// or their means over many. (Manning, Raghavan, Schütze, "Introduction to
// Information Retrieval", chapter 8; Järvelin and Kekäläinen 2002 for nDCG.)
type Scores struct {
	MAP    float64 // mean over the relevant of the precision at their places; 0 for one that is not found
	MRR    float64 // one over the place of the first that is relevant
	P1     float64 // whether the first is relevant
	R10    float64 // which part of the relevant stands among the first ten
	NDCG10 float64 // gain of the first ten over that of the best order
}

// Judge measures the ranking of one query. A query without relevant ids scores
// zero; an id that is ranked twice counts where it stands first.
func Judge(ranked, relevant []string) (s Scores) {
	wanted := make(map[string]bool, len(relevant))
	for _, id := range relevant {
		wanted[id] = true
	}
	all := float64(len(wanted))
	if all == 0 {
		return s
	}
	found, gain := 0.0, 0.0
	for i, id := range ranked {
		if !wanted[id] {
			continue
		}
		delete(wanted, id)
		place := float64(i + 1)
		found++
		s.MAP += found / place / all
		if found == 1 {
			s.MRR = 1 / place
		}
		if i == 0 {
			s.P1 = 1
		}
		if i < 10 {
			s.R10 += 1 / all
			gain += 1 / math.Log2(place+1)
		}
	}
	s.NDCG10 = gain / bestGain(int(all))
	return s
}

// bestGain is the gain of ten places when the relevant come first.
func bestGain(relevant int) (gain float64) {
	for i := range min(relevant, 10) {
		gain += 1 / math.Log2(float64(i)+2)
	}
	return gain
}

// Mean is the mean of each measure; zero of none.
func Mean(all []Scores) (m Scores) {
	for _, s := range all {
		m.MAP += s.MAP
		m.MRR += s.MRR
		m.P1 += s.P1
		m.R10 += s.R10
		m.NDCG10 += s.NDCG10
	}
	n := max(float64(len(all)), 1)
	return Scores{m.MAP / n, m.MRR / n, m.P1 / n, m.R10 / n, m.NDCG10 / n}
}
