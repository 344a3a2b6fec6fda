package reputation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

func (s *Service) follow(r *outbox.Relay) {
	r.Follow("reputation", s.onFact,
		community.Voted, community.AnswerAccepted, community.AcceptUndone, community.AnswerVerified, community.VerifyUndone,
		community.PostRemoved, community.PostRestored, community.PostEdited, community.AnswerPosted)
}

// onFact settles every cause that an event bears on, from present state.
func (s *Service) onFact(ctx context.Context, d outbox.Delivery) error {
	switch d.Kind {
	case community.Voted:
		return s.settleVote(ctx, d.Document)
	case community.AnswerAccepted, community.AcceptUndone:
		return s.settleAccept(ctx, d.Thread)
	case community.AnswerVerified, community.VerifyUndone:
		return s.settleVerify(ctx, d.Post)
	case community.PostEdited:
		return s.settleTags(ctx, d)
	case community.AnswerPosted:
		return s.restandAuthor(ctx, d.Post)
	}
	if d.Post == d.Thread {
		return s.settleAll(ctx, store.Where("thread", d.Thread).Order("at"), nil)
	}
	if err := s.settleAll(ctx, store.Where("post", d.Post).Order("at"), nil); err != nil {
		return err
	}
	return s.restandAuthor(ctx, d.Post)
}

func (s *Service) settleVote(ctx context.Context, id string) error {
	v, err := s.facts.Votes.Get(ctx, id)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	return s.settleAll(ctx, store.Where("fact", id).Order("at"), s.rules.ofVote(v))
}

func (s *Service) settleAccept(ctx context.Context, thread string) error {
	wanted, err := s.acceptCauses(ctx, thread)
	if err != nil {
		return err
	}
	return s.settleAll(ctx, store.Where("fact", thread).Order("at"), wanted)
}

func (s *Service) acceptCauses(ctx context.Context, thread string) ([]*Cause, error) {
	t, err := s.facts.Threads.Get(ctx, thread)
	if err != nil || t.Accepted == nil {
		return nil, store.IgnoreAbsent(err)
	}
	a, err := s.facts.Answers.Get(ctx, t.Accepted.Answer)
	if err != nil {
		return nil, store.IgnoreAbsent(err)
	}
	return s.rules.ofAccept(t, a), nil
}

func (s *Service) settleVerify(ctx context.Context, answer string) error {
	a, err := s.facts.Answers.Get(ctx, answer)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	return s.settleAll(ctx, store.Where("fact", answer).Order("at"), s.rules.ofVerify(a))
}

// settleTags settles a thread's causes when an edit changed its tags. Edits
// that did not are passed over: whatever tags a cause was settled with, the
// first edit that replaced them finds them different from the present ones.
func (s *Service) settleTags(ctx context.Context, d outbox.Delivery) error {
	if d.Post != d.Thread {
		return nil
	}
	var old community.Revision
	if err := json.Unmarshal(d.Payload, &old); err != nil {
		return outbox.Permanent(err)
	}
	t, err := s.facts.Threads.Get(ctx, d.Thread)
	if err != nil || slices.Equal(t.Tags, old.Tags) {
		return store.IgnoreAbsent(err)
	}
	return s.settleAll(ctx, store.Where("thread", d.Thread).Order("at"), nil)
}

// restandAuthor computes the standing of an answer's author: its accept rate
// counts all answers.
func (s *Service) restandAuthor(ctx context.Context, answer string) error {
	a, err := s.facts.Answers.Get(ctx, answer)
	if err != nil || a.Author == "" {
		return store.IgnoreAbsent(err)
	}
	_, err = s.restand(ctx, a.Author)
	return err
}

// settleAll settles the causes that a query finds and those that are wanted,
// then every day they stand on.
func (s *Service) settleAll(ctx context.Context, known store.Query, wanted []*Cause) error {
	var touched []memberDay
	settle := func(c *Cause) error {
		if at := (memberDay{c.Member, c.Day}); !slices.Contains(touched, at) {
			touched = append(touched, at)
		}
		_, err := s.settle(ctx, c)
		return err
	}
	for _, c := range wanted {
		if err := settle(c); err != nil {
			return err
		}
	}
	if err := s.causes.Each(ctx, known, settle); err != nil {
		return err
	}
	for _, at := range touched {
		if err := s.settling.Do(at, func() error { return s.settleDay(ctx, at) }); err != nil {
			return err
		}
	}
	return nil
}

// settle writes a cause's verdict, and judges again after the write: a fact
// that changed in between had perhaps not found the cause to judge it.
func (s *Service) settle(ctx context.Context, c *Cause) (changed bool, err error) {
	for range tries {
		old, err := s.causes.Get(ctx, c.ID)
		if store.IgnoreAbsent(err) != nil {
			return changed, err
		}
		if err == nil {
			c = old
		}
		v, judged := s.judge(ctx, c)
		if judged != nil {
			return changed, judged
		}
		if err == nil && old.Verdict.same(v) {
			return changed, nil
		}
		if err := s.write(ctx, c, v); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, fmt.Errorf("cause %s: %w", c.ID, errMoved)
}

func (s *Service) write(ctx context.Context, c *Cause, v Verdict) error {
	fresh := func() *Cause { next := *c; return &next }
	_, err := s.causes.Upsert(ctx, c.ID, fresh, func(x *Cause) error {
		if x.Verdict.same(v) {
			return store.ErrUnchanged
		}
		x.Verdict = v
		return nil
	})
	return err
}

func (v Verdict) same(w Verdict) bool {
	return v.Standing == w.Standing && v.Struck == w.Struck && slices.Equal(v.Tags, w.Tags)
}
