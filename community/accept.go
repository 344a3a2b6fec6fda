package community

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Accept marks the answer that solved the thread: the asker may, and staff for
// them. Another accepted answer is replaced.
func (s *Service) Accept(ctx context.Context, by Actor, thread, answer string) (*Thread, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	a, t, sp, err := s.answerFor(ctx, by, answer)
	if err != nil {
		return nil, err
	}
	if a.Thread != thread {
		return nil, fault.Field("answer", "This answer belongs to another thread.")
	}
	if a.Private {
		return nil, fault.New(fault.Conflict, "A private answer cannot be accepted: the next person with this problem would not see it.")
	}
	if a.Removed != nil || t.Removed != nil {
		return nil, fault.New(fault.Conflict, "This answer was removed, so it cannot be accepted.")
	}
	if err := s.mayAccept(ctx, by, t, sp); err != nil {
		return nil, err
	}
	return s.updateThread(ctx, thread, func(t *Thread) error {
		before := ""
		if t.Accepted != nil {
			before = t.Accepted.Answer
		}
		if before == answer {
			return store.ErrUnchanged
		}
		t.Accepted = &Acceptance{Answer: answer, By: by.ID, At: s.now()}
		t.Stats.Solved = true
		return s.emit(&t.Box, thread, outbox.Event{Kind: AnswerAccepted, By: by.ID, Thread: thread, Post: answer, Member: a.Author, Payload: payload(before)})
	})
}

// Unaccept takes the mark back.
func (s *Service) Unaccept(ctx context.Context, by Actor, thread string) (*Thread, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	t, sp, err := s.threadFor(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	if err := s.mayAccept(ctx, by, t, sp); err != nil {
		return nil, err
	}
	return s.updateThread(ctx, thread, func(t *Thread) error {
		if t.Accepted == nil {
			return store.ErrUnchanged
		}
		before := t.Accepted.Answer
		t.Accepted = nil
		return s.emit(&t.Box, thread, outbox.Event{Kind: AcceptUndone, By: by.ID, Thread: thread, Post: before, Payload: payload(before)})
	})
}

func (s *Service) mayAccept(ctx context.Context, by Actor, t *Thread, sp *Space) error {
	if t.Author == by.ID {
		return nil
	}
	if err := s.may.May(ctx, by, DoAccept, sp); err != nil {
		return fault.New(fault.Forbidden, "Only the person who asked, or staff, can mark the answer that solved it.")
	}
	return nil
}

// Verify says that the company confirms an answer.
func (s *Service) Verify(ctx context.Context, by Actor, answer string) (*Answer, error) {
	return s.setVerified(ctx, by, answer, true)
}

// Unverify takes that back.
func (s *Service) Unverify(ctx context.Context, by Actor, answer string) (*Answer, error) {
	return s.setVerified(ctx, by, answer, false)
}

func (s *Service) setVerified(ctx context.Context, by Actor, answer string, on bool) (*Answer, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	a, _, sp, err := s.answerFor(ctx, by, answer)
	if err != nil {
		return nil, err
	}
	if err := s.may.May(ctx, by, DoVerify, sp); err != nil {
		return nil, err
	}
	if a.Removed != nil {
		return nil, fault.New(fault.Conflict, "This answer was removed. Restore it before verifying it.")
	}
	kind := AnswerVerified
	if !on {
		kind = VerifyUndone
	}
	return s.answers.Update(ctx, answer, func(a *Answer) error {
		if (a.Verified != nil) == on {
			return store.ErrUnchanged
		}
		a.Verified = nil
		if on {
			a.Verified = &Mark{By: by.ID, At: s.now()}
		}
		return s.emit(&a.Box, answer, outbox.Event{Kind: kind, By: by.ID, Thread: a.Thread, Post: answer, Member: a.Author})
	})
}
