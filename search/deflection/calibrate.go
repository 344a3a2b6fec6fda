package deflection

import (
	"cmp"
	"hash/fnv"
	"iter"
	"math"
	"slices"
)

// A suggestion is made only where it is known to be right often enough. How
// like a question a solved thread must be for that is learned, for each
// community, from what is known of earlier ones: see judged and calibrate.

// What a threshold must prove: 95 in 100 such samples would come from a
// community in which at least minPrecision of the suggestions fit.
const (
	minPrecision = 0.8
	minJudged    = 20   // in each half, at the threshold or above
	zValue       = 1.96 // of the normal distribution, for 95 %
)

// Tally is how many suggestions were judged and how many of them fit.
type Tally struct {
	Judged int64 `json:"judged"`
	Fit    int64 `json:"fit"`
}

// Precision is the share that fit; 0 where none was judged.
func (t Tally) Precision() float64 { return share(float64(t.Fit), t.Judged) }

// Bounds are the limits between which the true precision lies with 95 %
// confidence: the score interval of Wilson, "Probable inference, the law of
// succession, and statistical inference" (1927). Nothing judged says nothing: 0
// to 1.
func (t Tally) Bounds() (low, high float64) {
	if t.Judged == 0 {
		return 0, 1
	}
	n, p, z2 := float64(t.Judged), t.Precision(), zValue*zValue
	middle := p + z2/(2*n)
	reach := zValue * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, (middle-reach)/(1+z2/n)), min(1, (middle+reach)/(1+z2/n))
}

// proves reports whether a tally is proof enough.
func (t Tally) proves() bool {
	low, _ := t.Bounds()
	return t.Judged >= minJudged && low >= minPrecision
}

func (t *Tally) add(fits bool) {
	t.Judged++
	if fits {
		t.Fit++
	}
}

// Calibration is what was learned about suggestions. Shares are in thousandths
// of search.Likeness.Share.
type Calibration struct {
	Proven    bool  `json:"proven"`              // the held-out half confirms the threshold
	Threshold int64 `json:"threshold,omitempty"` // the smallest that the learning half proves; 0 is none
	Learned   Tally `json:"learned"`             // of the learning half, at the threshold or above
	Held      Tally `json:"held"`                // of the held-out half, which had no say in the threshold
	All       Tally `json:"all"`                 // whatever its likeness
	Near      Tally `json:"near"`                // without a threshold: what of the learning half comes nearest to proof
	NearAt    int64 `json:"near_at,omitempty"`   // from which likeness on; 0 is none

	Duplicates Tally `json:"duplicates"` // what is known, by where it is known from
	Own        Tally `json:"own"`
	Attempts   Tally `json:"attempts"`
	Answers    Tally `json:"answers"`
}

// source says where a judgement comes from.
type source int

const (
	fromAnswer    source = iota // askers of suggestions said yes or no
	fromDuplicate               // a question was linked with the one asked before
	fromOwn                     // a question was solved by an answer of its own
	fromAttempt                 // a visitor said that a thread solved it, or did not
)

// judged is one question, the thread that would have been suggested for it, and
// whether that fits.
type judged struct {
	group string // what is asked: the same question counts once
	from  source
	share int64 // thousandths
	fits  bool
}

// calibrate learns the threshold on one half of the questions and puts it to the
// proof on the other. Which half a question is in depends on the question
// alone, so that one asked often is never in both.
func calibrate(list []judged) Calibration {
	var c Calibration
	var halves [2][]judged
	for _, j := range onePerGroup(list) {
		c.All.add(j.fits)
		c.of(j.from).add(j.fits)
		if inFirst(j.group) {
			halves[0] = append(halves[0], j)
		} else {
			halves[1] = append(halves[1], j)
		}
	}
	c.Threshold, c.Learned = smallest(halves[0])
	if c.Threshold == 0 {
		c.NearAt, c.Near = nearest(halves[0])
		return c
	}
	for _, j := range halves[1] {
		if j.share >= c.Threshold {
			c.Held.add(j.fits)
		}
	}
	c.Proven = c.Held.proves()
	return c
}

// inFirst reports whether a question is in the half that is learned from.
func inFirst(group string) bool {
	h := fnv.New32a()
	h.Write([]byte(group))
	return h.Sum32()&1 == 0
}

func (c *Calibration) of(from source) *Tally {
	return []*Tally{fromAnswer: &c.Answers, fromDuplicate: &c.Duplicates, fromOwn: &c.Own, fromAttempt: &c.Attempts}[from]
}

// onePerGroup makes one judgement of all about the same question: the majority's,
// at the likeness that is known first. Where it is even, it does not fit.
func onePerGroup(list []judged) []judged {
	var all []judged
	place, votes := map[string]int{}, []int{}
	for _, j := range list {
		i, had := place[j.group]
		if !had {
			i = len(all)
			place[j.group] = i
			all, votes = append(all, j), append(votes, 0)
		}
		if j.fits {
			votes[i]++
		} else {
			votes[i]--
		}
	}
	for i := range all {
		all[i].fits = votes[i] > 0
	}
	return all
}

// smallest is the smallest share at or above which the judgements are proof, and
// their tally; 0 when there is none.
func smallest(list []judged) (threshold int64, at Tally) {
	for share, t := range thresholds(list) {
		if t.proves() {
			threshold, at = share, t
		}
	}
	return threshold, at
}

// nearest is the share at or above which the judgements are nearest to proof:
// where their lower bound is highest. It says how far there is to go.
func nearest(list []judged) (share int64, at Tally) {
	most := 0.0
	for s, t := range thresholds(list) {
		if low, _ := t.Bounds(); low > most {
			most, share, at = low, s, t
		}
	}
	return share, at
}

// thresholds yields each share above nothing, the highest first, with the tally
// of the judgements at or above it.
func thresholds(list []judged) iter.Seq2[int64, Tally] {
	slices.SortStableFunc(list, func(a, b judged) int { return cmp.Compare(b.share, a.share) })
	return func(yield func(int64, Tally) bool) {
		var t Tally
		for i, j := range list {
			t.add(j.fits)
			last := i+1 == len(list) || list[i+1].share != j.share
			if last && j.share > 0 && !yield(j.share, t) {
				return
			}
		}
	}
}

// Needs says what a threshold must prove: the questions in each half, and the
// share that surely fits.
func Needs() (questions int64, share float64) { return minJudged, minPrecision }
