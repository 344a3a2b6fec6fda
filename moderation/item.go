package moderation

import (
	"context"
	"errors"
	"slices"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// ItemState is where a review item stands.
type ItemState string

const (
	StateOpen    ItemState = "open"
	StateDecided ItemState = "decided"
)

// Item is everything about one post that a moderator must judge. There is one
// a post; a new reason after a decision opens it again. Its revision guards
// decisions, so two moderators never decide one item.
type Item struct {
	store.Meta
	outbox.Box
	Ref       community.Ref    `json:"ref"`
	Thread    string           `json:"thread"`
	Space     string           `json:"space"` // when it was opened; rights are read from the thread
	Author    string           `json:"author"`
	State     ItemState        `json:"state"`
	Score     int64            `json:"score"` // hundredths; the queue's order: weight of flags, held posts as one staff flag, illegal on top
	Flags     int64            `json:"flags"`
	Weight    float64          `json:"weight"` // of the pending flags
	Reasons   map[Reason]int64 `json:"reasons,omitempty"`
	Illegal   bool             `json:"illegal,omitempty"`
	Held      string           `json:"held,omitempty"` // why the post waits; "" when it does not
	Opened    store.Millis     `json:"opened"`
	Decided   store.Millis     `json:"decided,omitempty"`
	Claim     *Claim           `json:"claim,omitempty"`
	Decisions []Decision       `json:"decisions,omitempty"` // newest last, at most maxDecisions
	Edition   int64            `json:"edition"`             // the post's edit number when it was last decided
}

// Claim says who is looking at an item. It is soft: it ends by itself.
type Claim struct {
	By    string       `json:"by"`
	Until store.Millis `json:"until"`
}

const (
	claimFor     = 10 * 60 * 1000 // milliseconds
	maxDecisions = 20
)

// open brings a post into the queue, or brings its item up to date. change
// sets what is known now; score is given in points.
func (s *Service) open(ctx context.Context, ref community.Ref, t *community.Thread, p *community.Post, change func(*openItem)) error {
	fresh := func() *Item {
		return &Item{Ref: ref, Thread: t.ID, Space: t.Space, Author: p.Author}
	}
	_, err := s.items.Upsert(ctx, itemID(ref), fresh, func(i *Item) error {
		o := i.known()
		change(o)
		if i.State != StateOpen {
			i.State, i.Opened, i.Claim = StateOpen, s.now(), nil
		}
		i.know(*o)
		return nil
	})
	return err
}

// openItem is why an item waits for a moderator.
type openItem struct {
	Flags   int64            `json:"flags,omitempty"`
	Score   float64          `json:"weight,omitempty"`
	Reasons map[Reason]int64 `json:"reasons,omitempty"`
	Illegal bool             `json:"illegal,omitempty"`
	Held    string           `json:"held,omitempty"`
}

func (i *Item) known() *openItem {
	return &openItem{Flags: i.Flags, Score: i.Weight, Reasons: i.Reasons, Illegal: i.Illegal, Held: i.Held}
}

func (i *Item) know(o openItem) {
	i.Flags, i.Weight, i.Reasons, i.Illegal, i.Held, i.Score = o.Flags, o.Score, o.Reasons, o.Illegal, o.Held, o.points()
}

// points orders the queue: illegal first, then held posts as one staff flag (6)
// beside the weight of flags.
func (o openItem) points() int64 {
	score := o.Score
	if o.Held != "" {
		score += 6
	}
	if o.Illegal {
		score += 1000
	}
	return int64(score * 100)
}

// Queue lists what waits for a moderator, the weightiest first, in spaces that
// the actor moderates.
func (s *Service) Queue(ctx context.Context, by community.Actor, cursor string, limit int) (store.Page[Item], error) {
	return s.list(ctx, by, store.Where("state", StateOpen).Order("-score", "opened").After(cursor).Limit(limit))
}

// Done lists what was decided, the latest first.
func (s *Service) Done(ctx context.Context, by community.Actor, cursor string, limit int) (store.Page[Item], error) {
	return s.list(ctx, by, store.Where("state", StateDecided).Order("-decided").After(cursor).Limit(limit))
}

func (s *Service) list(ctx context.Context, by community.Actor, q store.Query) (store.Page[Item], error) {
	mine, err := s.moderated(ctx, by)
	if err != nil {
		return store.Page[Item]{}, err
	}
	p, err := s.items.Find(ctx, q)
	if errors.Is(err, store.ErrCursor) {
		return p, fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	p.Items = slices.DeleteFunc(p.Items, func(i *Item) bool { return mine != nil && !mine[i.Space] })
	return p, err
}

// Waiting counts the open items.
func (s *Service) Waiting(ctx context.Context, by community.Actor) (int64, error) {
	if _, err := s.moderated(ctx, by); err != nil {
		return 0, err
	}
	return s.items.Count(ctx, store.Where("state", StateOpen))
}

// moderated lists the spaces that the actor moderates; nil means all.
func (s *Service) moderated(ctx context.Context, by community.Actor) (map[string]bool, error) {
	if by.Role == community.Moderator || by.Role == community.Admin {
		return nil, nil
	}
	mine := map[string]bool{}
	if !by.Guest() {
		spaces, err := s.people.Spaces(ctx, by)
		if err != nil {
			return nil, err
		}
		for _, sp := range spaces {
			if by.Moderates(sp) {
				mine[sp.ID] = true
			}
		}
	}
	if len(mine) == 0 {
		return nil, fault.New(fault.Forbidden, "Only moderators see the review queue.")
	}
	return mine, nil
}

// Item returns one review item with the post it is about.
func (s *Service) Item(ctx context.Context, by community.Actor, id string) (*Item, error) {
	i, err := s.items.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "There is no such review item.")
	}
	if err != nil {
		return nil, err
	}
	_, _, sp, err := s.people.PostOf(ctx, community.System, i.Ref)
	if err != nil {
		return nil, err
	}
	if !by.Moderates(sp) {
		return nil, fault.New(fault.Forbidden, "Only moderators see the review queue.")
	}
	return i, nil
}

// ItemFlags lists the flags of an item's post, oldest first, at most maxFlags.
func (s *Service) ItemFlags(ctx context.Context, by community.Actor, i *Item) ([]*Flag, error) {
	if _, err := s.Item(ctx, by, i.ID); err != nil {
		return nil, err
	}
	var all []*Flag
	for _, o := range []Outcome{Pending, Agreed, Disagreed} {
		p, err := s.flags.Find(ctx, store.Where("post", i.Ref.ID).And("outcome", o).Order("at").Limit(maxFlags))
		if err != nil {
			return nil, err
		}
		all = append(all, p.Items...)
	}
	return all, nil
}

// judged returns an item to a moderator who may act on it.
func (s *Service) judged(ctx context.Context, by community.Actor, id string) (*Item, error) {
	i, err := s.Item(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return i, s.people.Active(by)
}

// Claim says that the actor looks at an item. Another's claim stands for ten
// minutes; claiming again renews one's own.
func (s *Service) Claim(ctx context.Context, by community.Actor, id string) (*Item, error) {
	if _, err := s.judged(ctx, by, id); err != nil {
		return nil, err
	}
	return s.items.Update(ctx, id, func(i *Item) error {
		if c := i.Claim; c != nil && c.By != by.ID && c.Until > s.now() {
			return fault.New(fault.Conflict, "Another moderator is looking at this until %s.", c.Until.Time().Format("15:04 UTC"))
		}
		i.Claim = &Claim{By: by.ID, Until: s.now() + claimFor}
		return nil
	})
}

// Release gives up the actor's claim.
func (s *Service) Release(ctx context.Context, by community.Actor, id string) (*Item, error) {
	if _, err := s.Item(ctx, by, id); err != nil {
		return nil, err
	}
	return s.items.Update(ctx, id, func(i *Item) error {
		if i.Claim == nil || i.Claim.By != by.ID {
			return store.ErrUnchanged
		}
		i.Claim = nil
		return nil
	})
}
