package moderation

import (
	"context"
	"regexp"
	"strings"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// HoldRules say what waits for a moderator before it is shown. The zero rules
// hold nothing.
type HoldRules struct {
	FirstPosts int64 // posts of a member held until so many were shown; 0 = none
	Images     bool  // and pictures of members who have nothing shown yet
	Links      bool  // and links of such members
}

// Gate is a community.Screen. It is made before the community and bound to it
// afterwards, because each needs the other.
type Gate struct {
	rules  HoldRules
	people *community.Service
}

// NewGate returns a gate that holds by rules.
func NewGate(rules HoldRules) *Gate { return &Gate{rules: rules} }

// Bind gives the gate the community it asks.
func (g *Gate) Bind(people *community.Service) { g.people = people }

var link = regexp.MustCompile(`(?i)https?://|www\.`)

// Hold implements community.Screen.
func (g *Gate) Hold(ctx context.Context, by community.Actor, _ community.Ref, text string, pictures []*community.Upload) (*community.Removal, error) {
	if g.people == nil {
		return nil, nil
	}
	for _, u := range pictures {
		like, err := g.people.RemovedAlike(ctx, u)
		if err != nil {
			return nil, err
		}
		if like != nil {
			return g.holding(whyAlike, causeAlike+like.ID), nil
		}
	}
	if g.rules == (HoldRules{}) {
		return nil, nil
	}
	shown, err := g.shown(ctx, by)
	if err != nil {
		return nil, err
	}
	why := ""
	switch {
	case shown < g.rules.FirstPosts:
		why = "Your first posts are looked at by a moderator before others see them. This usually takes a few minutes."
	case shown == 0 && g.rules.Images && len(pictures) > 0:
		why = "Your first picture is looked at by a moderator before others see it. This usually takes a few minutes."
	case shown == 0 && g.rules.Links && link.MatchString(text):
		why = whyLink
	default:
		return nil, nil
	}
	return g.holding(why, causeNewcomer), nil
}

// Why a post is held, to its author; and what the removal bears.
const (
	whyLink  = "Your first post with a link is looked at by a moderator before others see it. This usually takes a few minutes."
	whyAlike = "A picture in your post looks like one that was removed before, so a moderator looks at it first. This usually takes a few minutes."

	causeNewcomer = "held"
	causeAlike    = "alike:" // and the upload it is like
)

func (g *Gate) holding(why, cause string) *community.Removal {
	return &community.Removal{By: community.System.ID, At: store.At(g.people.Clock()), Kind: community.Held, Reason: why, Cause: cause}
}

// shown counts a member's visible questions and answers.
func (g *Gate) shown(ctx context.Context, by community.Actor) (int64, error) {
	r := g.people.Records()
	threads, err := r.Threads.Count(ctx, store.Where("author", by.ID).And("stats.shelf", community.OnOpen))
	if err != nil {
		return 0, err
	}
	answers, err := r.Answers.Count(ctx, store.Where("author", by.ID).And("stats.shelf", community.OnOpen))
	return threads + answers, err
}

// heldWhy tells moderators why a post is held.
func heldWhy(r *community.Removal) string {
	if strings.HasPrefix(r.Cause, causeAlike) {
		return "held: it shows a picture that looks like one removed before"
	}
	return "held: a newcomer's post"
}

// reviewHeld is the follower that brings held posts into the queue, and hidden
// ones that their author has mended.
func (s *Service) reviewHeld(ctx context.Context, d outbox.Delivery) error {
	for _, kind := range []community.Kind{community.AQuestion, community.AnAnswer, community.AComment} {
		ref := community.Ref{Kind: kind, ID: d.Post}
		p, t, _, err := s.people.PostOf(ctx, community.System, ref)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil || p.Removed == nil {
			return err
		}
		why := ""
		switch p.Removed.Kind {
		case community.Held:
			why = heldWhy(p.Removed)
		case community.Hidden:
			if d.Kind == community.PostEdited {
				why = "hidden, and mended by its author"
			}
		}
		if why == "" {
			return nil
		}
		return s.open(ctx, ref, t, p, func(i *openItem) { i.Held = why })
	}
	return nil
}
