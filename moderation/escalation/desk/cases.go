package desk

import (
	"context"
	"time"
)

// Cases is the escalation's side of the engine. All methods may be called
// concurrently and may be repeated with the same arguments; a repeat must
// change nothing. A fault of kind NotFound or Gone says that the case or post
// is no more, and ends the matter; Invalid, Conflict and Forbidden make a dead
// letter at once; every other error is tried again.
type Cases interface {
	// Case returns the case as it stands now.
	Case(ctx context.Context, id string) (CaseView, error)

	// Post returns a post of the case's thread as it stands now, by the name it
	// was given to Append (or CaseView.Opening). NotFound or Gone when it was
	// removed: then nothing is sent.
	Post(ctx context.Context, caseID, name string) (Content, error)

	// Reply adds an agent's public reply to the thread. ID is derived from the
	// desk's id of the reply: the receiver uses it as the post's id or key, so
	// that the same reply becomes one post. The receiver does not Append it: it
	// is on the desk already.
	Reply(ctx context.Context, caseID string, r Reply) error

	// SetStatus takes over a status that was set on the desk. A receiver that
	// does not agree keeps its own and returns nil; its own is then sent back
	// when it next asks for its status to be sent, or the sweep looks.
	SetStatus(ctx context.Context, caseID string, s Status) error
}

// CaseView is what the engine must know of a case.
type CaseView struct {
	ID      string
	Thread  string
	Title   string
	URL     string // of the thread, absolute
	Status  Status
	Closed  bool   // nothing is expected any more: the sweep leaves it alone once the desk has the status
	Opening string // name of the post that opens the ticket
	Notice  string // see NewTicket.Notice
}

// Content is a post as the desk shall show it.
type Content struct {
	Author      Person
	At          time.Time
	URL         string // absolute
	HTML        string // safe, addresses absolute, members named
	Attachments []Attachment
}

// Reply is an agent's public reply as it comes in.
type Reply struct {
	ID       string // 16 characters, derived from desk and entry
	Desk     string // the connection's name
	RemoteID string // the desk's id of the entry
	Link     string // to the ticket, for staff
	At       time.Time
	Entry    // HTML is not safe
}
