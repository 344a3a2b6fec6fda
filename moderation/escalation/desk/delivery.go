package desk

import (
	"context"
	"errors"

	"selfie/internal/store"
)

// Lane is the direction of a delivery. Within a case and lane, deliveries go
// one after another.
type Lane string

const (
	Out Lane = "out"
	In  Lane = "in"
)

// What is the matter of a delivery.
type What string

const (
	OpenTicket What = "open"   // out: create the ticket
	SendPost   What = "post"   // out: append a post of the thread
	SendNote   What = "note"   // out: append an internal note
	SyncStatus What = "status" // out or in: bring both sides to one status
	TakeReply  What = "reply"  // in: an agent's public reply
)

// State is where a delivery stands.
type State string

const (
	Pending State = "pending"
	Done    State = "done"
	Dropped State = "dropped" // there was nothing to deliver any more, or an operator dismissed it
	Dead    State = "dead"    // given up; an operator retries or dismisses it
)

// Delivery is one thing to bring from one side to the other. Its id is derived
// from its cause, and is also the key that a post carries on the desk.
type Delivery struct {
	store.Meta
	Case    string       `json:"case"`
	Desk    string       `json:"desk"`
	Lane    Lane         `json:"lane"`
	What    What         `json:"what"`
	Order   int64        `json:"order"`            // within the lane: milliseconds of the post (out), the desk's number (in)
	Post    string       `json:"post,omitempty"`   // name at Cases.Post
	Change  *Change      `json:"change,omitempty"` // what is taken in
	State   State        `json:"state"`
	Created store.Millis `json:"created"`
	Since   store.Millis `json:"since"` // of the first try that counts towards giving up
	Tries   int          `json:"tries,omitempty"`
	Next    store.Millis `json:"next"`            // not before
	Sent    store.Millis `json:"sent,omitempty"`  // when it was last sent and may have arrived unseen
	Error   string       `json:"error,omitempty"` // the last failure, for operators
	Remote  string       `json:"remote,omitempty"`
	Ended   store.Millis `json:"ended,omitempty"` // when it was done or dropped
}

func declareDeliveries(db *store.DB) *store.Collection[Delivery] {
	return store.Declare[Delivery](db, "desk_deliveries",
		store.On("case", "lane", "state", "order"),
		store.On("desk", "state", "-created"),
		store.On("state", "ended"),
	)
}

// add puts a delivery and wakes its link. Adding it again is harmless; a
// caller that failed between the two steps must add it again.
func (e *Engine) add(ctx context.Context, d *Delivery) error {
	now := store.At(e.db.Now())
	d.State, d.Created, d.Since, d.Next = Pending, now, now, now
	standing, _, err := e.deliveries.Put(ctx, d)
	if err != nil || standing.State != Pending {
		return err
	}
	return e.wake(ctx, d.Case)
}

// wake makes the engine look at a link at once.
func (e *Engine) wake(ctx context.Context, caseID string) error {
	_, err := e.links.Update(ctx, caseID, func(l *Link) error {
		l.Due = store.At(e.db.Now())
		l.Wakes++
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// head is the first pending delivery of a lane, nil when none is.
func (e *Engine) head(ctx context.Context, caseID string, lane Lane) (*Delivery, error) {
	q := store.Where("case", caseID).And("lane", lane).And("state", Pending).Order("order")
	d, err := e.deliveries.First(ctx, q)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return d, err
}
