package deflection_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/scene"
	"selfie/internal/store"
	. "selfie/search/deflection"
)

// visited lets so many visitors say that the answer helped, each in a browser of
// their own.
func (x *told) visited(n int) *told {
	x.T.Helper()
	x.As("guest")
	for i := range n {
		x.who, x.last = fmt.Sprint("visitor ", i), nil
		x.looks().yes()
	}
	return x
}

func (x *told) help(want Help) *told {
	x.T.Helper()
	now := x.Clock.Now()
	h, err := x.svc.HelpOf(x.Ctx, x.Actor("helper").ID, now.AddDate(0, 0, -7), now)
	if x.OK(err); h != want {
		x.T.Fatalf("helped %+v, want %+v", h, want)
	}
	return x
}

// weekly returns what a member was told of their weeks, and how much was mailed.
func (x *told) weekly(who string) (said []string, mails int) {
	x.T.Helper()
	by := x.Actor(who)
	list, _, err := x.inbox.Notices(x.Ctx, by, "", 50)
	x.OK(err)
	for _, n := range list {
		if n.Kind == notify.NoticeWeek {
			said = append(said, n.Title)
			if n.Link != "/members/"+by.ID+"/points" || n.Thread != "" {
				x.T.Errorf("it leads to %q of %q", n.Link, n.Thread)
			}
		}
	}
	kept, _, err := x.inbox.KeptMail(x.Ctx, x.Actor("admin"), "", 50)
	x.OK(err)
	for _, m := range kept {
		if m.Member == by.ID && strings.HasPrefix(m.Subject, "Your answers helped") {
			mails++
		}
	}
	return said, mails
}

var weeks = map[string]func(x *told){
	"people are told apart": func(x *told) {
		x.visited(3).help(Help{People: 3})
		x.visited(3).help(Help{People: 3})
		x.who, x.last = "", nil
		x.looks().yes().help(Help{People: 4})
		x.As("helper")
		x.who, x.last = "own", nil
		x.looks().yes().help(Help{People: 4})
	},
	"who left in silence counts apart": func(x *told) {
		x.looks().opens().help(Help{}).wait(time.Hour)
		x.help(Help{Maybe: 1})
		x.who, x.last = "another", nil
		x.looks().opens().no().wait(time.Hour)
		x.help(Help{Maybe: 1})
		x.who, x.last = "helper's own", nil
		x.As("helper")
		x.looks().opens().wait(time.Hour)
		x.help(Help{Maybe: 1}).wait(8 * 24 * time.Hour)
		x.help(Help{})
	},
	"the week's word comes once": func(x *told) {
		x.visited(3).wait(24 * time.Hour)
		if said, mails := x.weekly("helper"); len(said)+mails != 0 {
			x.T.Fatalf("told before the week is over: %q, %d mails", said, mails)
		}
		for range 3 {
			x.wait(6 * 24 * time.Hour)
			if said, mails := x.weekly("helper"); len(said) != 1 || said[0] != "Your answers helped 3 people last week." || mails != 1 {
				x.T.Fatalf("said %q, %d mails", said, mails)
			}
		}
		x.visited(2).wait(8 * 24 * time.Hour)
		if said, mails := x.weekly("helper"); len(said) != 2 || mails != 2 {
			x.T.Fatalf("said %q, %d mails", said, mails)
		}
	},
	"one is no news": func(x *told) {
		x.visited(1).wait(8 * 24 * time.Hour)
		if said, mails := x.weekly("helper"); len(said)+mails != 0 {
			x.T.Fatalf("said %q, %d mails", said, mails)
		}
	},
	"who does not want it is not told": func(x *told) {
		x.OK(x.Svc.EditPrefs(x.Ctx, x.Actor("helper"), community.Prefs{NoWeekly: true}))
		x.visited(3).wait(8 * 24 * time.Hour)
		if said, mails := x.weekly("helper"); len(said)+mails != 0 {
			x.T.Fatalf("said %q, %d mails", said, mails)
		}
	},
}

func TestWeeks(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range weeks {
			t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { story(tell(t, fresh(t))) })
		}
	})
}

func TestEveryQueryOfAWeekIsServed(t *testing.T) {
	e, _ := scene.Explained(t)
	weeks["the week's word comes once"](tell(t, e))
}
