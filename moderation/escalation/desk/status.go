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

// merge compares the two sides with what each was when they were last brought
// together. When both have moved, the community's side wins: it holds the
// customer's last word. A case that waits for its customer holds none, and most
// often waits because of the agent's own reply, who solved the ticket with it.
//
//	case moved  desk moved   who takes over
//	    no          no       neither: they agree, or have agreed to differ
//	    yes         no       the desk
//	    no          yes      the case
//	    yes         yes      the desk; of a case that waits, the case
func merge(agreed, there, ours, theirs Status) side {
	switch {
	case ours == theirs:
		return neither
	case ours == Waiting && theirs != there:
		return theCase
	case ours != agreed:
		return theDesk
	case theirs != there:
		return theCase
	}
	return neither
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
	ours, theirs := v.Status, t.Status
	switch merge(l.Agreed, l.There, ours, theirs) {
	case theCase:
		ours, err = theirs, e.tellCase(ctx, l.ID, theirs)
	case theDesk:
		if _, can := c.desk.Capabilities().StatusNames[ours]; can {
			theirs = ours
			err = e.ask(ctx, c, func(ctx context.Context) error { return c.desk.SetStatus(ctx, t.ID, ours) })
		}
	}
	if err != nil {
		return err
	}
	return e.agreed(ctx, l, t.ID, ours, theirs)
}

func (e *Engine) tellCase(ctx context.Context, caseID string, s Status) error {
	ctx, cancel := e.call(ctx)
	defer cancel()
	return fromCases(e.cases.SetStatus(ctx, caseID, s))
}

// agreed records where both sides stand, and the ticket's id if it was merged
// there. They differ when the desk knows no such status.
func (e *Engine) agreed(ctx context.Context, l *Link, ticket string, here, there Status) error {
	if l.Agreed == here && l.There == there && l.Ticket == ticket {
		return nil
	}
	_, err := e.links.Update(ctx, l.ID, func(now *Link) error {
		now.Agreed, now.There, now.Ticket = here, there, ticket
		now.knows(ticket)
		return nil
	})
	return ours(err)
}

// firstCheck is when the sweep looks at a new ticket for the first time: after
// whatever could have made a second one.
func (e *Engine) firstCheck() store.Millis { return store.Millis(2 * e.o.Quiet.Milliseconds()) }
