package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/search/quick"
)

func TestFoundByEachText(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "Since the storm the gateway does not connect.", scene.Tagged("wifi-mesh"))
	s.as("helper").Answer("Hold the recessed button for ten seconds.")
	s.as("asker").asked("Printer jams on thick paper", "It crunches and then stops halfway.")
	s.caughtUp().as("guest")
	for _, q := range []string{"blinking", "ROUTERS", "gateway", "recessed", "mesh", "tag:wifi-mesh", `"the recessed button"`, "button tag:wifi-mesh",
		"space:general connect", "is:answered", "red -crunches", "connect -tag:paper"} {
		s.finds(q, "Router blinks red")
	}
	s.finds("is:unanswered", "Printer jams on thick paper")
	s.finds("is:new", "Printer jams on thick paper")
	s.finds("router printer", "Router blinks red", "Printer jams on thick paper")
	s.finds("-router", "Printer jams on thick paper")
	s.finds("-tag:wifi-mesh", "Printer jams on thick paper")
	s.finds("-is:unanswered", "Router blinks red")
	s.finds("-space:general")
	for _, q := range []string{"zebra", "the", `"button recessed"`, `"`, "-", "tag:none", "space:none router", "is:solved", `""`, "router -gateway"} {
		s.finds(q)
	}
}

func TestEditsReachTheIndex(t *testing.T) {
	s := newStage(t)
	thread := s.as("asker").asked("Router blinks red", "The gateway does not connect.", scene.Tagged("wifi"))
	s.as("helper").Answer("Hold the recessed button.")
	s.caughtUp().as("guest").finds("gateway", "Router blinks red").finds("recessed", "Router blinks red")

	_, err := s.Svc.EditThread(s.Ctx, s.Actor("asker"), thread.ID, 0, community.ThreadDraft{Space: "general", Title: "Modem glows amber", Body: "The line is dead since Monday.", Tags: []string{"dsl"}}, "")
	s.OK(err)
	_, err = s.Svc.EditAnswer(s.Ctx, s.Actor("helper"), s.Answer_.ID, 0, "Unplug it for a minute.", "")
	s.OK(err)
	s.caughtUp()
	for _, gone := range []string{"router", "gateway", "recessed", "tag:wifi"} {
		s.finds(gone)
	}
	for _, there := range []string{"modem", "dead", "unplug", "tag:dsl"} {
		s.finds(there, "Modem glows amber")
	}
}

func TestRemovalsReachTheIndex(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "")
	s.as("helper").Answer("Hold the recessed button.")
	s.caughtUp().as("guest").finds("recessed", "Router blinks red")
	if held := s.recordsWith("recess"); held != 1 {
		t.Fatalf("the answer's words are in %d documents", held)
	}

	s.OK(s.Svc.Remove(s.Ctx, s.Actor("moderator"), s.LastAnswer(), "wrong"))
	for _, who := range []string{"guest", "helper", "admin"} {
		s.as(who).finds("recessed") // at once: the text is judged as it stands
	}
	s.caughtUp()
	if held := s.recordsWith("recess"); held != 0 {
		t.Fatalf("the removed answer's words are in %d documents", held)
	}
	s.OK(s.Svc.Restore(s.Ctx, s.Actor("moderator"), s.LastAnswer()))
	s.caughtUp().as("guest").finds("recessed", "Router blinks red")

	s.OK(s.Svc.Remove(s.Ctx, s.Actor("moderator"), s.Question(), "spam"))
	for range 2 {
		for _, who := range []string{"guest", "asker", "moderator"} {
			s.as(who).finds("router")
		}
		s.caughtUp()
	}
	if n, err := s.Index.Count(); err != nil || n != 0 {
		t.Fatalf("%d documents, %v", n, err)
	}
}

// recordsWith counts the documents that last and hold a term.
func (s *stage) recordsWith(term string) (n int) {
	s.T.Helper()
	s.OK(s.Index.live.eachRecord(func(_, record string) error {
		d, err := readRecord(record, nil)
		if slices.ContainsFunc(d.Terms, func(p quick.Posting) bool { return p.Term == term }) {
			n++
		}
		return err
	}))
	return n
}

func TestWhoFindsWhat(t *testing.T) {
	s := newStage(t)
	s.Space("club", community.MembersOnly).Space("vault", community.Restricted, "gold")
	s.as("asker").asked("Router in the open", "")
	s.asked("Router in the club", "", scene.In("club"))
	s.asked("Router in private", "", scene.Privately())
	s.as("agent").asked("Router in the vault", "", scene.In("vault"))
	vault := s.Thread
	s.caughtUp()
	s.as("guest").finds("router", "Router in the open")
	s.as("other").finds("router", "Router in the open", "Router in the club")
	s.as("asker").finds("router", "Router in the open", "Router in the club", "Router in private")
	s.as("admin").finds("router", "Router in the open", "Router in the club", "Router in private", "Router in the vault")
	s.as("guest").finds("space:vault").finds("space:vault router").finds(`"in the vault"`)

	gold := s.as("other").By
	gold.Groups = []string{"gold"}
	s.By = gold
	s.finds("router", "Router in the open", "Router in the club", "Router in the vault")

	_, err := s.Svc.SaveSpace(s.Ctx, community.System, community.SpaceEdit{ID: "club", Name: "Club", Visibility: community.Public})
	s.OK(err)
	s.as("guest").finds("router", "Router in the open", "Router in the club") // no document changed
	_, err = s.Svc.Move(s.Ctx, s.Actor("admin"), vault.ID, "general")
	s.OK(err)
	s.caughtUp().as("guest").finds("router", "Router in the open", "Router in the club", "Router in the vault")
	_, err = s.Svc.SetPrivate(s.Ctx, s.Actor("agent"), vault.ID, true)
	s.OK(err)
	s.finds("router", "Router in the open", "Router in the club") // before the index knows
	s.caughtUp().finds("router", "Router in the open", "Router in the club")
}

func TestDuplicatesLeadToTheirOriginal(t *testing.T) {
	s := newStage(t)
	original := s.as("asker").asked("Router blinks red", "")
	s.asked("My router blinks as well", "")
	s.DuplicateOf(original)
	s.caughtUp().finds("router", "Router blinks red")
	_, err := s.Svc.UndoDuplicate(s.Ctx, s.By, s.Thread.ID)
	s.OK(err)
	s.caughtUp().finds("router", "Router blinks red", "My router blinks as well")
}

func TestSolvedComesFirst(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "The same words in both.")
	s.asked("Router blinks red", "The same words in both.")
	second := s.Thread.ID
	s.as("helper").Answer("Have a look at the manual.").As("asker").Accept()
	s.caughtUp().as("guest")
	if hits := s.all("router blinks"); len(hits) != 2 || hits[0].Thread.ID != second {
		t.Fatalf("got %v", titlesOf(hits))
	}
	s.finds("is:solved", "Router blinks red")
}

func TestPages(t *testing.T) {
	s := newStage(t)
	const threads = 2*window + 7
	for i := range threads {
		if i%15 == 0 {
			s.as(fmt.Sprintf("agent%d", i)) // staff post without a daily bound
		}
		s.asked(fmt.Sprintf("Router number %d blinks", i), strings.Repeat("More about the router. ", i%9+1))
	}
	s.caughtUp().as("guest")
	for _, q := range []string{"router", "space:general", `"router number"`, "-zebra"} {
		had := map[string]bool{}
		for _, h := range s.all(q) {
			if had[h.Thread.ID] {
				t.Fatalf("%q: %s twice", q, h.Thread.Title)
			}
			had[h.Thread.ID] = true
		}
		if len(had) != threads {
			t.Fatalf("%q: %d of %d", q, len(had), threads)
		}
	}
	_, next, err := s.Index.Search(s.Ctx, s.By, "router", "", 10)
	s.OK(err)
	if next == "" {
		t.Fatal("no next page")
	}
	for _, c := range []string{"x", "!!!", next + "A", next[1:], "AAAAAAAAAAAAAA", cursorAt("router", place{}), cursorAt("router", place{at: maxDepth}), cursorAt("printer", place{at: 10})} {
		_, _, err := s.Index.Search(s.Ctx, s.By, "router", c, 10)
		s.Refused(err, fault.Invalid)
	}
	_, _, err = s.Index.Search(s.Ctx, s.By, " \t\n", "", 10)
	s.Refused(err, fault.Invalid)
	exact, next, err := s.Index.Search(s.Ctx, s.By, "17", "", 1)
	if s.OK(err); len(exact) != 1 || next != "" {
		t.Fatalf("a full last page promises another: %d %q", len(exact), next)
	}
}

func TestRelated(t *testing.T) {
	s := newStage(t)
	red := s.as("asker").asked("Router blinks red after the storm", "The gateway lost its line and does not synchronise.")
	private := s.asked("Router blinks red in my vault", "Keep it to yourselves.", scene.Privately())
	s.asked("Printer jams on thick paper", "It crunches loudly.")
	s.caughtUp()
	related := func(title, body, exclude string) []*community.Thread {
		t.Helper()
		list, err := s.Index.Related(s.Ctx, s.By, title, body, exclude, 5)
		s.OK(err)
		return list
	}
	s.as("guest")
	if got := related("My router is blinking", "", ""); len(got) != 1 || got[0].ID != red.ID {
		t.Fatalf("got %v", got)
	}
	if got := related("Help!", strings.Repeat("well and so on, the gateway will not synchronise ", 80), ""); len(got) != 1 || got[0].ID != red.ID {
		t.Fatalf("got %v", got)
	}
	if got := related(red.Title, red.Body, red.ID); len(got) != 0 {
		t.Fatalf("a thread is related to itself: %v", got)
	}
	for _, q := range []string{"", "the of and", "!!!", "\xff\xfe", strings.Repeat("x", 1<<17)} {
		if got := related(q, q, "no such thread"); len(got) != 0 {
			t.Fatalf("%.20q: got %v", q, got)
		}
	}
	s.as("asker")
	if got := related("My router is blinking", "", ""); len(got) != 2 {
		t.Fatalf("the asker's own private thread %s is missing: %v", private.ID, got)
	}
}
