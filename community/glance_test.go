package community_test

import (
	"fmt"
	"slices"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// Within a glance everything stands still; outside it nothing does, and what one
// caller does to its copy no other sees.
func TestGlance(t *testing.T) {
	s := scene.New(t, scene.SQLite(t))
	s.As("asker").Ask("Router blinks red at night").Settled()
	look := community.Glance(s.Ctx)
	read := func() (*community.Thread, []*community.Space) {
		th, err := s.Svc.Thread(look, s.By, s.Thread.ID)
		s.OK(err)
		spaces, err := s.Svc.Spaces(look, s.By)
		s.OK(err)
		return th, spaces
	}
	first, spaces := read()
	s.As("moderator")
	_, err := s.Svc.SetLock(s.Ctx, s.Actor("moderator"), s.Thread.ID, "It went round in circles.")
	s.OK(err)
	s.Space("another", community.Public)
	first.Title, spaces[0] = "Changed by its reader", nil
	if th, again := read(); th.Lock != nil || th.Title == first.Title || len(again) != len(spaces) || again[0] == nil {
		t.Errorf("within the glance: lock %v, %q, %d spaces", th.Lock, th.Title, len(again))
	}
	look = community.Glance(s.Ctx)
	if th, again := read(); th.Lock == nil || len(again) != len(spaces)+1 {
		t.Errorf("in another: lock %v, %d spaces", th.Lock, len(again))
	}
}

// The first comments of many posts are those that each post lists by itself,
// however they are read.
func TestFirstComments(t *testing.T) {
	const limit = 3
	for _, many := range []int{2, 4, 110} {
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			s := scene.New(t, scene.SQLite(t))
			s.As("asker").Ask("Router blinks red at night").Remark("Only since the update.")
			s.As("helper").Answer("Hold the reset button for ten seconds.")
			posts := []string{s.Thread.ID, s.Answer_.ID}
			for i := range many {
				c := &community.Comment{Thread: s.Thread.ID, On: s.Answer_.ID, Stats: community.CommentStats{Shelf: community.OnOpen}}
				c.Author, c.Created = s.By.ID, store.Millis(1000+i/2) // two at a time
				s.OK(s.Svc.Records().Comments.Insert(s.Ctx, c))
			}
			got, err := s.Svc.FirstComments(s.Ctx, s.By, s.Thread, posts, limit)
			s.OK(err)
			for _, on := range posts {
				want, err := s.Svc.Comments(s.Ctx, s.By, s.Thread, on, "", limit)
				s.OK(err)
				if !slices.Equal(idsOf(want), idsOf(got[on])) || want.Next != got[on].Next {
					t.Errorf("%v then %q, want %v then %q", idsOf(got[on]), got[on].Next, idsOf(want), want.Next)
				}
			}
		})
	}
}

func idsOf(p store.Page[community.Comment]) (ids []string) {
	for _, c := range p.Items {
		ids = append(ids, c.ID)
	}
	return ids
}
