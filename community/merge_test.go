package community_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// A walk through a list over many spaces, by pages of any size, meets every
// thread that is open to the reader once, in the list's order.
func TestThreadsWalk(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	spaces := []string{"general", "one", "two", "three"}
	for _, id := range spaces[1:] {
		s.Space(id, community.Public)
	}
	r := rand.New(rand.NewPCG(7, 11))
	var all []*community.Thread
	for i := range 90 {
		th := &community.Thread{Space: spaces[min(r.IntN(6), 3)], Title: fmt.Sprint("Thread ", i), Tags: []string{"router"}}
		th.ID, th.Created = fmt.Sprintf("t%02d%02d", r.IntN(100), i), store.Millis(r.IntN(20)) // many at the same moment
		th.Stats = community.ThreadStats{Shelf: []community.Shelf{community.OnOpen, community.OnOpen, community.OnPrivate}[r.IntN(3)], State: community.Answered,
			Unanswered: r.IntN(2) == 0, Activity: store.Millis(r.IntN(20)), Hot: int64(r.IntN(5)), Score: int64(r.IntN(5) - 2)}
		s.OK(s.Svc.Records().Threads.Insert(s.Ctx, th))
		all = append(all, th)
	}
	activity := func(t *community.Thread) int64 { return int64(t.Stats.Activity) }
	created := func(t *community.Thread) int64 { return int64(t.Created) }
	for name, list := range map[string]struct {
		f     community.Filter
		key   func(*community.Thread) int64
		fits  func(*community.Thread) bool
		staff bool
	}{
		"active":      {key: activity},
		"newest":      {f: community.Filter{Sort: community.ByNewest}, key: created},
		"within":      {f: community.Filter{Sort: community.ByNewest, From: 5, To: 9}, key: created, fits: func(t *community.Thread) bool { return t.Created >= 5 && t.Created <= 9 }},
		"hot":         {f: community.Filter{Sort: community.ByHot}, key: func(t *community.Thread) int64 { return t.Stats.Hot }},
		"votes":       {f: community.Filter{Sort: community.ByVotes}, key: func(t *community.Thread) int64 { return t.Stats.Score }},
		"unanswered":  {f: community.Filter{Unanswered: true}, key: created, fits: func(t *community.Thread) bool { return t.Stats.Unanswered }},
		"state":       {f: community.Filter{State: community.Answered}, key: activity},
		"tag":         {f: community.Filter{Tag: "router"}, key: activity},
		"for staff":   {key: activity, staff: true},
		"one space":   {f: community.Filter{Space: "one"}, key: activity, fits: func(t *community.Thread) bool { return t.Space == "one" }},
		"nothing yet": {f: community.Filter{State: community.Solved}, key: activity, fits: func(*community.Thread) bool { return false }},
	} {
		by := s.Actor("someone")
		if list.staff {
			by = s.Actor("agent")
		}
		var want []string
		slices.SortFunc(all, func(a, b *community.Thread) int {
			return cmp.Or(cmp.Compare(list.key(b), list.key(a)), cmp.Compare(b.ID, a.ID))
		})
		for _, th := range all {
			if (list.fits == nil || list.fits(th)) && (list.staff || th.Stats.Shelf == community.OnOpen) {
				want = append(want, th.ID)
			}
		}
		for _, size := range []int{1, 2, 7, 25, 200} {
			if got := walk(s, by, list.f, size); !slices.Equal(got, want) {
				t.Errorf("%s by %d:\n%v, want\n%v", name, size, got, want)
			}
		}
	}
	if _, err := s.Svc.Threads(s.Ctx, s.Actor("someone"), community.Filter{}, "broken", 5); err == nil {
		t.Error("a broken cursor leads somewhere")
	}
}

func walk(s *scene.Scene, by community.Actor, f community.Filter, size int) (ids []string) {
	for cursor, pages := "", 0; pages < 200; pages++ {
		list, err := s.Svc.Threads(s.Ctx, by, f, cursor, size)
		s.OK(err)
		for _, th := range list.Items {
			ids = append(ids, th.ID)
		}
		if len(list.Items) > size || list.Next != "" && len(list.Items) < size {
			s.T.Fatalf("a page of %d has %d and another follows: %t", size, len(list.Items), list.Next != "")
		}
		if cursor = list.Next; cursor == "" {
			return ids
		}
	}
	s.T.Fatal("the walk does not end")
	return nil
}
