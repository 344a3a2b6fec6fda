package community

import (
	"context"
	"encoding/json"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// AnswerDraft is an answer as typed.
type AnswerDraft struct {
	Thread, Body string
	Images       []string
	Key          string
	Private      bool   // for the asker and staff only; staff may
	Official     string // how the company names itself; "" is an ordinary answer; staff may
}

// PostAnswer answers a thread. The same key again returns the first result.
func (s *Service) PostAnswer(ctx context.Context, by Actor, d AnswerDraft) (*Answer, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	id, err := s.idFor(AnAnswer, by, d.Key)
	if err != nil {
		return nil, err
	}
	t, sp, err := s.threadFor(ctx, by, d.Thread)
	if err != nil {
		return nil, err
	}
	if first, err := s.answers.Get(ctx, id); err == nil && first.Thread == t.ID {
		return first, nil
	}
	least := 10
	if len(d.Images) > 0 {
		least = 0
	}
	if d.Body, err = prose("body", d.Body, least, MaxBody); err != nil {
		return nil, err
	}
	if err := s.mayAnswer(ctx, by, t, sp); err != nil {
		return nil, err
	}
	if (d.Private || d.Official != "") && !by.Staff() {
		return nil, fault.New(fault.Forbidden, "Only staff answer officially or privately.")
	}
	a := &Answer{Thread: t.ID, Private: d.Private, Official: d.Official}
	a.ID, a.Author, a.Created = id, by.ID, s.now()
	a.Stats = AnswerStats{Shelf: OnOpen, Rank: rankOf(0, 0)}
	if _, err := s.compose(ctx, by, sp, &a.Post, Ref{AnAnswer, id}, d.Body, d.Images); err != nil {
		return nil, err
	}
	if err := s.screen(ctx, by, Ref{AnAnswer, id}, &a.Post, ""); err != nil {
		return nil, err
	}
	a.Stats.Shelf = a.shelfOf()
	if err := s.emit(&a.Box, id, outbox.Event{Kind: AnswerPosted, By: by.ID, Thread: t.ID, Post: id}); err != nil {
		return nil, err
	}
	a, _, err = s.answers.Put(ctx, a)
	return a, err
}

func (s *Service) mayAnswer(ctx context.Context, by Actor, t *Thread, sp *Space) error {
	if err := t.admit(by, sp); err != nil {
		return err
	}
	if err := s.may.May(ctx, by, DoAnswer, sp); err != nil {
		return err
	}
	return s.today(by, func(since store.Millis) (int64, error) {
		return s.answers.Count(ctx, store.Where("author", by.ID).Between("created", since, nil))
	}, 10, 100, "answers")
}

// CommentDraft is a comment as typed.
type CommentDraft struct {
	On        Ref // a question or an answer
	Body, Key string
}

// PostComment remarks on a question or an answer.
func (s *Service) PostComment(ctx context.Context, by Actor, d CommentDraft) (*Comment, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	if d.On.Kind == AComment {
		return nil, fault.Field("on", "Comments stand under questions and answers, not under comments.")
	}
	id, err := s.idFor(AComment, by, d.Key)
	if err != nil {
		return nil, err
	}
	on, err := s.postFor(ctx, by, d.On)
	if err != nil {
		return nil, err
	}
	if first, err := s.comments.Get(ctx, id); err == nil && first.On == d.On.ID {
		return first, nil
	}
	if d.Body, err = prose("body", d.Body, 3, MaxComment); err != nil {
		return nil, err
	}
	if err := s.mayComment(ctx, by, on); err != nil {
		return nil, err
	}
	c := &Comment{Thread: on.Thread.ID, On: d.On.ID, Stats: CommentStats{Shelf: OnOpen}}
	c.ID, c.Author, c.Created = id, by.ID, s.now()
	if _, err := s.compose(ctx, by, on.Space, &c.Post, Ref{AComment, id}, d.Body, nil); err != nil {
		return nil, err
	}
	if err := s.screen(ctx, by, Ref{AComment, id}, &c.Post, ""); err != nil {
		return nil, err
	}
	c.Stats.Shelf = c.shelfOf()
	if err := s.emit(&c.Box, id, outbox.Event{Kind: CommentPosted, By: by.ID, Thread: c.Thread, Post: id}); err != nil {
		return nil, err
	}
	c, _, err = s.comments.Put(ctx, c)
	return c, err
}

func (s *Service) mayComment(ctx context.Context, by Actor, on post) error {
	if on.Post.Removed != nil {
		return fault.New(fault.Conflict, "This post was removed, so nothing can be added to it.")
	}
	if err := on.Thread.admit(by, on.Space); err != nil {
		return err
	}
	if err := s.may.May(ctx, by, DoComment, on.Space); err != nil {
		return err
	}
	return s.today(by, func(since store.Millis) (int64, error) {
		return s.comments.Count(ctx, store.Where("author", by.ID).Between("created", since, nil))
	}, 20, 200, "comments")
}

// Remove takes a post away; it can be restored. Authors remove their own,
// except a question that others have answered; moderators remove any.
func (s *Service) Remove(ctx context.Context, by Actor, ref Ref, reason string) error {
	reason, err := line("reason", reason, 0, 300)
	if err != nil {
		return err
	}
	return s.setRemoved(ctx, by, ref, PostRemoved, func(p *Post) error {
		if p.Removed != nil {
			return store.ErrUnchanged
		}
		p.Removed = &Removal{By: by.ID, At: s.now(), Reason: reason}
		return nil
	})
}

// Restore brings a removed post back. Authors restore what they removed
// themselves; moderators restore any.
func (s *Service) Restore(ctx context.Context, by Actor, ref Ref) error {
	return s.setRemoved(ctx, by, ref, PostRestored, func(p *Post) error {
		if p.Removed == nil {
			return store.ErrUnchanged
		}
		p.Removed = nil
		return nil
	})
}

func (s *Service) setRemoved(ctx context.Context, by Actor, ref Ref, kind string, apply func(*Post) error) error {
	if err := s.active(by); err != nil {
		return err
	}
	p, err := s.postFor(ctx, by, ref)
	if err != nil {
		return err
	}
	if err := s.mayRemove(ctx, by, p); err != nil {
		return err
	}
	return s.updatePost(ctx, ref, kind, by, apply)
}

func (s *Service) mayRemove(ctx context.Context, by Actor, p post) error {
	judge := s.may.May(ctx, by, DoDelete, p.Space)
	if judge == nil || p.Post.Author != by.ID {
		return judge
	}
	if p.Post.Removed != nil && p.Post.Removed.By != by.ID {
		return fault.New(fault.Forbidden, "A moderator removed this post, so only a moderator can restore it.")
	}
	if p.Ref.Kind == AQuestion && p.Post.Removed == nil && p.Thread.Stats.Answers > 0 {
		return fault.New(fault.Conflict, "Others have answered this question, so it stays for the next person with the same problem. You can edit it, or ask a moderator by flagging it.")
	}
	return nil
}

// updatePost writes a change of any kind of post with its event, which carries
// the kind of the removal that stood before (PostRestored: what it was restored from).
func (s *Service) updatePost(ctx context.Context, ref Ref, kind string, by Actor, apply func(*Post) error) error {
	var err error
	was := func(p *Post) (before json.RawMessage) {
		if p.Removed != nil {
			before = payload(p.Removed.Kind)
		}
		return before
	}
	switch ref.Kind {
	case AQuestion:
		_, err = s.updateThread(ctx, ref.ID, func(t *Thread) error {
			before := was(&t.Post)
			if err := apply(&t.Post); err != nil {
				return err
			}
			return s.emit(&t.Box, t.ID, outbox.Event{Kind: kind, By: by.ID, Thread: t.ID, Post: t.ID, Payload: before})
		})
	case AnAnswer:
		_, err = s.answers.Update(ctx, ref.ID, func(a *Answer) error {
			before := was(&a.Post)
			if err := apply(&a.Post); err != nil {
				return err
			}
			a.Stats.Shelf = a.shelfOf()
			return s.emit(&a.Box, a.ID, outbox.Event{Kind: kind, By: by.ID, Thread: a.Thread, Post: a.ID, Payload: before})
		})
	case AComment:
		_, err = s.comments.Update(ctx, ref.ID, func(c *Comment) error {
			before := was(&c.Post)
			if err := apply(&c.Post); err != nil {
				return err
			}
			c.Stats.Shelf = c.shelfOf()
			return s.emit(&c.Box, c.ID, outbox.Event{Kind: kind, By: by.ID, Thread: c.Thread, Post: c.ID, Payload: before})
		})
	}
	return found(err, string(ref.Kind))
}
