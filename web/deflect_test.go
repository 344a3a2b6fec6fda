package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"selfie/community"
	"selfie/search/deflection"
)

// solvedHouse is a community that knows one answer.
func solvedHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold **reset** for ten seconds.").As("asker").Accept()
	h.reindexed()
	h.Clock.Advance(time.Hour)
	return h
}

// reindexed brings the search index up to date.
func (h *house) reindexed() {
	h.T.Helper()
	h.Settled()
	h.OK(h.index.Rebuild(h.Ctx, nil))
}

func (h *house) counts() deflection.Counts {
	h.T.Helper()
	h.Settled()
	now := h.Clock.Now()
	f, err := h.site.deflection.Funnel(h.Ctx, h.Actor("agent"), now.AddDate(0, 0, -5), now.AddDate(0, 0, 1))
	h.OK(err)
	return f.All
}

func (h *house) ends(want deflection.Outcome) {
	h.T.Helper()
	if c := h.counts(); c[want] != 1 || c.Total() != 1 {
		h.T.Errorf("want one %s: %v", want, c)
	}
}

// value is what a field of the page holds.
func (p *page) value(element, name string) string {
	if n := p.first(element, "name", name); n != nil && element == "textarea" {
		return textOf(n)
	} else {
		return attr(n, "value")
	}
}

// checks types a question without scripts, and looks for answers.
func (r *reader) checks() *page {
	r.h.T.Helper()
	return r.get("/ask").want(http.StatusOK).post("/ask", "title", "router blinks red", "body", "It blinks, why?", "tags", "router",
		"space", "general", "key", "k1", "check", "1").want(http.StatusOK)
}

func TestGuestIsHelpedOnTheAskPage(t *testing.T) {
	h := solvedHouse(t)
	p := h.reader().checks()
	offer := p.first("li", "class", "offer")
	if offer == nil || !strings.Contains(textOf(offer), "Hold reset for ten seconds.") || !strings.Contains(textOf(offer), "Solved") {
		t.Fatalf("offer: %s", textOf(offer))
	}
	if p.value("input", "title") != "router blinks red" || p.value("textarea", "body") != "It blinks, why?" {
		t.Error("what was typed is gone")
	}
	button := p.first("button", "name", "offer")
	if attr(button, "formaction") != "/deflection/solved" || !has(button, "formnovalidate", "*") {
		t.Fatal("no way to say that it is solved")
	}
	thanks := p.post("/deflection/solved", "attempt", p.value("input", "attempt"), "offer", attr(button, "value"),
		"title", "router blinks red", "body", "It blinks, why?", "space", "general", "key", "k1").want(http.StatusOK)
	if !strings.Contains(thanks.text("main"), "The helper hears") {
		t.Errorf("thanks: %s", thanks.text("main"))
	}
	h.ends(deflection.Confirmed)
	sound(t, "ask", p)
	sound(t, "thanks", thanks)
	undone := thanks.post("/deflection/not-yet", "attempt", thanks.value("input", "attempt"), "thread", thanks.value("input", "thread"),
		"title", thanks.value("input", "title"), "body", thanks.value("input", "body"), "space", "general", "key", "k1").want(http.StatusOK)
	if undone.value("input", "title") != "router blinks red" || undone.value("textarea", "body") != "It blinks, why?" {
		t.Error("what was typed is gone after all")
	}
	h.ends(deflection.Failed)
}

func sound(t *testing.T, name string, p *page) {
	t.Helper()
	for _, c := range complaints(p) {
		t.Errorf("%s: %s", name, c)
	}
}

// TestGuestAsksAfterAll follows a guest's text through signing up.
func TestGuestAsksAfterAll(t *testing.T) {
	h := solvedHouse(t)
	r := h.reader()
	p := r.checks()
	link := ""
	for _, a := range p.all("a") {
		if strings.Contains(attr(a, "href"), "?via=") {
			link = attr(a, "href")
		}
	}
	r.get(link).want(http.StatusOK)
	join := p.post("/ask", "title", "router blinks red", "body", "It blinks, why?", "tags", "router", "space", "general", "key", "k1",
		"attempt", p.value("input", "attempt")).want(http.StatusUnauthorized)
	sound(t, "join", join)
	form := join.sendForm("/join").want(http.StatusOK)
	sound(t, "sign-up", form)
	again := form.sendForm("/sign-up", "name", "Newcomer", "email", "newcomer@example.org", "password", "short").want(http.StatusUnprocessableEntity)
	back := again.sendForm("/sign-up", "name", "Newcomer", "email", "newcomer@example.org", "password", "a long enough phrase").want(http.StatusSeeOther)
	ask := r.get(back.header.Get("Location")).want(http.StatusOK)
	if ask.value("input", "title") != "router blinks red" || ask.value("textarea", "body") != "It blinks, why?" || ask.value("input", "tags") != "router" || ask.value("input", "key") != "k1" {
		t.Errorf("what was typed is gone: %s", ask.text("main"))
	}
	ask.sendForm("/ask").want(http.StatusSeeOther)
	h.ends(deflection.Failed)
}

// sendForm sends the page's form with that action as it stands, with some
// fields filled in.
func (p *page) sendForm(action string, pairs ...string) *page {
	p.r.h.T.Helper()
	form := p.first("form", "action", action)
	if form == nil {
		p.r.h.T.Fatalf("no form %s: %s", action, p.text("main"))
	}
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Type == html.ElementNode && (n.Data == "input" || n.Data == "textarea") && attr(n, "type") != "checkbox" && attr(n, "type") != "file" {
			v := attr(n, "value")
			if n.Data == "textarea" {
				v = textOf(n)
			}
			values.Add(attr(n, "name"), v)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return p.r.do(http.MethodPost, action, strings.NewReader(values.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", p.r.h.base, "Sec-Fetch-Site", "same-origin")
}

func TestGuestSignsInToAsk(t *testing.T) {
	h := solvedHouse(t)
	h.Actor("newcomer")
	r := h.reader()
	join := r.checks().sendForm("/ask").want(http.StatusUnauthorized)
	back := join.sendForm("/sign-in", "email", "newcomer@example.org", "password", "correct horse newcomer").want(http.StatusSeeOther)
	ask := r.get(back.header.Get("Location")).want(http.StatusOK)
	if ask.value("input", "title") != "router blinks red" {
		t.Error("what was typed is gone")
	}
	ask.sendForm("/ask").want(http.StatusSeeOther)
	h.ends(deflection.Ignored)
}

func TestSearchLeadsToTheBar(t *testing.T) {
	h := solvedHouse(t)
	r := h.reader()
	found := r.get("/search?q=router+blinks").want(http.StatusOK)
	if found.header.Get("Cache-Control") != "private, no-cache" {
		t.Error("a page with one guest's links is shared")
	}
	link := attr(found.first("h2", "class", "thread-title").FirstChild, "href")
	if !strings.Contains(link, "?via=") {
		t.Fatal("the search leads nowhere")
	}
	p := r.get(link).want(http.StatusOK)
	sound(t, "thread", p)
	if p.first("section", "id", "visit") == nil || p.header.Get("Cache-Control") != "private, no-cache" {
		t.Fatal("nobody asks whether it helped")
	}
	if h.reader().get(link).want(http.StatusOK).first("section", "id", "visit") != nil {
		t.Error("another browser takes part in the visit")
	}
	if r.get(threadURL(h.Thread.ID)).first("section", "id", "visit") != nil || h.member("asker").get(link).first("section", "id", "visit") != nil {
		t.Error("asked without need")
	}
}

func TestThreadBarSaysYesAndNo(t *testing.T) {
	h := solvedHouse(t)
	r := h.reader()
	link := attr(r.get("/search?q=router+blinks").first("h2", "class", "thread-title").FirstChild, "href")
	p := r.get(link).want(http.StatusOK)
	p.sendForm("/deflection/solved").want(http.StatusOK)
	h.ends(deflection.Confirmed)
	done := r.get(link).want(http.StatusOK)
	no := done.sendForm("/deflection/not-yet").want(http.StatusSeeOther)
	if got := no.header.Get("Location"); got != "/search?q=router+blinks" {
		t.Errorf("led to %s", got)
	}
	h.ends(deflection.Failed)
}

// TestNotTracked holds that who asks not to be tracked gets no cookie, and is
// counted by the forms of the visit alone.
func TestNotTracked(t *testing.T) {
	for _, header := range []string{"DNT", "Sec-GPC"} {
		h := solvedHouse(t)
		r := h.reader()
		p := r.get("/search?q=router+blinks", header, "1").want(http.StatusOK)
		for _, c := range r.client.Jar.Cookies(mustURL(h.base)) {
			if c.Name == visitorCookie {
				t.Errorf("%s: a cookie", header)
			}
		}
		link := attr(p.first("h2", "class", "thread-title").FirstChild, "href")
		r.get(link, header, "1").want(http.StatusOK).sendForm("/deflection/solved").want(http.StatusOK)
		h.ends(deflection.Confirmed)
		if again := r.get("/search?q=router+blinks").want(http.StatusOK); again.header.Get("Set-Cookie") == "" {
			t.Error("who does not mind gets none either")
		}
	}
}

func mustURL(s string) *url.URL { u, _ := url.Parse(s); return u } // of a test server

func TestReadingSetsNoCookie(t *testing.T) {
	h := solvedHouse(t)
	r := h.reader()
	r.get("/")
	r.get(threadURL(h.Thread.ID))
	if c := r.client.Jar.Cookies(mustURL(h.base)); len(c) != 0 {
		t.Errorf("cookies of a mere reader: %v", c)
	}
}

func TestDeflectionPage(t *testing.T) {
	h := solvedHouse(t)
	empty := h.member("moderator").get("/admin/deflection").want(http.StatusOK)
	sound(t, "empty", empty)
	r := h.reader()
	link := attr(r.get("/search?q=router+blinks").first("h2", "class", "thread-title").FirstChild, "href")
	r.get(link).sendForm("/deflection/solved").want(http.StatusOK)
	h.reader().get("/search?q=telephone").want(http.StatusOK)
	h.Wait(31 * time.Minute)
	for _, who := range []string{"agent", "admin", "moderator"} {
		for _, days := range []string{"", "?days=7", "?days=365"} {
			p := h.member(who).get("/admin/deflection" + days).want(http.StatusOK)
			sound(t, who, p)
			for _, want := range []string{"100% to 100%", "Router blinks red at night", "by The helper, 1 visitor helped", "telephone"} {
				if !strings.Contains(p.text("main"), want) {
					t.Errorf("%s: no %q in %s", days, want, p.text("main"))
				}
			}
			if p.first("rect", "class", "b-confirmed") == nil || p.first("a", "href", "/admin/deflection/write?title=telephone") == nil {
				t.Error("nothing is drawn, or to do")
			}
		}
	}
	h.member("admin").get("/admin/deflection?days=9999").want(http.StatusUnprocessableEntity)
	h.member("asker").get("/admin/deflection").want(http.StatusNotFound)
	h.reader().get("/admin/deflection").want(http.StatusUnauthorized)
}

// TestOffersHideWhatIsHidden holds that an offer is nothing but what its
// visitor may see.
func TestOffersHideWhatIsHidden(t *testing.T) {
	h := solvedHouse(t)
	if _, err := h.Svc.SetPrivate(h.Ctx, community.System, h.Thread.ID, true); err != nil {
		t.Fatal(err)
	}
	if p := h.reader().checks(); p.first("li", "class", "offer") != nil {
		t.Error("a private question is offered")
	}
}

func TestNiceTop(t *testing.T) {
	for n, want := range map[int64]int64{0: 2, 1: 2, 3: 4, 5: 10, 11: 20, 399: 400, 401: 1000} {
		if got := niceTop(n); got != want {
			t.Errorf("%d: %d", n, got)
		}
	}
}

// TestHelpedThisWeek is on the author's page and on the page of their points, and
// a week's notice leads there; settings switch it off.
func TestHelpedThisWeek(t *testing.T) {
	h := solvedHouse(t)
	for range 2 {
		p := h.reader().checks()
		p.post("/deflection/solved", "attempt", p.value("input", "attempt"), "offer", attr(p.first("button", "name", "offer"), "value")).want(http.StatusOK)
	}
	h.Settled()
	helper := h.member("helper")
	own := "/members/" + h.Actor("helper").ID
	for _, path := range []string{own, own + "/points"} {
		p := h.reader().get(path).want(http.StatusOK)
		if !strings.Contains(p.text("main"), "Helped 2 people this week") {
			t.Errorf("%s: %s", path, p.text("main"))
		}
		sound(t, path, p)
	}
	h.Wait(8 * 24 * time.Hour)
	told := helper.get("/notifications")
	if a := told.first("a", "href", own+"/points"); a == nil || textOf(a) != "Your answers helped 2 people last week." {
		t.Errorf("told: %s", told.text("main"))
	}
	helper.get("/settings").sendForm("/settings/prefs").want(http.StatusSeeOther)
	if m, err := h.Svc.Member(h.Ctx, h.Actor("helper").ID); err != nil || !m.Prefs.NoWeekly {
		t.Errorf("not switched off: %+v, %v", m.Prefs, err)
	}
}
