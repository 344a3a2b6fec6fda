package reputation

import (
	"cmp"
	"slices"

	"selfie/community"
	"selfie/internal/store"
)

// Line is one cause as the ledger shows it.
type Line struct {
	Cause   string         `json:"cause"`
	Kind    Kind           `json:"kind"`
	Post    string         `json:"post,omitempty"`
	On      community.Kind `json:"on,omitempty"`
	Thread  string         `json:"thread,omitempty"`
	By      string         `json:"by,omitempty"` // who accepted or verified; never who voted
	At      store.Millis   `json:"at"`
	Points  int64          `json:"points"`  // what the rules give
	Counted int64          `json:"counted"` // after limits; 0 when struck
	Limit   Limit          `json:"limit,omitempty"`
	Struck  Struck         `json:"struck,omitempty"`

	Title string `json:"-"` // of the thread, where the reader sees it
}

// Limit is why a standing line counts less than its points.
type Limit string

const (
	DailyLimit Limit = "day"  // Rules.DailyCap was reached
	PairLimit  Limit = "pair" // the same member had voted for this author often enough that day
)

// Sums are what a span of the ledger comes to. They add up.
type Sums struct {
	Points   int64      `json:"points"`         // counted gains less losses
	Gained   int64      `json:"gained"`         // counted gains
	Accepted int64      `json:"accepted"`       // standing lines of that kind
	Verified int64      `json:"verified"`       //
	Helped   int64      `json:"helped"`         //
	Tags     []TagScore `json:"tags,omitempty"` // points for answers by tag, highest first; at most maxTags
}

// TagScore is a member's points for answers under one tag.
type TagScore struct {
	Tag    string `json:"tag"`
	Points int64  `json:"points"`
}

// The bounds of the lists in the ledger's documents.
const (
	MaxLines = 500 // of a day; later ones are summed up in Rest
	maxTags  = 100 // of a day, week or month
)

// Rest sums up the lines of a day beyond MaxLines. They count like the others.
type Rest struct {
	Lines  int64 `json:"lines"`
	Points int64 `json:"points"` // counted
}

// Fold computes one member's day from its causes, in the order of time and id:
// each standing one counts its points, less what the limits take. It depends
// on nothing else, so the order in which causes came to be known is no matter.
func (r Rules) Fold(causes []*Cause) (lines []Line, rest Rest, sums Sums) {
	causes = slices.Clone(causes)
	slices.SortFunc(causes, func(a, b *Cause) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	f := folder{Rules: r, pairs: map[string]int{}, left: r.DailyCap}
	tags := map[string]int64{}
	for _, c := range causes {
		l := f.line(c)
		sums.add(l, c.Verdict, tags)
		if len(lines) < MaxLines {
			lines = append(lines, l)
			continue
		}
		rest.Lines++
		rest.Points += l.Counted
	}
	sums.Tags = topTags(tags, maxTags)
	return lines, rest, sums
}

// folder is the state of one fold.
type folder struct {
	Rules
	pairs map[string]int // votes counted so far, by direction and voter
	left  int64          // of the daily cap
}

func (f *folder) line(c *Cause) Line {
	l := Line{Cause: c.ID, Kind: c.Kind, Post: c.Post, On: c.On, Thread: c.Thread, At: c.At, Points: f.Points[c.Kind], Struck: c.Verdict.Struck}
	if c.Kind == Accepted || c.Kind == Verified {
		l.By = c.By
	}
	if !c.Verdict.Standing {
		return l
	}
	if !f.pair(c, l.Points) {
		l.Limit = PairLimit
		return l
	}
	l.Counted = l.Points
	if l.Points > f.left && f.Capped[c.Kind] {
		l.Counted, l.Limit = f.left, DailyLimit
	}
	if l.Counted > 0 && f.Capped[c.Kind] {
		f.left -= l.Counted
	}
	return l
}

// pair reports whether one more vote of this voter counts, and counts it.
// Anonymous votes, as archives bring them, are never paired.
func (f *folder) pair(c *Cause, points int64) bool {
	if c.By == "" || !c.Kind.aVote() {
		return true
	}
	key, most := "+"+c.By, f.PairUp
	if points < 0 {
		key, most = "-"+c.By, f.PairDown
	}
	f.pairs[key]++
	return f.pairs[key] <= most
}

func (k Kind) aVote() bool {
	return slices.Contains([]Kind{QuestionUp, QuestionDown, AnswerUp, AnswerDown, CommentUp}, k)
}

// forAnswering are the kinds that speak of a member's knowledge.
func (k Kind) forAnswering() bool {
	return slices.Contains([]Kind{AnswerUp, AnswerDown, Accepted, Verified, Helped}, k)
}

func (s *Sums) add(l Line, v Verdict, tags map[string]int64) {
	if !v.Standing {
		return
	}
	s.Points += l.Counted
	s.Gained += max(l.Counted, 0)
	switch l.Kind {
	case Accepted:
		s.Accepted++
	case Verified:
		s.Verified++
	case Helped:
		s.Helped++
	}
	if l.Kind.forAnswering() && l.Counted != 0 {
		for _, t := range v.Tags {
			tags[t] += l.Counted
		}
	}
}

// sum adds up the sums of several spans.
func sum(spans []Sums, most int) Sums {
	var total Sums
	tags := map[string]int64{}
	for _, s := range spans {
		total.Points += s.Points
		total.Gained += s.Gained
		total.Accepted += s.Accepted
		total.Verified += s.Verified
		total.Helped += s.Helped
		for _, t := range s.Tags {
			tags[t.Tag] += t.Points
		}
	}
	total.Tags = topTags(tags, most)
	return total
}

// topTags lists the highest scores first, equal ones by name; nil when empty.
func topTags(tags map[string]int64, most int) []TagScore {
	var list []TagScore
	for t, n := range tags {
		if n != 0 {
			list = append(list, TagScore{t, n})
		}
	}
	slices.SortFunc(list, func(a, b TagScore) int { return cmp.Or(cmp.Compare(b.Points, a.Points), cmp.Compare(a.Tag, b.Tag)) })
	return slices.Clip(list[:min(len(list), most)])
}
