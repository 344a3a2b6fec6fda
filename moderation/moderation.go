// Package moderation lets members flag what is wrong and moderators judge it:
// one review queue, soft claims, decisions that are explained and can be
// undone, hiding by the weight of flags, and holding what newcomers post.
//
// A decision is one write of its review item. What follows from it - the post
// hidden, the author suspended, people told - is done by followers that may run
// twice, and bears the decision's id, so that undoing takes back just that.
package moderation

import (
	"context"
	"log/slog"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Levels tells how far a member has risen: 0 for a newcomer, up to 4. It is the
// reputation's part; the weight of a flag rests on it.
type Levels interface {
	Level(ctx context.Context, member string) (int, error)
}

// Options are the parts and settings of a Service.
type Options struct {
	Levels Levels // nil: everyone is at 1
	Hold   HoldRules
	Gate   *Gate // looks again at posts whose pictures were read later; nil: nothing does
	Log    *slog.Logger
}

// Service is moderation over one store.
type Service struct {
	db     *store.DB
	routes *outbox.Routes
	people *community.Service
	inbox  *notify.Service
	levels Levels
	gate   *Gate
	log    *slog.Logger

	flags *store.Collection[Flag]
	items *store.Collection[Item]
	deeds *store.Collection[Deed]
}

// The kinds of events that moderation's documents carry.
const (
	flagged    = "flagged"
	decided    = "decided"
	decUndone  = "decision_undone"
	reopenItem = "item_reopened"
)

// Open declares the collections and registers the followers.
func Open(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, people *community.Service, inbox *notify.Service, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: db, routes: routes, people: people, inbox: inbox, levels: o.Levels, gate: o.Gate, log: o.Log}
	s.flags = store.Declare[Flag](db, "flags",
		store.On("post", "outcome", "at"), store.On("by", "outcome"), store.On("by", "-at"), outbox.PendingIndex())
	s.items = store.Declare[Item](db, "review_items",
		store.On("state", "-score", "opened"), store.On("state", "-decided"), outbox.PendingIndex())
	s.deeds = store.Declare[Deed](db, "deeds", store.On("-at"), store.On("member", "-at"), store.On("public", "-at"))
	outbox.Carry(relay, s.flags)
	outbox.Carry(relay, s.items)
	relay.Follow("weigh-flags", s.weigh, flagged)
	relay.Follow("carry-out", s.carryOut, decided, decUndone)
	relay.Follow("review-held", s.reviewHeld, community.ThreadAsked, community.AnswerPosted, community.CommentPosted, community.PostEdited)
	relay.Follow("screen-picture", s.screenPicture, community.PictureShown, community.PictureRead)
	return s
}

func (s *Service) now() store.Millis { return store.At(s.db.Now()) }

func itemID(ref community.Ref) string { return store.DeriveID("item", string(ref.Kind), ref.ID) }
