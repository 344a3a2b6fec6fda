// Package demo fills an empty store with a community worth looking at: the
// customers of Lumen, a maker of routers that does not exist, over two months.
//
// The history is told by the product's own verbs, in the order of its times, on
// a clock that goes where the story is. So every rule is kept, every follower
// has heard what it would have heard, and a rebuild changes nothing.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/media"
	"selfie/moderation"
	"selfie/moderation/escalation"
	"selfie/reputation"
	"selfie/search/deflection"
)

// Parts are what the community is made with, over one empty store whose clock
// is Clock.
type Parts struct {
	Clock      *Clock
	Relay      *outbox.Relay
	Community  *community.Service
	Media      *media.Library
	Points     *reputation.Service
	Inbox      *notify.Service
	Judges     *moderation.Service
	Cases      *escalation.Service
	Deflection *deflection.Service
}

// Length is how long before its end the story begins.
const Length = 62 * 24 * time.Hour

// Build tells the story up to end. The same end and seed tell the same story;
// ids differ. While it tells, roles alone decide what members may do, because
// nobody can begin to earn points where voting must be earned; afterwards their
// points do. Nothing else may use the store meanwhile.
func Build(ctx context.Context, p Parts, end time.Time, seed uint64) error {
	b := &builder{Parts: p, end: end, begin: end.Add(-Length), rand: rand.New(rand.NewPCG(seed, 0x5e1f1e)),
		ids: map[string]string{}, told: map[string]*told{}, drawn: map[string]media.Picture{}}
	p.Community.SetPrivileges(community.RolePrivileges{})
	defer p.Community.SetPrivileges(p.Points)
	return b.build(ctx)
}

// builder is a story that is being told.
type builder struct {
	Parts
	begin, end time.Time
	rand       *rand.Rand
	ids        map[string]string // member ids by key
	told       map[string]*told  // threads by label
	drawn      map[string]media.Picture
	order      []*told
	acts       []act
}

// told is a thread of the content with what became of it.
type told struct {
	*asked
	at  time.Time
	id  string
	ids []string // of the answers
}

// act is something that happens at a moment. Those of one moment happen in the
// order in which they were planned.
type act struct {
	at   time.Time
	what string
	do   func(context.Context) error
}

// plan notes what happens at a moment; what would lie ahead does not happen.
func (b *builder) plan(at time.Time, what string, do func(context.Context) error) {
	if at.Before(b.end) {
		b.acts = append(b.acts, act{at, what, do})
	}
}

func (b *builder) build(ctx context.Context) error {
	all, err := content()
	if err != nil {
		return err
	}
	b.Clock.to(b.begin)
	for _, step := range []func(context.Context) error{b.openSpaces, b.join, b.furnish, b.settle} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for _, t := range all {
		b.planThread(t)
	}
	b.planVotes()
	b.planJudgements()
	b.planCases()
	b.planTries()
	b.plan(b.end.Add(-3*day), "read the news", b.readNews)
	if err := b.tell(ctx); err != nil {
		return err
	}
	return b.finish(ctx)
}

// furnish sets what an admin of such a community would have set.
func (b *builder) furnish(ctx context.Context) error {
	if _, err := b.Community.EditSettings(ctx, community.System, community.SettingsEdit{Name: "Lumen Help",
		Tagline: "Routers, Wi-Fi and fibre: customers helping customers.", SignUp: true, StaleAfter: 180}); err != nil {
		return err
	}
	rules, err := b.Cases.Rules(ctx)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Trigger == escalation.Negative {
			r.Threshold = angry
			_, err = b.Cases.SaveRule(ctx, community.System, *r)
		}
	}
	return err
}

// angry is the demonstration's threshold for angry words: who describes a
// broken router names many bad things and is not angry yet.
const angry = 0.95

// tell lets everything happen in its order. Once a day, and wherever an act
// needs it, followers and clocks are let run.
func (b *builder) tell(ctx context.Context) error {
	slices.SortStableFunc(b.acts, func(x, y act) int { return x.at.Compare(y.at) })
	next := b.begin.Add(day)
	for _, a := range b.acts {
		for ; !a.at.Before(next); next = next.Add(b.stride(next)) {
			b.Clock.to(next)
			if err := b.settle(ctx); err != nil {
				return err
			}
		}
		b.Clock.to(a.at)
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("demo: %s: %w", a.what, err)
		}
	}
	b.Clock.to(b.end)
	return b.settle(ctx)
}

const day = 24 * time.Hour

// stride is how long until the next settling: in the last hours what waits in a
// queue says since when.
func (b *builder) stride(now time.Time) time.Duration {
	if b.end.Sub(now) > 6*time.Hour {
		return min(day, b.end.Sub(now)-6*time.Hour)
	}
	return 20 * time.Minute
}

// readNews lets those to sign in with have read what is old.
func (b *builder) readNews(ctx context.Context) error {
	if err := b.settle(ctx); err != nil {
		return err
	}
	for _, p := range cast[:loginCount] {
		if err := b.as(ctx, p.key, func(by community.Actor) error { return b.Inbox.MarkSeen(ctx, by) }); err != nil {
			return err
		}
	}
	return nil
}

// settle lets every follower finish, and everything that time brings about.
func (b *builder) settle(ctx context.Context) error {
	if err := b.Relay.Drain(ctx); err != nil {
		return err
	}
	if err := b.Relay.Sweep(ctx); err != nil {
		return err
	}
	return b.Relay.Drain(ctx)
}

// finish counts the readers.
func (b *builder) finish(ctx context.Context) error {
	for _, t := range b.told {
		for range t.views {
			b.Community.CountView(t.id)
		}
	}
	if err := b.Community.FlushViews(ctx); err != nil {
		return err
	}
	for _, t := range b.told {
		if _, err := b.Community.Recount(ctx, community.Ref{Kind: community.AQuestion, ID: t.id}); err != nil {
			return err
		}
	}
	return b.settle(ctx)
}
