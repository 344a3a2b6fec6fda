package community

import (
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Visibility says who reads a space.
type Visibility string

const (
	Public      Visibility = "public"  // everyone, and search engines
	MembersOnly Visibility = "members" // whoever is signed in
	Restricted  Visibility = "groups"  // members of its groups, and staff
)

// Space is a product area with its own readers and moderators. Its id is the
// slug in its address.
type Space struct {
	store.Meta
	outbox.Box
	Name       string     `json:"name"`
	About      string     `json:"about,omitempty"`
	Visibility Visibility `json:"visibility"`
	Groups     []string   `json:"groups,omitempty"`     // for Restricted; at most 50
	Moderators []string   `json:"moderators,omitempty"` // member ids; at most 100
	Position   int64      `json:"position"`
	Archived   bool       `json:"archived,omitempty"` // readable, takes no new posts
	Origin     *Origin    `json:"origin,omitempty"`
}

// MaxSpaces bounds the spaces of a community, and so the streams of a merged list.
const MaxSpaces = 200

func declareSpaces(db *store.DB) *store.Collection[Space] {
	return store.Declare[Space](db, "spaces", store.On("position"), outbox.PendingIndex(), outbox.ChangedIndex())
}
