package community

import (
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Revision is what an edit replaced: edit number N of a post as it stood until
// edit N+1. Its id is derived from post and number.
type Revision struct {
	store.Meta
	Ref   Ref          `json:"ref"`
	On    string       `json:"on"` // the post's id, again, for the index
	Edit  int64        `json:"edit"`
	Title string       `json:"title,omitempty"`
	Body  string       `json:"body"`
	Tags  []string     `json:"tags,omitempty"`
	By    string       `json:"by"` // who wrote this edit
	At    store.Millis `json:"at"`
	Note  string       `json:"note,omitempty"`
}

func declareRevisions(db *store.DB) *store.Collection[Revision] {
	return store.Declare[Revision](db, "revisions", store.On("on", "-edit"), store.On("by", "-at"))
}

// Vote is one member's standing vote on a post; 0 is a vote taken back. Its id
// is derived from post and voter. Imported votes have no voter.
type Vote struct {
	store.Meta
	outbox.Box
	Post    string       `json:"post"`
	Kind    Kind         `json:"kind"`
	Thread  string       `json:"thread"`
	Author  string       `json:"author"` // of the post
	Voter   string       `json:"voter,omitempty"`
	Value   int64        `json:"value"` // -1, 0, 1
	Created store.Millis `json:"created"`
	Origin  *Origin      `json:"origin,omitempty"`
}

func declareVotes(db *store.DB) *store.Collection[Vote] {
	return store.Declare[Vote](db, "votes",
		store.On("post", "value"),
		store.OnSparse("voter", "-created"),
		store.On("author", "created"),
		outbox.PendingIndex(), outbox.ChangedIndex(),
	)
}

// Interest is a member's standing relation to a thread: "same problem here", or
// the wish to be told. Its id is derived from kind, thread and member. It stands
// while On: the member's own, or carried over from duplicates (Via), so that
// undoing a duplicate takes back just that.
type Interest struct {
	store.Meta
	outbox.Box
	Kind    InterestKind `json:"kind"`
	Thread  string       `json:"thread"`
	Member  string       `json:"member"`
	Own     bool         `json:"own"`
	Muted   bool         `json:"muted,omitempty"` // asked not to be told, whatever is carried over
	Via     []string     `json:"via,omitempty"`   // duplicate threads; at most MaxVia
	On      bool         `json:"on"`              // (Own or any Via) and not Muted
	Created store.Millis `json:"created"`
}

// InterestKind is MeToo or Watching.
type InterestKind string

const (
	MeToo    InterestKind = "me_too"
	Watching InterestKind = "watch"
)

// MaxVia bounds the duplicates that one carried interest remembers.
const MaxVia = 200

func declareInterests(db *store.DB) *store.Collection[Interest] {
	return store.Declare[Interest](db, "interests",
		store.On("thread", "kind", "on", "created"),
		store.On("thread", "kind", "own", "created"),
		store.On("member", "kind", "on", "-created"),
		store.On("via[]", "kind", "created"),
		outbox.PendingIndex(), outbox.ChangedIndex())
}

// Draft is unfinished writing, kept by the server. Its id is derived from
// member and place.
type Draft struct {
	store.Meta
	Member  string       `json:"member"`
	Place   string       `json:"place"` // "ask", "answer:THREAD", "edit:KIND:POST"
	Space   string       `json:"space,omitempty"`
	Title   string       `json:"title,omitempty"`
	Body    string       `json:"body,omitempty"`
	Tags    string       `json:"tags,omitempty"`
	Private bool         `json:"private,omitempty"`
	Key     string       `json:"key,omitempty"` // idempotency key of the form
	Updated store.Millis `json:"updated"`
}

func declareDrafts(db *store.DB) *store.Collection[Draft] {
	return store.Declare[Draft](db, "drafts", store.On("member", "-updated"), store.On("updated"))
}

// Tag is a topic. Its id is its name.
type Tag struct {
	store.Meta
	About   string `json:"about,omitempty"`
	Threads int64  `json:"threads"` // derived: open threads in public spaces
}

func declareTags(db *store.DB) *store.Collection[Tag] {
	return store.Declare[Tag](db, "tags", store.On("-threads"))
}

// Views counts the readers of a thread. It is batched in memory and may be
// lost, so it is no part of the thread until a recount.
type Views struct {
	store.Meta
	Count int64 `json:"count"`
}
