package web

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"selfie/community"
	"selfie/community/markup"
)

// TestPagesAreSound visits every page as a guest, a member and an admin, and
// holds its tree to what all pages promise.
func TestPagesAreSound(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night", scene_tagged("router"))
	h.As("helper").Answer("Hold **reset** for ten seconds, @the-asker.")
	h.As("asker").Remark("That helped, thank you!").Accept()
	h.Settled()
	thread, answer := threadURL(h.Thread.ID), h.Answer_.ID
	for who, paths := range map[string][]string{
		"guest": {"/", "/?show=newest", "/?show=unanswered", "/?show=hot", "/?show=solved", "/?state=stale", "/spaces", "/spaces/general",
			"/tags", "/tags/router", "/search", "/search?q=router", thread, "/sign-in", "/sign-up", "/forgot", "/members/" + h.Actor("helper").ID,
			"/members/" + h.Actor("helper").ID + "?show=answers", "/posts/answer/" + answer + "/comments"},
		"asker": {"/", thread, "/ask", "/ask?title=Why+so", "/settings", "/notifications", "/posts/question/" + h.Thread.ID + "/edit",
			"/posts/question/" + h.Thread.ID + "/history", "/posts/comment/" + h.Comment.ID + "/edit", thread + "/duplicate",
			"/members/" + h.Actor("asker").ID + "?show=watching"},
		"admin": {"/admin", "/admin/spaces", "/admin/spaces/new", "/admin/spaces/general", "/admin/members", "/admin/members?role=customer",
			"/admin/members?email=helper@example.org", "/admin/mail", "/admin/checks", thread},
	} {
		r := h.reader()
		if who != "guest" {
			r = h.member(who)
		}
		for _, path := range paths {
			p := r.get(path).want(http.StatusOK)
			for _, complaint := range complaints(p) {
				t.Errorf("%s, %s: %s", who, path, complaint)
			}
		}
	}
}

func scene_tagged(tags ...string) func(*community.ThreadDraft) {
	return func(d *community.ThreadDraft) { d.Tags = tags }
}

// complaints lists what every page must not do.
func complaints(p *page) []string {
	var bad []string
	say := func(s string) { bad = append(bad, s) }
	if n := len(p.all("h1")); n != 1 {
		say("not one h1")
	}
	if len(p.all("main")) != 1 || p.first("a", "href", "#main") == nil {
		say("no main, or no way to skip to it")
	}
	if p.text("title") == "" {
		say("no title")
	}
	ids, labelled := map[string]bool{}, map[string]bool{}
	for _, n := range p.all("label", "for", "*") {
		labelled[attr(n, "for")] = true
	}
	for _, n := range p.all("") {
		if id := attr(n, "id"); id != "" && ids[id] {
			say("id twice: " + id)
		} else {
			ids[id] = true
		}
		bad = append(bad, element(n, labelled)...)
	}
	for _, n := range p.all("", "aria-describedby", "*") {
		for id := range strings.FieldsSeq(attr(n, "aria-describedby")) {
			if !ids[id] {
				say("described by nothing: " + id)
			}
		}
	}
	return bad
}

func element(n *html.Node, labelled map[string]bool) (bad []string) {
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			bad = append(bad, "inline "+a.Key+" on "+n.Data)
		}
	}
	switch n.Data {
	case "script":
		if attr(n, "src") == "" && attr(n, "type") != "application/ld+json" {
			bad = append(bad, "inline script")
		}
	case "style":
		bad = append(bad, "inline style sheet")
	case "img":
		if !has(n, "alt", "*") {
			bad = append(bad, "picture without alt: "+attr(n, "src"))
		}
	case "input", "textarea", "select":
		kind := attr(n, "type")
		if kind != "hidden" && !labelled[attr(n, "id")] && n.Parent.Data != "label" {
			bad = append(bad, "no label: "+attr(n, "name"))
		}
	case "button":
		if textOf(n) == "" && attr(n, "aria-label") == "" {
			bad = append(bad, "button without a name")
		}
	case "form":
		if attr(n, "method") == "post" && (&page{root: n}).first("input", "name", csrfField) == nil {
			bad = append(bad, "form without a token: "+attr(n, "action"))
		}
	}
	return bad
}

func TestThreadShowsItsStory(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	h.As("helper").Answer("Hold **reset** for ten seconds.")
	h.As("asker").Accept()
	h.Settled()
	p := h.reader().get(threadURL(h.Thread.ID)).want(http.StatusOK)
	if got := p.text("h1"); got != "Router blinks red at night" {
		t.Errorf("h1: %q", got)
	}
	accepted := p.first("article", "class", "is-accepted")
	if accepted == nil || !strings.Contains(textOf(accepted), "Hold reset for ten seconds.") || !strings.Contains(textOf(accepted), "Solved it") {
		t.Errorf("accepted answer: %q", textOf(accepted))
	}
	if p.text("span", "class", "s-solved") != "Solved" {
		t.Error("the state is not shown")
	}
	if !strings.Contains(p.text("script", "type", "application/ld+json"), `"acceptedAnswer"`) {
		t.Error("no structured data")
	}
	if p.first("form", "class", "answer-form") != nil {
		t.Error("a guest gets a form that needs a member")
	}
}

func TestFormsKeepWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	r := h.member("asker")
	form := r.get("/ask").want(http.StatusOK)
	p := form.postFile("/ask", "pictures", tinyPNG(), "title", "Too short", "body", "A body long enough <b>for</b> anyone", "space", "general",
		"tags", "one two three four five six", "key", "k1").want(http.StatusUnprocessableEntity)
	tags := p.first("input", "id", "tags")
	if attr(tags, "aria-invalid") != "true" || !strings.Contains(attr(tags, "aria-describedby"), "tags-error") || p.first("", "id", "tags-error") == nil {
		t.Error("the error is not linked to its field")
	}
	if attr(tags, "value") != "one two three four five six" || attr(p.first("input", "id", "title"), "value") != "Too short" || p.text("textarea", "name", "body") != "A body long enough <b>for</b> anyone" {
		t.Error("what was typed is gone")
	}
	kept := attr(p.first("input", "name", "image"), "value")
	if kept == "" || attr(p.first("input", "name", "key"), "value") != "k1" {
		t.Fatal("the uploaded picture, or the form's key, is gone")
	}
	done := p.post("/ask", "title", "Long enough now", "body", "A body long enough", "space", "general", "image", kept, "alt-"+kept, "a [red] light", "key", "k1").want(http.StatusSeeOther)
	again := p.post("/ask", "title", "Long enough now", "body", "A body long enough", "space", "general", "key", "k1").want(http.StatusSeeOther)
	if done.header.Get("Location") != again.header.Get("Location") {
		t.Error("sent twice, posted twice")
	}
	shown := r.get(done.header.Get("Location")).want(http.StatusOK)
	if alt := attr(shown.first("img", "src", "/images/"+kept+"/1600"), "alt"); alt != "a (red) light" {
		t.Errorf("alt text: %q", alt)
	}
}

func TestPreviewWithoutScripts(t *testing.T) {
	h := newHouse(t)
	p := h.member("asker").get("/ask").post("/ask", "title", "How do I see it?", "body", "Some **bold** words here", "space", "general", "preview", "1").want(http.StatusOK)
	if got := p.text("section", "class", "preview"); got != "PreviewSome bold words here" {
		t.Errorf("preview: %q", got)
	}
}

func TestEditConflictKeepsBoth(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	path := "/posts/question/" + h.Thread.ID + "/edit"
	r := h.member("asker")
	form := r.get(path).want(http.StatusOK)
	if _, err := h.Svc.EditThread(h.Ctx, h.By, h.Thread.ID, 0, community.ThreadDraft{Title: "Router blinks red", Body: "Theirs is another text"}, ""); err != nil {
		t.Fatal(err)
	}
	p := form.post(path, "title", "Router blinks", "body", "Mine is another text", "edit", "0").want(http.StatusConflict)
	if p.text("textarea", "name", "body") != "Mine is another text" || !strings.Contains(p.text("div", "class", "diff"), "Theirs") {
		t.Error("one of the two texts is gone")
	}
	p.post(path, "title", "Router blinks", "body", "Mine is another text", "edit", attr(p.first("input", "name", "edit"), "value")).want(http.StatusSeeOther)
}

// An excerpt is what cutting the whole text gives.
func TestExcerpt(t *testing.T) {
	for _, most := range []int{1, 5, 20, 170} {
		for _, html := range []string{
			"", "<p></p>", "<p>One</p>", "<p>Hold  reset</p>\n<p>for ten seconds,\tthen <b>wait</b>.</p>",
			"<p>Überlänge 日本語 日本語日本語日本語日本語日本語日本語</p>", "<pre>  a\n\n  b  </pre>", "<p>" + strings.Repeat("word and ", 60) + "</p>",
			"<p>" + strings.Repeat("x", 300) + "</p>",
		} {
			text := strings.Join(strings.Fields(markup.Text(html)), " ")
			want, r := text, []rune(text)
			if len(r) > most {
				want = string(r[:most])
				if i := strings.LastIndexByte(want, ' '); i > most/2 {
					want = want[:i]
				}
				want = strings.TrimRight(want, " ,.;:–-") + "…"
			}
			if got := excerpt(html, most); got != want {
				t.Errorf("%d of %q: %q, want %q", most, html, got, want)
			}
		}
	}
}
