package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
)

// TestNothingIsShownTwice turns the pages of several lists while threads are
// asked, edited, tagged and taken away, here and by others: no page shows what
// one before it showed, and what nobody touched is shown.
func TestNothingIsShownTwice(t *testing.T) {
	s := newStage(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	still := map[string]bool{}
	var moving []*community.Thread
	for i := range 90 {
		th := s.as(fmt.Sprint("agent", i%3)).asked(fmt.Sprintf("Router number %d blinks", i), fmt.Sprintf("It blinks %d times, and the router gets hot.", rnd.IntN(9)), scene.Tagged([]string{"wifi", "lamp"}[i%2]))
		if i%3 == 0 {
			moving = append(moving, th)
		} else {
			still[th.ID] = true
		}
	}
	s.caughtUp()
	lists := map[string][]string{"router blinks": nil, "router tag:wifi": nil, `"router number"`: nil, "is:new": nil, "blinks -lamp": nil}
	cursors := map[string]string{}
	for turn := 0; len(cursors) > 0 || turn == 0; turn++ {
		for q := range lists {
			if turn > 0 && cursors[q] == "" {
				continue
			}
			hits, next, err := s.Index.Search(s.Ctx, s.By, q, cursors[q], 7)
			s.OK(err)
			for _, h := range hits {
				if slices.Contains(lists[q], h.Thread.ID) {
					t.Fatalf("%q shows %q again on page %d", q, h.Thread.Title, turn)
				}
				lists[q] = append(lists[q], h.Thread.ID)
			}
			if cursors[q] = next; next == "" {
				delete(cursors, q)
			}
		}
		s.meanwhile(rnd, moving, turn)
	}
	for q, list := range lists {
		for id := range still {
			th, err := s.Svc.Thread(s.Ctx, s.By, id)
			s.OK(err)
			wanted := q != "router tag:wifi" || slices.Contains(th.Tags, "wifi")
			if q == "blinks -lamp" {
				wanted = !slices.Contains(th.Tags, "lamp")
			}
			if wanted && !slices.Contains(list, id) {
				t.Errorf("%q never shows %q, which nobody touched", q, th.Title)
			}
		}
	}
}

// meanwhile is what others do between two pages.
func (s *stage) meanwhile(rnd *rand.Rand, moving []*community.Thread, turn int) {
	s.T.Helper()
	by := s.By
	defer func() { s.By = by }()
	var work sync.WaitGroup
	for range 3 {
		th := moving[rnd.IntN(len(moving))]
		n := rnd.IntN(100)
		work.Go(func() {
			admin := community.System
			now, err := s.Svc.Thread(s.Ctx, admin, th.ID)
			if err != nil {
				return
			}
			switch n % 3 {
			case 0:
				_ = s.Svc.Remove(s.Ctx, admin, community.Ref{Kind: community.AQuestion, ID: th.ID}, "")
			case 1:
				_ = s.Svc.Restore(s.Ctx, admin, community.Ref{Kind: community.AQuestion, ID: th.ID})
			default:
				_, _ = s.Svc.SetPrivate(s.Ctx, admin, now.ID, n%2 == 0)
			}
		})
	}
	work.Wait()
	for i := range 5 {
		s.as("agent9").asked(fmt.Sprintf("Router blinks router blinks %d %d", turn, i), "Router, router, router: it blinks and blinks.", scene.Tagged("wifi"))
	}
	s.caughtUp()
}

// FuzzCursor: whatever is sent as a cursor is a place within the bounds, which
// is written as it was read, or is refused.
func FuzzCursor(f *testing.F) {
	f.Add("router", cursorAt("router", place{at: 3, began: 1_700_000_000_000, shown: []uint32{1, 1<<shownBits - 1}}))
	f.Add("router", "")
	f.Add("", "AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, q, cursor string) {
		p, err := placeOf(q, cursor, 5)
		if err != nil {
			if err != errCursor {
				t.Fatal(err)
			}
			return
		}
		if cursor != "" && (p.at < 1 || p.at >= maxDepth || len(p.shown) > maxDepth || cursorAt(q, p) != cursor) {
			t.Fatalf("%q is read as %+v", cursor, p)
		}
	})
}
