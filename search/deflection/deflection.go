// Package deflection records what became of visitors who looked for a solution
// before they asked: one attempt each, guests included, with the outcome that
// their own acts gave it. Whoever wrote the answer that solved a problem is
// told and credited; the operator reads how much of the community's help never
// became a question, as a range and never as one flattering number.
//
// An attempt belongs to a visitor by a random secret that only their browser
// has; the store holds its hash, for 30 days. Visitors who asked not to be
// tracked have none: their attempt is known by its own id, which travels in the
// forms and links of that one visit. What was typed is kept 180 days, and goes
// at once when its member closes the account and asks for it.
package deflection

import (
	"context"
	"log/slog"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Creditor keeps who helped. standing says whether the help stands now; the
// same cause again changes the same credit and never adds another.
type Creditor interface {
	Credit(ctx context.Context, cause, member, thread, post string, at store.Millis, standing bool) error
}

// Inbox tells members, or writes to them as well. The same cause again tells
// nothing new.
type Inbox interface {
	Write(ctx context.Context, cause string, n notify.Notice, l notify.Letter) error
	Tell(ctx context.Context, cause string, n notify.Notice) error
}

// Options are the parts a Service may be given.
type Options struct {
	Log     *slog.Logger
	Session time.Duration // without a sign for so long, a visit is over; 0 is Session
	Window  time.Duration // who comes back within it was not helped; 0 is Window
}

// Service records attempts over one store. All methods may be called
// concurrently.
type Service struct {
	db       *store.DB
	routes   *outbox.Routes
	people   *community.Service
	inbox    Inbox
	credit   Creditor
	log      *slog.Logger
	session  time.Duration
	window   time.Duration
	attempts *store.Collection[Attempt]

	finder      Finder // nil: nothing is suggested
	suggestions *store.Collection[Suggestion]
	trusts      *store.Collection[Trust]
	weeks       *store.Collection[week]
}

// look is how often visits are looked at that may have ended.
const look = time.Minute

// The kinds of events of this package's concern. The case's is carried by the
// escalation, which stands above and is not imported.
const (
	settled    = "deflection_settled" // confirmed, or no longer
	caseOpened = "case_opened"
)

// Open declares the attempts and follows the community. Call it before
// db.Migrate. inbox and credit may be nil: nobody is told, or credited, then.
func Open(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, people *community.Service, inbox Inbox, credit Creditor, o Options) *Service {
	s := &Service{db: db, routes: routes, people: people, inbox: inbox, credit: credit, log: o.Log, session: o.Session, window: o.Window}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.attempts, s.suggestions = declare(db), declareSuggestions(db)
	s.trusts = store.Declare[Trust](db, "trust")
	s.weeks = store.Declare[week](db, "helped_weeks")
	outbox.Carry(relay, s.attempts)
	outbox.Carry(relay, s.suggestions)
	relay.Follow("deflection-asked", s.onAsked, community.ThreadAsked)
	relay.Follow("deflection-case", s.onCase, caseOpened)
	relay.Follow("deflection-credit", s.onSettled, settled)
	relay.Follow("deflection-forget", s.onClosed, community.MemberClosed)
	relay.Follow("suggest", s.onAskedSuggest, community.ThreadAsked, community.PostRestored)
	relay.Follow("suggestion-linked", s.onLinked, community.MarkedDup, community.DupUndone)
	relay.Follow("suggestion-verdict", s.onVerdict, verdictGiven)
	relay.Every("deflections", s.pace(), s.lapseDue)
	relay.Every("helped-week", time.Hour, s.tellWeek)
	relay.Every("suggestions", learnLook, s.learnDue)
	return s
}

// pace is how often ended visits are looked for: more often where they are short.
func (s *Service) pace() time.Duration {
	if s.session > 0 {
		return min(look, max(s.session/2, 100*time.Millisecond))
	}
	return look
}

func (s *Service) now() store.Millis { return store.At(s.db.Now()) }

var errBusy = fault.New(fault.Unavailable, "This changed very often. Please try again in a minute.")

var errOver = fault.New(fault.Gone, "This visit is over. Search again, or ask your question.")

// hashOf is what is stored of a visitor's secret; "" for who has none.
func hashOf(visitor string) string {
	if visitor == "" {
		return ""
	}
	return store.DeriveID("visitor", visitor)
}
