package community

import (
	"context"

	"selfie/internal/store"
)

// Records are the community's collections, bare: for import, export, search
// and rebuild, which keep the rules themselves. Verbs are for everyone else.
type Records struct {
	Members   *store.Collection[Member]
	Spaces    *store.Collection[Space]
	Threads   *store.Collection[Thread]
	Answers   *store.Collection[Answer]
	Comments  *store.Collection[Comment]
	Revisions *store.Collection[Revision]
	Votes     *store.Collection[Vote]
	Interests *store.Collection[Interest]
	Drafts    *store.Collection[Draft]
	Uploads   *store.Collection[Upload]
	Tags      *store.Collection[Tag]
	Views     *store.Collection[Views]
	Settings  *store.Collection[Settings]
}

// Records returns the bare collections.
func (s *Service) Records() Records {
	return Records{s.members, s.spaces, s.threads, s.answers, s.comments, s.history, s.votes, s.interests, s.drafts, s.uploads, s.tags, s.views, s.settings}
}

// Reads reports whether an actor reads a space: the one rule, for search.
func Reads(by Actor, sp *Space) bool { return reads(by, sp) }

// RenderStored renders a stored or imported post in place, when its HTML is
// older than the renderer.
func (s *Service) RenderStored(ctx context.Context, p *Post) (changed bool, err error) {
	return s.rerender(ctx, p)
}

// Settle fills what follows from a thread's own facts; imports call it before
// inserting.
func (s *Service) Settle(ctx context.Context, t *Thread) error {
	stale, err := s.staleAfter(ctx)
	if err == nil {
		t.settle(s.now(), stale)
	}
	return err
}

// Rebuilt counts what a rebuild looked at and what it had to write.
type Rebuilt struct{ Read, Changed int64 }

// Rebuild recomputes everything derived from the facts and writes only what
// differs. On a store whose followers are up to date it changes nothing. It
// never notifies. progress, if not nil, is called after each document.
func (s *Service) Rebuild(ctx context.Context, progress func(collection string)) (Rebuilt, error) {
	var r Rebuilt
	note := func(collection string, changed bool, err error) error {
		r.Read++
		if changed {
			r.Changed++
		}
		if progress != nil {
			progress(collection)
		}
		return store.IgnoreAbsent(err)
	}
	if err := s.rebuildPosts(ctx, note); err != nil {
		return r, err
	}
	spaces, err := s.everySpace(ctx)
	if err != nil {
		return r, err
	}
	err = s.members.Each(ctx, store.All(), func(m *Member) error {
		changed, err := s.recountMemberIf(ctx, m.ID)
		return note("members", changed, err)
	})
	if err != nil {
		return r, err
	}
	return r, s.tags.Each(ctx, store.All(), func(t *Tag) error {
		changed, err := s.recountTag(ctx, t.ID, spaces)
		return note("tags", changed, err)
	})
}

func (s *Service) rebuildPosts(ctx context.Context, note func(string, bool, error) error) error {
	err := s.comments.Each(ctx, store.All(), func(c *Comment) error {
		drawn, err := s.redraw(ctx, Ref{AComment, c.ID}, &c.Post)
		if err != nil {
			return err
		}
		changed, err := s.recountCommentIf(ctx, c.ID)
		return note("comments", changed || drawn, err)
	})
	if err != nil {
		return err
	}
	err = s.answers.Each(ctx, store.All(), func(a *Answer) error {
		drawn, err := s.redraw(ctx, Ref{AnAnswer, a.ID}, &a.Post)
		if err != nil {
			return err
		}
		changed, err := s.recountAnswerIf(ctx, a.ID)
		return note("answers", changed || drawn, err)
	})
	if err != nil {
		return err
	}
	return s.threads.Each(ctx, store.All(), func(t *Thread) error {
		drawn, err := s.redraw(ctx, Ref{AQuestion, t.ID}, &t.Post)
		if err != nil {
			return err
		}
		changed, err := s.recountThreadIf(ctx, t.ID, false)
		return note("threads", changed || drawn, err)
	})
}

// redraw renders a stored post again when its renderer is out of date.
func (s *Service) redraw(ctx context.Context, ref Ref, p *Post) (bool, error) {
	next := *p
	changed, err := s.rerender(ctx, &next)
	if err != nil || !changed {
		return false, err
	}
	apply := func(p *Post) error {
		if p.Edit != next.Edit {
			return store.ErrUnchanged
		}
		p.HTML, p.Renderer, p.Images = next.HTML, next.Renderer, next.Images
		return nil
	}
	switch ref.Kind {
	case AQuestion:
		_, err = s.threads.Update(ctx, ref.ID, func(t *Thread) error { return apply(&t.Post) })
	case AnAnswer:
		_, err = s.answers.Update(ctx, ref.ID, func(a *Answer) error { return apply(&a.Post) })
	case AComment:
		_, err = s.comments.Update(ctx, ref.ID, func(c *Comment) error { return apply(&c.Post) })
	}
	return true, store.IgnoreAbsent(err)
}
