// Package synonyms holds a community's own words for the same things: an admin
// says that "wifi", "wi-fi" and "wlan" are one, or that who types "router" may
// mean a "gateway", and search heeds it from the next query on. Nothing is
// indexed anew: a query is widened when it is asked.
//
// All groups are one document of the store, which every node's search follows.
package synonyms

import (
	"context"
	"errors"
	"slices"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// The bounds of what an admin may say.
const (
	MaxGroups = 500
	MaxWords  = 10 // in a group, and on each side of one that leads one way
	MaxRunes  = 60 // of a word or short phrase
)

// Group is words, or short phrases, of which one stands for another. Without
// Means they all mean the same. With it, who types one of Words is also shown
// what has one of Means, and not the other way round.
type Group struct {
	Words []string `json:"words"`           // at most MaxWords
	Means []string `json:"means,omitempty"` // at most MaxWords
}

// Book is all that a community said.
type Book struct {
	store.Meta
	Groups []Group      `json:"groups"` // at most MaxGroups
	By     string       `json:"by"`     // id of the member who saved it
	Saved  store.Millis `json:"saved"`
}

const bookID = "synonyms"

// Service keeps the book. All methods may be called concurrently.
type Service struct {
	db    *store.DB
	books *store.Collection[Book]
}

// Open declares the collection. Call it before db.Migrate.
func Open(db *store.DB) *Service {
	return &Service{db: db, books: store.Declare[Book](db, "synonyms", outbox.ChangedIndex())}
}

// Schema is the declaration of the collection, to be followed.
func (s *Service) Schema() *store.Schema { return s.books.Schema() }

// Book returns what the community said; an empty book of revision 0 before it
// said anything. It is for search: pages ask with Show.
func (s *Service) Book(ctx context.Context) (*Book, error) {
	b, err := s.books.Get(ctx, bookID)
	if errors.Is(err, store.ErrNotFound) {
		return &Book{}, nil
	}
	return b, err
}

// Show is Book for an admin; others are Forbidden.
func (s *Service) Show(ctx context.Context, by community.Actor) (*Book, error) {
	if !by.IsAdmin() {
		return nil, errForbidden
	}
	return s.Book(ctx)
}

var (
	errForbidden = fault.New(fault.Forbidden, "Only administrators see and change the synonyms.")
	errChanged   = fault.New(fault.Conflict, "Someone else changed the synonyms while you did. Yours are kept in this form: open the page anew beside it, and put both together.")
)

// Save replaces all groups. version is the revision of the book that was
// edited: when it was changed since, to something else, that is a Conflict. Groups that break a
// bound are Invalid, with a sentence that says which; an admin may do it.
func (s *Service) Save(ctx context.Context, by community.Actor, version int64, groups []Group) (*Book, error) {
	if !by.IsAdmin() {
		return nil, errForbidden
	}
	groups, err := Clean(groups)
	if err != nil {
		return nil, err
	}
	now := store.At(s.db.Now())
	return s.books.Upsert(ctx, bookID, func() *Book { return &Book{Meta: store.Meta{ID: bookID}} }, func(b *Book) error {
		switch {
		case slices.EqualFunc(b.Groups, groups, same):
			return store.ErrUnchanged
		case b.Rev != version:
			return errChanged
		}
		b.Groups, b.By, b.Saved = groups, by.ID, now
		return nil
	})
}

func same(a, b Group) bool { return slices.Equal(a.Words, b.Words) && slices.Equal(a.Means, b.Means) }
