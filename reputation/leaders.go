package reputation

import (
	"context"
	"errors"
	"regexp"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Leader is one place of a leaderboard.
type Leader struct {
	Member   *community.Member
	Points   int64 // in the period
	Accepted int64 // answers accepted in the period
	Helped   int64 // visitors helped in the period
}

var periodShape = map[Span]*regexp.Regexp{
	Week:  regexp.MustCompile(`^\d{4}-W\d\d$`),
	Month: regexp.MustCompile(`^\d{4}-\d\d$`),
	Ever:  regexp.MustCompile(`^$`),
}

// Leaders lists who gained most in an ISO week ("2026-W10"), a month ("2026-03")
// or ever; period "" is the present one. Staff and closed accounts are left
// out, judged now, so pages may be short; there is more while Next is not "".
func (s *Service) Leaders(ctx context.Context, span Span, period, cursor string, limit int) (store.Page[Leader], error) {
	var list store.Page[Leader]
	if periodShape[span] == nil {
		return list, fault.Field("span", "A leaderboard is of a week, a month or all time.")
	}
	if period == "" && span != Ever {
		period = periodOf(span, s.db.Now().UTC())
	}
	if !periodShape[span].MatchString(period) {
		return list, fault.Field("period", "Name a week like 2026-W10 or a month like 2026-03.")
	}
	for list.Next = cursor; ; {
		places, next, err := s.places(ctx, span, period, list.Next, limit)
		if err != nil {
			return store.Page[Leader]{}, err
		}
		if err := s.seat(ctx, &list, places); err != nil {
			return store.Page[Leader]{}, err
		}
		if list.Next = next; next == "" || len(list.Items) > 0 {
			return list, nil
		}
	}
}

// place is a leader before the member is known.
type place struct {
	member                   string
	points, accepted, helped int64
}

func (s *Service) places(ctx context.Context, span Span, period, cursor string, limit int) (list []place, next string, err error) {
	if span == Ever {
		p, err := s.standings.Find(ctx, store.All().Between("points", s.rules.Start+1, nil).Order("-points").After(cursor).Limit(limit))
		for _, x := range p.Items {
			list = append(list, place{x.Member, x.Points, x.Accepted, x.Helped})
		}
		return list, p.Next, damaged(err)
	}
	q := store.Where("span", span).And("period", period).Between("sums.points", 1, nil).Order("-sums.points")
	p, err := s.scores.Find(ctx, q.After(cursor).Limit(limit))
	for _, x := range p.Items {
		list = append(list, place{x.Member, x.Sums.Points, x.Sums.Accepted, x.Sums.Helped})
	}
	return list, p.Next, damaged(err)
}

// seat adds the places whose members compete.
func (s *Service) seat(ctx context.Context, list *store.Page[Leader], places []place) error {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.member
	}
	members, err := s.people.Members(ctx, ids)
	if err != nil {
		return err
	}
	for _, p := range places {
		m := members[p.member]
		if m == nil || m.Closed != 0 || m.Actor().Staff() {
			continue
		}
		list.Items = append(list.Items, &Leader{m, p.points, p.accepted, p.helped})
	}
	return nil
}

func damaged(err error) error {
	if errors.Is(err, store.ErrCursor) {
		return fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	return err
}
