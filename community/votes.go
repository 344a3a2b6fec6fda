package community

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// votesPerDay bounds one member's votes in 24 hours (Kitsune, Discourse: 50).
const votesPerDay = 50

// Vote sets the actor's vote on a post: 1, -1, or 0 to take it back. Comments
// are voted up only.
func (s *Service) Vote(ctx context.Context, by Actor, ref Ref, value int64) (*Vote, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	if value < -1 || value > 1 || (value < 0 && ref.Kind == AComment) {
		return nil, fault.Field("value", "A vote is 1 (helpful), -1 (not helpful) or 0 (taken back); comments take 1 or 0.")
	}
	p, err := s.postFor(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	id := store.DeriveID("vote", ref.ID, by.ID)
	if err := s.mayVote(ctx, by, p, id, value); err != nil {
		return nil, err
	}
	fresh := func() *Vote {
		return &Vote{Post: ref.ID, Kind: ref.Kind, Thread: p.Thread.ID, Author: p.Post.Author, Voter: by.ID, Created: s.now()}
	}
	return s.votes.Upsert(ctx, id, fresh, func(v *Vote) error {
		if v.Value == value {
			return store.ErrUnchanged
		}
		v.Value = value
		return s.emit(&v.Box, id, outbox.Event{Kind: Voted, By: by.ID, Thread: v.Thread, Post: v.Post, Member: v.Author})
	})
}

func (s *Service) mayVote(ctx context.Context, by Actor, p post, id string, value int64) error {
	switch {
	case p.Post.Author == by.ID:
		return fault.New(fault.Forbidden, "You cannot vote on your own post.")
	case p.Post.Removed != nil || p.Thread.Removed != nil:
		return fault.New(fault.Conflict, "This post was removed, so it takes no votes.")
	case p.Thread.Lock != nil:
		return fault.New(fault.Conflict, "This thread is locked: %s", p.Thread.Lock.Reason)
	case value == 0:
		return nil
	}
	do := DoVoteUp
	if value < 0 {
		do = DoVoteDown
	}
	if err := s.may.May(ctx, by, do, p.Space); err != nil {
		return err
	}
	if _, err := s.votes.Get(ctx, id); err == nil {
		return nil // changing a vote is not one more
	}
	return s.today(by, func(since store.Millis) (int64, error) {
		return s.votes.Count(ctx, store.Where("voter", by.ID).Between("created", since, nil))
	}, votesPerDay, votesPerDay, "votes")
}

// Score counts a post's standing votes exactly, ahead of the recount that
// followers make.
func (s *Service) Score(ctx context.Context, by Actor, ref Ref) (up, down int64, err error) {
	p, err := s.postFor(ctx, by, ref)
	if err != nil {
		return 0, 0, err
	}
	return s.countVotes(ctx, ref.ID, p.Post.Origin)
}

// countVotes counts votes by index, and adds what an import counted and did not list.
func (s *Service) countVotes(ctx context.Context, post string, origin *Origin) (up, down int64, err error) {
	if up, err = s.votes.Count(ctx, store.Where("post", post).And("value", 1)); err != nil {
		return
	}
	down, err = s.votes.Count(ctx, store.Where("post", post).And("value", -1))
	if origin != nil && origin.Score > 0 {
		up += origin.Score
	}
	return
}
