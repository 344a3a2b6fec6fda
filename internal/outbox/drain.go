package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// DrainError says that followers failed while draining. What failed is kept
// and will be tried again, or is parked.
type DrainError struct {
	Failed int   // calls that failed
	First  error // the first failure, naming follower and event
}

func (e *DrainError) Error() string {
	return fmt.Sprintf("outbox: %d deliveries failed, the first: %v", e.Failed, e.First)
}

func (e *DrainError) Unwrap() error { return e.First }

// trouble collects what went wrong in a pool.
type trouble struct {
	mu      sync.Mutex
	failed  int
	first   error
	storage error
}

func (t *trouble) follower(name string, e Event, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed++; t.first == nil {
		t.first = fmt.Errorf("%s of %s (%s): %w", name, e.ID, e.Kind, err)
	}
}

func (t *trouble) store(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.storage == nil {
		t.storage = err
	}
}

func (t *trouble) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.storage != nil {
		return t.storage
	}
	if t.failed > 0 {
		return &DrainError{t.failed, t.first}
	}
	return nil
}

// drainPoll is how often Drain looks again while another holder delivers.
const drainPoll = 25 * time.Millisecond

// Drain delivers everything due now and everything that causes, until nothing
// is due: for tests, commands and import. It takes the lease; while another
// holds it, Drain waits for that one to have done the work. Retries put off to
// later are not waited for: when a follower failed, Drain still delivers the
// rest, and then returns a *DrainError.
func (r *Relay) Drain(ctx context.Context) error {
	for {
		quiet, err := r.quiet(ctx)
		if quiet || err != nil {
			return err
		}
		err = r.hold(ctx, r.drain)
		var held *HeldError
		if !errors.As(err, &held) {
			return err
		}
		sleep(ctx, drainPoll)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (r *Relay) drain(ctx context.Context) error {
	p := r.newPool(ctx)
	defer p.close()
	for {
		n, err := p.round(r.carriers)
		p.quiesce()
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if n == 0 {
			return p.trouble.err()
		}
	}
}

// quiet reports that nothing is due. Looking at one collection after another
// could miss an event that moves from a later to an earlier one, so it looks
// twice, and asks that no visit began in this process meanwhile.
func (r *Relay) quiet(ctx context.Context) (bool, error) {
	before := r.visits.Load()
	for range 2 {
		due, _, err := r.Backlog(ctx)
		if due > 0 || err != nil {
			return false, err
		}
	}
	return r.visits.Load() == before, nil
}
