package reputation

import (
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// Cause is one reason for points: one line of the ledger, standing or struck.
// Its id is derived from the fact, so writing it twice is harmless; a fact that
// comes again at another time (accepted, undone, accepted) is another cause, and
// the first stays struck on its own day. Causes are never deleted.
type Cause struct {
	store.Meta
	Member string         `json:"member"`
	Day    string         `json:"day"` // UTC, "2026-03-02"
	Kind   Kind           `json:"kind"`
	Fact   string         `json:"fact"` // id of the vote, thread (accept), answer (verify) or credit
	Post   string         `json:"post,omitempty"`
	On     community.Kind `json:"on,omitempty"` // what Post is
	Thread string         `json:"thread,omitempty"`
	By     string         `json:"by,omitempty"` // who voted, accepted, verified; votes are secret
	At     store.Millis   `json:"at"`
	Given  bool           `json:"given,omitempty"` // Helped only: the caller of Credit stands by it

	Verdict Verdict `json:"verdict"` // derived from the present facts
}

// Verdict is what the present facts say about a cause.
type Verdict struct {
	Standing bool     `json:"standing"`
	Struck   Struck   `json:"struck,omitempty"`
	Tags     []string `json:"tags,omitempty"` // of the thread; at most community.MaxTags
}

// Struck is why a cause counts no more.
type Struck string

const (
	TakenBack Struck = "taken_back" // the vote was taken back or turned round
	Undone    Struck = "undone"     // the mark was taken back
	Removed   Struck = "removed"    // the post or its thread was removed; restoring it brings the points back
	Revoked   Struck = "revoked"    // the visitor came back after all
	Missing   Struck = "missing"    // the fact itself is no longer there
)

func declareCauses(db *store.DB) *store.Collection[Cause] {
	return store.Declare[Cause](db, "rep_causes",
		store.On("member", "day", "at"),
		store.On("fact", "at"),
		store.On("post", "at"),
		store.On("thread", "at"),
	)
}

// dayOf names the UTC day of a moment.
func dayOf(at store.Millis) string { return time.UnixMilli(int64(at)).UTC().Format(dayLayout) }

const dayLayout = "2006-01-02"

func causeOf(member string, kind Kind, fact string, at store.Millis, rest ...string) *Cause {
	id := store.DeriveID(append([]string{"cause", string(kind), fact}, rest...)...)
	return &Cause{Meta: store.Meta{ID: id}, Member: member, Day: dayOf(at), Kind: kind, Fact: fact, At: at}
}
