package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestLockedMeanwhileLosesNothing sends what was being written when a moderator
// locked the thread: each page says why it was refused, and has the text.
func TestLockedMeanwhileLosesNothing(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold **reset** for ten seconds.").Remark("For ten, not five.").Settled()
	thread, answer := threadURL(h.Thread.ID), "/posts/answer/"+h.Answer_.ID
	const typed = "It took me a quarter of an hour to write this."
	asker, helper := h.member("asker"), h.member("helper")
	comments := asker.get(answer + "/comments").want(http.StatusOK)
	open := asker.get(thread).want(http.StatusOK)
	edit := helper.get(answer + "/edit").want(http.StatusOK)
	remark := helper.get("/posts/comment/" + h.Comment.ID + "/edit").want(http.StatusOK)
	h.As("moderator")
	_, err := h.Svc.SetLock(h.Ctx, h.By, h.Thread.ID, "Let us stop here.")
	h.OK(err)
	for name, p := range map[string]*page{
		"comment":         comments.submit(answer+"/comments", "body", typed),
		"answer":          open.submit(thread+"/answers", "body", typed),
		"edit":            edit.submit(answer+"/edit", "body", typed),
		"edit of comment": remark.submit("/posts/comment/"+h.Comment.ID+"/edit", "body", typed),
	} {
		p.want(http.StatusConflict).sound()
		if !strings.Contains(p.text("", "role", "alert"), "locked") {
			t.Errorf("%s: nothing is said: %s", name, p.text("main"))
		}
		if !p.gives(typed) {
			t.Errorf("%s: the text is gone: %s", name, p.text("main"))
		}
	}
	if p := comments.submit(answer+"/comments", "body", "x"); !p.gives("x") || p.text("", "role", "alert") == "" {
		t.Errorf("a comment that is too short as well: %s", p.text("main"))
	}
}

// gives reports whether a field of the page holds a text.
func (p *page) gives(typed string) bool {
	for _, n := range p.all("textarea") {
		if textOf(n) == typed {
			return true
		}
	}
	return false
}

// TestSecondToDecideIsTold lets two moderators decide on one item: who comes
// second reads who was first and what became of the post, and keeps the words.
func TestSecondToDecideIsTold(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("rude").Answer("Buy another one, you fool.").Settled()
	flag := "/posts/answer/" + h.Answer_.ID + "/flag"
	h.member("witness").get(flag).submit(flag, "reason", "rude").want(http.StatusSeeOther)
	h.Settled()
	first, second := h.member("moderator"), h.member("moderator2")
	item := first.get("/review").want(http.StatusOK).links("/review/")[0]
	late := second.get(item).want(http.StatusOK)
	again := first.get(item).want(http.StatusOK)
	again.submit(item+"/decide", "action", "hide", "reason", "Be friendly, please.").want(http.StatusSeeOther)
	for _, action := range []string{"warn", "suspend", ""} { // an unreadable form is too late as well
		p := late.submit(item+"/decide", "action", action, "reason", "We do not insult here.", "note", "The third time.", "days", "x").want(http.StatusConflict).sound()
		if said := p.text("", "role", "alert"); !strings.Contains(said, "The moderator decided this before you: “Hidden”") {
			t.Errorf("%q: what is said: %q", action, said)
		}
		if !p.gives("We do not insult here.") || !p.gives("The third time.") {
			t.Errorf("%q: the words are gone: %s", action, p.text("main"))
		}
	}
	p := again.submit(item+"/decide", "action", "approve").want(http.StatusConflict).sound().says("!What you typed")
	if said := p.text("", "role", "alert"); !strings.Contains(said, "You decided this already: “Hidden”") {
		t.Errorf("the first is told: %q", said)
	}
}
