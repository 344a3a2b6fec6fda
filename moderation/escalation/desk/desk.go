// Package desk connects cases to the systems where agents work: the Desk
// contract that every connector keeps, and the two-way sync engine that drives
// it.
//
// # What the engine promises
//
//   - A case has one ticket in the end. Most desks know no idempotency key, so
//     after a create whose answer was lost the engine looks for its reference,
//     waits until the lost request must have ended (Options.Quiet), looks
//     again, and only then repeats. A request that lives longer than that makes
//     a second ticket; the sweep merges it into the oldest. Until the sweep,
//     two may be seen.
//   - Posts are appended in order within a case, each once: before a repeat the
//     engine looks for the post's key in the same way. A duplicate post cannot
//     be merged away, so this rests on Quiet being longer than the desk and
//     everything before it keep a request alive.
//   - A public reply of an agent comes in once, under an id derived from the
//     desk's own. A private comment never comes in.
//   - Status goes both ways by a three-way comparison with the status last
//     agreed upon, so that an echo changes nothing. When both sides moved, the
//     community's side wins: it holds the customer's last word. A case that only
//     waits for its customer yields: an agent may reply and solve in one go. Desks
//     know no conditional write, so a status that an agent sets in the moment
//     between reading the ticket and writing to it is overwritten.
//
// What fails is retried for a day and then becomes a dead letter that an
// operator retries or dismisses; what is refused for good becomes one at once.
// While a desk as a whole is away everything waits, however long.
package desk

import (
	"context"
	"errors"
	"fmt"
)

// Desk is a help desk as the engine sees it. All methods may be called
// concurrently, heed ctx, and hold nothing between calls that a restart may
// not forget. Bytes passed in are the caller's again on return.
//
// Errors are faults, and their kind says what the engine may do:
//
//   - Unavailable: no answer, or an answer that says nothing (5xx, a broken
//     body). The call MAY HAVE HAPPENED: the engine looks before it repeats a
//     Create or an Append. An error without a fault counts as Unavailable.
//     Wrapped in ErrNotSent it says that the desk certainly saw nothing.
//   - TooMany: refused for now, nothing happened; RetryAfter says how long.
//   - Unauthorized, Forbidden: the connection lacks a right; nothing happened.
//     Retried, since an operator repairs it.
//   - NotFound, Gone: no such ticket, post or entry; nothing happened.
//   - Invalid, TooLarge, Unsupported: refused for good, nothing happened.
//   - Conflict: someone else wrote at the same moment, nothing happened.
//
// A desk that answers success while it refused (some do) must be found out by
// its connector: nil means that the effect is there.
type Desk interface {
	// Capabilities says what this desk can do. It is constant and makes no call.
	Capabilities() Capabilities

	// Check tries address, credentials, rights and the fields the connector
	// needs. Its sentence tells an operator what to repair.
	Check(ctx context.Context) error

	// Find returns every ticket that carries our reference and is not merged
	// into another, oldest first: none, one, or more after a lost response. It
	// may miss a ticket whose creation is still under way, never one whose
	// Create has returned.
	Find(ctx context.Context, ref string) ([]Ticket, error)

	// Create opens a ticket that Find will find by its Ref. It is not
	// idempotent: the same Ref twice may make two tickets. It may succeed
	// unseen.
	Create(ctx context.Context, t NewTicket) (Ticket, error)

	// Ticket reads a ticket as it stands. For one that was merged away it
	// returns the ticket it went into; Gone when it was deleted.
	Ticket(ctx context.Context, id string) (Ticket, error)

	// Merge folds the ticket from into the ticket into, or, where a desk cannot,
	// closes from with a note that names into, so that Find no longer returns it.
	// It may be repeated.
	Merge(ctx context.Context, into, from string) error

	// SetStatus makes the status that of s, one of Capabilities.StatusNames. It
	// may be repeated; setting the status that stands is no error.
	SetStatus(ctx context.Context, ticket string, s Status) error

	// Append adds a post that FindPost will find by its Key, with its
	// attachments, in one step as far as the desk allows. It is not idempotent
	// and may succeed unseen. It may reopen a solved ticket.
	Append(ctx context.Context, ticket string, p Post) (remoteID string, err error)

	// FindPost returns the desk's id of the post with that key, or NotFound.
	// Like Find it may miss one that is still under way.
	FindPost(ctx context.Context, ticket, key string) (remoteID string, err error)

	// Changes returns what happened on tickets since the cursor, in the order in
	// which the desk recorded it, at least once: a change may come again, in this
	// call or a later one, and the caller dedupes by Change.ID. The cursor "" is
	// this moment: it returns no change and a cursor, never "", from which
	// everything recorded afterwards will be met. A page holds at most limit
	// changes and may be shorter; the caller goes on while there is More, and at
	// another time from the last Next. Changes of tickets that are not ours may
	// be among them.
	Changes(ctx context.Context, cursor string, limit int) (Page, error)

	// Read returns the text and the attachments of a Reply change.
	Read(ctx context.Context, c Change) (Entry, error)

	// Link is the address at which an agent opens the ticket. It makes no call.
	Link(ticket string) string
}

// Capabilities are the differences between desks, as data.
type Capabilities struct {
	Name             string            // for people: "Request Tracker"
	HasKeys          bool              // a post's key is a field of its own; else it is found by the marker in the text
	HasInternalNotes bool              // Append keeps an internal post from the requestor; without it the engine sends none
	HasAttachments   bool              // Append and Create take images; without it they are left to the link
	HasMerge         bool              // Merge carries the posts over; without it the duplicate is closed
	StatusNames      map[Status]string // what each status is called there; one that is absent cannot be set
	MaxBody          int               // bytes of a post's HTML; longer ones are cut with a link to the rest. 0: no limit
	MaxAttachment    int               // bytes of one attachment; larger ones are left to the link. 0: no limit
}

// ErrNotSent is joined to an error when the desk certainly saw nothing of the
// call: a refused connection, an address that does not resolve.
var ErrNotSent = errors.New("desk: the call was not sent")

// NothingSent says of a failure that came before the call that matters that
// the call itself was not made.
func NothingSent(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", err, ErrNotSent)
}
