package web

import (
	"net/http"
	"strconv"
	"testing"
)

// TestWatchesFromTheFirstMoment looks at the page that a question, an answer and
// a me-too lead to, before any follower has run: each member reads that they
// watch. Who said no before still does not.
func TestWatchesFromTheFirstMoment(t *testing.T) {
	h := newHouse(t)
	watching := func(p *page, want bool) {
		t.Helper()
		id := "watch-" + attr(p.want(http.StatusOK).first("div", "data-thread", "*"), "data-thread")
		if got := attr(p.first("button", "id", id), "aria-pressed"); got != strconv.FormatBool(want) {
			t.Errorf("watching: %q, want %v", got, want)
		}
	}
	asker := h.member("asker")
	asked := asker.get("/ask").submit("/ask", "title", "Router blinks red at night", "body", "It does so since Monday.").want(http.StatusSeeOther)
	thread := asked.header.Get("Location")
	watching(asker.get(thread), true)
	asker.get(thread).post(thread + "/watch").want(http.StatusSeeOther)
	watching(asker.get(thread), false)

	helper, other, third := h.member("helper"), h.member("other"), h.member("third")
	watching(helper.get(thread), false)
	helper.get(thread).post(thread+"/answers", "body", "Hold the button for ten seconds.", "key", "k1").want(http.StatusSeeOther)
	watching(helper.get(thread), true)
	other.get(thread).post(thread+"/me-too", "on", "1").want(http.StatusSeeOther)
	watching(other.get(thread), true)
	other.get(thread).post(thread + "/me-too").want(http.StatusSeeOther)
	watching(other.get(thread), false)
	third.get(thread).post(thread+"/watch", "on", "1").want(http.StatusSeeOther)
	third.get(thread).post(thread + "/watch").want(http.StatusSeeOther)
	third.get(thread).post(thread+"/answers", "body", "Hold the other button.", "key", "k2").want(http.StatusSeeOther)
	watching(third.get(thread), false)

	h.Settled()
	watching(asker.get(thread), false)
	watching(helper.get(thread), true)
	watching(third.get(thread), false)
}
