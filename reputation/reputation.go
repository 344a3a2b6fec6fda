// Package reputation keeps who helped: a ledger of every point with its cause,
// levels, privileges, badges and leaderboards.
//
// Everything but badges and credits is derived. Facts of the community (a vote,
// an accepted answer, a company's confirmation) become causes; the causes of
// one member and UTC day fold into one ledger day; days sum up to weeks and
// months, months to the member's standing. Nothing is ever incremented: each
// document is computed from the level below it, so that repeated and shuffled
// deliveries, a crash between two steps and a rebuild all end the same.
//
// Every derived document is written by the same loop (derive): read it, compute
// it, replace it at the revision that was read, and look again until nothing
// differs. The last look is what makes rivals safe: whoever writes last has
// computed from what stood after his write.
package reputation

import (
	"context"
	"log/slog"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Service is reputation over one store. All methods may be called concurrently.
type Service struct {
	db     *store.DB
	people *community.Service
	facts  community.Records
	log    *slog.Logger
	rules  Rules
	preset func(context.Context) Preset

	causes    *store.Collection[Cause]
	days      *store.Collection[Day]
	scores    *store.Collection[Score]
	standings *store.Collection[Standing]
	badges    *store.Collection[Badge]

	settling *turns[memberDay]
}

// Options are the parts a Service is given.
type Options struct {
	Log    *slog.Logger
	Rules  *Rules                       // nil: DefaultRules
	Preset func(context.Context) Preset // which privileges hold now; nil: always Growing
}

// Open declares the collections of reputation and follows the community. Call
// it before db.Migrate. To let reputation decide what members may do, give the
// Service to people.SetPrivileges.
func Open(db *store.DB, relay *outbox.Relay, people *community.Service, o Options) *Service {
	s := &Service{db: db, people: people, facts: people.Records(), log: o.Log, rules: DefaultRules(), preset: o.Preset,
		settling: newTurns[memberDay]()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.Rules != nil {
		s.rules = *o.Rules
	}
	if s.preset == nil {
		s.preset = func(context.Context) Preset { return Growing }
	}
	s.causes, s.days, s.scores = declareCauses(db), declareDays(db), declareScores(db)
	s.standings, s.badges = declareStandings(db), declareBadges(db)
	s.follow(relay)
	return s
}

// Rules returns the rules in force.
func (s *Service) Rules() Rules { return s.rules }

// Levels returns the levels, lowest first.
func (s *Service) Levels() []Level { return s.rules.Levels }
