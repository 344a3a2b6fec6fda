// Package community holds what customers do for each other: members, spaces,
// threads, answers, comments, votes, and the rules about who may do what.
//
// A verb follows one order: contract (is the input well formed) -> load ->
// policy (may this actor do it, does the state admit it) -> one write ->
// return. Everything that follows from the write happens in followers of the
// events it carries. Nothing here knows the web, search, mail or reputation.
package community

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"selfie/community/markup"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Service is the community over one store. All methods may be called
// concurrently. Every error that a person caused is a fault with a sentence.
type Service struct {
	db     *store.DB
	routes *outbox.Routes
	log    *slog.Logger
	render *markup.Renderer
	may    Privileges

	screening Screen

	settings  *store.Collection[Settings]
	members   *store.Collection[Member]
	sessions  *store.Collection[Session]
	spaces    *store.Collection[Space]
	threads   *store.Collection[Thread]
	answers   *store.Collection[Answer]
	comments  *store.Collection[Comment]
	history   *store.Collection[Revision]
	votes     *store.Collection[Vote]
	interests *store.Collection[Interest]
	drafts    *store.Collection[Draft]
	uploads   *store.Collection[Upload]
	tags      *store.Collection[Tag]
	views     *store.Collection[Views]
	readers   *store.Collection[readers]

	readerSaid atomic.Int64 // when this node last said that it reads pictures

	passwords chan struct{} // bounds concurrent password hashing
	cost      hashCost
	seen      viewBuffer
}

// Options are the parts a Service is given.
type Options struct {
	Log        *slog.Logger
	Privileges Privileges // nil: RolePrivileges
	Screen     Screen     // nil: nothing is held

	// CheapPasswords hashes passwords at no cost to a guesser: for tests that
	// make many members, and nothing else.
	CheapPasswords bool
}

// Open declares the community's collections on db and registers its own
// followers on the relay. Call db.Migrate, then Start, before the first verb.
func Open(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Privileges == nil {
		o.Privileges = RolePrivileges{}
	}
	s := &Service{db: db, routes: routes, log: o.Log, may: o.Privileges, render: markup.New(), passwords: make(chan struct{}, 2)}
	s.screening, s.cost = o.Screen, ownCost
	if o.CheapPasswords {
		s.cost = testCost
	}
	s.declare()
	s.follow(relay)
	return s
}

func (s *Service) declare() {
	s.settings = store.Declare[Settings](s.db, "settings", outbox.ChangedIndex())
	s.members = declareMembers(s.db)
	s.sessions = declareSessions(s.db)
	s.spaces = declareSpaces(s.db)
	s.threads = declareThreads(s.db)
	s.answers = declareAnswers(s.db)
	s.comments = declareComments(s.db)
	s.history = declareRevisions(s.db)
	s.votes = declareVotes(s.db)
	s.interests = declareInterests(s.db)
	s.drafts = declareDrafts(s.db)
	s.uploads = declareUploads(s.db)
	s.tags = declareTags(s.db)
	s.views = store.Declare[Views](s.db, "views")
	s.readers = store.Declare[readers](s.db, "readers")
}

// Start makes what every community has: settings, their secret, and one public
// space. It is repeatable and safe on many nodes at once.
func (s *Service) Start(ctx context.Context) error {
	fresh := defaultSettings(s.db.Now())
	if _, _, err := s.settings.Put(ctx, fresh); err != nil {
		return fmt.Errorf("community: settings: %w", err)
	}
	if _, err := s.spaces.First(ctx, store.All().Order("position")); err == store.ErrNotFound {
		general := &Space{Meta: store.Meta{ID: "general"}, Name: "General", Visibility: Public, About: "Questions about everything."}
		if _, _, err := s.spaces.Put(ctx, general); err != nil {
			return fmt.Errorf("community: first space: %w", err)
		}
	} else if err != nil {
		return err
	}
	return nil
}

// SetPrivileges makes p decide what members may do: for a part that reads the
// community, and so can only be made after it. Call it while wiring, before the
// first verb.
func (s *Service) SetPrivileges(p Privileges) { s.may = p }

func (s *Service) now() store.Millis { return store.At(s.db.Now()) }

// Clock is the injected clock.
func (s *Service) Clock() time.Time { return s.db.Now() }
