package moderation

import (
	"context"
	"errors"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// readLate is how old a post may be to be held for the text of its picture. What
// stood longer was seen by many; a backlog that is read at once, after tesseract
// was installed or a community brought in, takes nothing out of sight.
const readLate = store.Millis(24 * 60 * 60 * 1000)

// screenPicture is the follower that looks again at a post once a picture is
// part of it, and once the picture's text is known: what the gate could not know
// when the post was written, and what an edit brought in.
func (s *Service) screenPicture(ctx context.Context, d outbox.Delivery) error {
	u, err := s.people.Upload(ctx, community.System, d.Document)
	if err != nil || u.Post == nil || s.gate == nil {
		return fault.IgnoreAbsent(err)
	}
	p, t, _, err := s.people.PostOf(ctx, community.System, *u.Post)
	if err != nil || p.Removed != nil || p.Origin != nil {
		return fault.IgnoreAbsent(err)
	}
	if d.Kind == community.PictureRead && p.Created < s.now()-readLate {
		return nil
	}
	skip, err := s.isTrusted(ctx, p, u)
	if err != nil || skip {
		return err
	}
	hold, err := s.gate.holdLate(ctx, p, u)
	if err != nil || hold == nil {
		return err
	}
	// The item comes first: a death in between leaves a post that is judged again.
	if err := s.open(ctx, *u.Post, t, p, func(i *openItem) { i.Held = heldWhy(hold) }); err != nil {
		return err
	}
	if err := s.people.Judge(ctx, community.System.ID, *u.Post, hold, func(standing *community.Removal) bool { return standing == nil }); err != nil {
		return err
	}
	return s.inbox.Tell(ctx, "picture"+u.ID, notify.Notice{Member: p.Author, Kind: notify.NoticeDecision, Thread: t.ID, Post: *u.Post, Text: hold.Reason})
}

// isTrusted reports whether a post is not to be held for a picture: by staff, or
// approved by a moderator who saw the picture in it.
func (s *Service) isTrusted(ctx context.Context, p *community.Post, u *community.Upload) (bool, error) {
	author, err := s.people.Member(ctx, p.Author)
	if fault.Is(err, fault.NotFound) {
		return true, nil // nobody is left to learn of it
	}
	if err != nil || author.Actor().Staff() {
		return true, err
	}
	i, err := s.items.Get(ctx, itemID(*u.Post))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && i.State == StateDecided && i.Decided > max(u.Created, p.Edited), err
}

// holdLate is Hold for a post that is shown already and one of its pictures.
func (g *Gate) holdLate(ctx context.Context, p *community.Post, u *community.Upload) (*community.Removal, error) {
	like, err := g.people.RemovedAlike(ctx, u)
	if err != nil {
		return nil, err
	}
	if like != nil {
		return g.holding(whyAlike, causeAlike+like.ID), nil
	}
	if !g.rules.Links || !link.MatchString(u.ReadText()) {
		return nil, nil
	}
	shown, err := g.shown(ctx, community.Actor{ID: p.Author})
	if err != nil || shown > 1 { // the post itself is one
		return nil, err
	}
	return g.holding(whyLink, causeNewcomer), nil
}
