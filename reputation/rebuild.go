package reputation

import (
	"context"
	"sync"
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// Rebuilt counts what a rebuild looked at and what it had to write.
type Rebuilt struct{ Read, Changed int64 }

// Rebuild computes all of reputation anew from the community's facts and from
// the credits, and writes only what differs. Where the followers are up to date
// it changes nothing; after an import it makes everything. Struck lines are
// kept: from a vote that was taken back nobody could tell what it had been, so
// they are lost only with the causes themselves, and points never are. Badges
// that are deserved and not given are given; none is taken. progress, if not
// nil, is called after each document, by one goroutine at a time.
//
// Votes that an archive counted and did not list (Origin.Score) have no day and
// no line.
func (s *Service) Rebuild(ctx context.Context, progress func(collection string)) (Rebuilt, error) {
	b := &rebuild{s: s, progress: progress}
	for _, step := range []func(context.Context) error{b.votes, b.threads, b.answers, b.causes, b.missingDays, b.days, b.missingScores, b.scores, b.members} {
		if err := step(ctx); err != nil {
			return b.total, err
		}
	}
	return b.total, nil
}

type rebuild struct {
	s        *Service
	progress func(string)
	mu       sync.Mutex
	total    Rebuilt
}

func (b *rebuild) note(collection string, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total.Read++
	if changed {
		b.total.Changed++
	}
	if b.progress != nil {
		b.progress(collection)
	}
}

// rebuilders is how many documents are computed at once, so that their commits
// group.
const rebuilders = 16

// job computes one document of a collection, and tells whether it wrote.
type job func(context.Context) (changed bool, err error)

// crew runs the jobs that produce hands out, several at once, until one fails.
func (b *rebuild) crew(ctx context.Context, collection string, produce func(hand func(job) error) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, rebuilders)
	err := produce(func(work job) error {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		wg.Go(func() {
			defer func() { <-slots }()
			changed, err := work(ctx)
			if err != nil {
				cancel(err)
				return
			}
			b.note(collection, changed)
		})
		return nil
	})
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// each runs work for every document of a collection.
func each[T any](ctx context.Context, b *rebuild, c *store.Collection[T], work func(context.Context, *T) (bool, error)) error {
	return b.crew(ctx, c.Schema().Name, func(hand func(job) error) error {
		return c.Each(ctx, store.All(), func(v *T) error {
			return hand(func(ctx context.Context) (bool, error) { return work(ctx, v) })
		})
	})
}

func (b *rebuild) votes(ctx context.Context) error {
	return each(ctx, b, b.s.facts.Votes, func(ctx context.Context, v *community.Vote) (bool, error) {
		return b.s.makeMissing(ctx, b.s.rules.ofVote(v))
	})
}

func (b *rebuild) threads(ctx context.Context) error {
	return each(ctx, b, b.s.facts.Threads, func(ctx context.Context, t *community.Thread) (bool, error) {
		if t.Accepted == nil {
			return false, nil
		}
		wanted, err := b.s.acceptCauses(ctx, t.ID)
		if err != nil {
			return false, err
		}
		return b.s.makeMissing(ctx, wanted)
	})
}

func (b *rebuild) answers(ctx context.Context) error {
	return each(ctx, b, b.s.facts.Answers, func(ctx context.Context, a *community.Answer) (bool, error) {
		return b.s.makeMissing(ctx, b.s.rules.ofVerify(a))
	})
}

// makeMissing settles the causes that are not there yet; the others are settled
// with all the rest.
func (s *Service) makeMissing(ctx context.Context, wanted []*Cause) (changed bool, err error) {
	for _, c := range wanted {
		if _, err := s.causes.Get(ctx, c.ID); err == nil {
			continue
		}
		if _, err := s.settle(ctx, c); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, nil
}

func (b *rebuild) causes(ctx context.Context) error {
	return each(ctx, b, b.s.causes, b.s.settle)
}

// missingDays makes the days that causes lie on and that are not there.
func (b *rebuild) missingDays(ctx context.Context) error {
	var last memberDay
	return b.crew(ctx, b.s.days.Schema().Name, func(hand func(job) error) error {
		return b.s.causes.Each(ctx, store.All().Order("member", "day", "at"), func(c *Cause) error {
			at := memberDay{c.Member, c.Day}
			if at == last {
				return nil
			}
			last = at
			return hand(func(ctx context.Context) (bool, error) {
				if _, err := b.s.days.Get(ctx, store.DeriveID("day", at.member, at.day)); err == nil {
					return false, nil
				}
				return b.s.refold(ctx, at.member, at.day)
			})
		})
	})
}

func (b *rebuild) days(ctx context.Context) error {
	return each(ctx, b, b.s.days, func(ctx context.Context, d *Day) (bool, error) {
		return b.s.refold(ctx, d.Member, d.Day)
	})
}

// missingScores makes the weeks and months that days lie in and that are not
// there.
func (b *rebuild) missingScores(ctx context.Context) error {
	return each(ctx, b, b.s.days, func(ctx context.Context, d *Day) (changed bool, err error) {
		at, err := time.Parse(dayLayout, d.Day)
		if err != nil {
			return false, err
		}
		for _, span := range []Span{Week, Month} {
			_, err := b.s.scores.Get(ctx, store.DeriveID("score", d.Member, periodOf(span, at)))
			if err == nil {
				continue
			}
			wrote, err := b.s.rescore(ctx, d.Member, span, at)
			if err != nil {
				return changed, err
			}
			changed = changed || wrote
		}
		return changed, nil
	})
}

func (b *rebuild) scores(ctx context.Context) error {
	return each(ctx, b, b.s.scores, func(ctx context.Context, x *Score) (bool, error) {
		at, err := time.Parse(dayLayout, x.From)
		if err != nil {
			return false, err
		}
		return b.s.rescore(ctx, x.Member, x.Span, at)
	})
}

func (b *rebuild) members(ctx context.Context) error {
	return each(ctx, b, b.s.facts.Members, func(ctx context.Context, m *community.Member) (bool, error) {
		changed, err := b.s.restand(ctx, m.ID)
		if err != nil {
			return changed, err
		}
		won, err := b.s.award(ctx, m.ID, "")
		return changed || won, err
	})
}
