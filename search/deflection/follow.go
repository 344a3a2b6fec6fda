package deflection

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// maxTried bounds the attempts of one visitor that a comeback is held against.
const maxTried = 50

// onAsked holds a member's question against what they had tried, wherever it
// was asked.
func (s *Service) onAsked(ctx context.Context, d outbox.Delivery) error {
	t, err := s.people.Thread(ctx, community.System, d.Thread)
	if err != nil {
		return fault.IgnoreAbsent(store.IgnoreAbsent(err))
	}
	return s.comeBack(ctx, store.Where("member", t.Author), comeback{thread: t.ID, at: t.Created, topic: t.Title})
}

// onCase does the same with a case that the member asked for. One that a rule
// opened says nothing new: its question was held against them already.
func (s *Service) onCase(ctx context.Context, d outbox.Delivery) error {
	if d.By == "" || d.By != d.Member {
		return nil
	}
	t, err := s.people.Thread(ctx, community.System, d.Thread)
	if err != nil {
		return fault.IgnoreAbsent(store.IgnoreAbsent(err))
	}
	return s.comeBack(ctx, store.Where("member", d.Member), comeback{thread: t.ID, caseID: d.Document, at: d.At, topic: t.Title})
}

// comeBack goes through the latest attempts of one visitor or member.
func (s *Service) comeBack(ctx context.Context, whose store.Query, back comeback) error {
	list, err := s.attempts.Find(ctx, whose.Order("-started").Limit(maxTried))
	if err != nil {
		return err
	}
	for _, a := range list.Items {
		if probe := *a; !probe.returned(back) {
			continue
		}
		if _, err := s.attempts.Update(ctx, a.ID, func(a *Attempt) error { return s.take(a, back) }); store.IgnoreAbsent(err) != nil {
			return err
		}
	}
	return nil
}

// onSettled credits and tells who helped, or takes the credit back: from the
// attempt as it stands now.
func (s *Service) onSettled(ctx context.Context, d outbox.Delivery) error {
	a, err := s.attempts.Get(ctx, d.Document)
	if err != nil {
		return fault.IgnoreAbsent(store.IgnoreAbsent(err))
	}
	for _, sol := range a.Credited {
		standing := a.Outcome == Confirmed && *a.Solved == sol
		if standing {
			if standing, err = s.earned(ctx, a, sol); err != nil {
				return err
			}
		}
		if s.credit != nil {
			if err := s.credit.Credit(ctx, "deflection:"+a.ID+":"+sol.Answer, sol.Author, sol.Thread, sol.Answer, a.Started, standing); err != nil {
				return err
			}
		}
	}
	return s.thank(ctx, a)
}

// earned refuses credit for helping oneself from the same browser, and for
// helping the same visitor, or member, with the same answer again.
func (s *Service) earned(ctx context.Context, a *Attempt, sol Solution) (bool, error) {
	whose := []store.Query{store.Where("visitor", a.Visitor)}
	if a.Member != "" {
		whose = append(whose, store.Where("member", a.Member))
	}
	for _, q := range whose {
		list, err := s.attempts.Find(ctx, q.Order("-started").Limit(maxTried))
		if err != nil {
			return false, err
		}
		for _, x := range list.Items {
			earlier := x.Started < a.Started || (x.Started == a.Started && x.ID < a.ID)
			again := earlier && slices.ContainsFunc(x.Credited, func(c Solution) bool { return c.Answer == sol.Answer })
			if x.Member == sol.Author || again {
				return false, nil
			}
		}
	}
	return true, nil
}

// thank tells the author of the answer that helped. Of visitors who cannot be
// told apart it tells once a day.
func (s *Service) thank(ctx context.Context, a *Attempt) error {
	if s.inbox == nil || a.Outcome != Confirmed || a.Solved.Author == "" {
		return nil
	}
	cause := "deflection:" + a.ID + ":" + a.Solved.Answer
	if a.Visitor == "" {
		cause = "deflection:" + a.Solved.Answer + ":" + a.Ended.Time().Format(time.DateOnly)
	} else if earned, err := s.earned(ctx, a, *a.Solved); err != nil || !earned {
		return err
	}
	says := "Your answer solved someone's problem before they asked."
	if a.Surface == AfterAsking {
		says = "Your answer was found for someone who had just asked, and solved it."
	}
	return s.inbox.Tell(ctx, cause, notify.Notice{
		Member: a.Solved.Author, Kind: notify.NoticeHelped, Thread: a.Solved.Thread,
		Post: community.Ref{Kind: community.AnAnswer, ID: a.Solved.Answer},
		Text: says,
	})
}

// onClosed forgets what a member typed who wants it gone.
func (s *Service) onClosed(ctx context.Context, d outbox.Delivery) error {
	var with struct {
		Purge bool `json:"purge"`
	}
	if err := json.Unmarshal(d.Payload, &with); err != nil {
		return outbox.Permanent(err)
	}
	if !with.Purge {
		return nil
	}
	return s.attempts.Each(ctx, store.Where("member", d.Member).Order("-started"), func(a *Attempt) error {
		_, err := s.attempts.Update(ctx, a.ID, func(a *Attempt) error {
			if a.Live {
				a.end(s.now())
			}
			a.forget()
			return nil
		})
		return fault.IgnoreAbsent(store.IgnoreAbsent(err))
	})
}

// lapseDue does what time alone brings about: ends visits without a sign, cuts
// old attempts from their visitors, forgets old texts.
func (s *Service) lapseDue(ctx context.Context) error {
	now := s.now()
	return s.attempts.Each(ctx, store.All().Between("due", nil, now).Order("due"), func(a *Attempt) error {
		_, err := s.attempts.Update(ctx, a.ID, func(a *Attempt) error {
			if !a.lapse(now) {
				return store.ErrUnchanged
			}
			return nil
		})
		return fault.IgnoreAbsent(store.IgnoreAbsent(err))
	})
}
