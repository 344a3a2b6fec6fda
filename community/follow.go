package community

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"selfie/internal/outbox"
	"selfie/internal/store"
)

// follow registers the community's own followers. Each works from present
// state and may run twice.
func (s *Service) follow(r *outbox.Relay) {
	outbox.Carry(r, s.members)
	outbox.Carry(r, s.spaces)
	outbox.Carry(r, s.threads)
	outbox.Carry(r, s.answers)
	outbox.Carry(r, s.comments)
	outbox.Carry(r, s.votes)
	outbox.Carry(r, s.interests)
	outbox.Carry(r, s.uploads)

	r.Follow("count", s.count, ThreadAsked, AnswerPosted, CommentPosted, PostRemoved, PostRestored, AnswerAccepted, AcceptUndone, Voted, MeTooed, MarkedDup, DupUndone, ThreadChanged)
	r.Follow("carry", func(ctx context.Context, d outbox.Delivery) error { return s.carry(ctx, d.Thread) }, MarkedDup, DupUndone)
	r.Follow("carry-one", s.carryOne, MeTooed, Watched)
	r.Follow("history", s.keepRevision, PostEdited)
	r.Follow("attach", s.attach, ThreadAsked, AnswerPosted, CommentPosted, PostEdited)
	r.Follow(watchFollower, s.startWatching, ThreadAsked, AnswerPosted, MeTooed)
	r.Follow("tags", s.followTags, ThreadAsked, PostEdited, PostRemoved, PostRestored, ThreadChanged, MarkedDup, DupUndone)
	r.Follow("space-tags", func(ctx context.Context, _ outbox.Delivery) error { return s.recountEveryTag(ctx) }, SpaceChanged)
	r.Follow("close", s.followClose, MemberClosed)
	r.Every("states", time.Minute, s.sweepStates)
	r.Every("expired", time.Hour, s.sweepExpired)
	r.Every("uploads", time.Hour, func(ctx context.Context) error { _, err := s.SweepUploads(ctx, false); return err })
}

// count recounts everything that a fact bears on: the post, its thread, and
// the members whose numbers follow.
func (s *Service) count(ctx context.Context, d outbox.Delivery) error {
	if d.Kind == AnswerAccepted || d.Kind == AcceptUndone {
		var before string
		if err := json.Unmarshal(d.Payload, &before); err != nil {
			return outbox.Permanent(err)
		}
		if err := s.countPost(ctx, before); err != nil {
			return err
		}
	}
	if err := s.countPost(ctx, d.Post); err != nil {
		return err
	}
	return s.recountThread(ctx, d.Thread)
}

// countPost recounts an answer or a comment with what stands above it; an id
// that is a thread's is left to its thread.
func (s *Service) countPost(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	if t, err := s.threads.Get(ctx, id); err == nil {
		return s.recountMember(ctx, t.Author)
	}
	if a, err := s.answers.Get(ctx, id); err == nil {
		return errors.Join(s.recountAnswer(ctx, id), s.recountMember(ctx, a.Author))
	}
	c, err := s.comments.Get(ctx, id)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	if err := s.recountComment(ctx, id); err != nil || c.On == c.Thread {
		return err
	}
	return s.recountAnswer(ctx, c.On)
}

// carryOne carries a member's own interest when its thread is a duplicate.
func (s *Service) carryOne(ctx context.Context, d outbox.Delivery) error {
	t, err := s.threads.Get(ctx, d.Thread)
	if err != nil || t.Duplicate == nil {
		return store.IgnoreAbsent(err)
	}
	return s.carry(ctx, d.Thread)
}

// attach makes the uploads that a post shows its own: from then on they follow
// the thread's visibility.
func (s *Service) attach(ctx context.Context, d outbox.Delivery) error {
	p, ref, err := s.anyPost(ctx, d.Post)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	for _, id := range p.Images {
		_, err := s.uploads.Update(ctx, id, func(u *Upload) error {
			if u.Post != nil {
				return store.ErrUnchanged
			}
			u.Post, u.Thread, u.Aside = &ref, d.Thread, 0
			u.giveBack(s.now())
			return s.emit(&u.Box, u.ID, outbox.Event{Kind: PictureShown, By: u.Owner, Thread: d.Thread, Post: d.Post})
		})
		if store.IgnoreAbsent(err) != nil {
			return err
		}
	}
	return nil
}

// anyPost loads a post by id alone, without rights: for followers.
func (s *Service) anyPost(ctx context.Context, id string) (*Post, Ref, error) {
	if t, err := s.threads.Get(ctx, id); err == nil {
		return &t.Post, Ref{AQuestion, id}, nil
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, Ref{}, err
	}
	if a, err := s.answers.Get(ctx, id); err == nil {
		return &a.Post, Ref{AnAnswer, id}, nil
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, Ref{}, err
	}
	c, err := s.comments.Get(ctx, id)
	if err != nil {
		return nil, Ref{}, err
	}
	return &c.Post, Ref{AComment, id}, nil
}

func (s *Service) followTags(ctx context.Context, d outbox.Delivery) error {
	t, err := s.threads.Get(ctx, d.Thread)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	tags := t.Tags
	if d.Kind == PostEdited {
		var old Revision
		if err := json.Unmarshal(d.Payload, &old); err != nil {
			return outbox.Permanent(err)
		}
		tags = append(append([]string{}, tags...), old.Tags...)
	}
	return s.recountTags(ctx, tags)
}

func (s *Service) followClose(ctx context.Context, d outbox.Delivery) error {
	var p struct {
		Purge bool `json:"purge"`
	}
	if err := json.Unmarshal(d.Payload, &p); err != nil {
		return outbox.Permanent(err)
	}
	return s.afterClose(ctx, d.Member, p.Purge)
}

// sweepStates recounts the threads whose state time alone has changed.
func (s *Service) sweepStates(ctx context.Context) error {
	return s.threads.Each(ctx, store.All().Between("stats.state_due", 1, s.now()).Order("stats.state_due"), func(t *Thread) error {
		return s.recountThread(ctx, t.ID)
	})
}

// draftLife is how long an untouched draft is kept (Discourse: 180 days).
const draftLife = 180 * day

// sweepExpired deletes sessions that ended and drafts nobody came back to.
func (s *Service) sweepExpired(ctx context.Context) error {
	err := s.sessions.Each(ctx, store.All().Between("expires", nil, s.now()).Order("expires"), func(x *Session) error {
		return store.IgnoreAbsent(s.sessions.Delete(ctx, x.ID, 0))
	})
	if err != nil {
		return err
	}
	return s.drafts.Each(ctx, store.All().Between("updated", nil, s.now()-draftLife).Order("updated"), func(d *Draft) error {
		return store.IgnoreAbsent(s.drafts.Delete(ctx, d.ID, 0))
	})
}
