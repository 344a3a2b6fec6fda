package desk

import (
	"context"
	"errors"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// checks are the sweep's looks at a ticket, counted from one to the next; then
// it looks daily for as long as the case is open.
var checks = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// sweep repairs what the normal course may have missed: it merges duplicates
// into the oldest ticket, brings status together, and wakes what waits. It also
// clears away deliveries that were finished long ago.
func (e *Engine) sweep(ctx context.Context, c *connection) error {
	c.work.Lock()
	defer c.work.Unlock()
	h, err := e.health(ctx, c.name)
	if err != nil || e.now() < h.Rest {
		return err
	}
	page, err := e.links.Find(ctx, store.Where("desk", c.name).Between("check", 1, e.now()).Order("check").Limit(50))
	if err != nil {
		return err
	}
	for _, l := range page.Items {
		if err := e.checkOne(ctx, c, l); err != nil {
			return err
		}
	}
	return e.purge(ctx)
}

// checkOne looks at one link; the error is the store's alone.
func (e *Engine) checkOne(ctx context.Context, c *connection, l *Link) error {
	closed, failure := e.reconcile(ctx, c, l)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var s *storeError
	if errors.As(failure, &s) {
		return s.err
	}
	_, err := e.links.Update(ctx, l.ID, func(now *Link) error {
		now.Due, now.Wakes = e.now(), now.Wakes+1
		switch {
		case now.Lost:
			now.Check = 0
		case failure != nil:
			now.Check = e.in(time.Minute)
		case now.Checks < len(checks):
			now.Check = e.in(checks[now.Checks])
			now.Checks++
		case closed:
			now.Check = 0
		default:
			now.Check = e.in(24 * time.Hour)
		}
		return nil
	})
	if failure != nil {
		e.log.Warn("desk ticket cannot be checked", "desk", c.name, "case", l.ID, "err", failure)
	}
	return err
}

// reconcile compares one case with its desk. closed says that nothing more is
// expected of it.
func (e *Engine) reconcile(ctx context.Context, c *connection, l *Link) (closed bool, err error) {
	bounded, cancel := e.call(ctx)
	v, err := e.cases.Case(bounded, l.ID)
	cancel()
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if l, err = e.unite(ctx, c, l); err != nil || l.Ticket == "" {
		return v.Closed, err
	}
	err = e.agree(ctx, c, l, v)
	var none nothingToDo
	if errors.As(err, &none) {
		err = nil
	}
	return v.Closed, err
}

// unite merges every ticket that carries the case into the oldest.
func (e *Engine) unite(ctx context.Context, c *connection, l *Link) (*Link, error) {
	var found []Ticket
	err := e.ask(ctx, c, func(ctx context.Context) (err error) {
		found, err = c.desk.Find(ctx, l.Ref)
		return err
	})
	if err != nil || len(found) == 0 {
		return l, err // none: merged into a foreign one, or deleted; Ticket will tell
	}
	if err := e.carryStatus(ctx, c, l, found); err != nil {
		return l, err
	}
	for _, t := range found[1:] {
		err := e.ask(ctx, c, func(ctx context.Context) error { return c.desk.Merge(ctx, found[0].ID, t.ID) })
		if err != nil {
			return l, err
		}
		e.log.Info("duplicate ticket merged", "desk", c.name, "case", l.ID, "into", found[0].ID, "from", t.ID)
	}
	if len(found) == 1 && l.Ticket == found[0].ID {
		return l, nil
	}
	l, err = e.links.Update(ctx, l.ID, func(l *Link) error {
		l.Ticket = found[0].ID
		for _, t := range found {
			l.knows(t.ID)
		}
		return nil
	})
	return l, ours(err)
}

// carryStatus gives the oldest ticket the status of the one that was worked on
// so far: merging would lose it. It comes before the merging, so that a crash
// between the two repeats both.
func (e *Engine) carryStatus(ctx context.Context, c *connection, l *Link, found []Ticket) error {
	for _, t := range found[1:] {
		_, can := c.desk.Capabilities().StatusNames[t.Status]
		if t.ID == l.Ticket && t.Status != found[0].Status && can {
			return e.ask(ctx, c, func(ctx context.Context) error { return c.desk.SetStatus(ctx, found[0].ID, t.Status) })
		}
	}
	return nil
}

// purge deletes finished deliveries whose time is over. What comes again after
// that finds the same ids on the other side.
func (e *Engine) purge(ctx context.Context) error {
	before := store.At(e.db.Now().Add(-e.o.Keep))
	for _, s := range []State{Done, Dropped} {
		page, err := e.deliveries.Find(ctx, store.Where("state", s).Between("ended", 1, before).Order("ended").Limit(200))
		if err != nil {
			return err
		}
		for _, d := range page.Items {
			if err := e.deliveries.Delete(ctx, d.ID, 0); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}
