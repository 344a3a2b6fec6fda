package reputation

import (
	"context"
	"slices"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Days lists a member's ledger, the latest day first, as the actor may see it:
// lines about posts that the actor does not see keep their points and lose what
// they are about; whom a member voted down is for that member alone.
func (s *Service) Days(ctx context.Context, by community.Actor, member, cursor string, limit int) (store.Page[Day], error) {
	list, err := s.days.Find(ctx, store.Where("member", member).Order("-day").After(cursor).Limit(limit))
	if err != nil {
		return list, damaged(err)
	}
	seen, err := s.seen(ctx, by, list.Items)
	if err != nil {
		return store.Page[Day]{}, err
	}
	for _, d := range list.Items {
		d.show(by, seen)
	}
	return list, nil
}

// show makes a day fit for the eyes of an actor. titles are those of the posts
// that the actor sees. Ids of causes never leave: they are derived from who
// voted, so that guesses could be checked.
func (d *Day) show(by community.Actor, titles map[community.Ref]string) {
	own := !by.Guest() && by.ID == d.Member
	var open, secret []Line
	for _, l := range d.Lines {
		l.Cause = ""
		if l.Kind == DownVoting && !own {
			secret = append(secret, Line{Kind: l.Kind, At: startOf(d.Day), Points: l.Points, Counted: l.Counted, Limit: l.Limit, Struck: l.Struck})
			continue
		}
		title, sees := titles[l.ref()]
		if l.Title = title; !sees {
			l.Thread, l.Post, l.On, l.By = "", "", "", ""
		}
		open = append(open, l)
	}
	d.Lines = append(open, secret...)
}

// ref names the post that a line is about; a line that knows only its thread is
// about the question.
func (l Line) ref() community.Ref {
	if l.Post == "" {
		return community.Ref{Kind: community.AQuestion, ID: l.Thread}
	}
	return community.Ref{Kind: l.On, ID: l.Post}
}

// seen returns the posts of the days that the actor sees, with their threads'
// titles. Threads and plainly open answers are judged by the page; what is left,
// one by one.
func (s *Service) seen(ctx context.Context, by community.Actor, days []*Day) (map[community.Ref]string, error) {
	posts := postsOf(days)
	var threadIDs, answerIDs []string
	for ref, thread := range posts {
		threadIDs = append(threadIDs, thread)
		if ref.Kind == community.AnAnswer {
			answerIDs = append(answerIDs, ref.ID)
		}
	}
	slices.Sort(threadIDs)
	threads, err := s.people.ThreadsByID(ctx, by, slices.Compact(threadIDs))
	if err != nil {
		return nil, err
	}
	answers, err := s.facts.Answers.GetMany(ctx, answerIDs)
	if err != nil {
		return nil, err
	}
	titles := map[community.Ref]string{}
	for ref, thread := range posts {
		t, a := threads[thread], answers[ref.ID]
		if t == nil {
			continue
		}
		sees := ref.Kind == community.AQuestion || (a != nil && a.Stats.Shelf == community.OnOpen)
		if !sees {
			_, _, _, err := s.people.PostOf(ctx, by, ref)
			if sees = err == nil; !sees && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		if sees {
			titles[ref] = t.Title
		}
	}
	return titles, nil
}

// postsOf lists the posts of the days' lines, each with its thread.
func postsOf(days []*Day) map[community.Ref]string {
	posts := map[community.Ref]string{}
	for _, d := range days {
		for _, l := range d.Lines {
			posts[l.ref()] = l.Thread
		}
	}
	return posts
}

func startOf(day string) store.Millis {
	at, _ := time.Parse(dayLayout, day) // we wrote it
	return store.At(at)
}
