package escalation

import (
	"context"
	"errors"
	"slices"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Trigger is what a rule waits for.
type Trigger string

const (
	Unanswered Trigger = "unanswered" // nobody answered for Hours of business time
	Negative   Trigger = "negative"   // the asker's words are at least Threshold negative
	Asked      Trigger = "asked"      // the asker presses "ask an agent", from Minutes after asking
	ByHand     Trigger = "by_hand"    // a moderator or agent hands it over
)

// Triggers lists the triggers.
var Triggers = []Trigger{Unanswered, Negative, Asked, ByHand}

// Rule says when a thread needs an agent.
type Rule struct {
	store.Meta
	Name      string  `json:"name"`
	Trigger   Trigger `json:"trigger"`
	Space     string  `json:"space,omitempty"` // "" = every space
	Tag       string  `json:"tag,omitempty"`   // "" = any
	Hours     int     `json:"hours,omitempty"` // business hours, for Unanswered
	Minutes   int     `json:"minutes,omitempty"`
	Threshold float64 `json:"threshold,omitempty"` // 0 to 1, for Negative
	On        bool    `json:"on"`
	Position  int64   `json:"position"`
}

// defaultRules: 48 business hours is the published example of Salesforce's
// question-to-case; 0.6 is where Discourse AI starts; agents can be asked for
// after half an hour, so that the community has its chance.
func defaultRules() []*Rule {
	return []*Rule{
		{Meta: store.Meta{ID: "unanswered"}, Name: "Unanswered for 48 business hours", Trigger: Unanswered, Hours: 48, On: true, Position: 1},
		{Meta: store.Meta{ID: "negative"}, Name: "Angry words", Trigger: Negative, Threshold: 0.6, On: true, Position: 2},
		{Meta: store.Meta{ID: "asked"}, Name: "The customer asks for an agent", Trigger: Asked, Minutes: 30, On: true, Position: 3},
		{Meta: store.Meta{ID: "by_hand"}, Name: "Handed over by a moderator", Trigger: ByHand, On: true, Position: 4},
	}
}

// maxRules bounds the rules.
const maxRules = 100

// Rules lists the rules by position.
func (s *Service) Rules(ctx context.Context) ([]*Rule, error) {
	p, err := s.rules.Find(ctx, store.All().Order("position").Limit(maxRules))
	return p.Items, err
}

// SaveRule makes a rule (empty id) or changes one.
func (s *Service) SaveRule(ctx context.Context, by community.Actor, r Rule) (*Rule, error) {
	if err := admin(by); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if r.ID == "" {
		have, err := s.Rules(ctx)
		if err != nil {
			return nil, err
		}
		if len(have) >= maxRules {
			return nil, fault.New(fault.Conflict, "There are %d rules already. Remove one first.", maxRules)
		}
		r.Meta = store.Meta{}
		return &r, s.rules.Insert(ctx, &r)
	}
	out, err := s.rules.Update(ctx, r.ID, func(have *Rule) error {
		r.Meta = have.Meta
		*have = r
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "There is no such rule.")
	}
	return out, err
}

// DropRule removes a rule; open cases stay.
func (s *Service) DropRule(ctx context.Context, by community.Actor, id string) error {
	if err := admin(by); err != nil {
		return err
	}
	err := s.rules.Delete(ctx, id, 0)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func (r *Rule) check() (err error) {
	if r.Name, err = community.Line("name", r.Name, 3, 100); err != nil {
		return err
	}
	switch {
	case !slices.Contains(Triggers, r.Trigger):
		return fault.Field("trigger", "Choose what the rule waits for.")
	case (r.Trigger == Unanswered && r.Hours < 1) || r.Hours < 0 || r.Hours > 1000:
		return fault.Field("hours", "Give 1 to 1,000 business hours.")
	case (r.Trigger == Negative && r.Threshold <= 0) || !(r.Threshold >= 0 && r.Threshold <= 1):
		return fault.Field("threshold", "Give a number above 0 and up to 1; 0.6 is a good start.")
	case r.Minutes < 0 || r.Minutes > 100_000:
		return fault.Field("minutes", "Give 0 to 100,000 minutes.")
	}
	return nil
}

// covers reports whether the rule speaks about a thread at all.
func (r *Rule) covers(t *community.Thread) bool {
	return r.On && (r.Space == "" || r.Space == t.Space) && (r.Tag == "" || slices.Contains(t.Tags, r.Tag))
}

// unanswered reports whether a thread waits for an answer that agents must
// give when nobody does: visible, unsolved, and the asker wrote last or alone.
func unanswered(t *community.Thread) bool {
	open := t.Removed == nil && t.Duplicate == nil && t.Lock == nil && !t.Stats.Solved
	return open && (t.Stats.State == community.New || t.Stats.State == community.NeedsAnswer)
}

// waitsSince is when the wait for an answer began: when the asker last wrote.
func waitsSince(t *community.Thread) time.Time {
	if t.Stats.LastBy == t.Author {
		return t.Stats.Activity.Time()
	}
	return t.Created.Time()
}

// dueBy is when the first unanswered rule that covers the thread falls due.
func dueBy(t *community.Thread, rules []*Rule, c Calendar) (*Rule, time.Time) {
	var first *Rule
	var due time.Time
	if !unanswered(t) {
		return nil, due
	}
	for _, r := range rules {
		if r.Trigger != Unanswered || !r.covers(t) {
			continue
		}
		if at := c.After(waitsSince(t), time.Duration(r.Hours)*time.Hour); first == nil || at.Before(due) {
			first, due = r, at
		}
	}
	return first, due
}

// Trial is what a rule would have done.
type Trial struct {
	Looked  int      // threads it looked at
	Would   int      // threads it would escalate now
	Threads []string // the first 50 of them
}

// maxTrial bounds the threads that a dry run looks at.
const maxTrial = 2000

// DryRun tells what a rule would escalate now, among the latest threads, and
// does nothing.
func (s *Service) DryRun(ctx context.Context, by community.Actor, r Rule) (Trial, error) {
	var trial Trial
	if err := admin(by); err != nil {
		return trial, err
	}
	if err := r.check(); err != nil {
		return trial, err
	}
	r.On = true
	c, err := s.calendar(ctx)
	if err != nil {
		return trial, err
	}
	for cursor := ""; trial.Looked < maxTrial; {
		page, err := s.people.Threads(ctx, by, community.Filter{Sort: community.ByActivity, Space: r.Space}, cursor, 200)
		if err != nil {
			return trial, err
		}
		for _, t := range page.Items {
			trial.Looked++
			if s.wouldEscalate(t, &r, c) {
				trial.Would++
				if len(trial.Threads) < 50 {
					trial.Threads = append(trial.Threads, t.ID)
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return trial, nil
}

func (s *Service) wouldEscalate(t *community.Thread, r *Rule, c Calendar) bool {
	if !r.covers(t) {
		return false
	}
	switch r.Trigger {
	case Unanswered:
		rule, due := dueBy(t, []*Rule{r}, c)
		return rule != nil && !due.After(s.db.Now())
	case Negative:
		score, _ := s.negative(t.Title + "\n" + t.Body)
		return score >= r.Threshold && !t.Stats.Solved
	}
	return false
}
