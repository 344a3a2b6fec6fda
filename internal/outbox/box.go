// Package outbox carries events inside the documents whose write they report,
// and delivers them: a relay for the shared followers, which run once for the
// deployment, and a tailer for the local ones, which run on every node.
//
// Delivery is at least once, in order per document and follower. Across
// documents no order is promised: events carry ids, and followers read present
// state. A follower may therefore run twice, late, or beside itself.
package outbox

import (
	"encoding/json"
	"slices"
	"strconv"

	"selfie/internal/store"
)

// Event is a fact that a write carries. It names things by id; Payload is for
// the rare fact that cannot be read afterwards (the text an edit replaced).
type Event struct {
	ID      string          `json:"id"` // the document's id, a dot, and its running number: never reused
	Kind    string          `json:"kind"`
	At      store.Millis    `json:"at"`
	By      string          `json:"by,omitempty"`     // member who caused it; "" for the system
	Thread  string          `json:"thread,omitempty"` // thread it belongs to
	Post    string          `json:"post,omitempty"`   // post it is about
	Member  string          `json:"member,omitempty"` // member it is about
	Payload json.RawMessage `json:"payload,omitempty"`
	Owes    []Debt          `json:"owes"` // followers still to be served
}

// Debt is one follower that an event still owes, with its failed tries.
type Debt struct {
	Follower string       `json:"f"`
	Tries    int          `json:"n,omitempty"`
	Next     store.Millis `json:"next,omitempty"` // not before; 0 = at once
	Error    string       `json:"err,omitempty"`  // the last failure, for operators
}

// MaxPending bounds the events one document carries. A write that would exceed
// it fails with fault.Unavailable: followers are far behind.
const MaxPending = 256

// Box is embedded in documents that carry events. Collections of such
// documents declare the index PendingIndex.
type Box struct {
	Outbox  []Event      `json:"outbox,omitempty"`
	Events  int64        `json:"events,omitempty"`  // how many were ever emitted; numbers them
	Pending store.Millis `json:"pending,omitempty"` // when the relay must look at the document; 0 = never
}

// EventBox gives the relay access to the embedded Box.
func (b *Box) EventBox() *Box { return b }

// PendingIndex serves the relay's search for what is due.
func PendingIndex() store.Index { return store.OnSparse("pending") }

// ChangedIndex serves the tailer; followed collections declare it.
func ChangedIndex() store.Index { return store.On("changed") }

// Routes knows which shared followers each kind of event owes. It is filled at
// wiring time and then only read.
type Routes struct{ byKind map[string][]string }

// NewRoutes returns empty routes.
func NewRoutes() *Routes { return &Routes{byKind: map[string][]string{}} }

// Add subscribes a follower to kinds of events.
func (r *Routes) Add(follower string, kinds ...string) {
	for _, k := range kinds {
		if !slices.Contains(r.byKind[k], follower) {
			r.byKind[k] = append(r.byKind[k], follower)
		}
	}
}

// Emit appends an event to the box of the document with that id; it becomes
// real with the write of the document. An event that no follower awaits is
// numbered and not kept. It reports false when the box is full.
func (b *Box) Emit(r *Routes, id string, e Event) bool {
	if len(b.Outbox) >= MaxPending {
		return false
	}
	b.Events++
	followers := r.byKind[e.Kind]
	if len(followers) == 0 {
		return true
	}
	e.ID = id + "." + strconv.FormatInt(b.Events, 10)
	for _, f := range followers {
		e.Owes = append(e.Owes, Debt{Follower: f})
	}
	b.Outbox = append(b.Outbox, e)
	b.Pending = b.due()
	return true
}

// dueAt is the earliest moment at which the debt may be delivered; never 0.
func dueAt(e Event, d Debt) store.Millis { return max(d.Next, e.At, 1) }

// Owes reports whether a follower has yet to be served for something that a
// member did.
func (b *Box) Owes(follower, by string) bool {
	for _, e := range b.Outbox {
		if e.By == by && slices.ContainsFunc(e.Owes, func(d Debt) bool { return d.Follower == follower }) {
			return true
		}
	}
	return false
}

// due is when the relay must look next: the earliest debt that is not behind
// another of the same follower; 0 when nothing is owed.
func (b *Box) due() store.Millis {
	var due store.Millis
	seen := map[string]bool{}
	for _, e := range b.Outbox {
		for _, d := range e.Owes {
			if seen[d.Follower] {
				continue
			}
			seen[d.Follower] = true
			if next := dueAt(e, d); due == 0 || next < due {
				due = next
			}
		}
	}
	return due
}

// outcome is what became of one debt: struck off, or to be tried again.
type outcome struct {
	event    string
	follower string
	struck   bool
	again    Debt // when not struck
}

// strike applies outcomes: debts served go, events that owe nothing go with
// them, and Pending is told anew. It reports whether the box changed.
func (b *Box) strike(outcomes []outcome) bool {
	byDebt := make(map[[2]string]outcome, len(outcomes))
	for _, o := range outcomes {
		byDebt[[2]string{o.event, o.follower}] = o
	}
	before := b.Pending
	changed := false
	var rest []Event
	for _, e := range b.Outbox {
		var owes []Debt
		for _, d := range e.Owes {
			o, ok := byDebt[[2]string{e.ID, d.Follower}]
			changed = changed || ok
			switch {
			case !ok:
				owes = append(owes, d)
			case !o.struck:
				owes = append(owes, o.again)
			}
		}
		if e.Owes = owes; len(owes) > 0 {
			rest = append(rest, e)
		}
	}
	changed = changed || len(rest) != len(b.Outbox)
	b.Outbox = rest
	b.Pending = b.due()
	return changed || b.Pending != before
}
