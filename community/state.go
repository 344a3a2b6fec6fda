package community

import (
	"math"
	"time"

	"selfie/internal/store"
)

const (
	dayDuration = 24 * time.Hour
	day         = store.Millis(24 * 60 * 60 * 1000)
)

// shelfOf says in which lists a thread stands.
func (t *Thread) shelfOf() Shelf {
	switch {
	case t.Removed != nil:
		return OnRemoved
	case t.Private:
		return OnPrivate
	case t.Duplicate != nil:
		return OnDuplicate
	}
	return OnOpen
}

func (p *Post) shelfOf() Shelf {
	if p.Removed != nil {
		return OnRemoved
	}
	return OnOpen
}

// shelfOf says in which list of its thread an answer stands.
func (a *Answer) shelfOf() Shelf {
	if a.Removed == nil && a.Private {
		return OnPrivate
	}
	return a.Post.shelfOf()
}

// stateOf is the state at a moment, and when time alone will change it (0 =
// never). A truth table, read downwards:
//
//	accepted answer visible             -> solved
//	silent for stale                    -> stale
//	an answer; asker remarked last      -> needs answer ("unhelpful answers")
//	an answer                           -> answered
//	no answer; another remarked last    -> waiting for the asker
//	no answer; younger than a day       -> new
//	no answer                           -> needs answer
func (t *Thread) stateOf(now, stale store.Millis) (State, store.Millis) {
	st := &t.Stats
	silent := max(st.Activity, t.Created) + stale
	switch {
	case st.Solved:
		return Solved, 0
	case now >= silent:
		return Stale, 0
	case st.Answers > 0 && st.LastIsNote && st.LastBy == t.Author:
		return NeedsAnswer, silent
	case st.Answers > 0:
		return Answered, silent
	case st.LastIsNote && st.LastBy != t.Author:
		return Waiting, silent
	case now < t.Created+day:
		return New, min(t.Created+day, silent)
	}
	return NeedsAnswer, silent
}

// settle recomputes what follows from the thread's own facts and its counts.
// Every write of a thread ends with it.
func (t *Thread) settle(now, stale store.Millis) {
	st := &t.Stats
	st.Shelf = t.shelfOf()
	st.Unanswered = st.Answers == 0
	st.Score = st.Up - st.Down
	if t.Accepted == nil {
		st.Solved = false
	}
	st.Activity = max(st.Activity, t.Created)
	if st.LastBy == "" && !st.LastIsNote && st.Answers == 0 {
		st.LastBy = t.Author
	}
	st.State, st.StateDue = t.stateOf(now, stale)
	if st.Shelf == OnRemoved || st.Shelf == OnDuplicate {
		st.StateDue = 0
	}
	st.Hot = hot(t)
}

// hot orders the feed. It adds to the time of asking 12.5 hours for each
// tenfold of interest (Reddit's published form), with Stack Exchange's inputs:
// views, answers, score and me-toos. Being additive in time it never needs
// recomputing for threads that nobody touches. Unit: seconds.
func hot(t *Thread) int64 {
	st := &t.Stats
	interest := float64(max(st.Score, 0))*4 + float64(st.Answers)*2 + float64(st.MeToos)*3 + math.Log1p(float64(st.Views))*2
	bonus := 45_000 * math.Log10(1+interest)
	if st.Score < 0 {
		bonus -= 45_000 * math.Log10(1-float64(st.Score)*4)
	}
	return int64(t.Created)/1000 + int64(bonus)
}

// rankOf orders answers: (up+2)/(up+down+4), Codidact's form of the Wilson
// score, in millionths.
func rankOf(up, down int64) int64 { return (up + 2) * 1_000_000 / (up + down + 4) }
