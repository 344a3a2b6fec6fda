package saved_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/search"
	"selfie/search/saved"
)

// seeking is a story with saved searches.
type seeking struct {
	*scene.Scene
	svc   *saved.Service
	inbox *notify.Service
	index *search.Index
}

func seek(t *testing.T, e store.Engine) *seeking {
	t.Helper()
	x := &seeking{}
	x.Scene = scene.New(t, e, func(db *store.DB, relay *outbox.Relay, svc *community.Service) {
		x.inbox = notify.Open(db, relay, svc, notify.Options{BaseURL: "https://help.example.com"})
		x.svc = saved.Open(db, relay, svc, x.inbox)
	})
	index, err := search.Open(x.Svc, search.Options{})
	x.OK(err)
	t.Cleanup(func() { x.OK(index.Close()) })
	x.index = index
	x.svc.Use(index)
	return x
}

func (x *seeking) saves(who, query string) *seeking {
	x.T.Helper()
	_, err := x.svc.Save(x.Ctx, x.Actor(who), query)
	x.OK(err)
	return x
}

// asks posts a question as one of the cast.
func (x *seeking) asks(who, title string, changes ...scene.Change) *seeking {
	x.T.Helper()
	x.As(who).Ask(title, changes...)
	return x
}

// after lets time pass, and the timed work run.
func (x *seeking) after(d time.Duration) *seeking {
	x.T.Helper()
	x.Settled().Wait(d)
	return x
}

// hears fails the test unless these are what a member was told of searches, the
// latest first: titles, and what was said.
func (x *seeking) hears(who string, want ...string) *seeking {
	x.T.Helper()
	list, _, err := x.inbox.Notices(x.Ctx, x.Actor(who), "", 50)
	x.OK(err)
	var got []string
	for _, n := range list {
		if n.Kind == notify.NoticeSaved {
			got = append(got, n.Title+" | "+n.Text)
		}
	}
	return x.holding(who, got, want)
}

// holding fails the test unless each of got holds its part of want.
func (x *seeking) holding(who string, got, want []string) *seeking {
	x.T.Helper()
	if !slices.EqualFunc(got, want, strings.Contains) {
		x.T.Fatalf("%s was told %q, want %q", who, got, want)
	}
	return x
}

// mailed fails the test unless these are in the mails that a member got of
// searches, the latest first: subject and text.
func (x *seeking) mailed(who string, want ...string) *seeking {
	x.T.Helper()
	list, _, err := x.inbox.KeptMail(x.Ctx, x.Actor("admin"), "", 50)
	x.OK(err)
	var got []string
	for _, m := range list {
		if m.Member == x.Actor(who).ID && m.Bulk {
			got = append(got, m.Subject+"\n"+m.Text)
		}
	}
	return x.holding(who, got, want)
}

// prefers sets what a member is mailed about.
func (x *seeking) prefers(who string, p community.Prefs) *seeking {
	x.T.Helper()
	x.OK(x.Svc.EditPrefs(x.Ctx, x.Actor(who), p))
	return x
}

const minute = time.Minute

var stories = map[string]func(x *seeking){
	"a new question is told once": func(x *seeking) {
		x.saves("seeker", "router red").asks("asker", "Router blinks red at night").after(minute)
		x.hears("seeker", "It fits your saved search “router red”.").hears("asker")
		x.As("helper").Answer("Hold reset for ten seconds.").As("asker").Accept()
		x.after(2*time.Hour).hears("seeker", "Router blinks red").after(48*time.Hour).hears("seeker", "Router blinks red")
	},
	"what does not fit is not told": func(x *seeking) {
		x.saves("seeker", "router green").saves("seeker", "tag:wifi").saves("seeker", "router -red")
		x.asks("asker", "Router blinks red at night").after(minute)
		x.hears("seeker")
	},
	"what was there before is not told": func(x *seeking) {
		x.asks("asker", "Router blinks red at night").after(minute)
		x.saves("seeker", "router").after(2 * time.Hour)
		x.hears("seeker")
		_, err := x.Svc.SetLock(x.Ctx, x.Actor("moderator"), x.Thread.ID, "getting heated")
		x.OK(err)
		x.after(2 * time.Hour).hears("seeker")
	},
	"one's own question is not told": func(x *seeking) {
		x.saves("asker", "router").asks("asker", "Router blinks red at night").after(minute)
		x.hears("asker")
	},
	"one word an hour": func(x *seeking) {
		x.saves("seeker", "router").asks("one", "Router blinks red").after(minute)
		x.asks("two", "Router blinks green").after(minute)
		x.asks("three", "Router blinks blue").after(20 * minute)
		x.hears("seeker", "Router blinks red").after(time.Hour)
		x.hears("seeker", "and so does one more", "Router blinks red").after(24 * time.Hour)
		x.hears("seeker", "and so does one more", "Router blinks red")
	},
	"a word is mailed too": func(x *seeking) {
		x.saves("seeker", "router").asks("one", "Router blinks red").after(minute)
		x.mailed("seeker", "New question for “router”: Router blinks red")
		x.asks("two", "Router blinks green").after(minute).asks("three", "Router blinks blue").after(time.Hour)
		x.mailed("seeker", "2 new questions for “router”", "https://help.example.com/threads/").after(24 * time.Hour)
		x.prefers("seeker", community.Prefs{NoSaved: true}).asks("four", "Router blinks on").after(minute)
		x.hears("seeker", "Router blinks on", "Router blinks", "Router blinks red").mailed("seeker", "Router blinks green\nhttps://help.example.com/threads/", "Hello The seeker")
	},
	"a mail names nothing that closed meanwhile": func(x *seeking) {
		x.saves("seeker", "router").asks("one", "Router blinks red").after(minute)
		x.asks("two", "Router of a secret").after(minute)
		_, err := x.Svc.SetPrivate(x.Ctx, x.Actor("two"), x.Thread.ID, true)
		x.OK(err)
		x.asks("three", "Router blinks blue").after(time.Hour)
		x.mailed("seeker", "New question for “router”: Router blinks blue", "Router blinks red")
	},
	"nothing private is told": func(x *seeking) {
		x.Space("lounge", community.MembersOnly).Space("gold", community.Restricted, "gold")
		x.saves("seeker", "router").saves("moderator", "router")
		x.asks("asker", "Router in secret", scene.Privately()).asks("admin", "Router of the golden", scene.In("gold")).after(minute)
		x.hears("seeker").hears("moderator", "and so does one more")
	},
	"what is opened is new": func(x *seeking) {
		x.saves("seeker", "router").asks("asker", "Router in secret", scene.Privately()).after(minute)
		x.hears("seeker")
		_, err := x.Svc.SetPrivate(x.Ctx, x.Actor("asker"), x.Thread.ID, false)
		x.OK(err)
		x.after(minute).hears("seeker", "Router in secret")
	},
	"what closed meanwhile is not told": func(x *seeking) {
		x.saves("seeker", "router").asks("one", "Router blinks red").after(minute)
		x.asks("two", "Router blinks green").after(minute)
		_, err := x.Svc.SetPrivate(x.Ctx, x.Actor("two"), x.Thread.ID, true)
		x.OK(err)
		x.after(2*time.Hour).hears("seeker", "Router blinks red")
	},
	"what is moved to others is new to them": func(x *seeking) {
		x.Space("gold", community.Restricted, "gold")
		x.saves("seeker", "router").asks("admin", "Router of the golden", scene.In("gold")).after(minute)
		x.hears("seeker")
		_, err := x.Svc.Move(x.Ctx, x.Actor("admin"), x.Thread.ID, "general")
		x.OK(err)
		x.after(minute).hears("seeker", "Router of the golden")
	},
	"a dropped search tells nothing": func(x *seeking) {
		x.saves("seeker", "router")
		list, err := x.svc.List(x.Ctx, x.Actor("seeker"))
		x.OK(err)
		x.Refused(x.svc.Drop(x.Ctx, x.Actor("other"), list[0].ID), fault.NotFound)
		x.OK(x.svc.Drop(x.Ctx, x.Actor("seeker"), list[0].ID))
		x.Refused(x.svc.Drop(x.Ctx, x.Actor("seeker"), list[0].ID), fault.NotFound)
		x.asks("asker", "Router blinks red").after(minute)
		x.hears("seeker")
	},
	"who leaves leaves nothing": func(x *seeking) {
		x.saves("seeker", "router").asks("asker", "Router blinks red").after(minute)
		x.OK(x.Svc.CloseMember(x.Ctx, community.System, x.Actor("seeker").ID, true))
		x.Settled()
		if list, err := x.svc.List(x.Ctx, x.Actor("seeker")); err != nil || len(list) != 0 {
			x.T.Errorf("%v, %v", list, err)
		}
	},
}

// onBoth are told on every engine: those that write all there is.
var onBoth = []string{"a new question is told once", "one word an hour", "a word is mailed too", "a dropped search tells nothing", "who leaves leaves nothing"}

func TestStories(t *testing.T) {
	told := func(name string, fresh func(*testing.T) store.Engine) func(*testing.T) {
		return func(t *testing.T) {
			x := seek(t, fresh(t))
			x.Relay.Shake(uint64(len(name)))
			stories[name](x)
		}
	}
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for _, name := range onBoth {
			t.Run(strings.ReplaceAll(name, " ", "_"), told(name, fresh))
		}
	})
	for name := range stories {
		t.Run(strings.ReplaceAll(name, " ", "_"), told(name, scene.SQLite))
	}
}

func TestEveryQueryIsServed(t *testing.T) {
	for _, name := range onBoth {
		e, _ := scene.Explained(t)
		stories[name](seek(t, e))
	}
}

func TestBoundsAndRefusals(t *testing.T) {
	x := seek(t, scene.SQLite(t))
	by := x.Actor("seeker")
	for i := range saved.Most {
		x.saves("seeker", fmt.Sprint("router ", i)).saves("seeker", fmt.Sprint("  router   ", i))
	}
	_, err := x.svc.Save(x.Ctx, by, "one too many")
	x.Refused(err, fault.Conflict)
	list, err := x.svc.List(x.Ctx, by)
	if x.OK(err); len(list) != saved.Most {
		t.Fatalf("%d searches", len(list))
	}
	x.OK(x.svc.Drop(x.Ctx, by, list[7].ID))
	x.saves("seeker", "another")
	if x, err := x.svc.Saved(x.Ctx, by, " another "); err != nil || x == nil {
		t.Errorf("%v, %v", x, err)
	}
	_, err = x.svc.Save(x.Ctx, x.Actor("other"), "   ")
	x.Refused(err, fault.Invalid)
	_, err = x.svc.Save(x.Ctx, community.Actor{}, "router")
	x.Refused(err, fault.Unauthorized)
	_, err = x.svc.List(x.Ctx, community.Actor{})
	x.Refused(err, fault.Unauthorized)
	x.Refused(x.svc.Drop(x.Ctx, community.Actor{}, list[0].ID), fault.Unauthorized)
}
