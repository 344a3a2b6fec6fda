package desk

import "time"

// Status is where a ticket stands, in the words both sides share.
type Status string

const (
	Open    Status = "open"    // an agent's turn
	Waiting Status = "waiting" // the customer's turn
	Solved  Status = "solved"  // nothing left to do
)

// Ticket is one ticket of a desk.
type Ticket struct {
	ID     string // the desk's
	Ref    string // ours; "" when it carries none
	Status Status
	Native string // the desk's own name of the status
}

// NewTicket is what Create makes a ticket of. A desk shows the notice first,
// then author, time and text, and ends with the marker of the Ref.
type NewTicket struct {
	Ref     string // our reference: letters, digits and "-", unique among all cases
	Title   string // at most 200 runes, one line
	URL     string // of the thread
	Notice  string // plain text for agents, shown above everything: who will read what they write
	Opening Post   // Internal and Key are ignored
}

// Post is one text to append.
type Post struct {
	Key         string // letters, digits and "-"; unique among all posts
	Internal    bool   // for agents only
	Author      Person
	At          time.Time // when it was written
	URL         string    // where it stands in the thread
	HTML        string    // safe, with absolute addresses
	Attachments []Attachment
}

// Person is who wrote something. Email may be empty; it is never used to mail.
type Person struct{ Name, Email string }

// Attachment is one file.
type Attachment struct {
	Name string // "crash.png"; on the way to a desk only ASCII letters, digits, ".", "-" and "_"
	Type string // media type
	Data []byte
}
