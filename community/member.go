package community

import (
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Member is a person with an account. Name and e-mail stand here and nowhere
// else, so that a rename is one write and closing the account can blank them.
type Member struct {
	store.Meta
	outbox.Box
	Name      string       `json:"name"`
	Handle    string       `json:"handle,omitempty"`    // for @mentions: unique, lower case, made from the name
	Email     string       `json:"email,omitempty"`     // as typed
	EmailKey  string       `json:"email_key,omitempty"` // lower case, unique
	Confirmed store.Millis `json:"confirmed,omitempty"` // when the address was confirmed
	Password  string       `json:"password,omitempty"`  // argon2id, PHC string format; "" cannot sign in by password
	Role      Role         `json:"role"`
	Groups    []string     `json:"groups,omitempty"` // at most 50
	About     string       `json:"about,omitempty"`  // Markdown, at most 2,000 runes
	AboutHTML string       `json:"about_html,omitempty"`
	Location  string       `json:"location,omitempty"`
	Joined    store.Millis `json:"joined"`
	Seen      store.Millis `json:"seen,omitempty"`
	Suspended store.Millis `json:"suspended,omitempty"` // until
	Closed    store.Millis `json:"closed,omitempty"`
	Sessions  int64        `json:"sessions"` // sessions of an older number are void: one write signs out everywhere
	Prefs     Prefs        `json:"prefs"`
	Origin    *Origin      `json:"origin,omitempty"`
	Stats     MemberStats  `json:"stats"`
	LastAsk   store.Millis `json:"last_ask,omitempty"`
}

// Prefs say what a member is mailed about; in the page everything is shown.
type Prefs struct {
	MailAnswers  bool   `json:"mail_answers"`  // answers and comments on my posts
	MailWatching bool   `json:"mail_watching"` // threads I watch
	MailMentions bool   `json:"mail_mentions"`
	NoWeekly     bool   `json:"no_weekly,omitempty"` // not even once a week, how many my answers helped
	NoSaved      bool   `json:"no_saved,omitempty"`  // nor what my saved searches find
	Theme        string `json:"theme,omitempty"`     // "", "light", "dark"
}

// MemberStats are derived: recounted from facts.
type MemberStats struct {
	Threads  int64 `json:"threads"`
	Answers  int64 `json:"answers"`
	Accepted int64 `json:"accepted"` // answers of theirs that stand accepted
}

// Origin says where an imported document came from.
type Origin struct {
	Source string `json:"source"` // "stackexchange:bicycles.meta"
	ID     string `json:"id"`
	Score  int64  `json:"score,omitempty"` // votes the source counted and did not list
	Views  int64  `json:"views,omitempty"`
}

func declareMembers(db *store.DB) *store.Collection[Member] {
	return store.Declare[Member](db, "members",
		store.OnUniqueSparse("email_key"),
		store.OnUniqueSparse("handle"),
		store.On("role", "-joined"),
		store.On("-joined"),
		outbox.PendingIndex(), outbox.ChangedIndex(),
	)
}

// Actor is the member acting.
func (m *Member) Actor() Actor {
	return Actor{ID: m.ID, Name: m.Name, Role: m.Role, Groups: m.Groups, Joined: m.Joined, Confirmed: m.Confirmed != 0, Suspended: m.Suspended}
}

// FormerMember is shown instead of the name of a closed account.
const FormerMember = "former member"

// DisplayName is the member's name, or FormerMember.
func (m *Member) DisplayName() string {
	if m == nil || m.Closed != 0 || m.Name == "" {
		return FormerMember
	}
	return m.Name
}

// Session is one signed-in device. Its id is derived from the secret token
// that only the cookie holds.
type Session struct {
	store.Meta
	Member  string       `json:"member"`
	Number  int64        `json:"number"` // Member.Sessions when it began
	Created store.Millis `json:"created"`
	Seen    store.Millis `json:"seen"`
	Expires store.Millis `json:"expires"`
	Agent   string       `json:"agent,omitempty"` // browser, as it calls itself, at most 200 bytes
	IP      string       `json:"ip,omitempty"`    // shortened to /24 or /48
}

func declareSessions(db *store.DB) *store.Collection[Session] {
	return store.Declare[Session](db, "sessions", store.On("member", "-seen"), store.On("expires"))
}
