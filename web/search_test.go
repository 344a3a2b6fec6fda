package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"selfie/internal/scene"
)

// TestSearchPageNarrowsAndExplains follows the links that narrow a search, and
// reads what the page says of a query that it did not understand.
func TestSearchPageNarrowsAndExplains(t *testing.T) {
	h := solvedHouse(t)
	h.As("asker").Ask("Router hums at night").As("asker").Ask("Router in a secret box", scene.Privately())
	h.reindexed()
	r := h.reader()
	p := r.get("/search?q=router").want(http.StatusOK)
	sound(t, "search", p)
	links := map[string]string{}
	for _, a := range p.all("a", "class", "chip") {
		links[strings.Join(strings.Fields(textOf(a)), " ")] = attr(a, "href")
	}
	if links["Solved 1"] == "" || links["New 1"] == "" || links["Without an answer 1"] == "" || len(links) != 3 {
		t.Fatalf("links that narrow the search: %v", links)
	}
	if n := p.first("p", "role", "status"); n == nil || textOf(n) != "2 questions" {
		t.Error("the page does not say how many there are, or counts what is private")
	}
	narrowed := r.get(links["Solved 1"]).want(http.StatusOK)
	sound(t, "narrowed", narrowed)
	if titles := narrowed.all("h2", "class", "thread-title"); len(titles) != 1 || !strings.Contains(textOf(titles[0]), "blinks red") {
		t.Errorf("%d solved threads", len(titles))
	}
	back := narrowed.first("a", "class", "chip on")
	if back == nil {
		t.Fatal("the filter cannot be taken away")
	}
	if to, err := url.Parse(attr(back, "href")); err != nil || to.Query().Get("q") != "router" {
		t.Errorf("taking the filter away leads to %v", to)
	}
	if p := r.get("/search?q=ruoter").want(http.StatusOK); !strings.Contains(p.body, "No exact match") || len(p.all("h2", "class", "thread-title")) != 2 {
		t.Error("a typing error finds nothing, or the page does not say so")
	}
	if p := r.get("/search?q=humming+router+tag%3Awifi+-is%3Asolved"); p.first("a", "href", "/ask?title=humming+router") == nil {
		t.Error("asking does not begin with the words alone")
	}
	if p := r.get("/search?q=router+is%3Ablue").want(http.StatusOK); !strings.Contains(p.body, "is not a filter here") {
		t.Error("nothing is said about a filter that is none")
	}
	for _, q := range []string{"%22", "-", "score%3A%3E%3E", "created%3A9999-99-99", "%3Cb%3E", strings.Repeat("a%3Ab+", 80)} {
		sound(t, q, r.get("/search?q="+q).want(http.StatusOK))
	}
}
