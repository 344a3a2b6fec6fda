package desk

import (
	"context"
	"errors"
	"sync"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// deliver serves the links of a desk that are due, until none is or the desk
// must rest. Links go side by side, each by one worker.
func (e *Engine) deliver(ctx context.Context, c *connection) error {
	c.work.Lock()
	defer c.work.Unlock()
	if h, err := e.health(ctx, c.name); err != nil || h.Cursor == "" {
		return err // a reply to a ticket made before the first poll would be missed
	}
	for {
		page, err := e.links.Find(ctx, store.Where("desk", c.name).Between("due", 1, e.now()).Order("due").Limit(50))
		if err != nil || len(page.Items) == 0 {
			return err
		}
		served, err := e.serveAll(ctx, c, page.Items)
		if err != nil || served < len(page.Items) {
			return err
		}
	}
}

// serveAll returns how many links were served before the desk had to rest.
func (e *Engine) serveAll(ctx context.Context, c *connection, links []*Link) (served int, err error) {
	todo := make(chan *Link)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range e.o.Parallel {
		wg.Go(func() {
			for l := range todo {
				ok, failure := e.serve(ctx, c, l)
				mu.Lock()
				if ok {
					served++
				}
				err = errors.Join(err, failure)
				mu.Unlock()
			}
		})
	}
	for _, l := range links {
		todo <- l
	}
	close(todo)
	wg.Wait()
	return served, err
}

// serve works off both lanes of a link and says when it must be looked at
// again. It does nothing while the desk rests.
func (e *Engine) serve(ctx context.Context, c *connection, l *Link) (served bool, err error) {
	h, err := e.health(ctx, c.name)
	if err != nil || e.now() < h.Rest {
		return false, err
	}
	var next store.Millis
	for _, lane := range []Lane{In, Out} {
		at, err := e.serveLane(ctx, c, l.ID, lane)
		if err != nil {
			return false, err
		}
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	_, err = e.links.Update(ctx, l.ID, func(now *Link) error {
		if now.Wakes != l.Wakes {
			return store.ErrUnchanged // something was added meanwhile
		}
		now.Due = next
		return nil
	})
	return true, err
}

// serveLane delivers from the head on until the lane is empty, its head must
// wait or it waits for its ticket. It returns when to look again; 0 = not
// before something is added.
func (e *Engine) serveLane(ctx context.Context, c *connection, caseID string, lane Lane) (store.Millis, error) {
	for ctx.Err() == nil {
		d, err := e.head(ctx, caseID, lane)
		if err != nil || d == nil {
			return 0, err
		}
		if d.Next > e.now() {
			return d.Next, nil
		}
		l, err := e.links.Get(ctx, caseID)
		if err != nil {
			return 0, err
		}
		if lane == Out && d.What != OpenTicket && l.Ticket == "" && !l.Lost {
			return 0, nil // its opening is a dead letter: retrying that wakes the lane
		}
		if err := e.serveOne(ctx, c, l, d); err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

// serveOne tries a delivery and records what became of it. The error is the
// store's alone.
func (e *Engine) serveOne(ctx context.Context, c *connection, l *Link, d *Delivery) error {
	j := &job{e: e, c: c, l: l, d: d}
	remote, err := j.run(ctx)
	if ctx.Err() != nil {
		return ctx.Err() // stopped, or the lease was lost: nothing is known
	}
	var s *storeError
	if errors.As(err, &s) {
		return s.err
	}
	return e.record(ctx, d, remote, err)
}

// storeError tells our own store's failure from a desk's or the cases'.
type storeError struct{ err error }

func (s *storeError) Error() string { return s.err.Error() }

// ours marks an error of the store.
func ours(err error) error {
	if err == nil {
		return nil
	}
	return &storeError{err}
}

// The ways in which a delivery ends or waits, beside errors of the desk.
type (
	nothingToDo struct{ why string }      // dropped
	notYet      struct{ at store.Millis } // no failure: look again then
	refused     struct{ err error }       // dead at once
)

func (n nothingToDo) Error() string { return n.why }
func (n notYet) Error() string      { return "not yet" }
func (r refused) Error() string     { return r.err.Error() }
func (r refused) Unwrap() error     { return r.err }

// record writes the outcome of a try.
func (e *Engine) record(ctx context.Context, d *Delivery, remote string, failure error) error {
	_, err := e.deliveries.Update(ctx, d.ID, func(now *Delivery) error {
		if now.State != Pending {
			return store.ErrUnchanged // an operator was first
		}
		now.settle(e, remote, failure)
		d.State = now.State
		return nil
	})
	if d.State == Dead {
		e.log.Error("desk delivery given up", "id", d.ID, "desk", d.Desk, "case", d.Case, "what", d.What, "err", failure)
	}
	return err
}

// settle is the pure part of record.
func (d *Delivery) settle(e *Engine, remote string, failure error) {
	var none nothingToDo
	var later notYet
	d.Error = ""
	switch {
	case failure == nil:
		d.State, d.Remote, d.Ended, d.Sent = Done, remote, e.now(), 0
	case errors.As(failure, &none):
		d.State, d.Error, d.Ended, d.Sent = Dropped, none.why, e.now(), 0
	case errors.As(failure, &later):
		d.Next = later.at
	default:
		d.fail(e, failure)
	}
}

func (d *Delivery) fail(e *Engine, failure error) {
	d.Tries++
	d.Error = clip(failure.Error())
	d.Next = e.in(max(backoff(d.ID, d.Tries-1), retryAfter(failure)))
	over := e.now() >= d.Since+store.Millis(e.o.GiveUp.Milliseconds())
	if (over && d.Tries >= leastTries) || isFinal(failure) {
		d.State, d.Next = Dead, 0
	}
}

// leastTries keeps a delivery that waited out a long outage from dying of the
// first failure after it.
const leastTries = 8

func isFinal(err error) bool {
	var r refused
	if errors.As(err, &r) {
		return true
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.TooLarge, fault.Unsupported, fault.NotFound, fault.Gone:
		return true
	}
	return false
}
