package moderation_test

import (
	"context"
	"math"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation"
)

// bench is a scene with moderation.
type bench struct {
	*scene.Scene
	mod   *moderation.Service
	inbox *notify.Service
}

func start(t *testing.T, e store.Engine, levels moderation.Levels, rules moderation.HoldRules) *bench {
	t.Helper()
	b := &bench{}
	gate := moderation.NewGate(rules)
	b.Scene = scene.With(t, e, community.Options{Screen: gate}, func(db *store.DB, r *outbox.Relay, routes *outbox.Routes, svc *community.Service) {
		gate.Bind(svc)
		b.inbox = notify.Open(db, r, svc, notify.Options{})
		b.mod = moderation.Open(db, r, routes, svc, b.inbox, moderation.Options{Levels: levels, Gate: gate})
	})
	return b
}

func (b *bench) flag(who string, ref community.Ref, reason moderation.Reason) {
	b.T.Helper()
	_, err := b.mod.Flag(b.Ctx, b.Actor(who), ref, reason, "it is plain to see here")
	b.OK(err).Settled()
}

func (b *bench) queue() []*moderation.Item {
	b.T.Helper()
	p, err := b.mod.Queue(b.Ctx, b.Actor("moderator"), "", 50)
	b.OK(err)
	return p.Items
}

func (b *bench) decide(i *moderation.Item, v moderation.Verdict) {
	b.T.Helper()
	v.Version = i.Rev
	_, err := b.mod.Decide(b.Ctx, b.Actor("moderator"), i.ID, v)
	b.OK(err).Settled()
}

func (b *bench) told(who, kind string) int {
	b.T.Helper()
	list, _, err := b.inbox.Notices(b.Ctx, b.Actor(who), "", 50)
	b.OK(err)
	n := 0
	for _, x := range list {
		if x.Kind == kind {
			n++
		}
	}
	return n
}

// everyone puts all members at one level.
type everyone int

func (e everyone) Level(context.Context, string) (int, error) { return int(e), nil }

func TestStories(t *testing.T) {
	stories := map[string]func(*testing.T, store.Engine){
		"flagged, hidden, decided, both told, undone": storyHidden,
		"approved: the flag was mistaken":             storyApproved,
		"two moderators never decide one item":        storyRivals,
		"a newcomer's post is held, then shown":       storyHeld,
		"suspended, and undone":                       storySuspended,
		"who may not judge":                           storyRights,
	}
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) { story(t, fresh(t)) })
		}
	})
}

func storyHidden(t *testing.T, e store.Engine) {
	b := start(t, e, everyone(2), moderation.HoldRules{})
	b.As("asker").Ask("Where do I find the manual?")
	b.As("spammer").Answer("Buy cheap watches here today.").Settled()
	for i, who := range []string{"one", "two", "three"} { // weight 3 each; 8.33 needs three
		b.flag(who, b.LastAnswer(), moderation.Spam)
		_, _, err := b.Svc.Answer(b.Ctx, b.Actor("asker"), b.Answer_.ID)
		if hidden := fault.Is(err, fault.NotFound); hidden != (i == 2) {
			t.Fatalf("after %d flags the answer is hidden: %v", i+1, hidden)
		}
	}
	if b.told("spammer", notify.NoticeDecision) != 1 {
		t.Fatal("the author was not told that the post is hidden")
	}
	items := b.queue()
	if len(items) != 1 || items[0].Flags != 3 {
		t.Fatalf("the queue holds %+v", items)
	}
	b.decide(items[0], moderation.Verdict{Action: moderation.Delete, Reason: "This is advertising."})
	if len(b.queue()) != 0 || b.told("one", notify.NoticeFlag) != 1 || b.told("spammer", notify.NoticeDecision) != 2 {
		t.Fatal("after the decision someone was not told, or the queue is not empty")
	}
	a, _, err := b.Svc.Answer(b.Ctx, b.Actor("moderator"), b.Answer_.ID)
	b.OK(err)
	if a.Removed == nil || a.Removed.Kind != community.Deleted {
		t.Fatalf("the answer is not deleted: %+v", a.Removed)
	}
	log, err := b.mod.Log(b.Ctx, b.Actor("guest"), "", 10)
	b.OK(err)
	if len(log.Items) != 1 || log.Items[0].By != "" || log.Items[0].Member != "" {
		t.Fatalf("the public log is %+v", log.Items)
	}
	_, err = b.mod.Undo(b.Ctx, b.Actor("moderator"), items[0].ID)
	b.OK(err).Settled()
	if a, _, err = b.Svc.Answer(b.Ctx, b.Actor("moderator"), b.Answer_.ID); err != nil || a.Removed == nil || a.Removed.Kind != community.Hidden {
		t.Fatalf("undone, the answer stands as before the decision: %+v, %v", a.Removed, err)
	}
	again := b.queue()
	if len(again) != 1 || again[0].Flags != 3 || again[0].Reasons[moderation.Spam] != 3 || again[0].Score != items[0].Score {
		t.Fatalf("undone, the queue no longer says why the post is in it: %+v, before %+v", again, items[0])
	}
	b.decide(again[0], moderation.Verdict{Action: moderation.Approve})
	if _, _, err := b.Svc.Answer(b.Ctx, b.Actor("asker"), b.Answer_.ID); err != nil {
		t.Fatalf("approved in the end, the answer is still hidden: %v", err)
	}
}

func storyApproved(t *testing.T, e store.Engine) {
	b := start(t, e, nil, moderation.HoldRules{})
	b.As("asker").Ask("A perfectly good question").Settled()
	b.flag("grumpy", b.Question(), moderation.Rude)
	b.decide(b.queue()[0], moderation.Verdict{Action: moderation.Approve})
	if b.told("grumpy", notify.NoticeFlag) != 1 || b.told("asker", notify.NoticeDecision) != 0 {
		t.Fatal("the flagger hears, an author whose post was never hidden does not")
	}
	f, err := b.mod.MyFlag(b.Ctx, b.Actor("grumpy"), b.Question())
	b.OK(err)
	if f.Outcome != moderation.Disagreed {
		t.Fatalf("the flag's outcome is %s", f.Outcome)
	}
	b.flag("grumpy", b.Question(), moderation.Spam) // a new reason opens it again
	if len(b.queue()) != 1 {
		t.Fatal("a new flag after a decision does not come into the queue")
	}
}

func storyRivals(t *testing.T, e store.Engine) {
	b := start(t, e, nil, moderation.HoldRules{})
	b.As("asker").Ask("A question two moderators look at").Settled()
	b.flag("one", b.Question(), moderation.Spam)
	i := b.queue()[0]
	_, err := b.mod.Claim(b.Ctx, b.Actor("moderator"), i.ID)
	b.OK(err)
	_, err = b.mod.Claim(b.Ctx, b.Actor("moderator2"), i.ID)
	b.Refused(err, fault.Conflict)
	_, err = b.mod.Decide(b.Ctx, b.Actor("moderator2"), i.ID, moderation.Verdict{Action: moderation.Approve, Version: i.Rev + 1})
	b.Refused(err, fault.Conflict)
	b.Clock.Advance(11 * time.Minute)
	i, err = b.mod.Claim(b.Ctx, b.Actor("moderator2"), i.ID)
	b.OK(err)
	_, err = b.mod.Decide(b.Ctx, b.Actor("moderator2"), i.ID, moderation.Verdict{Action: moderation.Approve, Version: i.Rev})
	b.OK(err)
	_, err = b.mod.Decide(b.Ctx, b.Actor("moderator"), i.ID, moderation.Verdict{Action: moderation.Delete, Reason: "spam it is", Version: i.Rev})
	b.Refused(err, fault.Conflict)
}

func storyHeld(t *testing.T, e store.Engine) {
	b := start(t, e, nil, moderation.HoldRules{FirstPosts: 1})
	b.As("agent").Ask("A question by staff is never held").Sees(true)
	b.As("newcomer").Answer("My very first answer in this place.").Settled()
	_, _, err := b.Svc.Answer(b.Ctx, b.Actor("other"), b.Answer_.ID)
	b.Refused(err, fault.NotFound)
	_, _, err = b.Svc.Answer(b.Ctx, b.Actor("newcomer"), b.Answer_.ID)
	b.OK(err)
	if b.told("agent", notify.NoticeAnswer) != 0 {
		t.Fatal("the asker was told of a held answer")
	}
	b.decide(b.queue()[0], moderation.Verdict{Action: moderation.Approve})
	_, _, err = b.Svc.Answer(b.Ctx, b.Actor("other"), b.Answer_.ID)
	b.OK(err)
	if b.told("agent", notify.NoticeAnswer) != 1 || b.told("newcomer", notify.NoticeDecision) != 1 {
		t.Fatal("once shown, the asker and the author are told")
	}
	b.As("newcomer").Answer("My second answer passes at once.")
	_, _, err = b.Svc.Answer(b.Ctx, b.Actor("other"), b.Answer_.ID)
	b.OK(err)
}

func storySuspended(t *testing.T, e store.Engine) {
	b := start(t, e, nil, moderation.HoldRules{})
	b.As("rude").Ask("You are all useless here").Settled()
	b.flag("one", b.Question(), moderation.Rude)
	i := b.queue()[0]
	b.decide(i, moderation.Verdict{Action: moderation.Suspend, Reason: "This is rude.", Days: 3})
	_, err := b.Svc.Ask(b.Ctx, b.Actor("rude"), community.ThreadDraft{Space: "general", Title: "Still useless, all of you", Body: "I mean it, every word of it."})
	b.Refused(err, fault.Forbidden)
	_, err = b.mod.Undo(b.Ctx, b.Actor("moderator"), i.ID)
	b.OK(err).Settled()
	b.As("rude").Ask("I apologise, and ask again").As("other").Sees(true)
}

func storyRights(t *testing.T, e store.Engine) {
	b := start(t, e, nil, moderation.HoldRules{})
	b.As("asker").Ask("A question to be judged").Settled()
	b.flag("one", b.Question(), moderation.Spam)
	i := b.queue()[0]
	for _, who := range []string{"guest", "asker", "agent"} {
		_, err := b.mod.Queue(b.Ctx, b.Actor(who), "", 10)
		b.Refused(err, fault.Forbidden)
		_, err = b.mod.Decide(b.Ctx, b.Actor(who), i.ID, moderation.Verdict{Action: moderation.Approve, Version: i.Rev})
		b.Refused(err, fault.Forbidden)
	}
	_, err := b.mod.Flag(b.Ctx, b.Actor("guest"), b.Question(), moderation.Spam, "")
	b.Refused(err, fault.Unauthorized)
	_, err = b.mod.Flag(b.Ctx, b.Actor("asker"), b.Question(), moderation.Spam, "")
	b.Refused(err, fault.Forbidden)
	_, err = b.mod.Flag(b.Ctx, b.Actor("two"), b.Question(), moderation.Illegal, "")
	b.Refused(err, fault.Invalid)
	_, err = b.mod.Decide(b.Ctx, b.Actor("moderator"), i.ID, moderation.Verdict{Action: moderation.Delete, Version: i.Rev})
	b.Refused(err, fault.Invalid)
}

func TestAccuracyBonus(t *testing.T) {
	for _, c := range []struct {
		agreed, disagreed int64
		want              float64
	}{{5, 0, 0}, {10, 0, 8.3}, {9, 1, 5.54}, {7, 3, 0}, {5, 5, -2.37}, {0, 10, -8.3}} {
		if got := moderation.AccuracyBonus(c.agreed, c.disagreed); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%d right of %d: %.2f, want %.2f", c.agreed, c.agreed+c.disagreed, got, c.want)
		}
	}
}
