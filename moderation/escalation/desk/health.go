package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Health is how a connection does. Its id is the connection's name.
type Health struct {
	store.Meta
	Cursor string       `json:"cursor,omitempty"` // up to where changes were taken in; "" = never polled
	Polled store.Millis `json:"polled"`           // when it was last asked for changes
	Hinted bool         `json:"hinted,omitempty"` // somebody says that there are changes
	Good   store.Millis `json:"good"`             // the last success
	Bad    store.Millis `json:"bad"`              // the last failure
	Error  string       `json:"error,omitempty"`  // what it was; "" when the last call succeeded
	Fails  int          `json:"fails"`            // in a row
	Rest   store.Millis `json:"rest"`             // the desk is left alone until then

	Name    string `json:"-"` // the desk's, for people
	Waiting int64  `json:"-"`
	Dead    int64  `json:"-"`
}

func (e *Engine) health(ctx context.Context, name string) (*Health, error) {
	h, err := e.states.Get(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return &Health{Meta: store.Meta{ID: name}}, nil
	}
	return h, err
}

func (e *Engine) setHealth(ctx context.Context, name string, apply func(*Health) error) error {
	_, err := e.states.Upsert(ctx, name, func() *Health { return &Health{} }, apply)
	return err
}

func (h *Health) pollDue(now store.Millis, every time.Duration) bool {
	if now < h.Rest {
		return false
	}
	return h.Hinted || h.Polled == 0 || now >= h.Polled+store.Millis(every.Milliseconds())
}

// restAfter is how many failures in a row let a desk rest.
const restAfter = 3

// heard records how a call to a desk ended. Errors that say something of the
// desk as a whole (it is away, it does not let us in) count towards a rest.
func (e *Engine) heard(ctx context.Context, c *connection, failure error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	down := failure != nil && isDown(failure)
	return e.setHealth(ctx, c.name, func(h *Health) error {
		now := e.now()
		if !down {
			if h.Fails == 0 && h.Error == "" && h.Rest == 0 && now-h.Good < 60_000 {
				return store.ErrUnchanged // fine a moment ago, fine now: not worth a write
			}
			h.Good, h.Fails, h.Error, h.Rest = now, 0, "", 0
			return nil
		}
		h.Bad, h.Error = now, clip(failure.Error())
		if h.Fails++; h.Fails >= restAfter {
			h.Rest = e.in(max(backoff(c.name, h.Fails-restAfter), retryAfter(failure)))
		}
		return nil
	})
}

func isDown(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal, fault.TooMany, fault.Unauthorized, fault.Forbidden:
		return true
	}
	return false
}

func clip(s string) string {
	const most = 500
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Hint says that a desk has changes: it is polled at once instead of in a
// while. A hint is never trusted with more; too many are harmless.
func (e *Engine) Hint(ctx context.Context, desk string) error {
	if e.desks[desk] == nil {
		return fault.New(fault.NotFound, "No desk is connected under the name “%s”.", desk)
	}
	return e.setHealth(ctx, desk, func(h *Health) error {
		if h.Hinted {
			return store.ErrUnchanged
		}
		h.Hinted = true
		return nil
	})
}

// Desks tells how every connection does, by name.
func (e *Engine) Desks(ctx context.Context) ([]Health, error) {
	var list []Health
	for name, c := range e.desks {
		h, err := e.health(ctx, name)
		if err != nil {
			return nil, err
		}
		h.Name = c.desk.Capabilities().Name
		if h.Waiting, err = e.deliveries.Count(ctx, store.Where("desk", name).And("state", Pending)); err != nil {
			return nil, err
		}
		if h.Dead, err = e.deliveries.Count(ctx, store.Where("desk", name).And("state", Dead)); err != nil {
			return nil, err
		}
		list = append(list, *h)
	}
	slices.SortFunc(list, func(a, b Health) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// Check tries a connection now, for the operator's page. The error's sentence
// says what to repair.
func (e *Engine) Check(ctx context.Context, desk string) error {
	c := e.desks[desk]
	if c == nil {
		return fault.New(fault.NotFound, "No desk is connected under the name “%s”.", desk)
	}
	ctx, cancel := e.call(ctx)
	defer cancel()
	return c.desk.Check(ctx)
}
