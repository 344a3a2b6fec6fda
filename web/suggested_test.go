package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/deflection"
)

// suggestingHouse is a community in which suggestions are proven to fit, and
// what was solved is asked again.
func suggestingHouse(t *testing.T) *house {
	t.Helper()
	return taughtHouse(t, 60)
}

// taughtHouse is a community in which so many visitors said what solved it.
func taughtHouse(t *testing.T, visitors int) *house {
	t.Helper()
	h := solvedHouse(t)
	h.site.deflection.Suggest(h.index)
	at := store.At(h.Clock.Now())
	for i := range visitors {
		a := &deflection.Attempt{Meta: store.Meta{ID: fmt.Sprint("known", i)}, Surface: deflection.OnAsk, Query: fmt.Sprintf("router blinks red at night %c%c", 'a'+i/26, 'a'+i%26),
			Shown: []deflection.Offer{{Thread: h.Thread.ID, Answer: h.Answer_.ID, Rank: 1}}, Outcome: deflection.Confirmed, Started: at, Updated: at, Ended: at,
			Solved: &deflection.Solution{Thread: h.Thread.ID, Answer: h.Answer_.ID, Author: h.Answer_.Author}}
		_, err := h.site.deflection.Adopt(h.Ctx, a)
		h.OK(err)
	}
	h.Wait(25 * time.Hour)
	return h
}

// asksAgain asks what was solved before, and names the question's page.
func (h *house) asksAgain() (path string) {
	h.T.Helper()
	known := h.Thread
	h.As("newcomer").Ask("My router blinks red at night").Settled()
	path = "/threads/" + h.Thread.ID
	h.Thread = known
	h.site.Invalidate("")
	return path
}

func TestSuggestedAnswerSolvesIt(t *testing.T) {
	h := suggestingHouse(t)
	path := h.asksAgain()
	guest, newcomer := h.reader(), h.member("newcomer")
	seen := guest.get(path).want(http.StatusOK)
	quote := seen.text("section", "id", "suggested")
	for _, want := range []string{"An answer that may fit, found automatically", "Hold reset for ten seconds.", "The answer that solved it, by The helper", "Router blinks red at night"} {
		if !strings.Contains(quote, want) {
			t.Errorf("%q is missing: %s", want, quote)
		}
	}
	if strings.Contains(quote, "This solved it") || !strings.Contains(seen.text("main"), "No answer yet") || strings.Contains(seen.body, `"acceptedAnswer"`) {
		t.Error("a guest may decide, or the quotation counts as an answer")
	}
	sound(t, "thread with a suggestion", seen)
	own := newcomer.get(path).want(http.StatusOK)
	sound(t, "own thread with a suggestion", own)
	if !strings.Contains(newcomer.get("/notifications").text("main"), "An answer may fit your question") {
		t.Error("the asker is not told")
	}
	done := own.sendForm(path+"/suggested", "fits", "yes").want(http.StatusSeeOther)
	to := done.header.Get("Location")
	if !strings.HasPrefix(to, "/threads/"+h.Thread.ID) {
		t.Fatalf("led to %s", to)
	}
	if said := newcomer.get(strings.Split(to, "#")[0]).want(http.StatusOK); !strings.Contains(said.text("body"), "Glad that it helps") || !strings.Contains(said.text("main"), "This question was asked again") {
		t.Errorf("said: %s", said.text("main"))
	}
	h.Settled()
	if told := h.member("helper").get("/notifications").text("main"); !strings.Contains(told, "had just asked, and solved it") {
		t.Errorf("the author is not told: %s", told)
	}
	insight := h.member("agent").get("/admin/deflection").want(http.StatusOK)
	if said := insight.text("section", "aria-labelledby", "d-after"); !strings.Contains(said, "solved it1") {
		t.Errorf("insight: %s", said)
	}
}

func TestSuggestedAnswerDoesNotFit(t *testing.T) {
	h := suggestingHouse(t)
	path := h.asksAgain()
	guest, newcomer := h.reader(), h.member("newcomer")
	if !strings.Contains(guest.get(path).text("main"), "found automatically") {
		t.Fatal("nothing is suggested")
	}
	own := newcomer.get(path)
	own.sendForm(path+"/suggested", "fits", "maybe").want(http.StatusUnprocessableEntity)
	own.sendForm(path+"/suggested", "fits", "no").want(http.StatusSeeOther)
	if p := newcomer.get(path); !strings.Contains(p.text("body"), "It will not come back") || strings.Contains(p.text("main"), "found automatically") {
		t.Errorf("page: %s", p.text("main"))
	}
	if strings.Contains(guest.get(path).text("main"), "found automatically") {
		t.Error("a guest still sees it")
	}
	own.sendForm(path+"/suggested", "fits", "yes").want(http.StatusGone)
}

// TestSuggestedAnswerGoesWithItsSource holds for pages that are kept, too.
func TestSuggestedAnswerGoesWithItsSource(t *testing.T) {
	h := suggestingHouse(t)
	path := h.asksAgain()
	guest := h.reader()
	shows := func(want bool) {
		t.Helper()
		if got := strings.Contains(guest.get(path).want(http.StatusOK).text("main"), "found automatically"); got != want {
			t.Errorf("shown: %t, want %t", got, want)
		}
	}
	shows(true)
	ref := community.Ref{Kind: community.AnAnswer, ID: h.Answer_.ID}
	h.OK(h.Svc.Remove(h.Ctx, h.Actor("moderator"), ref, "wrong"))
	shows(false)
	h.OK(h.Svc.Restore(h.Ctx, h.Actor("moderator"), ref))
	shows(true)
}

// TestAdminSeesHowFarSuggestionsAre: before there is proof, the page says what is
// missing.
func TestAdminSeesHowFarSuggestionsAre(t *testing.T) {
	h := taughtHouse(t, 14)
	p := h.member("admin").get("/admin/suggested").want(http.StatusOK)
	sound(t, "suggested, not proven", p)
	half := p.text("section", "aria-labelledby", "s-state")
	for _, want := range []string{"Waiting for proof", "Each half needs 20 questions", "of 20", "0 of 20"} {
		if !strings.Contains(half, want) {
			t.Errorf("%q is missing: %s", want, half)
		}
	}
	if strings.Contains(taughtHouse(t, 0).member("admin").get("/admin/suggested").text("main"), "nearest to proof") {
		t.Error("nothing is known, and something is near")
	}
}

func TestAdminSeesWhatSuggestionsRestOn(t *testing.T) {
	h := suggestingHouse(t)
	path := h.asksAgain()
	admin := h.member("admin")
	p := admin.get("/admin/suggested").want(http.StatusOK)
	sound(t, "suggested", p)
	for _, want := range []string{"Switched on", "100%", "held out", "60"} {
		if !strings.Contains(p.text("main"), want) {
			t.Errorf("%q is missing: %s", want, p.text("main"))
		}
	}
	p.sendForm("/admin/suggested", "act", "learn").want(http.StatusSeeOther)
	p.sendForm("/admin/suggested", "act", "rubbish").want(http.StatusUnprocessableEntity)
	p.sendForm("/admin/suggested", "act", "off").want(http.StatusSeeOther)
	if off := admin.get("/admin/suggested"); !strings.Contains(off.text("main"), "Switched off") {
		t.Errorf("page: %s", off.text("main"))
	}
	if strings.Contains(h.reader().get(path).text("main"), "found automatically") {
		t.Error("what was suggested is still shown")
	}
}
