package desk

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// side says which side must take over the other's status.
type side int

const (
	neither side = iota
	theDesk      // takes the case's
	theCase      // takes the desk's
)

// merge compares the two sides with what they last agreed upon. When both have
// moved, the community's side wins.
//
//	agreed  case  desk   who takes over
//	  a      a     a     neither
//	  a      b     a     the desk
//	  a      a     b     the case
//	  a      b     b     neither
//	  a      b     c     the desk
func merge(agreed, ours, theirs Status) side {
	switch {
	case ours == theirs:
		return neither
	case ours == agreed:
		return theCase
	}
	return theDesk
}

// agree brings case and ticket to one status. Reading both as they stand makes
// it idempotent and blind to echoes.
func (e *Engine) agree(ctx context.Context, c *connection, l *Link, v CaseView) error {
	var t Ticket
	err := e.ask(ctx, c, func(ctx context.Context) (err error) {
		t, err = c.desk.Ticket(ctx, l.Ticket)
		return err
	})
	if fault.Is(err, fault.Gone) || fault.Is(err, fault.NotFound) {
		if lost := e.lose(ctx, l.ID); lost != nil {
			return lost
		}
		return nothingToDo{"The ticket was deleted on the desk."}
	}
	if err != nil {
		return err
	}
	now := t.Status
	switch merge(l.Agreed, v.Status, t.Status) {
	case theCase:
		err = e.tellCase(ctx, l.ID, t.Status)
	case theDesk:
		now, err = v.Status, e.tellDesk(ctx, c, t, v.Status)
	}
	if err != nil {
		return err
	}
	return e.agreed(ctx, l, t.ID, now)
}

func (e *Engine) tellCase(ctx context.Context, caseID string, s Status) error {
	ctx, cancel := e.call(ctx)
	defer cancel()
	return fromCases(e.cases.SetStatus(ctx, caseID, s))
}

// tellDesk sets the status there, unless the desk has no such status: then the
// two differ, and that is agreed upon.
func (e *Engine) tellDesk(ctx context.Context, c *connection, t Ticket, s Status) error {
	if _, can := c.desk.Capabilities().StatusNames[s]; !can {
		return nothingToDo{"This desk has no such status: " + string(s)}
	}
	return e.ask(ctx, c, func(ctx context.Context) error { return c.desk.SetStatus(ctx, t.ID, s) })
}

// agreed records the outcome, and the ticket's id if it was merged there.
func (e *Engine) agreed(ctx context.Context, l *Link, ticket string, s Status) error {
	if l.Agreed == s && l.Ticket == ticket {
		return nil
	}
	_, err := e.links.Update(ctx, l.ID, func(now *Link) error {
		now.Agreed, now.Ticket = s, ticket
		now.knows(ticket)
		return nil
	})
	return ours(err)
}

// firstCheck is when the sweep looks at a new ticket for the first time: after
// whatever could have made a second one.
const firstCheck = store.Millis(4 * 60 * 1000)
