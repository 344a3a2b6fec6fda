package search

import (
	"context"
	"fmt"
	"testing"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/search/eval"
)

// said are visitors whom threads helped.
type said [][2]string

func (s said) Solutions(_ context.Context, most int, f func(query, thread string)) error {
	for _, one := range s[:min(len(s), most)] {
		f(one[0], one[1])
	}
	return nil
}

// newSlangy is a community whose visitors have words of their own for what its
// threads are about, and two nodes; or, when the words mislead, for something else.
func newSlangy(t *testing.T, misleading bool) (s *stage, other *stage, secret *community.Thread) {
	t.Helper()
	var notes *Notes
	sc := scene.New(t, scene.SQLite(t), func(db *store.DB, _ *outbox.Relay, _ *community.Service) { notes = OpenNotes(db) })
	s = &stage{Scene: sc, dir: t.TempDir()}
	var visits said
	for i := range 24 {
		th := s.as(fmt.Sprint("agent", i%3)).asked(fmt.Sprintf("Machine number own%d stands still", i), "It stood still this very morning.")
		for j := range 12 {
			k := i
			if misleading {
				k = (i*7 + j*13) % 24
			}
			visits = append(visits, [2]string{fmt.Sprintf("slang%d again%d", k, j), th.ID})
		}
		visits = append(visits, [2]string{fmt.Sprintf("mister%d stands", i), th.ID})
	}
	secret = s.asked("A hidden machine", "Nobody shall know of this one.", scene.Privately())
	visits = append(visits, [2]string{"whisper one", secret.ID}, [2]string{"whisper two", secret.ID})
	s.options = Options{Notes: notes, Clicks: visits}
	other = &stage{Scene: sc, dir: t.TempDir(), options: s.options}
	for _, node := range []*stage{s, other} {
		node.open()
		t.Cleanup(func() { sc.OK(node.Index.Close()) })
	}
	s.caughtUp()
	s.OK(other.Tailer.CatchUp(s.Ctx))
	return s, other, secret
}

// TestVisitorsTeachEveryNode: what solved a visitor's problem is found by her
// words from then on, on every node alike, and what one person typed, or what
// leads to a private thread, is not.
func TestVisitorsTeachEveryNode(t *testing.T) {
	s, other, _ := newSlangy(t, false)
	found, err := s.Index.Learn(s.Ctx)
	s.OK(err)
	if !found.Typed || found.Weights.Alias <= 0 || found.After <= found.Before {
		t.Fatalf("learned %+v", found)
	}
	there, err := other.Index.relink(s.Ctx, false)
	if s.OK(err); there != found {
		t.Fatalf("the other node has %+v", there)
	}
	again, err := s.Index.Learn(s.Ctx)
	if s.OK(err); again != found {
		t.Fatalf("learned again: %+v", again)
	}
	for _, node := range []*stage{s, other} {
		node.as("guest").finds("slang7", "Machine number own7 stands still")
		node.finds("mister7")
		node.as("agent0").finds("whisper")
	}
	a, b := s.as("guest").all("slang7 stands machine"), other.as("guest").all("slang7 stands machine")
	if len(a) != 24 || fmt.Sprint(titlesOf(a)) != fmt.Sprint(titlesOf(b)) || a[0].Thread.Title != "Machine number own7 stands still" {
		t.Errorf("the nodes rank %q and %q", titlesOf(a), titlesOf(b))
	}
	s.reopen(nil)
	if kept, err := s.Index.notes.read(s.Ctx); err != nil || kept.Learned != found || kept.Until != 0 {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

// TestVisitorsWhoMisleadCountForNothing: and neither do their words.
func TestVisitorsWhoMisleadCountForNothing(t *testing.T) {
	s, _, _ := newSlangy(t, true)
	found, err := s.Index.Learn(s.Ctx)
	if s.OK(err); found.Typed || found.Weights.Alias != 0 {
		t.Fatalf("learned %+v", found)
	}
	s.as("guest").finds("slang7")
}

// TestOneNodeLearns: while another is at it, and not for ever.
func TestOneNodeLearns(t *testing.T) {
	var notes *Notes
	s := scene.New(t, scene.SQLite(t), func(db *store.DB, _ *outbox.Relay, _ *community.Service) { notes = OpenNotes(db) })
	claim := func(want bool) {
		t.Helper()
		if mine, err := notes.claim(s.Ctx); err != nil || mine != want {
			t.Fatalf("claimed %v, %v", mine, err)
		}
	}
	claim(true)
	claim(false)
	s.Clock.Advance(learnFor)
	claim(true)
	_, err := notes.keep(s.Ctx, eval.Learned{Asked: 40}, 90)
	s.OK(err)
	claim(true)
	if l, err := notes.read(s.Ctx); err != nil || l.Asked != 40 || l.From != 90 {
		t.Errorf("%+v, %v", l, err)
	}
}
