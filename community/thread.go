package community

import (
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Post is what question, answer and comment have in common.
type Post struct {
	Author   string       `json:"author"`
	Body     string       `json:"body"`             // Markdown as typed, at most 30,000 runes (comments: 2,000)
	HTML     string       `json:"html"`             // safe, rendered at write time; ids only, no names
	Renderer int          `json:"renderer"`         // markup.Version that made HTML; rendered again when older
	Images   []string     `json:"images,omitempty"` // upload ids in order; at most 10
	Created  store.Millis `json:"created"`
	Edit     int64        `json:"edit"` // counts what an author changed; serves edit conflicts
	Edited   store.Millis `json:"edited,omitempty"`
	EditedBy string       `json:"edited_by,omitempty"`
	EditNote string       `json:"edit_note,omitempty"`
	Removed  *Removal     `json:"removed,omitempty"`
	Origin   *Origin      `json:"origin,omitempty"`
}

// Removal says who took a post away, when and why; it can be restored.
type Removal struct {
	By     string       `json:"by"`
	At     store.Millis `json:"at"`
	Reason string       `json:"reason,omitempty"` // what the author is told
	Kind   RemovalKind  `json:"kind,omitempty"`   // "" is Deleted
	Cause  string       `json:"cause,omitempty"`  // the moderation decision or flags behind it; "" when a person removed it directly
}

// RemovalKind says why a post is out of sight.
type RemovalKind string

const (
	Deleted RemovalKind = "deleted" // taken away by its author or a moderator
	Hidden  RemovalKind = "hidden"  // out of sight until a moderator judged it or its author mended it
	Held    RemovalKind = "held"    // waits for a moderator before it is shown
)

// Mark is who did something and when.
type Mark struct {
	By string       `json:"by"`
	At store.Millis `json:"at"`
}

// Thread is one question with its state. Its id is also the question's post id.
type Thread struct {
	store.Meta
	outbox.Box
	Post
	Space     string      `json:"space"`
	Title     string      `json:"title"`             // 8 to 150 runes
	Tags      []string    `json:"tags"`              // at most 5, sorted
	Private   bool        `json:"private,omitempty"` // asker and staff only
	Accepted  *Acceptance `json:"accepted,omitempty"`
	Duplicate *Duplicate  `json:"duplicate,omitempty"`
	Lock      *Lock       `json:"lock,omitempty"`
	Stats     ThreadStats `json:"stats"`
}

// Acceptance is the asker's, or staff's, word that an answer solved it.
type Acceptance struct {
	Answer string       `json:"answer"`
	By     string       `json:"by"`
	At     store.Millis `json:"at"`
}

// Duplicate points at the thread that was asked before.
type Duplicate struct {
	Of string       `json:"of"`
	By string       `json:"by"`
	At store.Millis `json:"at"`
}

// Lock stops new answers, comments and edits by customers.
type Lock struct {
	By     string       `json:"by"`
	At     store.Millis `json:"at"`
	Reason string       `json:"reason"`
}

// State is what a support team sees of a thread at a glance (after Mozilla
// Kitsune's list states).
type State string

const (
	New         State = "new"          // nobody replied, younger than a day
	NeedsAnswer State = "needs_answer" // no reply for a day, or the asker wrote last
	Answered    State = "answered"     // someone else wrote last, and there is an answer
	Waiting     State = "waiting"      // someone else asked back, and there is no answer yet
	Solved      State = "solved"       // an accepted answer is visible
	Stale       State = "stale"        // unsolved and silent for Settings.StaleAfter days
)

// States lists the states in the order a filter shows them.
var States = []State{New, NeedsAnswer, Answered, Waiting, Solved, Stale}

// Shelf says in which lists a document stands; a pure function of its facts.
type Shelf string

const (
	OnOpen      Shelf = "open"      // for whoever reads the space
	OnPrivate   Shelf = "private"   // asker and staff
	OnDuplicate Shelf = "duplicate" // reached by its address, which leads to the original
	OnRemoved   Shelf = "removed"   // author and staff
)

// ThreadStats are derived: recounted from facts, never incremented.
type ThreadStats struct {
	Shelf      Shelf        `json:"shelf"`
	State      State        `json:"state"`
	StateDue   store.Millis `json:"state_due,omitempty"` // when time alone changes State; 0 = never
	Unanswered bool         `json:"unanswered"`          // no visible answer
	Solved     bool         `json:"solved"`              // the accepted answer is visible
	Answers    int64        `json:"answers"`
	Comments   int64        `json:"comments"` // on the question
	Up         int64        `json:"up"`
	Down       int64        `json:"down"`
	Score      int64        `json:"score"`
	MeToos     int64        `json:"me_toos"`
	Views      int64        `json:"views"`
	Activity   store.Millis `json:"activity"`               // when the last visible post was written
	LastBy     string       `json:"last_by"`                // and by whom
	LastIsNote bool         `json:"last_is_note,omitempty"` // it was a comment
	Hot        int64        `json:"hot"`
}

func declareThreads(db *store.DB) *store.Collection[Thread] {
	return store.Declare[Thread](db, "threads",
		store.On("space", "stats.shelf", "-created"),
		store.On("space", "stats.shelf", "-stats.activity"),
		store.On("space", "stats.shelf", "-stats.hot"),
		store.On("space", "stats.shelf", "-stats.score"),
		store.On("space", "stats.shelf", "stats.unanswered", "-created"),
		store.On("space", "stats.shelf", "stats.state", "-stats.activity"),
		store.On("tags[]", "space", "stats.shelf", "-stats.activity"),
		store.On("author", "-created"),
		store.On("author", "stats.shelf", "-created"),
		store.OnSparse("duplicate.of"),
		store.OnSparse("stats.state_due"),
		store.On("images[]"),
		outbox.PendingIndex(), outbox.ChangedIndex(),
	)
}

// Answer is one answer of a thread.
type Answer struct {
	store.Meta
	outbox.Box
	Post
	Thread   string      `json:"thread"`
	Verified *Mark       `json:"verified,omitempty"` // the company confirms it
	Private  bool        `json:"private,omitempty"`  // for the asker and staff only; staff write such answers
	Official string      `json:"official,omitempty"` // the agent's words as the company's: how the desk names them, or "staff"
	Stats    AnswerStats `json:"stats"`
}

// AnswerStats are derived.
type AnswerStats struct {
	Shelf    Shelf `json:"shelf"` // OnOpen, OnPrivate or OnRemoved
	Accepted bool  `json:"accepted,omitempty"`
	Comments int64 `json:"comments"`
	Up       int64 `json:"up"`
	Down     int64 `json:"down"`
	Score    int64 `json:"score"`
	Rank     int64 `json:"rank"` // 1e6 * (up+2)/(up+down+4): Codidact's form of the Wilson score
}

func declareAnswers(db *store.DB) *store.Collection[Answer] {
	return store.Declare[Answer](db, "answers",
		store.On("thread", "stats.shelf", "-stats.rank", "created"),
		store.On("thread", "stats.shelf", "-created"),
		store.On("author", "-created"),
		store.On("author", "stats.shelf", "-created"),
		store.On("author", "stats.accepted", "stats.shelf"),
		store.On("images[]"),
		outbox.PendingIndex(), outbox.ChangedIndex(),
	)
}

// Comment is a remark on a question or an answer.
type Comment struct {
	store.Meta
	outbox.Box
	Post
	Thread string       `json:"thread"`
	On     string       `json:"on"` // id of the question or answer
	Stats  CommentStats `json:"stats"`
}

// CommentStats are derived.
type CommentStats struct {
	Shelf Shelf `json:"shelf"`
	Up    int64 `json:"up"`
	Score int64 `json:"score"`
}

func declareComments(db *store.DB) *store.Collection[Comment] {
	return store.Declare[Comment](db, "comments",
		store.On("on", "stats.shelf", "created"),
		store.On("thread", "stats.shelf", "-created"),
		store.On("author", "-created"),
		store.On("images[]"),
		outbox.PendingIndex(), outbox.ChangedIndex(),
	)
}

// Kind is the kind of a post.
type Kind string

const (
	AQuestion Kind = "question"
	AnAnswer  Kind = "answer"
	AComment  Kind = "comment"
)

// Ref names a post.
type Ref struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}
