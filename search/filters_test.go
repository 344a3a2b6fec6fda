package search

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
	"selfie/search/quick"
)

// TestWhatIsAskedIsFoundInMemory: whatever is asked, the ranking in memory finds
// the threads that fit when each is held against the query, and counts as many,
// when it followed each change and when it was read from what lasts. What Bleve
// may answer meanwhile leaves out none of those that have a word in their title.
func TestWhatIsAskedIsFoundInMemory(t *testing.T) {
	s := newStage(t)
	rnd := rand.New(rand.NewPCG(8, 2))
	s.Space("club", community.MembersOnly)
	for i := range 60 {
		who := []string{"agent1", "asker", "agent2"}[min(i%40, 2)]
		s.as(who)
		changes := []scene.Change{scene.Tagged([]string{"wifi", "lamp", "fan"}[:1+rnd.IntN(3)]...), scene.In([]string{"general", "club"}[rnd.IntN(2)])}
		if rnd.IntN(5) == 0 {
			changes = append(changes, scene.Privately())
		}
		s.asked(fmt.Sprintf("Router %d blinks", i), []string{"A red lamp in the dark.", "The gateway is too hot.", "It hums without end."}[rnd.IntN(3)], changes...)
		if rnd.IntN(3) == 0 {
			s.as("agent3").Answer("Hold reset for ten seconds.")
			s.as(who).Accept()
		}
		s.Clock.Advance(7e9 * 3600)
	}
	s.caughtUp()
	opened, err := s.Index.live.ranked(t.Context())
	s.OK(err)
	parts := []string{"router", "lamp", "gateway", `"red lamp"`, "tag:wifi", "tag:fan", "tag:none", "space:club", "space:nowhere", "author:the-asker", "author:me", "is:new", "is:solved", "is:unanswered",
		"is:mine", "is:watching", "has:accepted", "has:image", "score:>0", "score:<1", "score:-2..5", "created:>2026-03-10", "created:2026-03", "created:<2026-03-05", "created:>2030"}
	for _, by := range []string{"guest", "asker", "agent1"} {
		s.as(by)
		for range 60 {
			q := []string{"router", ""}[rnd.IntN(2)]
			for range 1 + rnd.IntN(3) {
				q += " " + []string{"", "-"}[rnd.IntN(2)] + parts[rnd.IntN(len(parts))]
			}
			p, err := s.Index.plan(s.Ctx, s.By, Parse(q), s.Index.text)
			if s.OK(err); p.none {
				continue
			}
			want := s.fitting(p)
			list, _, err := s.Index.find(s.Ctx, p.bleve, true, 0, 500)
			s.OK(err)
			for _, id := range want { // all are routers by their titles
				if strings.HasPrefix(q, "router") && !slices.Contains(foundIDs(list), id) {
					t.Fatalf("%s, %q: Bleve leaves out %s", by, q, id)
				}
			}
			ask := p.asking(s.By)
			ask.Limit = 500
			if !p.ranked {
				s.sameInOrder(p, ask, want, opened, q)
				continue
			}
			for name, ranking := range map[string]*quick.Index{"kept": s.Index.live.quick, "opened": opened} {
				var got []string
				for _, h := range ranking.Search(ask) {
					got = append(got, h.ID)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) || ranking.Count(ask).All != len(want) {
					t.Fatalf("%s, %q, %s: %d are found, %d counted, want %d", by, q, name, len(got), ranking.Count(ask).All, len(want))
				}
			}
		}
	}
}

// sameInOrder fails the test unless both rankings list the threads that fit, the
// newest first, and Bleve does not leave one out.
func (s *stage) sameInOrder(p plan, ask quick.Query, want []string, opened *quick.Index, q string) {
	s.T.Helper()
	threads, err := s.Index.rec.Threads.GetMany(s.Ctx, want)
	s.OK(err)
	slices.SortFunc(want, func(a, b string) int {
		return cmp.Or(cmp.Compare(threads[b].Created, threads[a].Created), cmp.Compare(b, a))
	})
	for name, ranking := range map[string]*quick.Index{"kept": s.Index.live.quick, "opened": opened} {
		var got []string
		for _, h := range ranking.Newest(ask, math.MaxInt64) {
			got = append(got, h.ID)
		}
		if !slices.Equal(got, want) || ranking.Count(ask).All != len(want) {
			s.T.Fatalf("%q, %s: %v, %d counted, want %v", q, name, got, ranking.Count(ask).All, want)
		}
	}
}

// fitting are the threads that fit a plan, all held against it one by one; of a
// phrase, the order of its words is not looked at.
func (s *stage) fitting(p plan) (ids []string) {
	s.T.Helper()
	runs := p.phrases
	p.phrases, p.notRuns = nil, nil
	held, err := s.Index.held()
	s.OK(err)
	list := listed(held)
	s.OK(s.Index.see(s.Ctx, s.By, list))
	for _, f := range list {
		if f.thread == nil {
			continue
		}
		c, err := s.Index.load(s.Ctx, f.thread)
		s.OK(err)
		title, tags, texts := s.Index.text.pieces(c)
		all := append(texts, title, tags)
		each := !slices.ContainsFunc(runs, func(run []token) bool {
			return slices.ContainsFunc(run, func(w token) bool {
				return !slices.ContainsFunc(all, func(t piece) bool { return t.hasAny([]string{w.term}) })
			})
		})
		if each && p.admits(f.thread, &c) && p.matches(all) {
			ids = append(ids, f.id)
		}
	}
	slices.Sort(ids)
	return ids
}

func foundIDs(list []found) (ids []string) {
	for _, f := range list {
		ids = append(ids, f.id)
	}
	slices.Sort(ids)
	return ids
}
