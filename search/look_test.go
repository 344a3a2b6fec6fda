package search

import (
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
)

// looked asks as a page does.
func (s *stage) looked(q string) Results {
	s.T.Helper()
	r, err := s.Index.Look(s.Ctx, s.By, Request{Query: q, Facets: true})
	s.OK(err)
	return r
}

func TestNearestWords(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Gateway blinks red", "Since the storm nothing connects.")
	s.asked("Zirconium dies", "Keep the zirconium to yourselves.", scene.Privately())
	s.caughtUp().as("guest")
	if r := s.looked("gatewya"); len(r.Hits) != 1 || r.Instead != "gateway" {
		t.Fatalf("got %q, %d hits", r.Instead, len(r.Hits))
	}
	if r := s.looked("gateway"); len(r.Hits) != 1 || r.Instead != "" {
		t.Fatalf("exact words were changed to %q", r.Instead)
	}
	if r := s.looked("zirconiun"); len(r.Hits) != 0 || r.Instead != "" {
		t.Fatalf("a guest is told of %q", r.Instead)
	}
	if r := s.as("asker").looked("zirconiun"); r.Instead != "zirconium" {
		t.Fatalf("the asker is not told of her own word: %q", r.Instead)
	}
}

// TestNearestWordsOfAnyLanguage: a word is near another as any language of the
// threads has them, though each cuts it in its own way.
func TestNearestWordsOfAnyLanguage(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("The router does not forward ports", "When I open a port on the router it is not forwarded to the computer.")
	s.asked("Drucker verliert die Verbindungen", "Jeden Morgen haben die Drucker ihre Verbindung verloren, und niemand kann noch etwas drucken.")
	s.asked("L'imprimante ne trouve plus l'ordinateur", "Chaque matin les imprimantes ont perdu leurs connexions et personne ne peut imprimer.")
	s.caughtUp().as("guest")
	for typed, want := range map[string]string{"rotuer": "router", "forwraded": "forwarded", "Verbindugn": "verbindung", "imprimnate": "imprimantes"} {
		if r := s.looked(typed); r.Instead != want || len(r.Hits) == 0 {
			t.Errorf("%q: %q, %d hits, want %q", typed, r.Instead, len(r.Hits), want)
		}
	}
	if r := s.looked("ordinateurs"); len(r.Hits) != 1 || r.Instead != "" {
		t.Errorf("behind an article: %q, %d hits", r.Instead, len(r.Hits))
	}
}

func TestFacets(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "", scene.Tagged("wifi"))
	s.asked("Router hums", "", scene.Tagged("wifi", "noise"), scene.Privately())
	s.Space("vault", community.Restricted, "gold")
	s.as("agent").asked("Router glows", "", scene.In("vault"), scene.Tagged("wifi"))
	s.caughtUp().as("guest")
	r := s.looked("router")
	if r.Facets == nil || r.Facets.Counted != 1 || r.Facets.Partial || !slices.Equal(r.Facets.Tags, []Facet{{Key: "tag", Value: "wifi", Count: 1}}) ||
		!slices.Equal(r.Facets.Spaces, []Facet{{Key: "space", Value: "general", Count: 1}}) {
		t.Fatalf("a guest is told %+v", r.Facets)
	}
	if r := s.as("admin").looked("router tag:wifi"); r.Facets.Counted != 3 || r.Facets.Tags[0] != (Facet{"tag", "wifi", 3, true}) {
		t.Fatalf("staff are told %+v", r.Facets)
	}
}

// TestWhatIsMissingIsSaid: a search that cannot know everything says so, and one
// that asks for nothing says why it finds nothing.
func TestWhatIsMissingIsSaid(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "")
	s.caughtUp().as("guest")
	look := func(q string) Results {
		r, err := s.Index.Look(s.Ctx, s.By, Request{Query: q})
		s.OK(err)
		return r
	}
	if r := look("router"); r.Partial || len(r.Notes) > 0 {
		t.Errorf("of a whole index: %+v", r)
	}
	for q, want := range map[string]string{"the": "says more", "?!": "says more", "router author:me": "Sign in"} {
		if r := look(q); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], want) || len(r.Hits) > 0 && q != "router author:me" {
			t.Errorf("%q: notes %q, %d hits", q, r.Notes, len(r.Hits))
		}
	}
	s.Index.mu.Lock()
	s.Index.live.quick = nil // as while it is read
	s.Index.mu.Unlock()
	if r := look("router"); !r.Partial {
		t.Error("while the ranking is read, what is found passes for all")
	}
}
