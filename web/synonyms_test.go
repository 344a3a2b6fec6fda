package web

import (
	"net/http"
	"strings"
	"testing"

	"selfie/internal/outbox"
)

// TestSynonymsPage tries, is refused, saves and is overtaken, without scripts.
func TestSynonymsPage(t *testing.T) {
	h := solvedHouse(t)
	h.reindexed()
	tailer := outbox.NewTailer(h.DB, nil, 0)
	h.index.Follow(tailer)
	r := h.member("admin")
	p := r.get("/admin/synonyms").want(http.StatusOK)
	sound(t, "synonyms", p)
	version := attr(p.first("input", "name", "version"), "value")
	trial := func(p *page) string {
		var all []string
		for _, name := range []string{"li", "h3"} {
			for _, n := range p.all(name) {
				all = append(all, strings.Join(strings.Fields(textOf(n)), " "))
			}
		}
		return strings.Join(all, " / ")
	}

	tried := p.post("/admin/synonyms", "version", version, "groups", "apparatus => router", "q", "apparatus blinks", "act", "try").want(http.StatusOK)
	sound(t, "tried", tried)
	if got := trial(tried); !strings.Contains(got, "apparatus also finds router") || !strings.Contains(got, "Router blinks red") {
		t.Errorf("the trial shows %q", got)
	}
	if p := h.reader().get("/search?q=apparatus").want(http.StatusOK); len(p.all("h2", "class", "thread-title")) != 0 {
		t.Error("a trial was saved")
	}
	wrong := tried.post("/admin/synonyms", "version", version, "groups", "one, two\nalone", "q", "", "act", "save").want(http.StatusUnprocessableEntity)
	sound(t, "refused", wrong)
	if box := wrong.first("textarea", "name", "groups"); !strings.Contains(wrong.text("p", "class", "field-error"), "Line 2: one word alone") || !strings.HasSuffix(textOf(box), "alone") || attr(box, "aria-invalid") != "true" {
		t.Errorf("refused with %q, keeping %q", wrong.text("p", "class", "field-error"), textOf(box))
	}

	p.post("/admin/synonyms", "version", version, "groups", "apparatus => router", "q", "my apparatus", "act", "save").want(http.StatusSeeOther)
	h.OK(tailer.CatchUp(h.Ctx))
	if p := h.reader().get("/search?q=apparatus").want(http.StatusOK); len(p.all("h2", "class", "thread-title")) == 0 {
		t.Error("what was saved does not count")
	}
	saved := r.get("/admin/synonyms?q=my+apparatus").want(http.StatusOK)
	sound(t, "saved", saved)
	if got := trial(saved); !strings.Contains(got, "apparatus also finds router") {
		t.Errorf("after saving, the trial shows %q", got)
	}
	late := p.post("/admin/synonyms", "version", version, "groups", "a, b", "q", "", "act", "save").want(http.StatusConflict)
	if box := late.first("textarea", "name", "groups"); !strings.Contains(late.body, "Someone else changed") || textOf(box) != "a, b" {
		t.Errorf("the later one is told %q", late.text("p", "class", "note bad"))
	}
	if first := firstButton(saved); first != "try" {
		t.Errorf("the key Enter in the field of the trial would do %q", first)
	}
	_ = p.post("/admin/synonyms", "version", "x", "groups", "", "act", "save").want(http.StatusUnprocessableEntity)
}

// firstButton is what the key Enter does in the form about synonyms.
func firstButton(p *page) string {
	for _, b := range p.all("button", "name", "act") {
		return attr(b, "value")
	}
	return ""
}
