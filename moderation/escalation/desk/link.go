package desk

import (
	"context"
	"errors"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Link is where a case stands on a desk. Its id is the case's. What is sent or
// taken in are documents of their own.
type Link struct {
	store.Meta
	Desk    string       `json:"desk"`             // the connection's name
	Ref     string       `json:"ref"`              // carried by the ticket
	Thread  string       `json:"thread"`           // of the case
	Ticket  string       `json:"ticket,omitempty"` // "" until it is known
	Tickets []string     `json:"tickets"`          // "desk ticket", also of those merged into it; at most maxTickets
	Agreed  Status       `json:"agreed"`           // the case's status when both sides were last brought together
	There   Status       `json:"there"`            // and the desk's
	Lost    bool         `json:"lost,omitempty"`   // the ticket was deleted there, or was given up
	Created store.Millis `json:"created"`
	Due     store.Millis `json:"due"`    // when something waits to be delivered; 0 = nothing does
	Wakes   int64        `json:"wakes"`  // counts what was added, so that no wake is overwritten
	Check   store.Millis `json:"check"`  // when the sweep must look; 0 = never again
	Checks  int          `json:"checks"` // how often it did
}

// maxTickets bounds the duplicates a link remembers.
const maxTickets = 20

func declareLinks(db *store.DB) *store.Collection[Link] {
	return store.Declare[Link](db, "desk_links",
		store.On("desk", "due"),
		store.On("desk", "check"),
		store.On("tickets[]"),
	)
}

func ticketKey(desk, ticket string) string { return desk + " " + ticket }

// knows makes changes of the ticket find the link.
func (l *Link) knows(ticket string) {
	key := ticketKey(l.Desk, ticket)
	if !slices.Contains(l.Tickets, key) && len(l.Tickets) < maxTickets {
		l.Tickets = append(l.Tickets, key)
	}
}

// Link returns where a case stands on a desk, and the address of its ticket
// for agents ("" until there is one). NotFound when the case is on no desk.
func (e *Engine) Link(ctx context.Context, caseID string) (l *Link, address string, err error) {
	l, err = e.links.Get(ctx, caseID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, "", fault.Wrap(err, fault.NotFound, "This case is on no external desk.")
	}
	if err != nil {
		return nil, "", err
	}
	if c := e.desks[l.Desk]; c != nil && l.Ticket != "" && !l.Lost {
		address = c.desk.Link(l.Ticket)
	}
	return l, address, nil
}

// linkOf finds the link that a ticket belongs to, nil when it is not ours.
func (e *Engine) linkOf(ctx context.Context, desk, ticket string) (*Link, error) {
	l, err := e.links.First(ctx, store.Where("tickets[]", ticketKey(desk, ticket)))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return l, err
}
