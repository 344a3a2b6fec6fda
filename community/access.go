package community

import (
	"context"
	"errors"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// reads is the one rule of who reads a space. It is asked at the moment of
// reading and never copied onto threads.
func reads(by Actor, sp *Space) bool {
	switch sp.Visibility {
	case Public:
		return true
	case MembersOnly:
		return !by.Guest()
	}
	return by.Staff() || slices.ContainsFunc(sp.Groups, func(g string) bool { return slices.Contains(by.Groups, g) })
}

// sees is the one rule of who sees a thread in a space.
func sees(by Actor, t *Thread, sp *Space) bool {
	if !reads(by, sp) {
		return false
	}
	if (t.Private || t.Removed != nil) && !by.Staff() && t.Author != by.ID {
		return false
	}
	return !by.Guest() || (!t.Private && t.Removed == nil)
}

// seesPost is the same for an answer or a comment of a thread that is seen.
func seesPost(by Actor, p *Post) bool {
	return p.Removed == nil || by.Staff() || (!by.Guest() && p.Author == by.ID)
}

// seesAnswer keeps a private answer between asker and staff.
func seesAnswer(by Actor, t *Thread, a *Answer) bool {
	if a.Private && !by.Staff() && (by.Guest() || (t.Author != by.ID && a.Author != by.ID)) {
		return false
	}
	return seesPost(by, &a.Post)
}

func absent(what string) error {
	return fault.New(fault.NotFound, "This %s does not exist, or is not open to you. If it was shared with you, sign in and try again.", what)
}

// found turns the store's word for "absent" into a fault about what.
func found(err error, what string) error {
	if errors.Is(err, store.ErrNotFound) {
		return absent(what)
	}
	return err
}

// stale turns a damaged cursor into a fault; other errors stay.
func page[T any](p store.Page[T], err error) (store.Page[T], error) {
	if errors.Is(err, store.ErrCursor) {
		return p, fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	return p, err
}

func (s *Service) spaceFor(ctx context.Context, by Actor, id string) (*Space, error) {
	sp, err := s.readSpace(ctx, id)
	if err != nil {
		return nil, found(err, "space")
	}
	if !reads(by, sp) {
		return nil, absent("space")
	}
	return sp, nil
}

func (s *Service) threadFor(ctx context.Context, by Actor, id string) (*Thread, *Space, error) {
	t, err := s.readThread(ctx, id)
	if err != nil {
		return nil, nil, found(err, "thread")
	}
	sp, err := s.readSpace(ctx, t.Space)
	if err != nil {
		return nil, nil, found(err, "thread")
	}
	if !sees(by, t, sp) {
		return nil, nil, absent("thread")
	}
	return t, sp, nil
}

func (s *Service) answerFor(ctx context.Context, by Actor, id string) (*Answer, *Thread, *Space, error) {
	a, err := s.answers.Get(ctx, id)
	if err != nil {
		return nil, nil, nil, found(err, "answer")
	}
	t, sp, err := s.threadFor(ctx, by, a.Thread)
	if err != nil || !seesAnswer(by, t, a) {
		return nil, nil, nil, cmpErr(err, absent("answer"))
	}
	return a, t, sp, nil
}

func (s *Service) commentFor(ctx context.Context, by Actor, id string) (*Comment, *Thread, *Space, error) {
	c, err := s.comments.Get(ctx, id)
	if err != nil {
		return nil, nil, nil, found(err, "comment")
	}
	t, sp, err := s.threadFor(ctx, by, c.Thread)
	if err == nil && !seesPost(by, &c.Post) {
		err = absent("comment")
	}
	if err == nil && c.On != t.ID {
		_, _, _, err = s.answerFor(ctx, by, c.On) // a comment goes where its answer goes
	}
	if err != nil {
		return nil, nil, nil, err
	}
	return c, t, sp, nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// post is any post, loaded and seen by an actor.
type post struct {
	Ref    Ref
	Post   *Post
	Thread *Thread
	Space  *Space
}

// postFor loads any post with the rights of its thread.
func (s *Service) postFor(ctx context.Context, by Actor, ref Ref) (p post, err error) {
	p.Ref = ref
	switch ref.Kind {
	case AQuestion:
		p.Thread, p.Space, err = s.threadFor(ctx, by, ref.ID)
		if err == nil {
			p.Post = &p.Thread.Post
		}
	case AnAnswer:
		var a *Answer
		if a, p.Thread, p.Space, err = s.answerFor(ctx, by, ref.ID); err == nil {
			p.Post = &a.Post
		}
	case AComment:
		var c *Comment
		if c, p.Thread, p.Space, err = s.commentFor(ctx, by, ref.ID); err == nil {
			p.Post = &c.Post
		}
	default:
		err = fault.Field("kind", "A post is a question, an answer or a comment.")
	}
	return p, err
}

// open refuses writing where the thread does not admit it: the pure half of
// every posting policy.
func (t *Thread) admit(by Actor, sp *Space) error {
	switch {
	case t.Removed != nil:
		return fault.New(fault.Conflict, "This thread was removed, so nothing can be added to it.")
	case t.Duplicate != nil:
		return fault.New(fault.Conflict, "This question was asked before. Please write in the original thread.")
	case t.Lock != nil && !by.Moderates(sp) && by.Role != Agent:
		return fault.New(fault.Conflict, "This thread is locked: %s", t.Lock.Reason)
	case sp.Archived:
		return fault.New(fault.Conflict, "The space %q is archived: it can be read, and takes no new posts.", sp.Name)
	}
	return nil
}
