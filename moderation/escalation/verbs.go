package escalation

import (
	"context"
	"encoding/json"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

func quote(text string) json.RawMessage {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string
	}
	return b
}

// MayAsk tells whether, and from when, the asker may ask for an agent.
func (s *Service) MayAsk(ctx context.Context, by community.Actor, t *community.Thread) (may bool, from time.Time, err error) {
	if by.Guest() || t.Author != by.ID || t.Stats.Solved || t.Removed != nil || t.Duplicate != nil {
		return false, from, nil
	}
	if open, err := s.OpenCase(ctx, t.ID); err != nil || open != nil {
		return false, from, err
	}
	rules, err := s.Rules(ctx)
	if err != nil {
		return false, from, err
	}
	for _, r := range rules {
		if r.Trigger == Asked && r.covers(t) {
			from = t.Created.Time().Add(time.Duration(r.Minutes) * time.Minute)
			return true, from, nil
		}
	}
	return false, from, nil
}

// AskAgent is the asker's press of "ask an agent". Pressing again returns the
// case that is open.
func (s *Service) AskAgent(ctx context.Context, by community.Actor, thread, why string) (*Case, error) {
	if err := s.people.Active(by); err != nil {
		return nil, err
	}
	t, err := s.people.Thread(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	if open, err := s.OpenCase(ctx, thread); err != nil || (open != nil && t.Author == by.ID) {
		return open, err
	}
	may, from, err := s.MayAsk(ctx, by, t)
	if err != nil {
		return nil, err
	}
	if !may {
		return nil, fault.New(fault.Forbidden, "Only the person who asked can call an agent to an open question.")
	}
	if from.After(s.db.Now()) {
		return nil, fault.New(fault.Conflict, "The community usually answers quickly. You can ask an agent from %s.", from.UTC().Format("15:04 UTC"))
	}
	says, err := because("The customer asked for an agent", "why", why)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, t, Cause{Rule: "asked", Trigger: Asked, Says: says}, by.ID)
}

// Escalate hands a thread over by hand: moderators and agents may.
func (s *Service) Escalate(ctx context.Context, by community.Actor, thread, why string) (*Case, error) {
	if err := s.people.Active(by); err != nil {
		return nil, err
	}
	t, err := s.people.Thread(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	sp, err := s.people.Space(ctx, by, t.Space)
	if err != nil {
		return nil, err
	}
	if !by.Moderates(sp) && by.Role != community.Agent {
		return nil, fault.New(fault.Forbidden, "Only moderators and agents hand a thread over.")
	}
	if t.Removed != nil {
		return nil, fault.New(fault.Conflict, "This thread was removed.")
	}
	says, err := because("Handed over by "+by.Name, "why", why)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, t, Cause{Rule: "by_hand", Trigger: ByHand, Says: says}, by.ID)
}

// because adds a member's own words to what happened, if there are any.
func because(what, field, why string) (string, error) {
	why, err := community.Prose(field, why, 0, 500)
	if err != nil || why == "" {
		return what, err
	}
	return what + ": " + why, nil
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// works refuses who may not act on cases now.
func (s *Service) works(by community.Actor) error {
	if err := agent(by); err != nil {
		return err
	}
	return s.people.Active(by)
}

// Take makes the actor the case's agent.
func (s *Service) Take(ctx context.Context, by community.Actor, id string) (*Case, error) {
	if err := s.works(by); err != nil {
		return nil, err
	}
	return s.update(ctx, id, by.ID, "", by.Name+" took the case", func(c *Case) error {
		if !c.State.isOpen() {
			return fault.New(fault.Conflict, "This case is closed.")
		}
		if c.Assignee == by.ID && c.State == Working {
			return store.ErrUnchanged
		}
		c.Assignee, c.State = by.ID, Working
		return nil
	})
}

// Answer is an agent's reply to a case.
type Answer struct {
	Body    string
	Images  []string
	Private bool // to the asker and staff only
	Solves  bool // the case is solved with it; a public one is accepted for the asker
	Key     string
}

// Reply answers the customer in the thread, for the company. The case then
// waits for the customer, or is solved.
func (s *Service) Reply(ctx context.Context, by community.Actor, id string, a Answer) (*community.Answer, error) {
	c, err := s.Case(ctx, by, id)
	if err != nil {
		return nil, err
	}
	posted, err := s.people.PostAnswer(ctx, by, community.AnswerDraft{Thread: c.Thread, Body: a.Body, Images: a.Images, Key: a.Key, Private: a.Private, Official: s.company})
	if err != nil {
		return nil, err
	}
	return posted, s.replied(ctx, by.ID, id, posted, a.Solves)
}

// replied notes an official answer on its case. It may be repeated.
func (s *Service) replied(ctx context.Context, by, id string, a *community.Answer, solves bool) error {
	state, text := Waiting, "Answered in public"
	if a.Private {
		text = "Answered privately"
	}
	if solves {
		state = Solved
	}
	_, err := s.update(ctx, id, by, a.ID, text, func(c *Case) error {
		if c.Replied != 0 && c.State == state && (a.Private || c.Official == a.ID) {
			return store.ErrUnchanged
		}
		if c.Replied == 0 {
			c.Replied = a.Created
		}
		if !a.Private {
			c.Official = a.ID
		}
		if c.Assignee == "" {
			c.Assignee = by
		}
		c.State = state
		return nil
	})
	return err
}

// AddNote writes a note for staff.
func (s *Service) AddNote(ctx context.Context, by community.Actor, id, text, key string) (*Entry, error) {
	if err := s.works(by); err != nil {
		return nil, err
	}
	if _, err := s.Case(ctx, by, id); err != nil {
		return nil, err
	}
	text, err := community.Prose("text", text, 0, 5000)
	if err != nil {
		return nil, err
	}
	if len([]rune(text)) < 2 {
		return nil, fault.Field("text", "Write a note of 2 to 5,000 characters.")
	}
	e := &Entry{Case: id, Kind: Note, By: by.ID, At: s.now(), Text: text}
	if key != "" {
		e.ID = store.DeriveID("note", id, by.ID, key)
	}
	e, _, err = s.entries.Put(ctx, e)
	return e, err
}

// Resolve closes a case as solved; its public official answer is accepted for
// the asker, if nothing is.
func (s *Service) Resolve(ctx context.Context, by community.Actor, id string) (*Case, error) {
	return s.finish(ctx, by, id, Solved, by.Name+" solved the case")
}

// HandBack closes a case without an answer: the community goes on.
func (s *Service) HandBack(ctx context.Context, by community.Actor, id, why string) (*Case, error) {
	text, err := because(by.Name+" handed the case back", "reason", why)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, by, id, Returned, text)
}

func (s *Service) finish(ctx context.Context, by community.Actor, id string, to State, text string) (*Case, error) {
	if err := s.works(by); err != nil {
		return nil, err
	}
	return s.update(ctx, id, by.ID, "", text, func(c *Case) error {
		if c.State == to {
			return store.ErrUnchanged
		}
		if !c.State.isOpen() {
			return fault.New(fault.Conflict, "This case is closed already.")
		}
		c.State = to
		return nil
	})
}

// Reopen opens a closed case again.
func (s *Service) Reopen(ctx context.Context, by community.Actor, id string) (*Case, error) {
	if err := s.works(by); err != nil {
		return nil, err
	}
	return s.reopen(ctx, id, by.ID, by.Name+" opened the case again")
}

func (s *Service) reopen(ctx context.Context, id, by, text string) (*Case, error) {
	return s.update(ctx, id, by, "", text, func(c *Case) error {
		if c.State == Working || c.State == Submitted {
			return store.ErrUnchanged
		}
		c.State = Submitted
		if c.Assignee != "" {
			c.State = Working
		}
		return nil
	})
}

// reopenWithin is how long the asker's next word opens a solved case again.
const reopenWithin = 14 * 24 * 60 * 60 * 1000 // milliseconds

// followThread is the follower that lets a case hear its thread: the asker's
// word is the agent's turn, an accepted answer closes the case.
func (s *Service) followThread(ctx context.Context, d outbox.Delivery) error {
	c, err := s.lastCase(ctx, d.Thread)
	if err != nil || c == nil || d.At < c.Opened {
		return err
	}
	t, err := s.people.Thread(ctx, community.System, d.Thread)
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	if c.State.isOpen() {
		if err := s.pass(ctx, c, d); err != nil {
			return err
		}
	}
	if d.Kind == community.AnswerPosted {
		if err := s.noteOfficial(ctx, c, d); err != nil {
			return err
		}
	}
	return s.hear(ctx, c, t, d)
}

// noteOfficial makes up for a reply whose case was not brought up to date:
// the process died between the two writes.
func (s *Service) noteOfficial(ctx context.Context, c *Case, d outbox.Delivery) error {
	a, _, err := s.people.Answer(ctx, community.System, d.Post)
	if err != nil || a.Official == "" || !c.State.isOpen() || c.Replied >= a.Created {
		return fault.IgnoreAbsent(err)
	}
	return s.replied(ctx, a.Author, c.ID, a, false)
}

func (s *Service) hear(ctx context.Context, c *Case, t *community.Thread, d outbox.Delivery) (err error) {
	fromAsker := d.By == t.Author && (d.Kind == community.CommentPosted || d.Kind == community.AnswerPosted)
	switch {
	case fromAsker && c.State == Waiting, fromAsker && c.State == Solved && s.now()-c.Closed < reopenWithin && !t.Stats.Solved:
		_, err = s.reopen(ctx, c.ID, d.By, "The customer wrote again")
	case c.State.isOpen() && (t.Duplicate != nil || t.Removed != nil):
		_, err = s.update(ctx, c.ID, d.By, "", "The thread was closed", func(c *Case) error { return closeAs(c, Returned) })
	case c.State.isOpen() && t.Stats.Solved:
		_, err = s.update(ctx, c.ID, d.By, "", "An answer was accepted in the thread", func(c *Case) error { return closeAs(c, Solved) })
	}
	return err
}

func closeAs(c *Case, to State) error {
	if !c.State.isOpen() {
		return store.ErrUnchanged
	}
	c.State = to
	return nil
}
