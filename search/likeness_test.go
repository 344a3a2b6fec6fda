package search

import (
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/scene"
)

// TestLikest tells how much of a question threads meet, whatever its length,
// and never of threads that the actor may not read.
func TestLikest(t *testing.T) {
	s := newStage(t)
	s.Space("staffroom", community.Restricted, "gold")
	s.as("asker").asked("Router blinks red at night", "The lamp blinks red every night.")
	s.asked("Router blinks red at night", "The same for staff.", scene.Privately())
	s.asked("Invoice shows the wrong address", "It shows my old street.")
	s.as("admin").asked("Router blinks red at night", "The same in secret.", scene.In("staffroom"))
	s.caughtUp()
	shares := func(title, body string) []Likeness {
		list, err := s.Index.Likest(s.Ctx, community.Actor{}, title, body, "", 5)
		s.OK(err)
		return list
	}
	all := shares("router blinks red at night", "")
	some := shares("router makes a strange clicking noise", "")
	if len(all) != 1 || all[0].Thread.Title != "Router blinks red at night" || all[0].Share < 0.5 || all[0].Share > 1.4 {
		t.Fatalf("the same words: %+v", all)
	}
	if len(some) != 1 || some[0].Share > all[0].Share/2 {
		t.Fatalf("one word of many: %+v", some)
	}
	if none := shares("...", ""); len(none) != 0 {
		t.Errorf("nothing asked, found %+v", none)
	}
}

// TestMeet holds threads against queries with the rights of each who asks.
func TestMeet(t *testing.T) {
	s := newStage(t)
	s.Space("lounge", community.MembersOnly)
	open := s.as("asker").asked("Router blinks red at night", "The lamp is blinking.", scene.Tagged("wifi")).ID
	lounge := s.asked("Router for members", "Blinks red too.", scene.In("lounge")).ID
	private := s.asked("My router blinks red", "Here is my password.", scene.Privately()).ID
	s.caughtUp()
	g, err := s.Index.Gather(s.Ctx, []string{open, lounge, private, "gone"})
	s.OK(err)
	for _, c := range []struct {
		who, query string
		want       []string
	}{
		{"guest", "router red", []string{open}},
		{"helper", "router red", []string{open, lounge}},
		{"asker", "blinking router", []string{open, lounge, private}},
		{"moderator", "router", []string{open, lounge, private}},
		{"helper", "router green", nil},
		{"helper", "tag:wifi", []string{open}},
		{"helper", `"red at night"`, []string{open}},
		{"helper", "router -night", []string{lounge}},
		{"helper", "space:lounge", []string{lounge}},
		{"guest", "space:lounge", nil},
		{"helper", "author:the-asker router", []string{open, lounge}},
		{"helper", "-router", nil},
	} {
		met, err := g.Meet(s.Ctx, s.Actor(c.who), c.query)
		s.OK(err)
		ids := idsOf(met)
		if len(ids) != len(c.want) {
			t.Errorf("%s, %q: %v, want %v", c.who, c.query, ids, c.want)
			continue
		}
		for i := range ids {
			if ids[i] != c.want[i] {
				t.Errorf("%s, %q: %v, want %v", c.who, c.query, ids, c.want)
			}
		}
	}
}

// TestRelatedInASpace looks through one space, however many others are liker.
func TestRelatedInASpace(t *testing.T) {
	s := newStage(t)
	s.Space("attic", community.Public)
	s.as("asker")
	for range 25 {
		s.Clock.Advance(9 * time.Hour)
		s.asked("Router blinks red at night", "")
	}
	s.asked("Attic router blinks", "", scene.In("attic"))
	s.caughtUp()
	for space, want := range map[string]int{"attic": 1, "": 3, "unknown": 0} {
		list, err := s.Index.RelatedIn(s.Ctx, s.By, space, "router blinks red", "", "", 3)
		s.OK(err)
		if len(list) != want || space == "attic" && list[0].Space != "attic" {
			t.Errorf("in %q: %d, want %d", space, len(list), want)
		}
	}
	if list, err := s.Index.Related(s.Ctx, s.By, "umbrella sandwich router", "", "", 3); err != nil || len(list) > 0 {
		t.Errorf("what has only the word that all have is related: %d, %v", len(list), err)
	}
}

// TestMeetKnowsSynonyms: what the community says stands for a word meets it.
func TestMeetKnowsSynonyms(t *testing.T) {
	w := newWordy(t)
	id := w.as("asker").asked("WLAN drops at night", "It is gone until the morning.").ID
	w.caughtUp()
	met := func(query string) int {
		g, err := w.Index.Gather(w.Ctx, []string{id})
		w.OK(err)
		list, err := g.Meet(w.Ctx, w.Actor("helper"), query)
		w.OK(err)
		if g.MayMeet(query) != (len(list) > 0) {
			t.Errorf("%q: may meet %t, meets %d", query, g.MayMeet(query), len(list))
		}
		return len(list)
	}
	if met("wifi night") != 0 {
		t.Error("met before anything was said")
	}
	w.says("wifi, wlan, wireless network")
	for query, want := range map[string]int{"wifi night": 1, "wireless network night": 1, "wifi noon": 0} {
		if got := met(query); got != want {
			t.Errorf("%q: %d, want %d", query, got, want)
		}
	}
}
