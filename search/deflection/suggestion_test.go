package deflection_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/search"
	. "selfie/search/deflection"
)

// suggesting is a community that solved one question, with a real index.
type suggesting struct {
	*told
	index *search.Index
	known *community.Thread
	reply *community.Answer
}

func suggest(t *testing.T, e store.Engine) *suggesting {
	t.Helper()
	x := &suggesting{told: tell(t, e)}
	x.known, x.reply = x.Reload(), x.Answer_
	index, err := search.Open(x.Svc, search.Options{})
	x.OK(err)
	t.Cleanup(func() { x.OK(index.Close()) })
	x.index = index
	x.svc.Suggest(index)
	return x.indexed()
}

func (x *suggesting) indexed() *suggesting {
	x.T.Helper()
	x.Settled()
	x.OK(x.index.Rebuild(x.Ctx, nil))
	return x
}

// proven lets sixty visitors say that the answer helped, and as many others that
// it did not help with something less like it; a day later that is learned.
func (x *suggesting) proven() *suggesting {
	x.T.Helper()
	at := store.At(x.Clock.Now())
	for i := range 60 {
		good := &Attempt{Surface: OnAsk, Query: fmt.Sprintf("router blinks red at night %c%c", 'a'+i/26, 'a'+i%26), Shown: x.offers(), Outcome: Confirmed, Started: at, Updated: at, Ended: at,
			Solved: &Solution{Thread: x.known.ID, Answer: x.reply.ID, Author: x.Actor("helper").ID}}
		bad := &Attempt{Surface: OnAsk, Query: fmt.Sprintf("router loses its settings after every update %d", i), Shown: x.offers(), Opened: []string{x.known.ID}, Outcome: Failed, Started: at, Updated: at, Ended: at}
		for j, a := range []*Attempt{good, bad} {
			a.ID = fmt.Sprint("known-", i, "-", j)
			_, err := x.svc.Adopt(x.Ctx, a)
			x.OK(err)
		}
	}
	x.Wait(25 * time.Hour)
	if trust := x.trusted(); !trust.On() || trust.Held.Judged < 20 {
		x.T.Fatalf("not proven: %+v", trust)
	}
	return x
}

func (x *suggesting) trusted() *Trust {
	x.T.Helper()
	trust, err := x.svc.Trust(x.Ctx, x.Actor("admin"))
	x.OK(err)
	return trust
}

// again asks what was solved before.
func (x *suggesting) again(changes ...scene.Change) *suggesting {
	x.T.Helper()
	x.As("newcomer").Ask("My router blinks red at night", changes...).Settled()
	return x
}

// quoted is what a reader finds in the thread; nil for nothing.
func (x *suggesting) quoted(who string) *Quotation {
	x.T.Helper()
	by := community.Actor{}
	if who != "guest" {
		by = x.Actor(who)
	}
	q, err := x.svc.Quoted(x.Ctx, by, x.Reload())
	x.OK(err)
	return q
}

func (x *suggesting) shows(want bool) *suggesting {
	x.T.Helper()
	for _, who := range []string{"guest", "newcomer", "moderator"} {
		if q := x.quoted(who); (q != nil) != want {
			x.T.Fatalf("%s is shown %+v, want something: %t", who, q, want)
		}
	}
	return x
}

func (x *suggesting) notices(who, kind string) (n int) {
	x.T.Helper()
	list, _, err := x.inbox.Notices(x.Ctx, x.Actor(who), "", 50)
	x.OK(err)
	for _, o := range list {
		if o.Kind == kind {
			n++
		}
	}
	return n
}

var suggestions = map[string]func(x *suggesting){
	"the asker is helped": func(x *suggesting) {
		x.proven().again().shows(true)
		q := x.quoted("newcomer")
		if !q.Ask || q.From.ID != x.known.ID || q.Text.ID != x.reply.ID || q.Author != x.Actor("helper").ID || x.quoted("guest").Ask {
			x.T.Fatalf("%+v", q)
		}
		if t := x.Reload(); !t.Stats.Unanswered || t.Stats.Answers != 0 {
			x.T.Fatalf("a suggestion counts as an answer: %+v", t.Stats)
		}
		if n := x.notices("newcomer", notify.NoticeSuggested); n != 1 {
			x.T.Fatalf("told %d times", n)
		}
		before := x.funnel().All[Confirmed]
		sg, err := x.svc.SayFits(x.Ctx, x.Actor("newcomer"), x.Thread.ID)
		if x.OK(err).Settled(); sg.Verdict != Fitted || x.Reload().Duplicate == nil || x.Thread.Duplicate.Of != x.known.ID {
			x.T.Fatalf("%+v, %+v", sg, x.Thread.Duplicate)
		}
		x.helped(1, 1)
		x.shows(false)
		if f := x.funnel(); f.All[Confirmed] != before || f.Suggested != (SuggestionCounts{Fitted: 1}) {
			x.T.Errorf("a question that was asked counts as spared: %+v, %+v", f.All, f.Suggested)
		}
		x.As("newcomer")
		_, err = x.Svc.UndoDuplicate(x.Ctx, x.By, x.Thread.ID)
		x.OK(err).Settled()
		x.helped(0, 1)
		x.shows(false)
	},
	"it is another problem": func(x *suggesting) {
		x.proven().again().shows(true)
		for range 2 {
			sg, err := x.svc.SayUnfit(x.Ctx, x.Actor("newcomer"), x.Thread.ID)
			if x.OK(err); sg.Verdict != Declined {
				x.T.Fatalf("%+v", sg)
			}
		}
		x.Settled()
		x.indexed().shows(false).helped(0, 0)
		x.OK(x.Svc.Remove(x.Ctx, x.Actor("moderator"), x.Question(), "wait"))
		x.OK(x.Svc.Restore(x.Ctx, x.Actor("moderator"), x.Question())).Settled()
		x.shows(false)
		_, err := x.svc.SayFits(x.Ctx, x.Actor("newcomer"), x.Thread.ID)
		x.Refused(err, fault.Gone)
	},
	"nothing is suggested before it is proven": func(x *suggesting) {
		x.Wait(25 * time.Hour)
		if trust := x.trusted(); trust.On() || trust.At == 0 {
			x.T.Fatalf("%+v", trust)
		}
		x.again().shows(false)
	},
	"nothing is suggested that is not like it": func(x *suggesting) {
		x.proven().As("newcomer").Ask("Router forgets the wallpaper of its page").Settled()
		x.shows(false)
	},
	"nothing is suggested in private": func(x *suggesting) { x.proven().again(scene.Privately()).shows(false) },
	"nothing is suggested to members only": func(x *suggesting) {
		x.Space("lounge", community.MembersOnly)
		x.proven().again(scene.In("lounge"))
		for _, who := range []string{"newcomer", "moderator"} {
			if q := x.quoted(who); q != nil {
				x.T.Errorf("%s: %+v", who, q)
			}
		}
	},
	"nothing is suggested from where not everyone reads": func(x *suggesting) {
		x.Space("lounge", community.MembersOnly)
		x.proven()
		_, err := x.Svc.Move(x.Ctx, x.Actor("admin"), x.known.ID, "lounge")
		x.OK(err)
		x.indexed().again().shows(false)
	},
	"it goes with its answer and comes back with it": func(x *suggesting) {
		x.proven().again().shows(true)
		ref := community.Ref{Kind: community.AnAnswer, ID: x.reply.ID}
		x.OK(x.Svc.Remove(x.Ctx, x.Actor("moderator"), ref, "wrong"))
		x.shows(false)
		x.OK(x.Svc.Restore(x.Ctx, x.Actor("moderator"), ref))
		x.shows(true)
	},
	"it goes with its space": func(x *suggesting) {
		x.Space("shop", community.Public)
		x.proven().again(scene.In("shop")).shows(true)
		_, err := x.Svc.Move(x.Ctx, x.Actor("admin"), x.known.ID, "shop")
		x.OK(err)
		_, err = x.Svc.Move(x.Ctx, x.Actor("admin"), x.Thread.ID, "general")
		x.OK(err)
		x.shows(true)
		_, err = x.Svc.SaveSpace(x.Ctx, community.System, community.SpaceEdit{ID: "shop", Name: "Shop", Visibility: community.MembersOnly, Position: 5})
		x.OK(err)
		x.shows(false)
	},
	"it goes when another answer is accepted": func(x *suggesting) {
		x.proven().again().shows(true)
		own := x.Thread
		x.As("expert").On(x.known).Answer("Change the power supply, it is worn out.").As("asker").Accept()
		x.On(own)
		x.shows(false)
	},
	"an admin switches it off": func(x *suggesting) {
		x.proven().again().shows(true)
		_, err := x.svc.SwitchSuggestions(x.Ctx, x.Actor("admin"), false)
		x.OK(err)
		x.shows(false)
		x.Clock.Advance(time.Hour)
		x.again().shows(false)
		x.shows(false)
		_, err = x.svc.SwitchSuggestions(x.Ctx, x.Actor("admin"), true)
		x.OK(err)
		if x.shows(false); !x.trusted().On() {
			x.T.Error("what was learned is forgotten")
		}
	},
	"what was read before asking is not suggested": func(x *suggesting) {
		x.proven().As("newcomer")
		x.looks().opens()
		x.again().shows(false)
	},
	"one's own answer is not suggested": func(x *suggesting) {
		x.proven().As("helper").Ask("My router blinks red at night").Settled()
		x.shows(false)
	},
	"nobody else decides": func(x *suggesting) {
		x.proven().again()
		for who, kind := range map[string]fault.Kind{"helper": fault.Forbidden, "moderator": fault.Forbidden} {
			_, err := x.svc.SayFits(x.Ctx, x.Actor(who), x.Thread.ID)
			x.Refused(err, kind)
			_, err = x.svc.SayUnfit(x.Ctx, x.Actor(who), x.Thread.ID)
			x.Refused(err, kind)
		}
		_, err := x.svc.SayFits(x.Ctx, community.Actor{}, x.Thread.ID)
		x.Refused(err, fault.Unauthorized)
		_, err = x.svc.SwitchSuggestions(x.Ctx, x.Actor("moderator"), false)
		x.Refused(err, fault.NotFound)
		x.shows(true)
	},
	"a moderator's link credits nobody": func(x *suggesting) {
		x.proven().again().As("moderator").DuplicateOf(x.known).Settled()
		x.helped(0, 0)
		x.shows(false)
		if f := x.funnel(); f.Suggested != (SuggestionCounts{Fitted: 1}) {
			x.T.Errorf("%+v", f.Suggested)
		}
	},
	"who was helped by it before credits it once": func(x *suggesting) {
		x.proven().As("newcomer")
		x.looks().yes().helped(1, 1)
		x.Clock.Advance(8 * 24 * time.Hour)
		x.again().shows(true)
		_, err := x.svc.SayFits(x.Ctx, x.Actor("newcomer"), x.Thread.ID)
		x.OK(err).Settled()
		x.helped(1, 1)
	},
	"duplicates and own solutions are evidence": func(x *suggesting) {
		for i := range 3 {
			x.Clock.Advance(25 * time.Hour)
			x.As("newcomer").Ask(fmt.Sprint("Router blinks red again ", i)).As("moderator").DuplicateOf(x.known)
			x.As("other").Ask(fmt.Sprint("Router makes a noise ", i)).As("expert").Answer("It is the fan, clean it.").As("other").Accept().Settled()
		}
		x.indexed().Wait(25 * time.Hour)
		if trust := x.trusted(); trust.Duplicates != (Tally{3, 3}) || trust.Own.Judged != 3 || trust.Own.Fit != 0 || trust.On() {
			x.T.Errorf("%+v", trust)
		}
	},
}

// onBoth are the stories that are told on every engine: those that write all
// there is. What the others decide is decided above the store.
var onBoth = []string{"the asker is helped", "it is another problem", "duplicates and own solutions are evidence"}

func TestSuggestions(t *testing.T) {
	told := func(name string, fresh func(*testing.T) store.Engine) func(*testing.T) {
		return func(t *testing.T) {
			x := suggest(t, fresh(t))
			x.Relay.Shake(uint64(len(name)))
			suggestions[name](x)
		}
	}
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for _, name := range onBoth {
			t.Run(strings.ReplaceAll(name, " ", "_"), told(name, fresh))
		}
	})
	for name := range suggestions {
		if !slices.Contains(onBoth, name) {
			t.Run(strings.ReplaceAll(name, " ", "_"), told(name, scene.SQLite))
		}
	}
}

func TestEveryQueryOfSuggestionsIsServed(t *testing.T) {
	e, shapes := scene.Explained(t)
	suggestions["the asker is helped"](suggest(t, e))
	if shapes() < 10 {
		t.Errorf("only %d shapes of queries were seen", shapes())
	}
}

// unready is a search that is being prepared.
type unready struct{}

func (unready) Ready() bool { return false }
func (unready) Likest(context.Context, community.Actor, string, string, string, int) ([]search.Likeness, error) {
	return nil, fault.New(fault.Unavailable, "The search is being prepared.")
}

func TestNothingIsLearnedFromHalfAnIndex(t *testing.T) {
	x := suggest(t, scene.SQLite(t))
	x.svc.Suggest(unready{})
	x.Wait(time.Hour)
	if trust := x.trusted(); trust.At != 0 {
		t.Errorf("%+v", trust)
	}
	_, err := x.svc.Learn(x.Ctx, x.Actor("admin"))
	x.Refused(err, fault.Unavailable)
}
