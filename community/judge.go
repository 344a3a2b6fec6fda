package community

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Screen decides, before a post is written, whether it must be held for a
// moderator. It returns nil to let it pass. It reads; it does not write. text
// is what the post says, with what was read in its pictures so far.
type Screen interface {
	Hold(ctx context.Context, by Actor, ref Ref, text string, pictures []*Upload) (*Removal, error)
}

// screen asks the screen that was given, if any. Staff are never held.
func (s *Service) screen(ctx context.Context, by Actor, ref Ref, p *Post, title string) error {
	if s.screening == nil || by.Staff() {
		return nil
	}
	pictures, err := s.shownBy(ctx, p)
	if err != nil {
		return err
	}
	text := title + "\n" + p.Body
	for _, u := range pictures {
		text += "\n" + u.ReadText()
	}
	hold, err := s.screening.Hold(ctx, by, ref, text, pictures)
	p.Removed = hold
	return err
}

// shownBy returns the uploads of a post, in their order.
func (s *Service) shownBy(ctx context.Context, p *Post) ([]*Upload, error) {
	if len(p.Images) == 0 {
		return nil, nil
	}
	known, err := s.uploads.GetMany(ctx, p.Images)
	var list []*Upload
	for _, id := range p.Images {
		if u := known[id]; u != nil {
			list = append(list, u)
		}
	}
	return list, err
}

// The verbs below carry out what moderation decided. They hold no policy: who
// may decide was settled when the decision was written. They may be repeated.

// Judge sets a post's removal, or clears it when to is nil. change is asked,
// with the removal as it stands, whether to go on.
func (s *Service) Judge(ctx context.Context, by string, ref Ref, to *Removal, change func(standing *Removal) bool) error {
	kind := PostRemoved
	if to == nil {
		kind = PostRestored
	}
	err := s.updatePost(ctx, ref, kind, Actor{ID: by}, func(p *Post) error {
		if !change(p.Removed) || (to == nil && p.Removed == nil) || (to != nil && p.Removed != nil && *to == *p.Removed) {
			return store.ErrUnchanged
		}
		p.Removed = to
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// JudgeLock locks a thread for a decision, or takes back the lock that bears it.
func (s *Service) JudgeLock(ctx context.Context, by, thread, reason string, on bool) error {
	_, err := s.updateThread(ctx, thread, func(t *Thread) error {
		if (t.Lock != nil) == on {
			return store.ErrUnchanged
		}
		t.Lock = nil
		if on {
			t.Lock = &Lock{By: by, At: s.now(), Reason: reason}
		}
		return s.emit(&t.Box, thread, outbox.Event{Kind: ThreadChanged, By: by, Thread: thread, Post: thread})
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// JudgeMember suspends a member until a moment, or ends the suspension with 0.
func (s *Service) JudgeMember(ctx context.Context, member string, until store.Millis) error {
	_, err := s.members.Update(ctx, member, func(m *Member) error {
		if m.Suspended == until || m.Role == Admin {
			return store.ErrUnchanged
		}
		m.Suspended = until
		return nil
	})
	return store.IgnoreAbsent(err)
}

// PostOf loads any post that the actor sees, with its thread.
func (s *Service) PostOf(ctx context.Context, by Actor, ref Ref) (*Post, *Thread, *Space, error) {
	p, err := s.postFor(ctx, by, ref)
	return p.Post, p.Thread, p.Space, err
}
