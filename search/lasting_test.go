package search

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
)

func TestRestartGoesOnWhereItStood(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "")
	s.caughtUp()
	for _, word := range []string{"amber", "green", "purple"} {
		s.reopen(func() { s.as("agent").asked("Router blinks "+word, "") })
		if !s.Index.Ready() {
			t.Fatal("a sound index is made again")
		}
		s.caughtUp().as("guest").finds(word, "Router blinks "+word)
	}
	s.finds("red", "Router blinks red")
}

func TestAnIndexInUseIsRefused(t *testing.T) {
	s := newStage(t)
	_, err := Open(s.Svc, Options{Dir: s.dir})
	s.Refused(err, fault.Unavailable)
}

func TestInMemory(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "")
	x, err := Open(s.Svc, Options{})
	s.OK(err)
	defer x.Close()
	tailer := outbox.NewTailer(s.DB, nil, 0)
	x.Follow(tailer)
	s.OK(tailer.CatchUp(s.Ctx))
	hits, _, err := x.Search(s.Ctx, s.By, "router", "", 0)
	if s.OK(err); len(hits) != 1 {
		t.Fatalf("got %v", titlesOf(hits))
	}
}

// someThreads tells a story that leaves a little of everything.
func (s *stage) someThreads() {
	s.T.Helper()
	original := s.as("asker").asked("Router blinks red", "The gateway does not connect.", scene.Tagged("wifi"))
	s.as("helper").Answer("Hold the reset button.").As("asker").Accept()
	s.asked("Router blinks as well", "")
	s.DuplicateOf(original)
	s.asked("Router is a secret", "", scene.Privately())
	s.as("agent").asked("Router reset fails", "The button is stuck.", scene.Tagged("wifi", "reset"))
	s.as("helper").Answer("Remove the screws first.")
	s.OK(s.Svc.Remove(s.Ctx, s.Actor("moderator"), s.LastAnswer(), "no"))
	s.caughtUp()
}

// answers are the titles and snippets of some queries.
func (s *stage) answers() (got []string) {
	s.T.Helper()
	for _, q := range []string{"router", "reset button", "tag:wifi", "is:solved", `"reset button"`, "-red"} {
		for _, who := range []string{"guest", "asker", "admin"} {
			for _, h := range s.as(who).all(q) {
				got = append(got, who+" "+q+": "+h.Thread.Title+": "+string(h.Snippet))
			}
		}
	}
	return got
}

func TestRebuildChangesNothing(t *testing.T) {
	s := newStage(t)
	s.someThreads()
	want := s.answers()
	last := 0
	s.OK(s.Index.Rebuild(s.Ctx, func(done int) { last = done }))
	if got := s.answers(); !slices.Equal(got, want) {
		t.Fatalf("got %q\nwant %q", got, want)
	}
	if last != 4 {
		t.Fatalf("progress ended at %d", last)
	}
	s.as("agent").asked("Router asked afterwards", "")
	s.caughtUp().as("guest").finds("afterwards", "Router asked afterwards")
	s.reopen(nil)
	if !s.Index.Ready() {
		t.Fatal("the rebuilt index is not the one that is opened")
	}
	s.caughtUp().as("guest").finds("afterwards", "Router asked afterwards")
	if left := s.generations(); len(left) != 1 {
		t.Fatalf("left behind: %q", left)
	}
}

func (s *stage) generations() []string {
	list, err := filepath.Glob(filepath.Join(s.dir, generationDir+"*"))
	s.OK(err)
	return list
}

// TestDamageIsNoticed breaks a closed index in many ways, and expects it to be
// made again. Where a segment cannot be opened, Bleve may go back to an earlier
// state of the index, if it still has one; that one then catches up by the
// checkpoint that is part of it.
func TestDamageIsNoticed(t *testing.T) {
	each := func(pattern string, f func(path string) error) func(*stage) {
		return func(s *stage) {
			files, err := filepath.Glob(filepath.Join(s.dir, pattern))
			if s.OK(err); len(files) == 0 {
				s.T.Fatalf("nothing is called %s", pattern)
			}
			for _, p := range files {
				s.OK(f(p))
			}
		}
	}
	flip := func(path string) error {
		b, err := os.ReadFile(path)
		if err == nil {
			b[len(b)/2] ^= 0x10
			err = os.WriteFile(path, b, 0o600)
		}
		return err
	}
	cut := func(path string) error { return os.Truncate(path, 100) }
	noise := func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("noise", 4000)), 0o600) }
	for name, harm := range map[string]func(*stage){
		"bit flipped":     each(generationDir+"*/store/*.zap", flip),
		"segment cut":     each(generationDir+"*/store/*.zap", cut),
		"segment gone":    each(generationDir+"*/store/*.zap", os.Remove),
		"root overlaid":   each(generationDir+"*/store/root.bolt", noise),
		"root cut":        each(generationDir+"*/store/root.bolt", cut),
		"root gone":       each(generationDir+"*/store/root.bolt", os.Remove),
		"meta overlaid":   each(generationDir+"*/index_meta.json", noise),
		"directory gone":  each(generationDir+"*", os.RemoveAll),
		"manifest noise":  each(manifestFile, noise),
		"manifest cut":    each(manifestFile, cut),
		"manifest gone":   each(manifestFile, os.Remove),
		"everything gone": func(s *stage) { s.OK(os.RemoveAll(s.dir)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.someThreads()
			want := s.answers()
			before := s.generations()
			s.reopen(func() { harm(s) })
			s.caughtUp()
			if !s.Index.Ready() {
				t.Fatal("not ready after it was caught up")
			}
			if got := s.answers(); !slices.Equal(got, want) {
				t.Fatalf("got %q\nwant %q", got, want)
			}
			wentBack := strings.HasPrefix(name, "segment") && s.generations()[0] == before[0]
			if after := s.generations(); len(after) != 1 || after[0] == before[0] && !wentBack {
				t.Fatalf("it was not made again: %q, before %q", after, before)
			}
		})
	}
}

func TestAnotherMappingIsMadeAgain(t *testing.T) {
	s := newStage(t)
	s.someThreads()
	s.OK(s.Index.live.bleve.SetInternal(aboutKey, about{mappingVersion + 1, s.Index.live.about.Epoch}.encode()))
	before := s.generations()
	s.reopen(nil).caughtUp().as("guest").finds("stuck", "Router reset fails")
	if after := s.generations(); len(after) != 1 || after[0] == before[0] {
		t.Fatalf("it was not made again: %q", after)
	}
}

func TestAnotherEpochIsMadeAgain(t *testing.T) {
	s := newStage(t)
	s.someThreads()
	before := s.generations()
	s.OK(s.Svc.NewEpoch(s.Ctx))
	s.reopen(nil).as("guest").finds("stuck", "Router reset fails") // it serves at once
	s.caughtUp()
	if after := s.generations(); len(after) != 1 || after[0] == before[0] || !s.Index.Ready() {
		t.Fatalf("it was not made again: %q", after)
	}
	before = s.generations()
	s.OK(s.Svc.NewEpoch(s.Ctx))
	s.OK(s.Index.Sweep(s.Ctx))
	if after := s.generations(); len(after) != 1 || after[0] == before[0] {
		t.Fatalf("a sweep overlooked the epoch: %q", after)
	}
}

func TestSweepRepairsBothWays(t *testing.T) {
	s := newStage(t)
	s.someThreads()
	want := s.answers()
	kept := s.as("agent").asked("Router swept away", "")
	s.caughtUp()
	g := s.Index.live
	s.OK(s.DB.Engine.Delete(s.Ctx, s.Svc.Records().Threads.Schema(), kept.ID, 0)) // as if the store had lost it
	held, err := s.Index.held()
	s.OK(err)
	s.OK(g.bleve.Delete(held[0]))
	s.OK(g.bleve.Index("zzz-stray", map[string]any{fieldHead: "router", fieldKey: []string{keyTerm(keySpace, "general"), keyTerm(keyShelf, "open")}}))
	s.OK(g.bleve.Index(held[1], map[string]any{fieldHead: "something else"}))
	s.OK(s.Index.Sweep(s.Ctx))
	if got := s.answers(); !slices.Equal(got, want) {
		t.Fatalf("got %q\nwant %q", got, want)
	}
	after, err := s.Index.held()
	if s.OK(err); len(after) != len(held)-1 {
		t.Fatalf("held %q, before %q", after, held)
	}
}

// TestMeTooWritesNothing: what changes neither a text nor a filter, nor by much
// what a thread is worth.
func TestMeTooWritesNothing(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "")
	s.caughtUp()
	before := s.epochOfRoot()
	s.as("helper").MeToo()
	s.Settled()
	s.OK(s.Index.refresh(s.Ctx, []string{s.Thread.ID}))
	if after := s.epochOfRoot(); after != before || s.Reload().Stats.MeToos != 1 {
		t.Fatalf("a me-too was written to the index: %d, before %d", after, before)
	}
}

// epochOfRoot counts the writes of the index.
func (s *stage) epochOfRoot() any {
	return s.Index.live.bleve.StatsMap()["index"].(map[string]any)["TotUpdates"]
}

// TestWritesDuringARebuild: what changes while the index is made again is in
// the new one.
func TestWritesDuringARebuild(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "")
	s.caughtUp()
	s.OK(s.Index.Rebuild(s.Ctx, func(int) { // the walk has met all there was
		s.asked("Router asked meanwhile", "")
		s.OK(s.Tailer.CatchUp(s.Ctx))
	}))
	s.finds("router", "Router blinks red", "Router asked meanwhile")
	s.reopen(nil).finds("meanwhile", "Router asked meanwhile")
}

// TestAnswersWhileTheRankingIsRead: with very many threads that takes longer than
// a search waits, and Bleve answers with those whose title or tags fit.
func TestAnswersWhileTheRankingIsRead(t *testing.T) {
	s := newStage(t)
	s.someThreads()
	want := s.answers()
	x := s.Index
	x.mu.Lock()
	x.live.quick = nil
	x.mu.Unlock()
	s.as("guest").finds("reset", "Router reset fails")
	_, err := x.Related(s.Ctx, s.By, "router reset", "", "", 5)
	s.Refused(err, fault.Unavailable)
	x.loadRanking(x.live)
	s.OK(x.whole(s.Ctx))
	if got := s.answers(); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	list, err := x.Related(s.Ctx, s.By, "router reset", "", "", 5)
	if s.OK(err); len(list) == 0 {
		t.Error("nothing is related once the ranking is loaded")
	}
}
