package community

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// HeldUpload returns what is known of a picture that waits for a moderator: one of
// a held post that the actor would see if it were not held. It is for a placeholder
// of the same size; the picture itself is not for the actor. Else it is absent.
func (s *Service) HeldUpload(ctx context.Context, by Actor, id string) (*Upload, error) {
	u, err := s.uploads.Get(ctx, id)
	if err != nil {
		return nil, found(err, "picture")
	}
	if u.Post == nil {
		return nil, absent("picture")
	}
	seen, err := s.seesBehindHold(ctx, by, *u.Post)
	if store.IgnoreAbsent(err) != nil {
		return nil, err
	}
	if !seen {
		return nil, absent("picture")
	}
	return u, nil
}

// seesBehindHold reports whether a post is held, and nothing but that keeps the
// actor from seeing it.
func (s *Service) seesBehindHold(ctx context.Context, by Actor, ref Ref) (bool, error) {
	held := func(p *Post) bool { return p.Removed != nil && p.Removed.Kind == Held }
	switch ref.Kind {
	case AQuestion:
		t, err := s.threads.Get(ctx, ref.ID)
		if err != nil || !held(&t.Post) {
			return false, err
		}
		sp, err := s.spaces.Get(ctx, t.Space)
		if err != nil {
			return false, err
		}
		t.Removed = nil
		return sees(by, t, sp), nil
	case AnAnswer:
		a, err := s.answers.Get(ctx, ref.ID)
		if err != nil || !held(&a.Post) {
			return false, err
		}
		t, _, err := s.threadFor(ctx, by, a.Thread)
		if err != nil {
			return false, ignoreUnseen(err)
		}
		a.Removed = nil
		return seesAnswer(by, t, a), nil
	case AComment:
		c, err := s.comments.Get(ctx, ref.ID)
		if err != nil || !held(&c.Post) {
			return false, err
		}
		above := Ref{AnAnswer, c.On}
		if c.On == c.Thread {
			above.Kind = AQuestion
		}
		_, err = s.postFor(ctx, by, above)
		return err == nil, ignoreUnseen(err)
	}
	return false, nil
}

// ignoreUnseen turns the refusal to show something into nothing.
func ignoreUnseen(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
