package outbox

import (
	"context"
	"errors"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Parked is an event that one follower could not digest. It is out of the
// document's way and waits for an operator.
type Parked struct {
	store.Meta
	Event      Event        `json:"event"`
	Follower   string       `json:"follower"`
	Collection string       `json:"collection"`
	Document   string       `json:"document"`
	Error      string       `json:"error"` // the last failure
	At         store.Millis `json:"at"`    // when it was parked
}

// park keeps the event aside. The debt is struck only afterwards, so a crash
// between the two parks it again under the same id.
func (r *Relay) park(ctx context.Context, follower string, d Delivery, failure error) error {
	p := &Parked{
		Meta:     store.Meta{ID: store.DeriveID("parked", d.ID, follower)},
		Event:    d.Event,
		Follower: follower, Collection: d.Collection, Document: d.Document,
		Error: clip(failure.Error()),
		At:    store.At(r.db.Now()),
	}
	_, _, err := r.parked.Put(ctx, p)
	return err
}

// Parked lists parked events, the latest first.
func (r *Relay) Parked(ctx context.Context, cursor string, limit int) (store.Page[Parked], error) {
	return r.parked.Find(ctx, store.All().Order("-at").After(cursor).Limit(limit))
}

// Retry hands a parked event to its follower now, on this node. When that
// succeeds the parked document goes; when it fails, it keeps the new failure,
// which is returned. fault.NotFound when nothing is parked under that id.
func (r *Relay) Retry(ctx context.Context, parkedID string) error {
	p, err := r.parked.Get(ctx, parkedID)
	if err != nil {
		return absent(err)
	}
	failure := r.call(ctx, p.Follower, Delivery{Event: p.Event, Collection: p.Collection, Document: p.Document})
	if failure == nil {
		return r.Dismiss(ctx, parkedID)
	}
	_, err = r.parked.Update(ctx, parkedID, func(p *Parked) error {
		p.Error, p.At = clip(failure.Error()), store.At(r.db.Now())
		return nil
	})
	return errors.Join(failure, err)
}

// Dismiss drops a parked event for good: its follower will never hear of it.
func (r *Relay) Dismiss(ctx context.Context, parkedID string) error {
	return absent(r.parked.Delete(ctx, parkedID, 0))
}

func absent(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.Wrap(err, fault.NotFound, "No event is parked under that id.")
	}
	return err
}
