package community

import (
	"context"
	"errors"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// ThreadDraft is a question as typed.
type ThreadDraft struct {
	Space, Title, Body string
	Tags               []string
	Images             []string // uploads chosen besides those in Body
	Private            bool     // asker and staff only
	Key                string   // idempotency key of the form
}

// Ask posts a question. The same key again returns the first result.
func (s *Service) Ask(ctx context.Context, by Actor, d ThreadDraft) (*Thread, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	id, err := s.idFor(AQuestion, by, d.Key)
	if err != nil {
		return nil, err
	}
	if first, err := s.threads.Get(ctx, id); err == nil {
		return first, nil
	}
	if d, err = cleanThread(d); err != nil {
		return nil, err
	}
	sp, err := s.spaceFor(ctx, by, d.Space)
	if err != nil {
		return nil, fault.Field("space", "Choose the space your question belongs to.")
	}
	if err := s.mayAsk(ctx, by, sp, d); err != nil {
		return nil, err
	}
	t := &Thread{Space: sp.ID, Title: d.Title, Tags: d.Tags, Private: d.Private}
	t.ID, t.Author, t.Created = id, by.ID, s.now()
	if _, err := s.compose(ctx, by, sp, &t.Post, Ref{AQuestion, id}, d.Body, d.Images); err != nil {
		return nil, err
	}
	if err := s.screen(ctx, by, Ref{AQuestion, id}, &t.Post, t.Title); err != nil {
		return nil, err
	}
	if err := s.emit(&t.Box, id, outbox.Event{Kind: ThreadAsked, By: by.ID, Thread: id, Post: id}); err != nil {
		return nil, err
	}
	stale, err := s.staleAfter(ctx)
	if err != nil {
		return nil, err
	}
	t.settle(s.now(), stale)
	t, _, err = s.threads.Put(ctx, t)
	return t, err
}

func (s *Service) mayAsk(ctx context.Context, by Actor, sp *Space, d ThreadDraft) error {
	if sp.Archived {
		return fault.Field("space", "The space %q is archived and takes no new questions. Choose another.", sp.Name)
	}
	if err := s.may.May(ctx, by, DoAsk, sp); err != nil {
		return err
	}
	if err := s.mayTag(ctx, by, sp, d.Tags); err != nil {
		return err
	}
	return s.today(by, func(since store.Millis) (int64, error) {
		return s.threads.Count(ctx, store.Where("author", by.ID).Between("created", since, nil))
	}, 3, 20, "questions")
}

func cleanThread(d ThreadDraft) (ThreadDraft, error) {
	var err error
	if d.Title, err = line("title", d.Title, MinTitle, MaxTitle); err != nil {
		return d, err
	}
	least := 15
	if len(d.Images) > 0 {
		least = 0 // a screenshot may say it all
	}
	if d.Body, err = prose("body", d.Body, least, MaxBody); err != nil {
		return d, err
	}
	d.Tags, err = cleanTags(d.Tags)
	return d, err
}

func (s *Service) staleAfter(ctx context.Context) (store.Millis, error) {
	c, err := s.Settings(ctx)
	if err != nil {
		return 0, err
	}
	return store.Millis(c.StaleAfter) * day, nil
}

// updateThread is the one way a thread is changed: what follows from its own
// facts is settled in the same write.
func (s *Service) updateThread(ctx context.Context, id string, apply func(*Thread) error) (*Thread, error) {
	stale, err := s.staleAfter(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.threads.Update(ctx, id, func(t *Thread) error {
		if err := apply(t); err != nil {
			return err
		}
		t.settle(s.now(), stale)
		return nil
	})
	return t, found(err, "thread")
}

// Thread returns a thread that the actor sees. A duplicate is returned as it
// is; Root leads to its original.
func (s *Service) Thread(ctx context.Context, by Actor, id string) (*Thread, error) {
	t, _, err := s.threadFor(ctx, by, id)
	return t, err
}

// ThreadsByID returns those of the threads that the actor sees.
func (s *Service) ThreadsByID(ctx context.Context, by Actor, ids []string) (map[string]*Thread, error) {
	found, err := s.threads.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	spaces, err := s.everySpace(ctx)
	if err != nil {
		return nil, err
	}
	for id, t := range found {
		i := slices.IndexFunc(spaces, func(sp *Space) bool { return sp.ID == t.Space })
		if i < 0 || !sees(by, t, spaces[i]) {
			delete(found, id)
		}
	}
	return found, nil
}

// SetPrivate hides a thread from all but its asker and staff, or opens it. The
// asker may do both; so may staff.
func (s *Service) SetPrivate(ctx context.Context, by Actor, id string, on bool) (*Thread, error) {
	return s.changeThread(ctx, by, id, func(t *Thread, sp *Space) error {
		if t.Author == by.ID {
			return nil
		}
		return s.may.May(ctx, by, DoReadPrivate, sp)
	}, ThreadChanged, func(t *Thread) error {
		if t.Private == on {
			return store.ErrUnchanged
		}
		t.Private = on
		if on {
			return nil
		}
		return s.emit(&t.Box, id, outbox.Event{Kind: ThreadOpened, By: by.ID, Thread: id, Post: id})
	})
}

// SetLock stops customers from adding to a thread, with the reason they read.
func (s *Service) SetLock(ctx context.Context, by Actor, id, reason string) (*Thread, error) {
	reason, err := line("reason", reason, 3, 300)
	if err != nil {
		return nil, err
	}
	return s.changeThread(ctx, by, id, s.allowed(ctx, by, DoLock), ThreadChanged, func(t *Thread) error {
		t.Lock = &Lock{By: by.ID, At: s.now(), Reason: reason}
		return nil
	})
}

// Unlock takes a lock away.
func (s *Service) Unlock(ctx context.Context, by Actor, id string) (*Thread, error) {
	return s.changeThread(ctx, by, id, s.allowed(ctx, by, DoLock), ThreadChanged, func(t *Thread) error {
		if t.Lock == nil {
			return store.ErrUnchanged
		}
		t.Lock = nil
		return nil
	})
}

// Move puts a thread into another space that the actor reads.
func (s *Service) Move(ctx context.Context, by Actor, id, space string) (*Thread, error) {
	to, err := s.spaceFor(ctx, by, space)
	if err != nil {
		return nil, fault.Field("space", "Choose the space the thread moves to.")
	}
	if err := s.may.May(ctx, by, DoMove, to); err != nil {
		return nil, err
	}
	return s.changeThread(ctx, by, id, s.allowed(ctx, by, DoMove), ThreadChanged, func(t *Thread) error {
		if t.Space == to.ID {
			return store.ErrUnchanged
		}
		t.Space = to.ID
		return s.emit(&t.Box, id, outbox.Event{Kind: ThreadOpened, By: by.ID, Thread: id, Post: id})
	})
}

// allowed is the policy that one privilege decides.
func (s *Service) allowed(ctx context.Context, by Actor, do Action) func(*Thread, *Space) error {
	return func(_ *Thread, sp *Space) error { return s.may.May(ctx, by, do, sp) }
}

// changeThread is the shape of every verb that changes a thread's own facts:
// load, policy, one write with its event.
func (s *Service) changeThread(ctx context.Context, by Actor, id string, policy func(*Thread, *Space) error, kind string, apply func(*Thread) error) (*Thread, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	t, sp, err := s.threadFor(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if err := policy(t, sp); err != nil {
		return nil, err
	}
	return s.updateThread(ctx, id, func(t *Thread) error {
		if err := apply(t); err != nil {
			return err
		}
		return s.emit(&t.Box, id, outbox.Event{Kind: kind, By: by.ID, Thread: id, Post: id})
	})
}

// replay reports whether err says that the derived id is taken: a repeated submit.
func replay(err error) bool { return errors.Is(err, store.ErrExists) }
