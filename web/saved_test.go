package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSaveASearch saves from the search page, is told, and drops it again.
func TestSaveASearch(t *testing.T) {
	h := solvedHouse(t)
	seeker := h.member("seeker")
	if p := h.reader().get("/search?q=router+red"); p.first("form", "action", "/saved") != nil {
		t.Error("a guest is offered what only members can have")
	}
	found := seeker.get("/search?q=router+red").want(http.StatusOK)
	sound(t, "search", found)
	found.sendForm("/saved").want(http.StatusSeeOther)
	list := seeker.get("/saved").want(http.StatusOK)
	sound(t, "saved", list)
	if !strings.Contains(list.text("body"), "You are told of new questions that fit") || list.first("a", "href", "/search?q=router%20red") == nil {
		t.Errorf("saved: %s", list.text("main"))
	}
	if p := seeker.get("/search?q=red+router"); p.first("form", "action", "/saved") == nil {
		t.Error("another search cannot be saved")
	}
	if p := seeker.get("/search?q=router+red"); p.first("form", "action", "/saved") != nil {
		t.Error("it can be saved twice")
	}
	h.As("newcomer").Ask("Router shows a red light").Settled().Wait(time.Minute)
	if told := seeker.get("/notifications").text("main"); !strings.Contains(told, "Router shows a red light") || !strings.Contains(told, "It fits your saved search “router red”.") {
		t.Errorf("told: %s", told)
	}
	list.sendForm("/saved", "q", " ").want(http.StatusUnprocessableEntity)
	drop := list.first("button", "class", "pill")
	if drop == nil {
		t.Fatal("nothing to drop it with")
	}
	list.sendForm(attr(drop.Parent, "action")).want(http.StatusSeeOther)
	if p := seeker.get("/saved"); !strings.Contains(p.text("main"), "None yet") {
		t.Errorf("dropped: %s", p.text("main"))
	}
}
