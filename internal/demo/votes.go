package demo

import (
	"context"
	"sync"
	"time"

	"selfie/community"
	"selfie/internal/fault"
)

// ballot is one vote, or one me-too, that somebody gives on a day.
type ballot struct {
	voter string
	give  func(context.Context, community.Actor) error
}

// maxBallots is what one member gives in a day at most: the community's own
// limit is 50.
const maxBallots = 45

// planVotes spreads votes and me-toos over the days after each post. Those of a
// day are given together.
func (b *builder) planVotes() {
	days := int(Length/day) + 1
	box := &ballots{byDay: make([][]ballot, days), given: map[string]map[int]int{}}
	for _, t := range b.order {
		if t.private || t.by == "promo" {
			continue
		}
		b.spread(box, t, t.at, t.by, t.up, func(ctx context.Context, by community.Actor) error {
			_, err := b.Community.Vote(ctx, by, t.question(), 1)
			return err
		})
		b.spread(box, t, t.at, t.by, t.meToos, func(ctx context.Context, by community.Actor) error {
			_, err := b.Community.SetMeToo(ctx, by, t.id, true)
			return err
		})
		for i, a := range t.answers {
			b.spread(box, t, t.at.Add(a.after), a.by, a.up, func(ctx context.Context, by community.Actor) error {
				_, err := b.Community.Vote(ctx, by, t.answer(i), 1)
				return err
			})
		}
	}
	for i, list := range box.byDay {
		at := b.begin.Add(time.Duration(i+1)*day - time.Minute)
		if at.After(b.end) {
			at = b.end.Add(-time.Minute)
		}
		b.plan(at, "votes of a day", func(ctx context.Context) error { return b.give(ctx, list) })
	}
}

// ballots are what is given on each day of the story.
type ballots struct {
	byDay [][]ballot
	given map[string]map[int]int // by voter and day
}

// spread finds n members other than the author who give something to a post
// within its first days; fewer when the post is young.
func (b *builder) spread(box *ballots, t *told, since time.Time, author string, n int, give func(context.Context, community.Actor) error) {
	for _, i := range b.rand.Perm(len(cast)) {
		p := cast[i]
		if n == 0 {
			return
		}
		if p.key == author || p.key == "promo" || (t.space == "beta" && !p.tester && p.role == "") {
			continue
		}
		n--
		at := b.later(since, 4*day)
		d := int(at.Sub(b.begin) / day)
		if b.begin.Add(time.Duration(d+1) * day).After(b.end) {
			d = len(box.byDay) - 1 // what would lie ahead was given just now
		}
		if box.given[p.key] == nil {
			box.given[p.key] = map[int]int{}
		}
		if box.given[p.key][d]++; box.given[p.key][d] <= maxBallots {
			box.byDay[d] = append(box.byDay[d], ballot{p.key, give})
		}
	}
}

// give lets the voters of a day vote side by side, as they would.
func (b *builder) give(ctx context.Context, list []ballot) error {
	queues := map[string][]ballot{}
	for _, x := range list {
		queues[x.voter] = append(queues[x.voter], x)
	}
	var wg sync.WaitGroup
	failed := make(chan error, len(queues))
	for voter, mine := range queues {
		wg.Go(func() {
			err := b.as(ctx, voter, func(by community.Actor) error {
				for _, x := range mine {
					if err := x.give(ctx, by); err != nil && !fault.Is(err, fault.Conflict) { // locked or removed since
						return err
					}
				}
				return nil
			})
			if err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}
