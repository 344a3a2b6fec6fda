package reputation

import (
	"context"
	"slices"
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// Days lists a member's ledger, the latest day first, as the actor may see it:
// lines about threads that the actor does not see keep their points and lose
// what they are about; whom a member voted down is for that member alone.
func (s *Service) Days(ctx context.Context, by community.Actor, member, cursor string, limit int) (store.Page[Day], error) {
	list, err := s.days.Find(ctx, store.Where("member", member).Order("-day").After(cursor).Limit(limit))
	if err != nil {
		return list, damaged(err)
	}
	var ids []string
	for _, d := range list.Items {
		for _, l := range d.Lines {
			ids = append(ids, l.Thread)
		}
	}
	slices.Sort(ids)
	threads, err := s.people.ThreadsByID(ctx, by, slices.Compact(ids))
	if err != nil {
		return store.Page[Day]{}, err
	}
	for _, d := range list.Items {
		d.show(by, threads)
	}
	return list, nil
}

// show makes a day fit for the eyes of an actor. Ids of causes never leave:
// they are derived from who voted, so that guesses could be checked.
func (d *Day) show(by community.Actor, threads map[string]*community.Thread) {
	own := !by.Guest() && by.ID == d.Member
	var open, secret []Line
	for _, l := range d.Lines {
		l.Cause = ""
		if l.Kind == DownVoting && !own {
			secret = append(secret, Line{Kind: l.Kind, At: startOf(d.Day), Points: l.Points, Counted: l.Counted, Limit: l.Limit, Struck: l.Struck})
			continue
		}
		if t := threads[l.Thread]; t != nil {
			l.Title = t.Title
		} else {
			l.Thread, l.Post, l.On, l.By = "", "", "", ""
		}
		open = append(open, l)
	}
	d.Lines = append(open, secret...)
}

func startOf(day string) store.Millis {
	at, _ := time.Parse(dayLayout, day) // we wrote it
	return store.At(at)
}
