package desk

import (
	"context"
	"errors"
	"strconv"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// The bounds of one poll.
const (
	pollPage  = 100
	pollPages = 50
)

// maxForeign bounds the tickets remembered as none of ours.
const maxForeign = 10_000

// poll takes in what happened on a desk. Each page is taken in before the
// cursor moves, so that a crash meets it again.
func (e *Engine) poll(ctx context.Context, c *connection) error {
	h, err := e.health(ctx, c.name)
	if err != nil {
		return err
	}
	cursor := h.Cursor
	if err := e.polling(ctx, c.name); err != nil {
		return err
	}
	for range pollPages {
		var page Page
		err := e.ask(ctx, c, func(ctx context.Context) (err error) {
			page, err = c.desk.Changes(ctx, cursor, pollPage)
			return err
		})
		var s *storeError
		if errors.As(err, &s) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			e.log.Warn("desk cannot be polled", "desk", c.name, "err", err)
			return nil
		}
		if err := e.takeIn(ctx, c, page.Changes); err != nil {
			return quietly(err, c, e)
		}
		if err := e.moveOn(ctx, c.name, cursor, page.Next); err != nil || !page.More {
			return err
		}
		cursor = page.Next
	}
	return nil
}

// moveOn stores where the next poll begins.
func (e *Engine) moveOn(ctx context.Context, name, from, to string) error {
	if from == to {
		return nil
	}
	return e.setHealth(ctx, name, func(h *Health) error { h.Cursor = to; return nil })
}

// polling records that the desk is being asked: hints from now on count anew.
func (e *Engine) polling(ctx context.Context, name string) error {
	return e.setHealth(ctx, name, func(h *Health) error {
		h.Polled, h.Hinted = e.now(), false
		return nil
	})
}

// quietly lets a desk's failure wait for the next poll, and returns the store's.
func quietly(err error, c *connection, e *Engine) error {
	var s *storeError
	if errors.As(err, &s) {
		return s.err
	}
	e.log.Warn("changes of a desk wait for the next poll", "desk", c.name, "err", err)
	return nil
}

// takeIn turns changes into deliveries. Ours and private ones end here.
func (e *Engine) takeIn(ctx context.Context, c *connection, changes []Change) error {
	links := map[string]*Link{}
	for _, ch := range changes {
		if ch.Own || (ch.Kind == Replied && !ch.Public) {
			continue
		}
		l, met := links[ch.Ticket]
		if !met {
			var err error
			if l, err = e.owner(ctx, c, ch.Ticket); err != nil {
				return err
			}
			links[ch.Ticket] = l
		}
		if l == nil {
			continue
		}
		if err := e.takeOne(ctx, l, ch); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) takeOne(ctx context.Context, l *Link, ch Change) error {
	if ours, err := e.isOurs(ctx, ch.Key); err != nil || ours {
		return err
	}
	d := &Delivery{Case: l.ID, Desk: l.Desk, Lane: In, Order: ch.Seq, Change: &ch}
	switch ch.Kind {
	case Replied:
		d.What = TakeReply
	case StatusChanged:
		d.What = SyncStatus
	default:
		return nil
	}
	d.ID = deliveryID(d, strconv.FormatInt(ch.Seq, 10)+" "+ch.ID)
	return ours(e.add(ctx, d))
}

// isOurs recognises our post by its key when the account alone does not tell.
func (e *Engine) isOurs(ctx context.Context, key string) (bool, error) {
	if key == "" {
		return false, nil
	}
	d, err := e.deliveries.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && d.Lane == Out, ours(err)
}

// owner finds the link a ticket belongs to, nil when it is none of ours. A
// ticket that is not known yet may be one whose creation was answered to
// nobody: the reference it carries tells.
func (e *Engine) owner(ctx context.Context, c *connection, ticket string) (*Link, error) {
	l, err := e.linkOf(ctx, c.name, ticket)
	if l != nil || err != nil {
		return l, ours(err)
	}
	if c.isForeign(ticket) {
		return nil, nil
	}
	var t Ticket
	err = e.ask(ctx, c, func(ctx context.Context) (err error) {
		t, err = c.desk.Ticket(ctx, ticket)
		return err
	})
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
		return nil, err
	}
	if err == nil {
		if l, err = e.claim(ctx, c, ticket, t); l != nil || err != nil {
			return l, err
		}
	}
	c.setForeign(ticket)
	return nil, nil
}

// claim lets the link that a reference names know the ticket.
func (e *Engine) claim(ctx context.Context, c *connection, ticket string, t Ticket) (*Link, error) {
	const prefix = "selfie-"
	if len(t.Ref) <= len(prefix) || t.Ref[:len(prefix)] != prefix {
		return e.linkOf(ctx, c.name, t.ID) // merged into one of ours, perhaps
	}
	l, err := e.links.Update(ctx, t.Ref[len(prefix):], func(l *Link) error {
		if l.Desk != c.name {
			return nothingToDo{"another desk's"}
		}
		l.knows(ticket)
		l.knows(t.ID)
		return nil
	})
	var none nothingToDo
	if errors.Is(err, store.ErrNotFound) || errors.As(err, &none) {
		return nil, nil
	}
	return l, ours(err)
}

func (c *connection) isForeign(ticket string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.foreign[ticket]
}

func (c *connection) setForeign(ticket string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.foreign) >= maxForeign {
		clear(c.foreign)
	}
	c.foreign[ticket] = true
}
