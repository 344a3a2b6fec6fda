package desk

import "time"

// ChangeKind is what happened to a ticket.
type ChangeKind string

const (
	Replied       ChangeKind = "replied"        // somebody added a text; Read returns it
	StatusChanged ChangeKind = "status_changed" // read the ticket for the status that stands
)

// Change is one thing that happened on a desk. It is small: texts are read
// apart, so that a change met again costs nothing.
type Change struct {
	ID     string // the desk's; unique and stable
	Seq    int64  // increases in the order of recording within a ticket
	Ticket string
	Kind   ChangeKind
	Public bool   // the requestor may read it; false when the desk does not say
	Own    bool   // made by the connector's own account
	Key    string // of our post, when it is one and the desk says so
	At     time.Time
}

// Entry is the text of a reply.
type Entry struct {
	Author      Person
	HTML        string // as the desk gives it: NOT safe, the receiver sanitises. "" when there is only Text
	Text        string // the plain form; "" when there is only HTML
	Attachments []Attachment
}

// Page is what one call of Changes returns.
type Page struct {
	Changes []Change
	Next    string // the cursor to go on from
	More    bool   // now, rather than another time
}
