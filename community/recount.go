package community

import (
	"context"
	"errors"
	"fmt"

	"selfie/internal/store"
)

// errMoved ends a recount whose target changed under it; it is counted again.
var errMoved = errors.New("community: the document moved during its recount")

const recountTries = 16

// recount runs exact recounts until one finds nothing to change: read the
// target, count, replace only at the revision that was read. It looks again
// after a write because a rival that counted later may have found nothing to
// change, and so left no trace in the revision. It reports whether it wrote.
func recount(what string, once func() (changed bool, err error)) (wrote bool, err error) {
	for range recountTries {
		changed, err := once()
		if errors.Is(err, errMoved) {
			continue
		}
		wrote = wrote || changed
		if err != nil || !changed {
			return wrote, err
		}
	}
	return wrote, fmt.Errorf("%s: %w", what, errMoved)
}

func (s *Service) recountThread(ctx context.Context, id string) error {
	_, err := s.recountThreadIf(ctx, id, true)
	return store.IgnoreAbsent(err)
}

// recountThreadIf recounts a thread; without views it leaves their number as it
// stands: views may be lost, so a rebuild does not hold them to anything.
func (s *Service) recountThreadIf(ctx context.Context, id string, views bool) (bool, error) {
	stale, err := s.staleAfter(ctx)
	if err != nil {
		return false, err
	}
	return recount("thread "+id, func() (bool, error) {
		t, err := s.threads.Get(ctx, id)
		if err != nil {
			return false, err
		}
		rev := t.Rev
		next := t.Stats
		if err := s.countThread(ctx, t, &next); err != nil {
			return false, err
		}
		if !views {
			next.Views = t.Stats.Views
		}
		changed := false
		_, err = s.threads.Update(ctx, id, func(t *Thread) error {
			if t.Rev != rev {
				return errMoved
			}
			before := t.Stats
			t.Stats = next
			t.settle(s.now(), stale)
			if changed = t.Stats != before; !changed {
				return store.ErrUnchanged
			}
			return nil
		})
		return changed, err
	})
}

// countThread counts a thread's facts, each by its index.
func (s *Service) countThread(ctx context.Context, t *Thread, st *ThreadStats) (err error) {
	if st.Answers, err = s.answers.Count(ctx, store.Where("thread", t.ID).And("stats.shelf", OnOpen)); err != nil {
		return err
	}
	if st.Comments, err = s.comments.Count(ctx, store.Where("on", t.ID).And("stats.shelf", OnOpen)); err != nil {
		return err
	}
	if st.Up, st.Down, err = s.countVotes(ctx, t.ID, t.Origin); err != nil {
		return err
	}
	if st.MeToos, err = s.interests.Count(ctx, store.Where("thread", t.ID).And("kind", MeToo).And("on", true)); err != nil {
		return err
	}
	if st.Views, err = s.countViews(ctx, t); err != nil {
		return err
	}
	if st.Solved, err = s.acceptedIsVisible(ctx, t); err != nil {
		return err
	}
	return s.lastPost(ctx, t, st)
}

func (s *Service) acceptedIsVisible(ctx context.Context, t *Thread) (bool, error) {
	if t.Accepted == nil {
		return false, nil
	}
	a, err := s.answers.Get(ctx, t.Accepted.Answer)
	if err != nil {
		return false, store.IgnoreAbsent(err)
	}
	return a.shelfOf() == OnOpen && a.Thread == t.ID, nil
}

func (s *Service) lastPost(ctx context.Context, t *Thread, st *ThreadStats) error {
	st.Activity, st.LastBy, st.LastIsNote = t.Created, t.Author, false
	a, err := s.answers.First(ctx, store.Where("thread", t.ID).And("stats.shelf", OnOpen).Order("-created"))
	if err == nil && a.Created >= st.Activity {
		st.Activity, st.LastBy = a.Created, a.Author
	}
	if store.IgnoreAbsent(err) != nil {
		return err
	}
	c, err := s.comments.First(ctx, store.Where("thread", t.ID).And("stats.shelf", OnOpen).Order("-created"))
	if err == nil && c.Created >= st.Activity {
		st.Activity, st.LastBy, st.LastIsNote = c.Created, c.Author, true
	}
	return store.IgnoreAbsent(err)
}

func (s *Service) recountAnswer(ctx context.Context, id string) error {
	_, err := s.recountAnswerIf(ctx, id)
	return store.IgnoreAbsent(err)
}

func (s *Service) recountAnswerIf(ctx context.Context, id string) (bool, error) {
	return recount("answer "+id, func() (bool, error) {
		a, err := s.answers.Get(ctx, id)
		if err != nil {
			return false, err
		}
		rev, next := a.Rev, AnswerStats{}
		if next.Comments, err = s.comments.Count(ctx, store.Where("on", id).And("stats.shelf", OnOpen)); err != nil {
			return false, err
		}
		if next.Up, next.Down, err = s.countVotes(ctx, id, a.Origin); err != nil {
			return false, err
		}
		t, err := s.threads.Get(ctx, a.Thread)
		if store.IgnoreAbsent(err) != nil {
			return false, err
		}
		next.Accepted = err == nil && t.Accepted != nil && t.Accepted.Answer == id
		next.Score, next.Rank = next.Up-next.Down, rankOf(next.Up, next.Down)
		changed := false
		_, err = s.answers.Update(ctx, id, func(a *Answer) error {
			if a.Rev != rev {
				return errMoved
			}
			next.Shelf = a.shelfOf()
			if changed = a.Stats != next; !changed {
				return store.ErrUnchanged
			}
			a.Stats = next
			return nil
		})
		return changed, err
	})
}

func (s *Service) recountComment(ctx context.Context, id string) error {
	_, err := s.recountCommentIf(ctx, id)
	return store.IgnoreAbsent(err)
}

func (s *Service) recountCommentIf(ctx context.Context, id string) (bool, error) {
	return recount("comment "+id, func() (bool, error) {
		c, err := s.comments.Get(ctx, id)
		if err != nil {
			return false, err
		}
		rev, next := c.Rev, CommentStats{}
		if next.Up, _, err = s.countVotes(ctx, id, c.Origin); err != nil {
			return false, err
		}
		next.Score = next.Up
		changed := false
		_, err = s.comments.Update(ctx, id, func(c *Comment) error {
			if c.Rev != rev {
				return errMoved
			}
			next.Shelf = c.shelfOf()
			if changed = c.Stats != next; !changed {
				return store.ErrUnchanged
			}
			c.Stats = next
			return nil
		})
		return changed, err
	})
}

func (s *Service) recountMember(ctx context.Context, id string) error {
	_, err := s.recountMemberIf(ctx, id)
	return store.IgnoreAbsent(err)
}

func (s *Service) recountMemberIf(ctx context.Context, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	return recount("member "+id, func() (bool, error) {
		m, err := s.members.Get(ctx, id)
		if err != nil {
			return false, err
		}
		rev, next := m.Rev, MemberStats{}
		if next.Threads, err = s.threads.Count(ctx, store.Where("author", id).And("stats.shelf", OnOpen)); err != nil {
			return false, err
		}
		if next.Answers, err = s.answers.Count(ctx, store.Where("author", id).And("stats.shelf", OnOpen)); err != nil {
			return false, err
		}
		if next.Accepted, err = s.answers.Count(ctx, store.Where("author", id).And("stats.accepted", true).And("stats.shelf", OnOpen)); err != nil {
			return false, err
		}
		changed := false
		_, err = s.members.Update(ctx, id, func(m *Member) error {
			if m.Rev != rev {
				return errMoved
			}
			if changed = m.Stats != next; !changed {
				return store.ErrUnchanged
			}
			m.Stats = next
			return nil
		})
		return changed, err
	})
}
