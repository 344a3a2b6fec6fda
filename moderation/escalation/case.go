package escalation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// State is where a case stands.
type State string

const (
	Submitted State = "submitted" // waits for an agent
	Working   State = "working"   // an agent has it
	Waiting   State = "waiting"   // the customer's turn
	Solved    State = "solved"
	Returned  State = "returned" // handed back to the community
)

// States lists the states in the order of the queue's filter.
var States = []State{Submitted, Working, Waiting, Solved, Returned}

// Label is what the customer reads: neutral words.
func (st State) Label() string {
	return map[State]string{Submitted: "Submitted to support", Working: "With support", Waiting: "Waiting for you", Solved: "Solved by support", Returned: "Back with the community"}[st]
}

func (st State) isOpen() bool { return st == Submitted || st == Working || st == Waiting }

// Case is one thread's need of an agent, with its state and story.
type Case struct {
	store.Meta
	outbox.Box
	Thread   string       `json:"thread"`
	Open     string       `json:"open,omitempty"` // the thread's id while the case is open: unique
	Number   int64        `json:"number"`         // the thread's first case is 1
	Customer string       `json:"customer"`
	Space    string       `json:"space"`
	Cause    Cause        `json:"cause"`
	State    State        `json:"state"`
	Assignee string       `json:"assignee"`
	Priority int64        `json:"priority"` // customers affected: 1 and the me-toos; 10 more for angry words
	Opened   store.Millis `json:"opened"`
	Replied  store.Millis `json:"replied,omitempty"` // the first official answer
	Closed   store.Millis `json:"closed,omitempty"`
	Official string       `json:"official,omitempty"` // the latest public official answer
}

// Cause is why a case was opened.
type Cause struct {
	Rule    string   `json:"rule"`
	Trigger Trigger  `json:"trigger"`
	By      string   `json:"by,omitempty"`    // member who asked for it
	Says    string   `json:"says"`            // for people
	Words   []string `json:"words,omitempty"` // the words that sounded angry; at most 20
	Score   float64  `json:"score,omitempty"`
}

// EntryKind is the kind of a line in a case's timeline.
type EntryKind string

const (
	Event EntryKind = "event" // something happened: Text says what
	Note  EntryKind = "note"  // for staff
	Reply EntryKind = "reply" // an official answer, public or private: Post names it
)

// Entry is one line of a case's timeline.
type Entry struct {
	store.Meta
	Case string       `json:"case"`
	Kind EntryKind    `json:"kind"`
	By   string       `json:"by,omitempty"`
	At   store.Millis `json:"at"`
	Text string       `json:"text,omitempty"`
	Post string       `json:"post,omitempty"`
}

// covers reports whether a case answers for a thread's wait: it is open, or was
// closed after its asker last wrote (privately answered, handed back).
func (c *Case) covers(t *community.Thread) bool {
	return c != nil && (c.State.isOpen() || !c.Closed.Time().Before(waitsSince(t)))
}

func caseID(thread string, number int64) string {
	return store.DeriveID("case", thread, fmt.Sprint(number))
}

// OpenCase returns a thread's open case; nil when there is none.
func (s *Service) OpenCase(ctx context.Context, thread string) (*Case, error) {
	c, err := s.cases.First(ctx, store.Where("open", thread))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return c, err
}

func (s *Service) lastCase(ctx context.Context, thread string) (*Case, error) {
	c, err := s.cases.First(ctx, store.Where("thread", thread).Order("-opened"))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return c, err
}

// open opens a case for a thread, or returns the one that is open. Its id is
// derived from the thread and how many cases it had, so rivals open one.
func (s *Service) open(ctx context.Context, t *community.Thread, cause Cause, by string) (*Case, error) {
	last, err := s.lastCase(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	number := int64(1)
	if last != nil {
		if last.State.isOpen() {
			return last, nil
		}
		number = last.Number + 1
	}
	cause.By = by
	cause.Words = cause.Words[:min(len(cause.Words), 20)]
	c := &Case{Meta: store.Meta{ID: caseID(t.ID, number)}, Thread: t.ID, Open: t.ID, Number: number, Customer: t.Author, Space: t.Space,
		Cause: cause, State: Submitted, Priority: 1 + t.Stats.MeToos, Opened: s.now()}
	if cause.Trigger == Negative {
		c.Priority += 10
	}
	if err := s.emit(c, caseOpened, by, "", "Opened: "+cause.Says); err != nil {
		return nil, err
	}
	standing, _, err := s.cases.Put(ctx, c)
	var exists *store.ExistsError
	if errors.As(err, &exists) {
		return s.OpenCase(ctx, t.ID)
	}
	return standing, err
}

// emit lets the case's next write carry an event with its timeline entry.
func (s *Service) emit(c *Case, kind, by, post, text string) error {
	e := outbox.Event{Kind: kind, At: s.now(), By: by, Thread: c.Thread, Post: post, Member: c.Customer, Payload: quote(text)}
	if !c.Emit(s.routes, c.ID, e) {
		return fault.New(fault.Unavailable, "This case is very busy. Please try again in a minute.")
	}
	return nil
}

// update changes a case; text is what its timeline says.
func (s *Service) update(ctx context.Context, id, by, post, text string, apply func(*Case) error) (*Case, error) {
	c, err := s.cases.Update(ctx, id, func(c *Case) error {
		if err := apply(c); err != nil {
			return err
		}
		c.Open = ""
		if c.State.isOpen() {
			c.Open, c.Closed = c.Thread, 0
		} else if c.Closed == 0 {
			c.Closed = s.now()
		}
		return s.emit(c, caseChanged, by, post, text)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "There is no such case.")
	}
	return c, err
}

// Queue lists cases in a state, the most pressing first; "" lists the latest.
func (s *Service) Queue(ctx context.Context, by community.Actor, state State, mine bool, cursor string, limit int) (store.Page[Case], error) {
	if err := agent(by); err != nil {
		return store.Page[Case]{}, err
	}
	if state != "" && !slices.Contains(States, state) {
		return store.Page[Case]{}, fault.Field("state", "A case is submitted, working, waiting, solved or returned.")
	}
	q := store.All().Order("-opened")
	switch {
	case mine && state != "":
		q = store.Where("assignee", by.ID).And("state", state).Order("opened")
	case mine:
		q = store.Where("assignee", by.ID).And("state", Working).Order("opened")
	case state != "":
		q = store.Where("state", state).Order("-priority", "opened")
	}
	p, err := s.cases.Find(ctx, q.After(cursor).Limit(limit))
	if errors.Is(err, store.ErrCursor) {
		err = fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	return p, err
}

// Escalated lists threads with an open case, as far as the actor may know: all to
// staff, a customer's own to the customer. At most limit.
func (s *Service) Escalated(ctx context.Context, by community.Actor, limit int) (threads []string, err error) {
	var queries []store.Query
	switch {
	case by.Guest():
		return nil, nil
	case by.Staff():
		for _, st := range []State{Submitted, Working, Waiting} {
			queries = append(queries, store.Where("state", st).Order("-priority", "opened"))
		}
	default:
		queries = []store.Query{store.Where("customer", by.ID).Order("-opened")}
	}
	for _, q := range queries {
		p, err := s.cases.Find(ctx, q.Limit(min(limit, store.MaxLimit)))
		if err != nil {
			return nil, err
		}
		for _, c := range p.Items {
			if c.Open != "" && len(threads) < limit {
				threads = append(threads, c.Thread)
			}
		}
	}
	return threads, nil
}

// Counts tells how many cases stand in each open state.
func (s *Service) Counts(ctx context.Context, by community.Actor) (map[State]int64, error) {
	if err := agent(by); err != nil {
		return nil, err
	}
	counts := map[State]int64{}
	for _, st := range []State{Submitted, Working, Waiting} {
		n, err := s.cases.Count(ctx, store.Where("state", st))
		if err != nil {
			return nil, err
		}
		counts[st] = n
	}
	return counts, nil
}

// Case returns a case, to agents.
func (s *Service) Case(ctx context.Context, by community.Actor, id string) (*Case, error) {
	if err := agent(by); err != nil {
		return nil, err
	}
	c, err := s.cases.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, fault.New(fault.NotFound, "There is no such case.")
	}
	return c, err
}

// Timeline lists a case's entries, oldest first, to agents.
func (s *Service) Timeline(ctx context.Context, by community.Actor, id, cursor string, limit int) (store.Page[Entry], error) {
	if err := agent(by); err != nil {
		return store.Page[Entry]{}, err
	}
	return s.entries.Find(ctx, store.Where("case", id).Order("at").After(cursor).Limit(limit))
}

// HistoryOf lists a customer's cases, the latest first, to agents.
func (s *Service) HistoryOf(ctx context.Context, by community.Actor, customer, cursor string, limit int) (store.Page[Case], error) {
	if err := agent(by); err != nil {
		return store.Page[Case]{}, err
	}
	return s.cases.Find(ctx, store.Where("customer", customer).Order("-opened").After(cursor).Limit(limit))
}

// StatusFor is the case as the asker and staff see it in the thread; nil when
// there is none, or for others.
func (s *Service) StatusFor(ctx context.Context, by community.Actor, t *community.Thread) (*Case, error) {
	if by.Guest() || (t.Author != by.ID && !by.Staff()) {
		return nil, nil
	}
	return s.lastCase(ctx, t.ID)
}
