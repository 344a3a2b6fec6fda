package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/deflection"
)

const shop = "https://shop.test"

func widgetHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, func(c *Config) { c.WidgetOrigins = []string{shop, "https://www.test"} })
	h.As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold **reset** for ten seconds.").As("asker").Accept()
	h.reindexed()
	h.Clock.Advance(time.Hour)
	return h
}

// frame is the widget in someone's page: no cookies, what the frame itself keeps.
type frame struct {
	r                *reader
	visitor, attempt string
	header           []string
}

// does sends what the frame's script would; out gets the answer.
func (f *frame) does(path string, status int, out any, pairs ...string) string {
	f.r.h.T.Helper()
	form := url.Values{"visitor": {f.visitor}, "attempt": {f.attempt}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	header := append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, f.header...)
	p := f.r.do(http.MethodPost, path, strings.NewReader(form.Encode()), header...)
	p.want(status)
	if out != nil {
		f.r.h.OK(json.Unmarshal([]byte(p.body), out))
	}
	return p.header.Get("Location")
}

// looks types a query, and returns what is offered.
func (f *frame) looks(q string, more ...string) *html.Node {
	f.r.h.T.Helper()
	var out struct{ HTML, Attempt, Visitor string }
	f.does("/widget/look", http.StatusOK, &out, append([]string{"q", q}, more...)...)
	if f.attempt = out.Attempt; out.Visitor != "" {
		f.visitor = out.Visitor
	}
	root, err := html.Parse(strings.NewReader(out.HTML))
	f.r.h.OK(err)
	return root
}

func TestWidgetIsOffByDefault(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/widget", "/widget.js"} {
		h.reader().get(path).want(http.StatusNotFound)
	}
	if p := h.member("admin").get("/admin/widget").want(http.StatusOK); !strings.Contains(p.text("main"), "switched off") {
		t.Error("the admin is not told")
	}
	for _, bad := range []string{"*", "shop.test", "https://shop.test/", "https://*.shop.test", "https://a.test https://b.test", "javascript:alert(1)", "https://a.test; script-src *", "https://u:p@a.test"} {
		if checkOrigins([]string{bad}) == nil {
			t.Errorf("%q passes for a site", bad)
		}
	}
}

func TestWidgetMayBeShownByItsSitesOnly(t *testing.T) {
	h := widgetHouse(t)
	p := h.member("asker").get("/widget").want(http.StatusOK)
	policy := p.header.Get("Content-Security-Policy")
	if !strings.HasSuffix(policy, "frame-ancestors https://shop.test https://www.test") || !strings.Contains(policy, "default-src 'none'") || p.header.Get("X-Frame-Options") != "" {
		t.Errorf("%s, %q", policy, p.header.Get("X-Frame-Options"))
	}
	if strings.Contains(p.body, "The asker") || len(p.header.Values("Set-Cookie")) != 0 {
		t.Error("the frame knows who is signed in, or sets a cookie")
	}
	if p.text("h1") == "" || p.first("label", "for", "q") == nil || p.first("p", "role", "status") == nil {
		t.Error("the frame lacks its head, its label or its status")
	}
	if other := h.reader().get("/ask").want(http.StatusOK); !strings.Contains(other.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || other.header.Get("X-Frame-Options") != "DENY" {
		t.Error("other pages may be framed")
	}
	js := h.reader().get("/widget.js").want(http.StatusOK)
	if js.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.Contains(js.header.Get("Content-Type"), "javascript") {
		t.Errorf("%v", js.header)
	}
	f := &frame{r: h.reader(), header: []string{"Origin", shop}}
	f.does("/widget/look", http.StatusForbidden, nil, "q", "router")
	admin := h.member("admin").get("/admin/widget").want(http.StatusOK)
	sound(t, "snippet", admin)
	if !strings.Contains(admin.text("main"), `<script src="http://help.test/widget.js" async></script>`) || !strings.Contains(admin.text("main"), shop) {
		t.Errorf("snippet: %s", admin.text("main"))
	}
	size := 0
	for _, name := range []string{"widget/loader.js", "widget/frame.js", "widget/frame.css"} {
		size += len(h.site.assets.files[name].plain)
	}
	if size > 10<<10 {
		t.Errorf("the widget has grown to %d bytes", size)
	}
}

func TestWidgetHelps(t *testing.T) {
	h := widgetHouse(t)
	f := &frame{r: h.reader()}
	offer := (&page{root: f.looks("router blinks red")}).first("details")
	if text := textOf(offer); !strings.Contains(text, "Hold reset for ten seconds.") || !strings.Contains(text, "Solved") {
		t.Fatalf("offer: %s", text)
	}
	first := f.attempt
	if f.looks("router blinks red at night"); f.attempt != first || len(f.visitor) != len(store.Token()) {
		t.Errorf("typing on began anew: %q, %q", f.attempt, f.visitor)
	}
	if len(f.r.client.Jar.Cookies(mustURL(h.base))) != 0 {
		t.Error("the frame got a cookie")
	}
	thread := attr(offer, "data-thread")
	f.does("/widget/act", http.StatusOK, nil, "act", "opened", "thread", thread)
	var said struct{ HTML, Says string }
	f.does("/widget/act", http.StatusOK, &said, "act", "solved", "thread", thread)
	if !strings.Contains(said.HTML, "The helper hears") {
		t.Errorf("said: %s", said.HTML)
	}
	h.ends(deflection.Confirmed)
	st, err := h.site.standing.Standing(h.Ctx, h.Actor("helper").ID)
	h.OK(err)
	if st.Helped != 1 {
		t.Error("the author is not credited")
	}
	f.does("/widget/act", http.StatusOK, &said, "act", "not-yet", "thread", thread)
	h.ends(deflection.Failed)
	f.does("/widget/act", http.StatusUnprocessableEntity, nil, "act", "dance", "thread", thread)
}

func TestWidgetKeepsToItsSpaceAndToWhatIsPublic(t *testing.T) {
	h := widgetHouse(t)
	f := &frame{r: h.member("admin")} // whose cookies say nothing here
	if (&page{root: f.looks("router blinks red", "space", "other")}).first("details") != nil {
		t.Error("another space's answer is offered")
	}
	if (&page{root: f.looks("router blinks red", "space", "general")}).first("details") == nil {
		t.Error("its space's answer is not offered")
	}
	_, err := h.Svc.SetPrivate(h.Ctx, community.System, h.Thread.ID, true)
	h.OK(err)
	if (&page{root: f.looks("router blinks red")}).first("details") != nil {
		t.Error("a private question is offered to an admin's browser")
	}
	f.does("/widget/act", http.StatusNotFound, nil, "act", "solved", "thread", h.Thread.ID)
}

// TestWidgetLeadsOn asks from the widget: what was typed goes along, past the
// sign-in, and the attempt ends as what it was.
func TestWidgetLeadsOn(t *testing.T) {
	h := widgetHouse(t)
	f := &frame{r: h.reader()}
	thread := attr((&page{root: f.looks("router blinks red")}).first("details"), "data-thread")
	at := f.does("/widget/go", http.StatusSeeOther, nil, "to", "thread", "thread", thread, "title", "router blinks red")
	if bar := f.r.get(at).want(http.StatusOK).first("section", "class", "visit"); bar == nil {
		t.Errorf("%s: nobody asks whether it helped", at)
	}
	at = f.does("/widget/go", http.StatusSeeOther, nil, "to", "agent", "title", "My router blinks red", "space", "general")
	form := f.r.get(at).want(http.StatusOK)
	if form.value("input", "title") != "My router blinks red" || form.value("input", "agent") != "1" || !strings.Contains(form.text("main"), "talk to an agent") {
		t.Fatalf("ask page: %s", form.text("main"))
	}
	join := form.post("/ask", "title", "My router blinks red", "body", "All night long.", "space", "general", "key", "w1", "attempt", form.value("input", "attempt"), "agent", "1").want(http.StatusUnauthorized)
	pairs := []string{"email", "newcomer@example.org", "password", "correct horse newcomer", "carry-to", join.value("input", "carry-to")}
	h.Actor("newcomer")
	for _, n := range join.all("input") {
		if name := attr(n, "name"); strings.HasPrefix(name, "carry.") {
			pairs = append(pairs, name, attr(n, "value"))
		}
	}
	in := join.post("/sign-in", pairs...).want(http.StatusSeeOther)
	again := f.r.get(in.header.Get("Location")).want(http.StatusOK)
	if again.value("input", "title") != "My router blinks red" || again.value("textarea", "body") != "All night long." || again.value("input", "agent") != "1" {
		t.Fatalf("after signing in: %s", again.text("main"))
	}
	done := again.post("/ask", "title", "My router blinks red", "body", "All night long.", "space", "general", "key", again.value("input", "key"), "attempt", again.value("input", "attempt"), "agent", "1").want(http.StatusSeeOther)
	h.Settled()
	counts := h.counts()
	if counts[deflection.Failed] != 1 {
		t.Errorf("the widget's attempt ended as %v", counts)
	}
	page := f.r.get(done.header.Get("Location")).want(http.StatusOK)
	if !strings.Contains(page.text("body"), "The community usually answers quickly") {
		t.Errorf("nothing says when an agent comes: %s", page.text("body"))
	}
}

// TestWidgetWithoutTracking counts a visitor who asks not to be tracked, and
// nothing else.
func TestWidgetWithoutTracking(t *testing.T) {
	h := widgetHouse(t)
	for _, header := range []string{"DNT", "Sec-GPC"} {
		f := &frame{r: h.reader(), header: []string{header, "1"}}
		thread := attr((&page{root: f.looks("router blinks red")}).first("details"), "data-thread")
		if f.visitor != "" || f.attempt == "" {
			t.Errorf("%s: visitor %q, attempt %q", header, f.visitor, f.attempt)
		}
		f.does("/widget/go", http.StatusSeeOther, nil, "to", "ask", "title", "router blinks red")
		if c := f.r.client.Jar.Cookies(mustURL(h.base)); len(c) != 0 {
			t.Errorf("%s: %v", header, c)
		}
		f.does("/widget/act", http.StatusOK, nil, "act", "solved", "thread", thread)
	}
	if c := h.counts(); c[deflection.Confirmed] != 2 {
		t.Errorf("%v", c)
	}
	p := h.reader().get("/privacy").want(http.StatusOK)
	sound(t, "privacy", p)
	if !strings.Contains(p.text("main"), "Global Privacy Control") {
		t.Error("nothing is said about it")
	}
}

// TestDeflectionAPI goes through an attempt as another program does.
func TestDeflectionAPI(t *testing.T) {
	h := solvedHouse(t)
	r, at := h.reader(), "/api/v1/deflection/attempts"
	send := func(path string, status int, body map[string]string, out any) {
		t.Helper()
		b, _ := json.Marshal(body) // strings only
		p := r.do(http.MethodPost, path, strings.NewReader(string(b)), "Content-Type", "application/json").want(status)
		if out != nil {
			h.OK(json.Unmarshal([]byte(p.body), out))
		}
	}
	var look struct {
		Attempt string
		Offers  []struct {
			Thread, Answer, Excerpt, URL string
			Accepted                     bool
		}
	}
	const who = "a secret of twenty signs"
	send(at, http.StatusOK, map[string]string{"query": "router blinks red", "visitor": who}, &look)
	if len(look.Offers) != 1 || look.Offers[0].Excerpt != "Hold reset for ten seconds." || !look.Offers[0].Accepted || look.Attempt == "" {
		t.Fatalf("%+v", look)
	}
	step := map[string]string{"thread": look.Offers[0].Thread, "visitor": who}
	for _, c := range []struct{ path, want string }{{"opened", "open"}, {"solved", "confirmed"}, {"not-yet", "failed"}, {"solved", "confirmed"}} {
		var got struct{ Outcome string }
		if send(at+"/"+look.Attempt+"/"+c.path, http.StatusOK, step, &got); got.Outcome == "open" && c.want == "failed" || got.Outcome != c.want && c.want != "failed" {
			t.Errorf("%s: %s", c.path, got.Outcome)
		}
	}
	h.ends(deflection.Confirmed)
	send(at+"/"+look.Attempt+"/solved", http.StatusGone, map[string]string{"thread": look.Offers[0].Thread, "visitor": "another secret of twenty"}, nil)
	send(at, http.StatusUnprocessableEntity, map[string]string{"query": "router", "visitor": "short"}, nil)
	send(at, http.StatusUnprocessableEntity, map[string]string{"query": " "}, nil)
	send(at+"/"+look.Attempt+"/asked", http.StatusUnauthorized, step, nil)
	now := h.Clock.Now()
	f, err := h.site.deflection.Funnel(h.Ctx, h.Actor("agent"), now.AddDate(0, 0, -1), now.AddDate(0, 0, 1))
	h.OK(err)
	if f.Surfaces[3].Surface != deflection.OnAPI || f.Surfaces[3].Offered[deflection.Confirmed] != 1 {
		t.Errorf("%+v", f.Surfaces[3])
	}
}
