package reputation

import (
	"context"
	"time"

	"selfie/internal/store"
)

// Badge is an award. It is a fact: won once, kept even when the points behind
// it are lost. Its id is derived from member and name.
type Badge struct {
	store.Meta
	Member string `json:"member"`
	Name   string `json:"name"` // of a BadgeRule
	Day    string `json:"day"`  // the ledger's UTC day on which it was won
}

func declareBadges(db *store.DB) *store.Collection[Badge] {
	return store.Declare[Badge](db, "rep_badges", store.On("member", "day"))
}

func badgeID(member, name string) string { return store.DeriveID("badge", member, name) }

// BadgeRule says what a badge is given for: one of the counts, reached, or
// points gained on Streak UTC days in a row.
type BadgeRule struct {
	Name, Title, About         string
	Accepted, Verified, Helped int64
	Streak                     int
}

// badgeRules are all there are. 1, 10, 50 and 150 accepted answers are Discourse's
// steps; the others are our own.
var badgeRules = [...]BadgeRule{
	{Name: "first-solution", Title: "First solution", About: "A first answer was accepted.", Accepted: 1},
	{Name: "solver", Title: "Solver", About: "10 answers were accepted.", Accepted: 10},
	{Name: "pillar", Title: "Pillar", About: "50 answers were accepted.", Accepted: 50},
	{Name: "legend", Title: "Legend", About: "150 answers were accepted.", Accepted: 150},
	{Name: "confirmed", Title: "Confirmed", About: "The company confirmed an answer.", Verified: 1},
	{Name: "reference", Title: "Reference", About: "The company confirmed 10 answers.", Verified: 10},
	{Name: "helped-10", Title: "Ten helped", About: "10 visitors found the answer here and did not have to ask.", Helped: 10},
	{Name: "helped-100", Title: "Hundred helped", About: "100 visitors found the answer here and did not have to ask.", Helped: 100},
	{Name: "seven-days", Title: "Seven days running", About: "Gained points on seven days in a row.", Streak: 7},
}

// BadgeRules lists all badges.
func (s *Service) BadgeRules() []BadgeRule { return append([]BadgeRule(nil), badgeRules[:]...) }

// Awarded is a badge as a page shows it.
type Awarded struct {
	BadgeRule
	Day string // UTC, "2026-03-02"
}

// Badges lists a member's badges, the first won first.
func (s *Service) Badges(ctx context.Context, member string) ([]Awarded, error) {
	var list []Awarded
	err := s.badges.Each(ctx, store.Where("member", member).Order("day"), func(b *Badge) error {
		for _, r := range badgeRules {
			if r.Name == b.Name {
				list = append(list, Awarded{r, b.Day})
			}
		}
		return nil
	})
	return list, err
}

// progress is how far a member has come while the ledger is walked by day.
type progress struct {
	sums Sums
	run  int    // days with gains in a row
	last string // the last of them
}

// step takes the next day.
func (p *progress) step(day string, s Sums) {
	p.sums.Accepted += s.Accepted
	p.sums.Verified += s.Verified
	p.sums.Helped += s.Helped
	if s.Gained == 0 {
		return
	}
	if at, err := time.Parse(dayLayout, day); err != nil || at.AddDate(0, 0, -1).Format(dayLayout) != p.last {
		p.run = 0
	}
	p.run, p.last = p.run+1, day
}

func (p *progress) earned(r BadgeRule) bool {
	switch {
	case r.Streak > 0:
		return p.run >= r.Streak
	case r.Accepted > 0:
		return p.sums.Accepted >= r.Accepted
	case r.Verified > 0:
		return p.sums.Verified >= r.Verified
	}
	return r.Helped > 0 && p.sums.Helped >= r.Helped
}

// award inserts the badges that a member has come to deserve. day is the ledger
// day that changed, or "" to look at all of them.
func (s *Service) award(ctx context.Context, member, day string) (changed bool, err error) {
	due, err := s.dueBadges(ctx, member, day)
	if err != nil || len(due) == 0 {
		return false, err
	}
	var p progress
	err = s.days.Each(ctx, store.Where("member", member).Order("day").Limit(50), func(d *Day) error {
		p.step(d.Day, d.Sums)
		for name, r := range due {
			if !p.earned(r) {
				continue
			}
			b := &Badge{Meta: store.Meta{ID: badgeID(member, name)}, Member: member, Name: name, Day: d.Day}
			_, inserted, err := s.badges.Put(ctx, b)
			if err != nil {
				return err
			}
			changed = changed || inserted
			delete(due, name)
		}
		return nil
	})
	return changed, err
}

// dueBadges lists the badges that are not given yet and may be due: cheaply, so
// that the walk over all days is made only when there is something to give.
func (s *Service) dueBadges(ctx context.Context, member, day string) (map[string]BadgeRule, error) {
	ids := make([]string, len(badgeRules))
	for i, r := range badgeRules {
		ids[i] = badgeID(member, r.Name)
	}
	have, err := s.badges.GetMany(ctx, ids)
	if err != nil || len(have) == len(badgeRules) {
		return nil, err
	}
	st, err := s.standings.Get(ctx, member)
	if err != nil {
		return nil, store.IgnoreAbsent(err)
	}
	p := progress{sums: Sums{Accepted: st.Accepted, Verified: st.Verified, Helped: st.Helped}}
	due := map[string]BadgeRule{}
	for i, r := range badgeRules {
		if have[ids[i]] != nil {
			continue
		}
		if r.Streak > 0 {
			if p.run, err = s.longestRun(ctx, member, day, r.Streak); err != nil {
				return nil, err
			}
		}
		if p.earned(r) {
			due[r.Name] = r
		}
	}
	return due, nil
}

// longestRun is the longest run of days with gains near a day, near enough to
// find one of that length; over all days when day is "".
func (s *Service) longestRun(ctx context.Context, member, day string, length int) (longest int, err error) {
	q := store.Where("member", member).Order("day").Limit(50)
	if at, err := time.Parse(dayLayout, day); err == nil {
		q = q.Between("day", at.AddDate(0, 0, 1-length).Format(dayLayout), at.AddDate(0, 0, length-1).Format(dayLayout))
	}
	var p progress
	err = s.days.Each(ctx, q, func(d *Day) error {
		p.step(d.Day, d.Sums)
		longest = max(longest, p.run)
		return nil
	})
	return longest, err
}
