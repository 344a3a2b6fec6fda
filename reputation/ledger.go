package reputation

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"selfie/internal/store"
)

// Day is one member's ledger of one UTC day. Its id is derived from both.
type Day struct {
	store.Meta
	Member string `json:"member"`
	Day    string `json:"day"`             // "2026-03-02"
	Lines  []Line `json:"lines,omitempty"` // by time and id; at most MaxLines
	Rest   Rest   `json:"rest"`
	Sums   Sums   `json:"sums"`
}

func declareDays(db *store.DB) *store.Collection[Day] {
	return store.Declare[Day](db, "rep_days", store.On("member", "-day"))
}

// Score is what a member gained in an ISO week or a month of UTC days.
type Score struct {
	store.Meta
	Member string `json:"member"`
	Span   Span   `json:"span"`
	Period string `json:"period"` // "2026-W10", "2026-03"
	From   string `json:"from"`   // its first day
	Sums   Sums   `json:"sums"`
}

// Span is the length of a leaderboard's period.
type Span string

const (
	Week  Span = "week"
	Month Span = "month"
	Ever  Span = "all"
)

func declareScores(db *store.DB) *store.Collection[Score] {
	return store.Declare[Score](db, "rep_scores",
		store.On("member", "span", "period"),
		store.On("span", "period", "-sums.points"),
	)
}

// periodOf names the period of that length in which a day lies.
func periodOf(span Span, day time.Time) string {
	if span == Month {
		return day.Format("2006-01")
	}
	year, week := day.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// daysOf returns the first and the last day of the period in which a day lies.
func daysOf(span Span, day time.Time) (first, last time.Time) {
	if span == Month {
		first = day.AddDate(0, 0, 1-day.Day())
		return first, first.AddDate(0, 1, -1)
	}
	first = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	return first, first.AddDate(0, 0, 6)
}

// tries bounds how often a document is computed again because it, or what it
// is computed from, moved meanwhile.
const tries = 64

var errMoved = errors.New("reputation: the document moved while it was computed")

// derive makes a document what compute says, and reports whether that took a
// write. compute returns a document without Meta, and whether it is worth being
// there at all. Everything it reads is read after the document itself; after a
// write it looks again, so that the last writer has seen all there was.
func derive[T any, P interface {
	*T
	store.Document
}](ctx context.Context, c *store.Collection[T], id string, compute func() (next *T, worth bool, err error)) (changed bool, err error) {
	for range tries {
		old, err := c.Get(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return changed, err
		}
		absent := err != nil
		next, worth, err := compute()
		if err != nil || (absent && !worth) {
			return changed, err
		}
		if absent {
			P(next).DocMeta().ID = id
			if _, _, err := c.Put(ctx, next); err != nil {
				return changed, err
			}
			changed = true
			continue
		}
		meta := *P(old).DocMeta()
		*P(next).DocMeta() = meta
		if reflect.DeepEqual(old, next) {
			return changed, nil
		}
		_, err = c.Update(ctx, id, func(v *T) error {
			if P(v).DocMeta().Rev != meta.Rev {
				return errMoved
			}
			*v = *next
			return nil
		})
		if err != nil && !errors.Is(err, errMoved) && !errors.Is(err, store.ErrNotFound) {
			return changed, err
		}
		changed = changed || err == nil
	}
	return changed, fmt.Errorf("%s %s: %w", c.Schema().Name, id, errMoved)
}

// refold computes a day from its causes.
func (s *Service) refold(ctx context.Context, member, day string) (bool, error) {
	return derive(ctx, s.days, store.DeriveID("day", member, day), func() (*Day, bool, error) {
		var causes []*Cause
		err := s.causes.Each(ctx, store.Where("member", member).And("day", day).Order("at"), func(c *Cause) error {
			causes = append(causes, c)
			return nil
		})
		d := &Day{Member: member, Day: day}
		d.Lines, d.Rest, d.Sums = s.rules.Fold(causes)
		return d, len(causes) > 0, err
	})
}

// rescore computes the week or month in which a day lies from its days.
func (s *Service) rescore(ctx context.Context, member string, span Span, day time.Time) (bool, error) {
	period := periodOf(span, day)
	first, last := daysOf(span, day)
	return derive(ctx, s.scores, store.DeriveID("score", member, period), func() (*Score, bool, error) {
		days, err := s.sums(ctx, member, first.Format(dayLayout), last.Format(dayLayout))
		return &Score{Member: member, Span: span, Period: period, From: first.Format(dayLayout), Sums: sum(days, maxTags)}, len(days) > 0, err
	})
}

// sums reads the sums of a member's days, at most a month of them, and passes
// over their lines: those are long, and read at every change of the ledger.
func (s *Service) sums(ctx context.Context, member, first, last string) ([]Sums, error) {
	docs, _, err := s.db.FindRaw(ctx, s.days.Schema(), store.Where("member", member).Between("day", first, last).Order("-day").Limit(31))
	if err != nil {
		return nil, err
	}
	var days []Sums
	for _, doc := range docs {
		d, err := store.Decode[struct {
			Sums Sums `json:"sums"`
		}](doc)
		if err != nil {
			return nil, err
		}
		days = append(days, d.Sums)
	}
	return days, nil
}

// memberDay names a ledger day.
type memberDay struct{ member, day string }

// settleDay carries a change of causes upwards: the day, its week and month,
// the member's standing and badges. It always goes the whole way, because a
// crash may have ended the last attempt in the middle.
func (s *Service) settleDay(ctx context.Context, at memberDay) error {
	day, err := time.Parse(dayLayout, at.day)
	if err != nil {
		return fmt.Errorf("reputation: day %q: %w", at.day, err)
	}
	if _, err := s.refold(ctx, at.member, at.day); err != nil {
		return err
	}
	for _, span := range []Span{Week, Month} {
		if _, err := s.rescore(ctx, at.member, span, day); err != nil {
			return err
		}
	}
	if _, err := s.restand(ctx, at.member); err != nil {
		return err
	}
	_, err = s.award(ctx, at.member, at.day)
	return err
}
