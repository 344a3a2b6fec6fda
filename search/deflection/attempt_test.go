package deflection

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"selfie/internal/store"
)

func fresh() *Attempt {
	a := &Attempt{Meta: store.Meta{ID: "a"}, Visitor: "v", Surface: OnAsk, Outcome: Ongoing, Live: true, Started: 1000}
	a.typed("Router blinks red", []Offer{{"t1", "a1", 1}, {"t2", "", 2}}, 1000)
	return a
}

// TestOutcomes walks every way through an attempt. The letters are signs: o
// opens t1, p opens t2, n says t1 does not help, y says that t1 does, a asks the
// same, u asks about something else, A asks from the form itself; a number lets
// so many minutes pass.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		signs string
		want  Outcome
		gap   bool
	}{
		{"", Ongoing, false}, {"29", Ongoing, false}, {"o", Ongoing, false},
		{"30", Abandoned, false}, {"o 30", Assumed, false}, {"o 29 p 29", Ongoing, false},
		{"y", Confirmed, false}, {"o y 90", Confirmed, false},
		{"a", Ignored, true}, {"A", Ignored, true}, {"o a", Failed, true}, {"o A", Failed, true},
		{"u", Ongoing, false}, {"o u 30", Assumed, false}, {"u A", Ignored, true},
		{"o n", Failed, true}, {"o n p", Ongoing, false}, {"o p n 30", Assumed, false}, {"o n 30", Failed, true}, {"o n y", Confirmed, false},
		{"y n", Failed, true}, {"y n 30", Failed, true}, {"y 30 n", Failed, true}, {"y p n", Ongoing, false}, {"p y n", Ongoing, false}, {"y n y", Confirmed, false}, {"y n a", Failed, true},
		{"y a", Revoked, true}, {"y u", Confirmed, false}, {"y 10079 a", Revoked, true}, {"y 10081 a", Confirmed, false},
		{"o 30 a", Revoked, true}, {"o 31 A", Failed, true}, {"31 A", Ignored, true}, {"31 a", Abandoned, false}, {"o 12000 a", Assumed, false},
		{"30 o", Assumed, false}, {"o 30 n", Failed, true}, {"a 10080 a", Ignored, true}, {"y a y", Revoked, true},
	} {
		a, now := fresh(), store.Millis(1000)
		for sign := range strings.FieldsSeq(c.signs) {
			now = play(a, sign, now)
		}
		if a.Outcome != c.want || a.Gap != c.gap {
			t.Errorf("%q ends %s (gap %t), want %s (gap %t)", c.signs, a.Outcome, a.Gap, c.want, c.gap)
		}
		if (a.Outcome == Ongoing) && !a.Live || a.Live && a.Ended != 0 || a.Due != 0 && a.Due <= now-1 {
			t.Errorf("%q leaves %+v", c.signs, a)
		}
	}
}

func play(a *Attempt, sign string, now store.Millis) store.Millis {
	back := comeback{thread: "asked", at: now, topic: "My router blinks red again"}
	switch sign {
	case "o":
		a.open("t1", now)
	case "p":
		a.open("t2", now)
	case "n":
		a.deny("t1", now, true)
	case "y":
		if a.Asked == "" {
			a.solve(Solution{"t1", "a1", "helper"}, now)
		}
	case "u":
		back.topic = "Invoice shows the wrong address"
		a.returned(back)
	case "A":
		back.direct = true
		a.returned(back)
	case "a":
		a.returned(back)
	default:
		var minutes int
		_, _ = fmt.Sscan(sign, &minutes) // written above
		now = after(now, time.Duration(minutes)*time.Minute)
		a.lapse(now)
	}
	return now
}

func TestListsAreBounded(t *testing.T) {
	a := fresh()
	a.open("t1", 1000)
	for i := range 60 {
		a.typed("Router blinks", []Offer{{fmt.Sprint("x", i), "", 1}}, 1000)
		a.open(fmt.Sprint("x", i), 1000)
		a.deny(fmt.Sprint("x", i), 1000, true)
		a.solve(Solution{fmt.Sprint("x", i), fmt.Sprint("y", i), "helper"}, 1000)
	}
	if len(a.Shown) > maxShown || len(a.Opened) > maxOpened || len(a.Denied) > maxOpened || len(a.Credited) > maxCredited {
		t.Errorf("%d shown, %d opened, %d denied, %d credited", len(a.Shown), len(a.Opened), len(a.Denied), len(a.Credited))
	}
}

func TestAgeForgets(t *testing.T) {
	a := fresh()
	a.Member = "m"
	for _, c := range []struct {
		days          int
		visitor, text bool
	}{{0, true, true}, {29, true, true}, {30, false, true}, {179, false, true}, {180, false, false}} {
		now := after(1000, time.Duration(c.days)*day)
		for a.lapse(now) { // each run does what is due then
		}
		if (a.Visitor != "") != c.visitor || (a.Query+a.QueryHash+a.Member != "") != c.text {
			t.Errorf("after %d days: %+v", c.days, a)
		}
	}
	if a.Due != 0 || a.lapse(after(1000, 900*day)) {
		t.Error("an attempt that is done with asks for attention")
	}
}

// TestUnlinkedEarnsNothing holds that clicks which nothing tells apart bring
// nobody points, and that nobody earns by helping themselves.
func TestUnlinkedEarnsNothing(t *testing.T) {
	unlinked, own, other := fresh(), fresh(), fresh()
	unlinked.Visitor, own.Member = "", "helper"
	for _, a := range []*Attempt{unlinked, own, other} {
		a.solve(Solution{"t1", "a1", "helper"}, 2000)
	}
	if len(unlinked.Credited) != 0 || len(own.Credited) != 0 || len(other.Credited) != 1 {
		t.Errorf("%v %v %v", unlinked.Credited, own.Credited, other.Credited)
	}
	if unlinked.Current != "" {
		t.Error("an unlinked visit is found by its visitor")
	}
}

func TestSameTopic(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Router blinks red at night", "My router is blinking red", true},
		{"Router blinks red at night", "Invoice shows the wrong address", false},
		{"router firmware update fails", "Router loses wifi after an hour", false},
		{"error 42 when starting", "What is error 42?", true},
		{"why does it not do that", "Invoice", true}, // says nothing
		{"", "Invoice", true},
		{"ルーターが赤く点滅", "ルーターの赤い点滅", true},
		{"ルーターが赤く点滅", "請求書の住所が違う", false},
		{"Das Gerät startet nicht", "GERÄT startet nicht mehr", true},
	} {
		if got := sameTopic(c.a, c.b); got != c.same || sameTopic(c.b, c.a) != c.same {
			t.Errorf("%q and %q: same %t", c.a, c.b, got)
		}
	}
	if err := quick.Check(func(a string) bool { return sameTopic(a, a) }, nil); err != nil {
		t.Error(err)
	}
}

func TestRates(t *testing.T) {
	r := RatesOf(Counts{Confirmed: 6, Assumed: 10, Failed: 3, Ignored: 6, Abandoned: 12, Revoked: 3, Ongoing: 99})
	want := Rates{Explicit: 0.4, Spoke: 15, Confirmation: 0.5, Heard: 12, Low: 0.15, Likely: 0.275, High: 0.4, Sessions: 40}
	if r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
	if z := RatesOf(Counts{}); z != (Rates{}) {
		t.Errorf("nothing: %+v", z)
	}
	if !slices.IsSorted([]float64{r.Low, r.Likely, r.High}) {
		t.Error("the range is not one")
	}
}
