package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"selfie/community"
	"selfie/moderation"
)

// submit sends the form of the page that goes to action, with what stands in
// it, and with the given fields as the member fills them in.
func (p *page) submit(action string, pairs ...string) *page {
	p.r.h.T.Helper()
	form := p.first("form", "action", action)
	if form == nil {
		p.r.h.T.Fatalf("no form goes to %s: %s", action, p.text("main"))
	}
	typed := url.Values{}
	for n := range form.Descendants() {
		if name, v, ok := standing(n); ok {
			typed.Set(name, v)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		typed.Set(pairs[i], pairs[i+1])
	}
	return p.r.do(http.MethodPost, action, strings.NewReader(typed.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", p.r.h.base, "Sec-Fetch-Site", "same-origin")
}

// standing is what a browser would send of one element of a form.
func standing(n *html.Node) (name, value string, ok bool) {
	name = attr(n, "name")
	if n.Type != html.ElementNode || name == "" {
		return "", "", false
	}
	switch kind := attr(n, "type"); {
	case n.Data == "textarea":
		return name, textOf(n), true
	case n.Data == "select":
		for o := range n.Descendants() {
			if o.Data == "option" && (value == "" || has(o, "selected", "*")) {
				value = attr(o, "value")
			}
		}
		return name, value, true
	case n.Data != "input" || ((kind == "checkbox" || kind == "radio") && !has(n, "checked", "*")):
		return "", "", false
	}
	return name, attr(n, "value"), true
}

// links lists the addresses on the page that begin with a path.
func (p *page) links(prefix string) (list []string) {
	for _, a := range p.all("a", "href", "*") {
		if strings.HasPrefix(attr(a, "href"), prefix) {
			list = append(list, attr(a, "href"))
		}
	}
	return list
}

// says fails the test unless the page's main part holds each text; a text that
// begins with "!" must be absent.
func (p *page) says(texts ...string) *page {
	p.r.h.T.Helper()
	all := p.text("main")
	for _, t := range texts {
		absent, not := strings.CutPrefix(t, "!")
		if strings.Contains(all, absent) == not {
			p.r.h.T.Errorf("page says (%q): %s", t, all)
		}
	}
	return p
}

// sound fails the test for what no page may do.
func (p *page) sound() *page {
	p.r.h.T.Helper()
	for _, complaint := range complaints(p) {
		p.r.h.T.Errorf("%s: %s", p.text("title"), complaint)
	}
	return p
}

func TestFlaggedJudgedAndUndone(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("rude").Answer("Buy another one at https://shop.example, you fool.").Settled()
	thread, flag := threadURL(h.Thread.ID), "/posts/answer/"+h.Answer_.ID+"/flag"

	witness := h.member("witness")
	if links := witness.get(thread).want(http.StatusOK).links(flag); len(links) != 1 {
		t.Fatalf("no way to report the answer: %v", links)
	}
	form := witness.get(flag).want(http.StatusOK).sound()
	form.submit(flag, "reason", "other", "note", "short").want(http.StatusUnprocessableEntity).sound().says("Please say in a sentence what is wrong")
	sent := form.submit(flag, "reason", "rude", "note", "He calls people fools").want(http.StatusSeeOther)
	if to := sent.header.Get("Location"); !strings.HasPrefix(to, thread) {
		t.Errorf("sent to %s", to)
	}
	h.Settled()
	witness.get(flag).want(http.StatusOK).says("You reported this already", "He calls people fools")
	witness.get("/review").want(http.StatusForbidden)

	moderator := h.member("moderator")
	queue := moderator.get("/review").want(http.StatusOK).sound().says("1 × Rude or abusive", "Router blinks red")
	items := queue.links("/review/")
	if len(items) != 1 {
		t.Fatalf("items: %v", items)
	}
	item := items[0]
	page := moderator.get(item).want(http.StatusOK).sound().says("He calls people fools", "The witness", "you fool")
	page.submit(item + "/claim").want(http.StatusSeeOther)
	second := h.member("moderator2")
	second.get("/review").want(http.StatusOK).says("The moderator is looking")
	second.get(item).submit(item+"/decide", "action", "approve").want(http.StatusConflict).sound().says("Another moderator is looking at this")

	page = moderator.get(item).want(http.StatusOK).says("You are looking at this")
	page.submit(item+"/decide", "action", "hide", "note", "second time").want(http.StatusUnprocessableEntity).sound().says("Say why: the author is told")
	page.submit(item+"/decide", "action", "hide", "reason", "Be friendly, please.").want(http.StatusSeeOther)
	h.Settled()
	h.reader().get(thread).want(http.StatusOK).says("!you fool")
	author := h.member("rude")
	author.get(thread).says("you fool", "Only the author and the staff see this for now. Be friendly, please.")
	author.get("/notifications").want(http.StatusOK).sound().says("A moderator hid your post: Be friendly, please.")
	witness.get("/notifications").says("A moderator agreed with your report")
	h.reader().get("/log").want(http.StatusOK).sound().says("Hidden: Be friendly, please.", "!The moderator", "!The rude")
	moderator.get("/log").sound().says("by The moderator Moderator about The rude")
	moderator.get("/review").says("Nothing to decide")
	moderator.get("/review?show=done").sound().says("Hidden", "Router blinks red")

	moderator.get(item).want(http.StatusOK).sound().submit(item + "/undo").want(http.StatusSeeOther)
	h.Settled()
	h.reader().get(thread).says("you fool")
	author.get("/notifications").says("A decision about your post was taken back")
	moderator.get(item).sound().says("taken back by The moderator")
	h.reader().get("/log").says("Taken back: Hidden")
}

func TestHeldPostIsSeenByItsAuthor(t *testing.T) {
	h := newHouseHolding(t, moderation.HoldRules{FirstPosts: 1})
	newcomer := h.member("newcomer")
	asked := newcomer.get("/ask").want(http.StatusOK).post("/ask", "space", "general", "title", "Router blinks red at night", "body", "It blinks, why may that be?", "key", "k1").want(http.StatusSeeOther)
	thread, _, _ := strings.Cut(asked.header.Get("Location"), "?")
	h.Settled()
	newcomer.get(thread).want(http.StatusOK).sound().says("It blinks, why", "Your first posts are looked at by a moderator")
	h.reader().get(thread).want(http.StatusNotFound)
	h.reader().get("/?show=newest").want(http.StatusOK).says("!Router blinks red")

	moderator := h.member("moderator")
	queue := moderator.get("/review").want(http.StatusOK).says("held: a newcomer's post", "Out of sight")
	item := queue.links("/review/")[0]
	moderator.get(item).sound().submit(item+"/decide", "action", "approve").want(http.StatusSeeOther)
	h.Settled()
	h.reader().get(thread).want(http.StatusOK).says("It blinks, why")
	newcomer.get("/notifications").says("A moderator looked at your post: it is shown.")
}

func TestAgentSolvesACase(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").Settled()
	thread := threadURL(h.Thread.ID)
	asker := h.member("asker")
	early := asker.get(thread).want(http.StatusOK).sound().says("you can ask an agent here", "!Ask an agent")
	early.post(thread + "/ask-agent").want(http.StatusConflict).says("You can ask an agent from")
	h.Clock.Advance(31 * time.Minute)
	asker.get(thread).sound().submit(thread+"/ask-agent", "why", "we cannot work").want(http.StatusSeeOther)
	h.Settled()
	asker.get(thread).sound().says("Submitted to support", "!Ask an agent")
	h.member("stranger").get(thread).says("!Submitted to support")

	agent := h.member("agent")
	page := agent.get("/desk").want(http.StatusOK).sound().says("Router blinks red", "The customer asked for an agent: we cannot work")
	cases := page.links("/desk/")
	if len(cases) != 1 {
		t.Fatalf("cases: %v", cases)
	}
	at := cases[0]
	page = agent.get(at).want(http.StatusOK).sound().says("PUBLIC thread", "asker@example.org", "Opened: The customer asked")
	page.submit(at + "/take").want(http.StatusSeeOther)
	asker.get(thread).says("With support")
	page.submit(at+"/note", "text", "Called the customer").want(http.StatusSeeOther)
	page.submit(at+"/note", "text", " ").want(http.StatusUnprocessableEntity).sound().says("Write a note of")
	page.submit(at+"/reply", "body", "short", "solves", "1").want(http.StatusUnprocessableEntity).sound().says("short")
	h.Settled()
	page = agent.get(at).sound().says("Note: Called the customer", "The agent took the case")
	page.submit(at+"/reply", "body", "Your router is broken: we send you another one.", "solves", "1").want(http.StatusSeeOther)
	h.Settled()
	p := asker.get(thread).sound().says("Official answer by Lumen Support", "we send you another one", "Solved by support", "Solved it", "!Called the customer")
	if first := textOf(p.first("div", "class", "thread-facts")); !strings.Contains(first, "Solved") {
		t.Errorf("the thread is not solved: %s", first)
	}
	h.reader().get(thread).says("Official answer by Lumen Support", "!Solved by support", "!Called the customer")
	agent.get("/desk?state=solved").sound().says("Router blinks red")
	agent.get(at).sound().submit(at + "/reopen").want(http.StatusSeeOther)
	asker.get(thread).says("With support")
}

func TestPrivateReplyIsForTheAsker(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").Settled()
	thread := threadURL(h.Thread.ID)
	moderator := h.member("moderator")
	moderator.get(thread).sound().submit(thread+"/escalate", "why", "needs the order number").want(http.StatusSeeOther)
	h.Settled()
	agent := h.member("agent")
	at := agent.get("/desk").want(http.StatusOK).says("Handed over by The moderator: needs the order number").links("/desk/")[0]
	agent.get(at).submit(at+"/reply", "body", "Your order number is 4711, keep it.", "private", "1").want(http.StatusSeeOther)
	h.Settled()
	h.member("asker").get(thread).sound().says("4711", "Private: for the asker and support", "Waiting for you")
	moderator.get(thread).says("4711")
	moderator.get(at).want(http.StatusForbidden)
	for _, r := range []*reader{h.reader(), h.member("stranger")} {
		r.get(thread).want(http.StatusOK).says("!4711", "!Waiting for")
	}
	agent.get(at).submit(at+"/hand-back", "reason", "others know better").want(http.StatusSeeOther)
	h.Settled()
	agent.get(at).says("handed the case back: others know better")

	id := strings.TrimPrefix(at, "/desk/")
	h.As("agent")
	for i := range 120 {
		_, err := h.site.cases.AddNote(h.Ctx, h.By, id, fmt.Sprintf("Called again, the %d. time", i), fmt.Sprint("note", i))
		h.OK(err)
		h.Clock.Advance(time.Minute)
	}
	first := agent.get(at).sound().says("the 0. time", "!the 119. time")
	agent.get(attr(first.first("a", "rel", "next"), "href")).sound().says("the 119. time", "!the 0. time")
}

func TestRulesAreTriedAndHoursKept(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").Ask("Printer prints blank pages").Settled()
	h.Clock.Advance(30 * 24 * time.Hour)
	admin := h.member("admin")
	p := admin.get("/admin/rules").want(http.StatusOK).sound()
	p.submit("/admin/rules/unanswered", "hours", "5", "try", "1").want(http.StatusOK).sound().says("Of 2 threads this rule would escalate 2 now.", "Printer prints blank")
	bad := p.submit("/admin/rules/new", "name", "Late ones", "trigger", "unanswered", "hours", "many", "threshold", "0,5").want(http.StatusUnprocessableEntity).sound().says("Give a whole number here.")
	if kept := bad.first("input", "id", "hours-new"); attr(kept, "value") != "many" || attr(kept, "aria-invalid") != "true" {
		t.Error("the typed hours are gone")
	}
	if kept := bad.first("input", "id", "name-new"); attr(kept, "value") != "Late ones" {
		t.Error("the typed name is gone")
	}
	for _, threshold := range []string{"NaN", "Inf", "-1", "1e300", "some"} {
		p.submit("/admin/rules/new", "name", "Angry ones", "trigger", "negative", "threshold", threshold).want(http.StatusUnprocessableEntity).says("Give a number above 0")
	}
	p.submit("/admin/rules/new", "name", "Late ones", "trigger", "unanswered", "hours", "9").want(http.StatusSeeOther)
	p = admin.get("/admin/rules").sound()
	if names := p.all("input", "value", "Late ones"); len(names) != 1 {
		t.Errorf("%d rules of the name", len(names))
	}

	bad = p.submit("/admin/hours", "zone", "Europe/Atlantis", "from-1", "08:15", "holidays", "2026-12-25").want(http.StatusUnprocessableEntity).sound().says("There is no time zone")
	for name, want := range map[string]string{"zone": "Europe/Atlantis", "from-1": "08:15", "to-1": "17:00", "from-0": "", "holidays": "2026-12-25"} {
		if got := attr(bad.first("input", "name", name), "value"); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	p.submit("/admin/hours", "to-1", "25:99").want(http.StatusUnprocessableEntity).sound().says("Write times like 09:30")
	p.submit("/admin/hours", "from-1", "18:00").want(http.StatusUnprocessableEntity).sound().says("A day opens before it closes")
	p.submit("/admin/hours", "zone", "Europe/Berlin", "to-1", "24:00").want(http.StatusSeeOther)
	if got := attr(admin.get("/admin/rules").first("input", "name", "to-1"), "value"); got != "24:00" {
		t.Errorf("the day ends at %q", got)
	}
}

func TestPointsHaveCauses(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold reset for ten seconds.").As("asker").Accept().
		As("fan").Vote(h.LastAnswer(), 1).Settled()
	helper := h.Actor("helper").ID
	want := []string{"answer found helpful: Router blinks red at night", "answer solved it: Router blinks red at night"}
	h.reader().get("/members/" + helper + "/points").want(http.StatusOK).sound().says(want...).says("!What points unlock")
	own := h.member("helper").get("/members/"+helper+"/points").sound().says(want...).says("What points unlock", "Voting down")
	sum := int64(0)
	for _, day := range own.all("ul", "class", "ledger")[:1] {
		for n := range day.Descendants() {
			if n.Data == "strong" {
				sum += signedNumber(textOf(n))
			}
		}
	}
	standing, err := h.site.standing.Standing(h.Ctx, helper)
	h.OK(err)
	if start := h.site.standing.Rules().Start; start+sum != standing.Points {
		t.Errorf("lines sum to %d from %d, the member has %d", sum, start, standing.Points)
	}
	for _, path := range []string{"/leaders", "/leaders?span=week", "/leaders?span=all"} {
		h.reader().get(path).want(http.StatusOK).sound().says("The helper", "1 answer accepted", "!The fan")
	}
	h.reader().get("/leaders?span=century").want(http.StatusUnprocessableEntity).says("A leaderboard is of a week, a month or all time")
	h.reader().get("/members/nobody/points").want(http.StatusNotFound)
	h.member("admin").get("/admin/desks").want(http.StatusOK).sound().says("No external desk")
	h.reader().do(http.MethodPost, "/hooks/desks/rt", strings.NewReader("{}")).want(http.StatusNotFound)
}

func signedNumber(s string) (n int64) {
	for _, r := range strings.TrimLeft(s, "+-") {
		n = n*10 + int64(r-'0')
	}
	if strings.HasPrefix(s, "-") {
		return -n
	}
	return n
}

// TestSuspendedOnlyRead keeps those who may only read from reporting, calling
// agents and judging.
func TestSuspendedOnlyRead(t *testing.T) {
	h := newHouse(t)
	h.As("helper").Ask("Printer prints blank pages").As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold reset for ten seconds.").Settled()
	thread, flag := threadURL(h.Thread.ID), "/posts/answer/"+h.Answer_.ID+"/flag"
	h.Clock.Advance(time.Hour)
	_, err := h.site.judges.Flag(h.Ctx, h.Actor("witness"), community.Ref{Kind: community.AnAnswer, ID: h.Answer_.ID}, moderation.Spam, "")
	h.OK(err).Settled()
	asker, moderator := h.member("asker"), h.member("moderator")
	item := moderator.get("/review").links("/review/")[0]
	for _, name := range []string{"asker", "moderator"} {
		_, err := h.Svc.Member(h.Ctx, h.Actor(name).ID)
		h.OK(err).OK(h.Svc.JudgeMember(h.Ctx, h.Actor(name).ID, h.Thread.Created+1000*60*60*24*9))
	}
	asker.get(flag).submit(flag, "reason", "spam").want(http.StatusForbidden).says("Your account is suspended")
	asker.get(thread).post(thread + "/ask-agent").want(http.StatusForbidden)
	p := moderator.get(item).want(http.StatusOK)
	p.submit(item + "/claim").want(http.StatusForbidden)
	p.submit(item+"/decide", "action", "delete", "reason", "no reason at all").want(http.StatusForbidden).says("Your account is suspended")
	moderator.get(thread).post(thread + "/escalate").want(http.StatusForbidden)
}
