package outbox

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"strings"
	"time"

	"selfie/internal/store"
)

// A visit strikes off what it did after at most so many calls or so much time,
// so that a crash repeats little.
const (
	visitCalls = 64
	visitTime  = 10 * time.Second
)

// The plan of retries: the waits are 1 s, 3 s, 9 s ... up to 10 minutes, each
// lengthened by up to a quarter; after maxTries failures, a good quarter of an
// hour, the event is parked.
const (
	maxTries  = 8
	firstWait = time.Second
	lastWait  = 10 * time.Minute
)

// permanentError marks a failure that no retry will heal.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks err as one that no retry will heal: the event is parked at
// once for this follower. A nil err stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

func isPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

// visit serves one document: it calls the followers that are due, in order,
// and strikes off what was done in one write. Its errors are the store's;
// failures of followers are kept in the box and told to t.
func (r *Relay) visit(ctx context.Context, at target, t *trouble) error {
	box, err := at.carrier.load(ctx, at.id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	outcomes, err := r.serve(ctx, at, box, t)
	// What was done is true even if the lease was lost meanwhile.
	settled := at.carrier.settle(context.WithoutCancel(ctx), at.id, func(b *Box) bool { return b.strike(outcomes) })
	if errors.Is(settled, store.ErrNotFound) {
		settled = nil
	}
	return errors.Join(err, settled)
}

// serve calls the followers in the order of events. A follower that fails, or
// must wait, holds up only its own later events of this document.
func (r *Relay) serve(ctx context.Context, at target, box *Box, t *trouble) ([]outcome, error) {
	var outcomes []outcome
	now := store.At(r.db.Now())
	began := time.Now()
	blocked := map[string]bool{}
	for _, e := range box.Outbox {
		for _, d := range e.Owes {
			if len(outcomes) >= visitCalls || time.Since(began) > visitTime {
				return outcomes, nil
			}
			if blocked[d.Follower] {
				continue
			}
			if dueAt(e, d) > now {
				blocked[d.Follower] = true
				continue
			}
			o, err := r.deliver(ctx, at, e, d, t)
			if err != nil {
				return outcomes, err
			}
			blocked[d.Follower] = !o.struck
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, nil
}

// deliver hands one event to one follower and says what becomes of the debt.
// Its error means that the debt stays as it is: the lease was lost, or the
// store failed.
func (r *Relay) deliver(ctx context.Context, at target, e Event, d Debt, t *trouble) (outcome, error) {
	if err := context.Cause(ctx); err != nil {
		return outcome{}, err
	}
	e.Owes = nil
	o := outcome{event: e.ID, follower: d.Follower, struck: true}
	delivery := Delivery{Event: e, Collection: at.carrier.schema.Name, Document: at.id}
	failure := r.call(ctx, d.Follower, delivery)
	if failure == nil {
		return o, nil
	}
	if err := context.Cause(ctx); err != nil {
		return outcome{}, err
	}
	t.follower(d.Follower, e, failure)
	log := r.log.With("follower", d.Follower, "event", e.ID, "kind", e.Kind, "try", d.Tries+1, "err", failure)
	if d.Tries+1 >= maxTries || isPermanent(failure) {
		log.Error("delivery parked")
		return o, r.park(ctx, d.Follower, delivery, failure)
	}
	log.Warn("delivery failed")
	o.struck = false
	o.again = Debt{
		Follower: d.Follower,
		Tries:    d.Tries + 1,
		Next:     store.At(r.db.Now().Add(backoff(e.ID, d.Follower, d.Tries+1))),
		Error:    clip(failure.Error()),
	}
	return o, nil
}

// call runs a handler under its deadline and turns a panic into an error.
func (r *Relay) call(ctx context.Context, follower string, d Delivery) (err error) {
	h := r.handlers[follower]
	if h == nil {
		return fmt.Errorf("outbox: no follower is named %q", follower)
	}
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("follower panicked", "follower", follower, "event", d.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("outbox: follower %s panicked: %v", follower, p)
		}
	}()
	for range r.shaken.repeats() {
		if err := h(ctx, d); err != nil {
			return err
		}
	}
	return h(ctx, d)
}

// backoff is the wait after the given number of failed tries. Its jitter comes
// from what failed, so that it can be foretold and still spreads.
func backoff(event, follower string, tries int) time.Duration {
	wait := firstWait
	for range tries - 1 {
		wait = min(wait*3, lastWait)
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%s/%d", event, follower, tries)
	return wait + wait/4*time.Duration(h.Sum32()%1000)/1000
}

// clip bounds an error's text in documents to about 500 bytes.
func clip(s string) string {
	if len(s) <= 500 {
		return s
	}
	return strings.ToValidUTF8(s[:500], "") + "…"
}
