package moderation_test

import (
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation"
)

// The looks of two pictures that are one to a person's eye, and of a third.
const (
	badLook, badHash     = "f0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0f", "f0f0aa5533cc0f0f"
	badAgain, againHash  = "f0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f00", "f0f0aa5533cc0f0c"
	goodLook, goodHash   = "0ff0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0ff0", "0ff0aa5533cc0ff0"
	aLink                = "Visit www.cheap-watches.example today"
	held, shown, removed = "held", "shown", "removed"
)

func (b *bench) shot(who, hash, dhash, look string) *community.Upload {
	b.T.Helper()
	u, err := b.Svc.AddUpload(b.Ctx, b.Actor(who), community.Upload{Hash: hash, DHash: dhash, Look: look, Width: 1280, Height: 800,
		Variants: []community.Variant{{Name: "1600", Key: "k"}}})
	b.OK(err)
	return u
}

func (b *bench) stateOf(ref community.Ref) string {
	b.T.Helper()
	p, _, _, err := b.Svc.PostOf(b.Ctx, community.System, ref)
	switch b.OK(err); {
	case p.Removed == nil:
		return shown
	case p.Removed.Kind == community.Held:
		return held
	}
	return removed
}

func (b *bench) wantState(ref community.Ref, want string) {
	b.T.Helper()
	if got := b.Settled(); got == nil || b.stateOf(ref) != want {
		b.T.Errorf("%s %s is %s, want %s", ref.Kind, ref.ID, b.stateOf(ref), want)
	}
}

func TestPictureStories(t *testing.T) {
	stories := map[string]func(*testing.T, store.Engine){
		"a picture like a removed one waits, until it is approved": storyRemovedPicture,
		"an edit brings a removed picture back":                    storyEditedIn,
		"a link that is read later":                                storyLateLink,
		"approval of a text is none of a picture":                  storyApprovedText,
	}
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) { story(t, fresh(t)) })
		}
	})
}

func storyRemovedPicture(t *testing.T, e store.Engine) {
	b := start(t, e, everyone(2), moderation.HoldRules{})
	b.As("spammer").Ask("Look at this wonderful offer", scene.Showing(b.shot("spammer", "a", badHash, badLook).ID)).Settled()
	first := b.Question()
	b.As("other").Ask("Look at my own picture here", scene.Showing(b.shot("other", "c", goodHash, goodLook).ID))
	b.wantState(first, shown)
	b.wantState(b.Question(), shown)
	b.OK(b.Svc.Remove(b.Ctx, b.Actor("moderator"), first, "advertising"))
	b.wantState(first, removed)

	again := b.shot("second", "b", againHash, badAgain)
	b.As("second").Ask("Another offer that you must see", scene.Showing(again.ID))
	b.wantState(b.Question(), held)
	items := b.queue()
	if len(items) != 1 || !strings.Contains(items[0].Held, "looks like one removed before") {
		t.Fatalf("the queue holds %+v", items)
	}
	b.decide(items[0], moderation.Verdict{Action: moderation.Approve})
	b.wantState(b.Question(), shown)
	b.OK(b.Svc.KeepText(b.Ctx, again.ID, "an offer, read late"))
	b.wantState(b.Question(), shown) // approved is approved

	b.As("agent").Ask("Is this what customers report to us?", scene.Showing(b.shot("agent", "b", againHash, badAgain).ID))
	b.wantState(b.Question(), shown)
	b.As("asker").Ask("A picture of another thing altogether", scene.Showing(b.shot("asker", "d", goodHash, goodLook).ID))
	b.wantState(b.Question(), shown)

	// Two people in plain sight show it by now: it is no one's offence any more.
	b.As("third").Ask("Is this offer a serious one, please?", scene.Showing(b.shot("third", "e", againHash, badAgain).ID))
	b.wantState(b.Question(), shown)
}

// storyApprovedText: approval does not cover a picture that is edited in later,
// though it was uploaded before.
func storyApprovedText(t *testing.T, e store.Engine) {
	b := start(t, e, everyone(2), moderation.HoldRules{FirstPosts: 1})
	b.As("agent").Ask("Look at this wonderful offer", scene.Showing(b.shot("agent", "a", badHash, badLook).ID)).Settled()
	b.OK(b.Svc.Remove(b.Ctx, b.Actor("moderator"), b.Question(), "advertising"))
	u := b.shot("asker", "b", againHash, badAgain)
	b.Clock.Advance(time.Minute)
	b.As("asker").Ask("Where do I find the manual?")
	b.wantState(b.Question(), held)
	b.decide(b.queue()[0], moderation.Verdict{Action: moderation.Approve})
	b.wantState(b.Question(), shown)
	b.Clock.Advance(time.Minute)
	_, err := b.Svc.EditThread(b.Ctx, b.Actor("asker"), b.Thread.ID, 0, community.ThreadDraft{Space: "general", Title: "Where do I find the manual?", Body: "See here.", Images: []string{u.ID}}, "")
	b.OK(err)
	b.wantState(b.Question(), held)
}

func storyEditedIn(t *testing.T, e store.Engine) {
	b := start(t, e, everyone(2), moderation.HoldRules{})
	b.As("spammer").Ask("Look at this wonderful offer", scene.Showing(b.shot("spammer", "a", badHash, badLook).ID)).Settled()
	b.OK(b.Svc.Remove(b.Ctx, b.Actor("moderator"), b.Question(), "advertising"))
	b.As("asker").Ask("Where do I find the manual?").Settled()
	b.wantState(b.Question(), shown)
	u := b.shot("asker", "b", againHash, badAgain)
	_, err := b.Svc.EditThread(b.Ctx, b.Actor("asker"), b.Thread.ID, 0, community.ThreadDraft{Space: "general", Title: "Where do I find the manual?", Body: "See here.", Images: []string{u.ID}}, "")
	b.OK(err)
	b.wantState(b.Question(), held)
	if len(b.queue()) != 1 || b.told("asker", notify.NoticeDecision) != 1 {
		t.Errorf("the queue holds %d, the author was told %d times", len(b.queue()), b.told("asker", notify.NoticeDecision))
	}
}

func storyLateLink(t *testing.T, e store.Engine) {
	b := start(t, e, everyone(2), moderation.HoldRules{Links: true})
	early := b.shot("first", "a", "", "")
	b.OK(b.Svc.KeepText(b.Ctx, early.ID, aLink))
	b.As("first").Ask("A question with a picture that says it", scene.Showing(early.ID))
	b.wantState(b.Question(), held)

	late := b.shot("second", "b", "", "")
	b.As("second").Ask("A question with a picture read later", scene.Showing(late.ID))
	b.wantState(b.Question(), shown)
	b.OK(b.Svc.KeepText(b.Ctx, late.ID, aLink))
	b.wantState(b.Question(), held)
	if len(b.queue()) != 2 {
		t.Errorf("the queue holds %d", len(b.queue()))
	}

	old := b.shot("third", "c", "", "")
	b.As("third").Ask("A question with a picture read much later", scene.Showing(old.ID))
	b.wantState(b.Question(), shown)
	b.Clock.Advance(25 * time.Hour)
	b.OK(b.Svc.KeepText(b.Ctx, old.ID, aLink))
	b.wantState(b.Question(), shown)
}
