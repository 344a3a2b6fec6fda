package desk

import (
	"context"
	"errors"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Dead lists the deliveries of a desk that were given up, newest first. The
// caller has made sure that an operator asks.
func (e *Engine) Dead(ctx context.Context, desk, cursor string, limit int) (list []*Delivery, next string, err error) {
	page, err := e.deliveries.Find(ctx, store.Where("desk", desk).And("state", Dead).Order("-created").After(cursor).Limit(limit))
	if errors.Is(err, store.ErrCursor) {
		return nil, "", fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	return page.Items, page.Next, err
}

// Retry gives a dead delivery another day. One that may have arrived is looked
// for first. Posts that went meanwhile stay before it.
func (e *Engine) Retry(ctx context.Context, id string) error {
	return e.decide(ctx, id, func(d *Delivery) {
		d.State, d.Tries, d.Error = Pending, 0, ""
		d.Since, d.Next = e.now(), e.now()
	})
}

// Dismiss drops a dead delivery for good. Dismissing the opening of a ticket
// gives the ticket up: what waits for it is dropped with it.
func (e *Engine) Dismiss(ctx context.Context, id string) error {
	return e.decide(ctx, id, func(d *Delivery) {
		d.State, d.Ended = Dropped, e.now()
	})
}

func (e *Engine) decide(ctx context.Context, id string, apply func(*Delivery)) error {
	d, err := e.deliveries.Update(ctx, id, func(d *Delivery) error {
		if d.State != Dead {
			return fault.New(fault.Conflict, "This delivery is not waiting for a decision any more.")
		}
		apply(d)
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return fault.Wrap(err, fault.NotFound, "There is no such delivery.")
	}
	if err != nil {
		return err
	}
	if d.State == Dropped && d.What == OpenTicket {
		return e.lose(ctx, d.Case)
	}
	return e.wake(ctx, d.Case)
}

// Deliveries lists what goes, or went, between a case and its desk in one
// direction and state, in order: for the case's page.
func (e *Engine) Deliveries(ctx context.Context, caseID string, lane Lane, s State) ([]*Delivery, error) {
	page, err := e.deliveries.Find(ctx, store.Where("case", caseID).And("lane", lane).And("state", s).Order("order").Limit(200))
	return page.Items, err
}
