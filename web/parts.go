package web

import (
	"context"

	"selfie/community"
	"selfie/community/notify"
	"selfie/search"
)

// Searcher finds threads that the actor may read. All methods may be called
// concurrently; a fault tells the visitor what to change about the query.
type Searcher interface {
	// Look returns a page of hits, best first, and what is to be said about it.
	Look(ctx context.Context, by community.Actor, r search.Request) (search.Results, error)

	// Related returns threads about the same thing, best first, without exclude.
	Related(ctx context.Context, by community.Actor, title, body, exclude string, limit int) ([]*community.Thread, error)

	// RelatedIn is Related among the threads of one space; of all with an empty one.
	RelatedIn(ctx context.Context, by community.Actor, space, title, body, exclude string, limit int) ([]*community.Thread, error)

	// Ready reports whether all threads can be found. Until then, what is not found
	// says nothing.
	Ready() bool
}

// Notifier holds members' notifications, and the mail that was not sent. All
// methods may be called concurrently and may be repeated.
type Notifier interface {
	// Notices lists the actor's own, newest first, of threads they still see.
	Notices(ctx context.Context, by community.Actor, cursor string, limit int) (list []notify.Notice, next string, err error)
	// Unread counts those not seen yet.
	Unread(ctx context.Context, by community.Actor) (int64, error)
	// MarkSeen marks the notices with these ids, or all when there are none.
	MarkSeen(ctx context.Context, by community.Actor, ids ...string) error
	// KeptMail lists unsent messages, newest first, to admins.
	KeptMail(ctx context.Context, by community.Actor, cursor string, limit int) (list []notify.Mail, next string, err error)
}
