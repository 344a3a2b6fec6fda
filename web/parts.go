package web

import (
	"context"
	"html/template"

	"selfie/community"
	"selfie/internal/store"
)

// Hit is one found thread. Snippet is safe HTML with the matched words in <mark>.
type Hit struct {
	Thread  *community.Thread
	Snippet template.HTML
}

// Searcher finds threads that the actor may read. Both methods may be called
// concurrently; a fault tells the visitor what to change about the query.
type Searcher interface {
	// Search returns a page of hits, best first, and the cursor of the next page
	// ("" at the end).
	Search(ctx context.Context, by community.Actor, q string, cursor string, limit int) (hits []Hit, next string, err error)

	// Related returns threads about the same thing, best first, without exclude.
	Related(ctx context.Context, by community.Actor, title, body string, exclude string, limit int) ([]*community.Thread, error)
}

// The kinds of notices.
const (
	NoticeAnswer    = "answer"    // By answered a thread of yours, or one you watch
	NoticeComment   = "comment"   // By commented on a post of yours, or in a thread you watch
	NoticeMention   = "mention"   // By mentioned you
	NoticeAccepted  = "accepted"  // your answer was accepted
	NoticeVerified  = "verified"  // your answer was confirmed by the company
	NoticeSolved    = "solved"    // a thread that you watch was solved
	NoticeDuplicate = "duplicate" // your question was marked as a duplicate
	NoticeRemoved   = "removed"   // a post of yours was removed
)

// Notice is one line of a member's notifications.
type Notice struct {
	ID     string
	Kind   string
	Thread string        // its id
	Title  string        // and title
	Post   community.Ref // what happened, or to what; may be empty
	By     string        // member id; may be empty
	At     store.Millis
	Seen   bool
}

// Mail is a message that was kept because no mail server is configured.
type Mail struct {
	ID, To, Subject, Text string
	At                    store.Millis
}

// Notifier holds members' notifications, and the mail that was not sent.
type Notifier interface {
	Notices(ctx context.Context, by community.Actor, cursor string, limit int) (list []Notice, next string, err error)
	Unread(ctx context.Context, by community.Actor) (int64, error)
	// MarkSeen marks the notices with these ids, or all when there are none.
	MarkSeen(ctx context.Context, by community.Actor, ids ...string) error
	// KeptMail lists unsent messages, newest first, to admins.
	KeptMail(ctx context.Context, by community.Actor, cursor string, limit int) (list []Mail, next string, err error)
}
