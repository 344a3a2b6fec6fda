// Package escalation decides when a thread needs an agent, and keeps the case
// until the agent's answer is back in the thread.
//
// Rules are data. A thread's clock is a document of its own that says when to
// look again; when it fires, the rules judge the thread as it then stands. A
// thread has at most one open case, which a unique index holds true.
package escalation

import (
	"context"
	"log/slog"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Tone tells how negative a text is, 0 to 1, and the words that say so.
type Tone interface {
	Negative(text string) (score float64, words []string)
}

// Options are the parts and settings of a Service.
type Options struct {
	Tone    Tone   // nil: the negative rule never fires
	Company string // how the company names itself on an agent's answer
	Log     *slog.Logger
}

// Service holds rules, clocks and cases.
type Service struct {
	db      *store.DB
	routes  *outbox.Routes
	people  *community.Service
	inbox   *notify.Service
	tone    Tone
	company string
	log     *slog.Logger

	rules   *store.Collection[Rule]
	hours   *store.Collection[Hours]
	clocks  *store.Collection[Clock]
	cases   *store.Collection[Case]
	entries *store.Collection[Entry]
	desks   []Outside
}

// Outside is an external desk that cases are mirrored to.
type Outside interface {
	// Open mirrors a case; Append a post of its thread; Status its status. All
	// may be repeated and only queue.
	Open(ctx context.Context, caseID string) error
	Append(ctx context.Context, caseID, post string, at store.Millis) error
	Status(ctx context.Context, caseID, cause string, at store.Millis) error
}

// The kinds of events that cases carry.
const (
	caseOpened  = "case_opened"
	caseChanged = "case_changed"
)

// look is how often clocks are looked at.
const look = 15 * time.Second

// Open declares the collections and registers the followers.
func Open(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, people *community.Service, inbox *notify.Service, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Company == "" {
		o.Company = "Support"
	}
	s := &Service{db: db, routes: routes, people: people, inbox: inbox, tone: o.Tone, company: o.Company, log: o.Log}
	s.rules = store.Declare[Rule](db, "rules", store.On("position"))
	s.hours = store.Declare[Hours](db, "business_hours")
	s.clocks = store.Declare[Clock](db, "clocks", store.OnSparse("due"))
	s.cases = store.Declare[Case](db, "cases",
		store.OnUniqueSparse("open"), store.On("thread", "-opened"), store.On("state", "-priority", "opened"),
		store.On("assignee", "state", "opened"), store.On("-opened"), store.On("customer", "-opened"),
		outbox.PendingIndex(), outbox.ChangedIndex())
	s.entries = store.Declare[Entry](db, "case_entries", store.On("case", "at"))
	outbox.Carry(relay, s.cases)
	relay.Follow("clock", s.setClock, community.ThreadAsked, community.AnswerPosted, community.CommentPosted, community.PostRemoved,
		community.PostRestored, community.AnswerAccepted, community.AcceptUndone, community.ThreadChanged, community.MarkedDup, community.DupUndone)
	relay.Follow("tone", s.hearTone, community.ThreadAsked, community.CommentPosted, community.PostEdited)
	relay.Follow("case-thread", s.followThread, community.CommentPosted, community.AnswerPosted, community.AnswerAccepted, community.MarkedDup, community.PostRemoved)
	relay.Follow("case-tell", s.tell, caseOpened, caseChanged)
	relay.Follow("case-desk", s.mirror, caseOpened, caseChanged)
	relay.Every("clocks", look, s.fire)
	return s
}

// Schema is that of the cases, for those who follow their changes.
func (s *Service) Schema() *store.Schema { return s.cases.Schema() }

// Mirror adds an external desk; at wiring time.
func (s *Service) Mirror(d Outside) { s.desks = append(s.desks, d) }

// Start makes the default rules and business hours where there are none.
func (s *Service) Start(ctx context.Context) error {
	if _, _, err := s.hours.Put(ctx, defaultHours()); err != nil {
		return err
	}
	for _, r := range defaultRules() {
		if _, _, err := s.rules.Put(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) now() store.Millis { return store.At(s.db.Now()) }
