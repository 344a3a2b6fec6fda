package escalation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// tell is the follower that writes the timeline, tells the customer in neutral
// words, and accepts the official answer of a solved case.
func (s *Service) tell(ctx context.Context, d outbox.Delivery) error {
	c, err := s.cases.Get(ctx, d.Document)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	var text string
	if err := json.Unmarshal(d.Payload, &text); err != nil {
		return outbox.Permanent(err)
	}
	e := &Entry{Meta: store.Meta{ID: store.DeriveID("entry", d.ID)}, Case: c.ID, Kind: Event, By: d.By, At: d.At, Text: text}
	if d.Post != "" {
		e.Kind, e.Post = Reply, d.Post
	}
	if _, _, err := s.entries.Put(ctx, e); err != nil {
		return err
	}
	if err := s.acceptOfficial(ctx, c); err != nil {
		return err
	}
	if d.By == c.Customer || d.Post != "" { // an answer tells of itself
		return nil
	}
	return s.inbox.Tell(ctx, fmt.Sprint("case", d.ID), notify.Notice{Member: c.Customer, Kind: notify.NoticeCase, Thread: c.Thread,
		Post: community.Ref{Kind: community.AQuestion, ID: c.Thread}, Text: c.State.Label()})
}

// acceptOfficial makes a thread solved that support has solved, unless its
// asker accepted something else.
func (s *Service) acceptOfficial(ctx context.Context, c *Case) error {
	if c.State != Solved || c.Official == "" {
		return nil
	}
	t, err := s.people.Thread(ctx, community.System, c.Thread)
	if err != nil || t.Accepted != nil {
		return fault.IgnoreAbsent(err)
	}
	_, err = s.people.Accept(ctx, community.System, c.Thread, c.Official)
	if fault.Is(err, fault.Conflict) {
		return nil // removed or made private since
	}
	return fault.IgnoreAbsent(err)
}

// mirror is the follower that keeps external desks up to date.
func (s *Service) mirror(ctx context.Context, d outbox.Delivery) error {
	var errs []error
	for _, desk := range s.desks {
		if d.Kind == caseOpened {
			errs = append(errs, desk.Open(ctx, d.Document))
			continue
		}
		errs = append(errs, desk.Status(ctx, d.Document, d.ID, d.At))
	}
	return errors.Join(errs...)
}

// pass sends a new post of the thread to the desks that mirror its case.
func (s *Service) pass(ctx context.Context, c *Case, d outbox.Delivery) error {
	if d.Kind != community.CommentPosted && d.Kind != community.AnswerPosted {
		return nil
	}
	var errs []error
	for _, desk := range s.desks {
		errs = append(errs, desk.Append(ctx, c.ID, d.Post, d.At))
	}
	return errors.Join(errs...)
}
