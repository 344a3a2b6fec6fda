package reputation

import (
	"context"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Credit says that a visitor was helped by what member wrote (standing), or was
// not after all. cause names the occasion, such as a deflection's id: the same
// one again changes the same line and never adds another. thread and post are
// where the help stood; post is the thread's own id for a question, or empty.
// The line stands on the UTC day of the first call's at.
//
// The credit is a fact that reputation itself keeps: a rebuild leaves it be.
// Nothing is credited twice for one cause, whatever is called how often; the
// caller passes what is true now, and calls again when that changes.
func (s *Service) Credit(ctx context.Context, cause, member, thread, post string, at store.Millis, standing bool) error {
	if cause == "" || member == "" || at <= 0 {
		return fault.Field("cause", "A credit needs a cause, the member who helped, and a time.")
	}
	if s.rules.Points[Helped] == 0 {
		return nil
	}
	c := causeOf(member, Helped, cause, at)
	c.Thread, c.Post, c.On, c.Given = thread, post, community.AnAnswer, standing
	if post == thread || post == "" {
		c.On = community.AQuestion
	}
	_, err := s.causes.Update(ctx, c.ID, func(x *Cause) error {
		if x.Given == standing {
			return store.ErrUnchanged
		}
		x.Given = standing
		return nil
	})
	if store.IgnoreAbsent(err) != nil {
		return err
	}
	if err != nil && !standing {
		return nil // nothing was ever credited
	}
	return s.settleAll(ctx, store.Where("fact", cause).Order("at"), []*Cause{c})
}
