package deflection_test

import (
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation/escalation"
	"selfie/reputation"
	. "selfie/search/deflection"
)

// told is a story with deflection, reputation and notices.
type told struct {
	*scene.Scene
	svc   *Service
	rep   *reputation.Service
	inbox *notify.Service
	cases *escalation.Service
	last  *Attempt
	who   string // the browser's secret
}

func tell(t *testing.T, e store.Engine) *told {
	t.Helper()
	return tellWith(t, e, Options{})
}

func tellWith(t *testing.T, e store.Engine, o Options) *told {
	t.Helper()
	x := &told{who: "browser"}
	x.Scene = scene.With(t, e, community.Options{}, func(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, people *community.Service) {
		x.rep = reputation.Open(db, relay, people, reputation.Options{})
		x.inbox = notify.Open(db, relay, people, notify.Options{})
		x.cases = escalation.Open(db, relay, routes, people, x.inbox, escalation.Options{})
		x.svc = Open(db, relay, routes, people, x.inbox, x.rep, o)
	})
	x.OK(x.cases.Start(x.Ctx))
	x.As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold reset for ten seconds.").As("asker").Accept().Settled()
	x.Clock.Advance(time.Hour)
	x.As("guest")
	return x
}

func (x *told) offers() []Offer {
	return []Offer{{Thread: x.Thread.ID, Answer: x.Answer_.ID, Rank: 1}}
}

func (x *told) types(on Surface, query string, shown ...Offer) *told {
	x.T.Helper()
	in := Typing{Surface: on, Query: query, Shown: shown}
	if x.last != nil {
		in.Attempt = x.last.ID
	}
	a, err := x.svc.Typed(x.Ctx, x.who, x.By, in)
	x.OK(err)
	x.last = a
	return x
}

func (x *told) looks() *told {
	x.T.Helper()
	return x.types(OnAsk, "router blinks red", x.offers()...)
}

func (x *told) opens() *told {
	x.T.Helper()
	_, err := x.svc.Opened(x.Ctx, x.who, x.By, x.last.ID, x.Thread.ID)
	x.OK(err)
	return x
}

func (x *told) yes() *told {
	x.T.Helper()
	_, err := x.svc.Solved(x.Ctx, x.who, x.By, x.last.ID, x.Thread.ID, "")
	x.OK(err)
	x.Settled()
	return x
}

func (x *told) no() *told {
	x.T.Helper()
	_, err := x.svc.NotYet(x.Ctx, x.who, x.By, x.last.ID, x.Thread.ID)
	x.OK(err)
	x.Settled()
	return x
}

// asks posts a question; web says whether it came from the attempt's own form.
func (x *told) asks(title string, web bool) *told {
	x.T.Helper()
	known, answer := x.Thread, x.Answer_
	x.Ask(title)
	if web {
		x.OK(x.svc.Asked(x.Ctx, x.who, x.By, x.last.ID, x.Thread.ID))
		x.OK(x.svc.Asked(x.Ctx, x.who, x.By, x.last.ID, x.Thread.ID))
	}
	x.Thread, x.Answer_ = known, answer
	x.Settled()
	return x
}

// ends fails the test unless all attempts that were shown something count so.
func (x *told) ends(want Counts) *told {
	x.T.Helper()
	f := x.funnel()
	for _, o := range Outcomes {
		if f.All[o] != want[o] {
			x.T.Fatalf("%d %s, want %d: %v", f.All[o], o, want[o], f.All)
		}
	}
	return x
}

func (x *told) funnel() *Funnel {
	x.T.Helper()
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	f, err := x.svc.Funnel(x.Ctx, x.Actor("agent"), start, start.Add(60*24*time.Hour))
	x.OK(err)
	return f
}

// helped fails the test unless the helper was credited and told so often.
func (x *told) helped(credits int64, notices int) *told {
	x.T.Helper()
	st, err := x.rep.Standing(x.Ctx, x.Actor("helper").ID)
	x.OK(err)
	if st.Helped != credits {
		x.T.Fatalf("the helper has %d credits, want %d", st.Helped, credits)
	}
	list, _, err := x.inbox.Notices(x.Ctx, x.Actor("helper"), "", 50)
	x.OK(err)
	n := 0
	for _, o := range list {
		if o.Kind == notify.NoticeHelped {
			n++
		}
	}
	if n != notices {
		x.T.Fatalf("the helper was told %d times, want %d", n, notices)
	}
	return x
}

func (x *told) wait(d time.Duration) *told {
	x.T.Helper()
	x.Wait(d)
	return x
}

const minute = time.Minute

var stories = map[string]func(x *told){
	"a guest is helped": func(x *told) {
		x.looks().types(OnAsk, "router blinks red at night", x.offers()...).opens().yes().yes().ends(Counts{Confirmed: 1}).helped(1, 1)
		x.wait(40*minute).ends(Counts{Confirmed: 1}).helped(1, 1)
	},
	"a guest leaves after reading": func(x *told) { x.looks().opens().wait(31 * minute); x.ends(Counts{Assumed: 1}).helped(0, 0) },
	"a guest leaves at once":       func(x *told) { x.looks().wait(31 * minute); x.ends(Counts{Abandoned: 1}) },
	"reading, and asking all the same": func(x *told) {
		x.looks().opens().As("newcomer")
		x.asks("My router blinks red", true).ends(Counts{Failed: 1})
	},
	"not reading, and asking": func(x *told) {
		x.As("newcomer")
		x.looks().asks("My router blinks red", true).wait(time.Hour)
		x.ends(Counts{Ignored: 1})
	},
	"asking by another way is noticed": func(x *told) {
		x.As("newcomer")
		x.looks().opens().asks("My router blinks red", false).ends(Counts{Failed: 1})
	},
	"helped, and back with it": func(x *told) {
		x.As("newcomer")
		x.looks().yes().helped(1, 1).wait(3 * 24 * time.Hour)
		x.asks("My router still blinks red", false).ends(Counts{Revoked: 1}).helped(0, 1)
	},
	"assumed, and back with it": func(x *told) {
		x.looks().opens().wait(24 * time.Hour)
		x.ends(Counts{Assumed: 1}).As("newcomer")
		x.last = nil
		x.looks().asks("My router blinks red", true).ends(Counts{Revoked: 1, Ignored: 1})
	},
	"helped, and back with something else": func(x *told) {
		x.As("newcomer")
		x.looks().yes().asks("Invoice shows the wrong address", false).ends(Counts{Confirmed: 1}).helped(1, 1)
	},
	"back after the window": func(x *told) {
		x.As("newcomer")
		x.looks().yes().wait(8 * 24 * time.Hour)
		x.asks("My router blinks red", false).ends(Counts{Confirmed: 1}).helped(1, 1)
	},
	"not solved after all, and then it is": func(x *told) {
		x.looks().yes().helped(1, 1).no().ends(Counts{Failed: 1}).helped(0, 1)
		x.yes().ends(Counts{Confirmed: 1}).helped(1, 1)
	},
	"no longer solved, while another visit goes on": func(x *told) {
		x.looks().yes()
		first := x.last
		x.looks()
		x.last = first
		x.no().ends(Counts{Failed: 1, Ongoing: 1}).helped(0, 1)
	},
	"helped, and an agent called after all": func(x *told) {
		known, answer := x.Thread, x.Answer_
		x.As("newcomer").Ask("Red light on my router, it blinks").Settled()
		own := x.Thread.ID
		x.Thread, x.Answer_ = known, answer
		x.wait(24*time.Hour).looks().yes().helped(1, 1)
		x.Clock.Advance(time.Hour)
		_, err := x.cases.AskAgent(x.Ctx, x.By, own, "It did not last")
		x.OK(err)
		x.Settled()
		x.ends(Counts{Revoked: 1}).helped(0, 1)
	},
	"helped twice by the same counts once": func(x *told) {
		x.looks().yes().wait(time.Hour)
		x.looks().yes().ends(Counts{Confirmed: 2}).helped(1, 1)
		x.who = "another browser"
		x.last = nil
		x.looks().yes().ends(Counts{Confirmed: 3}).helped(2, 2)
	},
	"nobody earns by their own answer": func(x *told) {
		x.As("helper")
		x.looks().yes().helped(0, 0)
		x.As("guest").Clock.Advance(time.Hour)
		x.looks().yes().ends(Counts{Confirmed: 2}).helped(0, 0)
	},
	"who is not to be tracked is only counted": func(x *told) {
		x.who = ""
		x.looks().looks().opens().yes().ends(Counts{Confirmed: 1}).helped(0, 1)
		x.last = nil
		x.looks().yes().ends(Counts{Confirmed: 2}).helped(0, 1)
		x.last = nil
		x.looks().wait(31 * minute)
		x.ends(Counts{Confirmed: 2, Abandoned: 1})
	},
	"searching and then asking is told apart by surface": func(x *told) {
		x.As("newcomer")
		x.types(OnSearch, "router blinks", x.offers()...).opens()
		x.last = nil
		x.looks().asks("My router blinks red", true).ends(Counts{Failed: 1, Ignored: 1})
		if f := x.funnel(); f.Surfaces[0].Offered[Ignored] != 1 || f.Surfaces[1].Offered[Failed] != 1 {
			x.T.Errorf("%+v", f.Surfaces)
		}
	},
	"gaps, answers and days": func(x *told) {
		x.types(OnSearch, "Telephone does not ring").wait(time.Hour)
		x.last = nil
		x.types(OnSearch, "telephone  does not ring").wait(25 * time.Hour)
		x.last = nil
		x.looks().yes()
		x.Clock.Advance(time.Hour)
		x.As("newcomer")
		x.last = nil
		x.looks().asks("My router blinks red", true)
		f := x.funnel()
		if len(f.Gaps) != 2 || f.Gaps[0].Times != 2 || f.Gaps[0].Asked != 2 || f.Gaps[0].Last == "" || f.Gaps[1].Times != 2 || f.Gaps[1].Empty != 2 {
			x.T.Errorf("gaps: %+v", f.Gaps)
		}
		if len(f.Top) != 0 || f.Empty[Abandoned] != 2 { // the newcomer's question revoked it
			x.T.Errorf("top: %+v, empty: %v", f.Top, f.Empty)
		}
		x.last, x.who = nil, "third"
		x.As("guest")
		x.looks().yes()
		if f = x.funnel(); len(f.Top) != 1 || f.Top[0].Answer != x.Answer_.ID || f.Top[0].Confirmed != 1 || f.Days != 7 || len(f.Series) != 9 {
			x.T.Errorf("top: %+v, %d buckets of %d days", f.Top, len(f.Series), f.Days)
		}
	},
	"an attempt goes on in another place": func(x *told) {
		x.types(OnWidget, "router blinks red", x.offers()...).opens()
		x.OK(x.svc.HandOver(x.Ctx, x.who, "the site's own", x.last.ID))
		x.Refused(x.svc.HandOver(x.Ctx, x.who, "a thief's", x.last.ID), fault.Gone)
		x.who = "the site's own"
		x.As("newcomer")
		x.asks("My router blinks red", true).ends(Counts{Failed: 1})
	},
	"a visit that goes on there keeps its own": func(x *told) {
		x.who = "the site's own"
		x.types(OnWidget, "router blinks red", x.offers()...)
		x.who, x.last = "the frame's", nil
		x.types(OnWidget, "router blinks red", x.offers()...)
		x.OK(x.svc.HandOver(x.Ctx, x.who, "the site's own", x.last.ID))
		x.who = "the site's own"
		x.yes().ends(Counts{Confirmed: 1, Ongoing: 1}).helped(0, 1)
	},
	"who is not tracked is not by being led on": func(x *told) {
		x.who = ""
		x.types(OnWidget, "router blinks red", x.offers()...)
		x.OK(x.svc.HandOver(x.Ctx, "", "the site's own", x.last.ID))
		x.yes().ends(Counts{Confirmed: 1}).helped(0, 1)
	},
	"an open visit goes on, and another begins": func(x *told) {
		x.looks()
		first := x.last.ID
		if x.looks(); x.last.ID != first {
			x.T.Error("typing on began anew")
		}
		x.Clock.Advance(31 * minute)
		if x.looks(); x.last.ID == first {
			x.T.Error("a visit never ends")
		}
		x.ends(Counts{Abandoned: 1, Ongoing: 1})
	},
	"closing an account takes what was typed": func(x *told) {
		x.As("newcomer")
		x.types(OnSearch, "My secret problem")
		x.OK(x.Svc.CloseMember(x.Ctx, community.System, x.By.ID, true))
		x.Settled()
		if f := x.funnel(); len(f.Gaps) != 0 || f.Empty[Abandoned] != 1 {
			x.T.Errorf("%+v", f)
		}
	},
	"text goes with age": func(x *told) {
		x.types(OnSearch, "My secret problem").wait(181 * 24 * time.Hour)
		if f := x.funnel(); len(f.Gaps) != 0 || f.Empty[Abandoned] != 1 {
			x.T.Errorf("%+v", f)
		}
	},
}

func TestStories(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
				x := tell(t, fresh(t))
				x.Relay.Shake(uint64(len(name)))
				story(x)
			})
		}
	})
}

// TestEveryQueryIsServed plays the story that asks most, over an engine that
// fails on a scan.
func TestEveryQueryIsServed(t *testing.T) {
	e, shapes := scene.Explained(t)
	stories["gaps, answers and days"](tell(t, e))
	if shapes() < 10 {
		t.Errorf("only %d shapes of queries were seen", shapes())
	}
}

func TestRefusals(t *testing.T) {
	x := tell(t, scene.SQLite(t))
	x.As("asker").Ask("Something private and odd", scene.Privately())
	private := x.Thread.ID
	x.As("asker").Ask("Another question of mine").As("helper").Answer("Another answer of mine.").Settled()
	x.As("guest").Clock.Advance(time.Hour)
	x.looks()
	guest, id := community.Actor{}, x.last.ID
	refused := func(kind fault.Kind, err error) { t.Helper(); x.Refused(err, kind) }
	_, err := x.svc.Opened(x.Ctx, x.who, guest, id, private)
	refused(fault.NotFound, err)
	_, err = x.svc.Opened(x.Ctx, "a stranger", guest, id, x.Thread.ID)
	refused(fault.Gone, err)
	_, err = x.svc.Solved(x.Ctx, x.who, guest, "nonsense", x.Thread.ID, "")
	refused(fault.Gone, err)
	_, err = x.svc.Solved(x.Ctx, x.who, x.Actor("asker"), id, x.Thread.ID, "")
	refused(fault.Forbidden, err)
	_, err = x.svc.Funnel(x.Ctx, guest, time.Unix(0, 0), time.Unix(9, 0))
	refused(fault.Unauthorized, err)
	_, err = x.svc.Funnel(x.Ctx, x.Actor("asker"), time.Unix(0, 0), time.Unix(9, 0))
	refused(fault.NotFound, err)
	_, err = x.svc.Funnel(x.Ctx, x.Actor("moderator"), time.Unix(0, 0), time.Unix(1e9, 0))
	refused(fault.Invalid, err)
	x.last = nil
	x.types(OnSearch, "nothing like it")
	_, err = x.svc.Solved(x.Ctx, x.who, guest, x.last.ID, x.Thread.ID, "")
	refused(fault.Invalid, err)
	_, err = x.svc.NotYet(x.Ctx, x.who, guest, "", x.Thread.ID)
	refused(fault.Gone, err)
	if a, err := x.svc.Typed(x.Ctx, x.who, x.Actor("agent"), Typing{Surface: OnAsk, Query: "router"}); a != nil || err != nil {
		t.Errorf("staff: %v %v", a, err)
	}
	if a, err := x.svc.Typed(x.Ctx, x.who, guest, Typing{Surface: OnAsk, Query: "  "}); a != nil || err != nil {
		t.Errorf("nothing: %v %v", a, err)
	}
}

// TestOwnTimes lets an operator's own times decide, and attempts keep theirs.
func TestOwnTimes(t *testing.T) {
	x := tellWith(t, scene.SQLite(t), Options{Session: minute, Window: time.Hour})
	x.looks().opens().wait(2 * minute)
	x.ends(Counts{Assumed: 1}).As("newcomer")
	x.last = nil
	x.looks().asks("My router blinks red", true).ends(Counts{Revoked: 1, Ignored: 1})
	x.who, x.last = "another", nil
	x.As("guest")
	x.looks().opens().wait(2 * time.Hour)
	x.As("newcomer")
	x.last = nil
	x.looks().asks("My router still blinks red", true).ends(Counts{Revoked: 1, Ignored: 2, Assumed: 1})
}

func TestAdopt(t *testing.T) {
	x := tell(t, scene.SQLite(t))
	at := store.At(x.Clock.Now())
	a := func() *Attempt {
		a := &Attempt{Surface: OnSearch, Query: "router", Shown: x.offers(), Outcome: Confirmed, Started: at, Updated: at, Ended: at,
			Solved: &Solution{Thread: x.Thread.ID, Answer: x.Answer_.ID, Author: x.Actor("helper").ID}}
		a.ID = "adopted"
		return a
	}
	for i, want := range []bool{true, false} {
		if in, err := x.svc.Adopt(x.Ctx, a()); in != want || err != nil {
			t.Errorf("time %d: %t %v", i, in, err)
		}
	}
	x.Wait(time.Hour)
	x.ends(Counts{Confirmed: 1}).helped(0, 0)
	for _, spoil := range []func(*Attempt){
		func(a *Attempt) { a.Outcome = "great" }, func(a *Attempt) { a.Surface = "" }, func(a *Attempt) { a.Solved = nil },
		func(a *Attempt) { a.Ended = 1 }, func(a *Attempt) { a.Started = 0 }, func(a *Attempt) { a.Shown = make([]Offer, 11) },
	} {
		bad := a()
		spoil(bad)
		_, err := x.svc.Adopt(x.Ctx, bad)
		x.Refused(err, fault.Invalid)
	}
}
