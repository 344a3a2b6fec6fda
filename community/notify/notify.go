// Package notify tells members what happened to what they care about: notices
// in the page, and mail. Both are facts under ids derived from their cause, so
// that telling twice tells once. Mail is a document of its own until a mail
// server has taken it; without a mail server it is kept for the operator.
package notify

import (
	"context"
	"log/slog"
	"strings"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Sender hands one message to a mail server. It may be called again for a
// message that was taken unseen: Message.ID is stable for that.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Options are the parts a Service is given.
type Options struct {
	BaseURL string // "https://help.example.com", without a slash at its end
	Sender  Sender // nil: mail is kept
	Log     *slog.Logger
}

// Service holds notices and mail.
type Service struct {
	db      *store.DB
	people  *community.Service
	base    string
	sender  Sender
	log     *slog.Logger
	notices *store.Collection[Notice]
	mails   *store.Collection[Mail]
}

// Open declares the collections and registers the followers.
func Open(db *store.DB, relay *outbox.Relay, people *community.Service, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: db, people: people, base: strings.TrimRight(o.BaseURL, "/"), sender: o.Sender, log: o.Log}
	s.notices = store.Declare[Notice](db, "notices",
		store.On("member", "-at"), store.On("member", "seen", "-at"), outbox.ChangedIndex())
	s.mails = store.Declare[Mail](db, "mails",
		store.On("state", "next"), store.On("state", "-created"), store.On("member", "-created"))
	relay.Follow("notice", s.tell, community.AnswerPosted, community.CommentPosted, community.PostEdited,
		community.AnswerAccepted, community.AnswerVerified, community.MarkedDup, community.PostRemoved, community.PostRestored, community.ThreadAsked)
	relay.Follow("account-mail", s.accountMail, community.ConfirmRequested, community.ResetRequested,
		community.PasswordChanged, community.EmailChanged)
	relay.Follow("forget", s.forget, community.MemberClosed)
	relay.Every("mail", sendEvery, s.sendDue)
	return s
}

// forget deletes what was told to a member who closed the account.
func (s *Service) forget(ctx context.Context, d outbox.Delivery) error {
	err := s.notices.Each(ctx, store.Where("member", d.Member).Order("-at"), func(n *Notice) error {
		return store.IgnoreAbsent(s.notices.Delete(ctx, n.ID, 0))
	})
	if err != nil {
		return err
	}
	return s.mails.Each(ctx, store.Where("member", d.Member).Order("-created"), func(m *Mail) error {
		return store.IgnoreAbsent(s.mails.Delete(ctx, m.ID, 0))
	})
}
