package escalation

import (
	"context"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Clock says when a thread must be looked at. Its id is the thread's. It is a
// hint: what it says is judged again when it fires.
type Clock struct {
	store.Meta
	Due store.Millis `json:"due,omitempty"` // 0 = not running
}

// setClock is the follower that winds a thread's clock from present state.
func (s *Service) setClock(ctx context.Context, d outbox.Delivery) error {
	return s.wind(ctx, d.Thread)
}

func (s *Service) wind(ctx context.Context, thread string) error {
	t, err := s.people.Thread(ctx, community.System, thread)
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	due, err := s.nextDue(ctx, t)
	if err != nil {
		return err
	}
	_, err = s.clocks.Upsert(ctx, thread, func() *Clock { return &Clock{} }, func(c *Clock) error {
		if c.Due == due {
			return store.ErrUnchanged
		}
		c.Due = due
		return nil
	})
	return err
}

func (s *Service) nextDue(ctx context.Context, t *community.Thread) (store.Millis, error) {
	if t.Origin != nil {
		return 0, nil // imported history never escalates
	}
	last, err := s.lastCase(ctx, t.ID)
	if err != nil || last.covers(t) {
		return 0, err
	}
	rules, err := s.Rules(ctx)
	if err != nil {
		return 0, err
	}
	c, err := s.calendar(ctx)
	if err != nil {
		return 0, err
	}
	rule, due := dueBy(t, rules, c)
	if rule == nil {
		return 0, nil
	}
	return store.At(due), nil
}

// fire looks at every thread whose clock has run down, and judges it as it
// stands. A clock is wound again or stopped, never left due.
func (s *Service) fire(ctx context.Context) error {
	return s.clocks.Each(ctx, store.All().Between("due", 1, s.now()).Order("due"), func(c *Clock) error {
		if err := s.judge(ctx, c.ID); err != nil {
			return err
		}
		return s.wind(ctx, c.ID)
	})
}

func (s *Service) judge(ctx context.Context, thread string) error {
	t, err := s.people.Thread(ctx, community.System, thread)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return store.IgnoreAbsent(s.clocks.Delete(ctx, thread, 0))
		}
		return err
	}
	last, err := s.lastCase(ctx, thread)
	if err != nil || last.covers(t) {
		return err
	}
	rules, err := s.Rules(ctx)
	if err != nil {
		return err
	}
	c, err := s.calendar(ctx)
	if err != nil {
		return err
	}
	rule, due := dueBy(t, rules, c)
	if rule == nil || due.After(s.db.Now()) || t.Origin != nil {
		return nil
	}
	_, err = s.open(ctx, t, Cause{Rule: rule.ID, Trigger: Unanswered, Says: rule.Name}, "")
	return err
}

func (s *Service) negative(text string) (float64, []string) {
	if s.tone == nil {
		return 0, nil
	}
	return s.tone.Negative(text)
}

// hearTone is the follower that opens a case at once for an asker's angry words.
func (s *Service) hearTone(ctx context.Context, d outbox.Delivery) error {
	t, err := s.people.Thread(ctx, community.System, d.Thread)
	if err != nil || t.Removed != nil || t.Stats.Solved || t.Origin != nil || t.Author != d.By {
		return fault.IgnoreAbsent(err)
	}
	text := t.Title + "\n" + markup.Text(t.HTML)
	if d.Post != t.ID {
		c, _, err := s.people.Comment(ctx, community.System, d.Post)
		if err != nil || c.Removed != nil {
			return fault.IgnoreAbsent(err)
		}
		text = markup.Text(c.HTML)
	}
	score, words := s.negative(text)
	rules, err := s.Rules(ctx)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Trigger == Negative && r.covers(t) && score >= r.Threshold {
			_, err := s.open(ctx, t, Cause{Rule: r.ID, Trigger: Negative, Says: r.Name, Words: words, Score: score}, "")
			return err
		}
	}
	return nil
}
