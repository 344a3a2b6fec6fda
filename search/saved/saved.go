// Package saved keeps members' searches and tells them of new questions that fit.
//
// A question is held against the searches once, when it becomes new to others:
// asked, restored, opened to everyone, moved, or no duplicate any more. It fits
// as search.Gathered.Meet says, with the rights that the member has then; it is
// looked at again, with the rights of that moment, before the member is told. A
// space that opens and a member who joins a group make no old question new.
//
// The work of a new question is one pass over the searches, in memory but for
// those that have its words. One search tells at most once an hour, of
// everything that was found meanwhile, and of one question once.
package saved

import (
	"context"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/search"
)

// Most is how many searches a member may save.
const Most = 20

// The pace of telling, and the bounds of its work.
const (
	look      = time.Minute
	pause     = time.Hour // between two words about one search
	newsAPass = 100       // questions that are held against all searches at once
	tellMost  = 50        // questions that one word is about
	keepHits  = 90 * 24 * time.Hour
)

// Search is a search that a member saved.
type Search struct {
	store.Meta
	Member  string       `json:"member"`
	Query   string       `json:"query"` // as the query language prints it, at most 300 runes
	Key     string       `json:"key"`   // member and query: nobody saves one twice
	Created store.Millis `json:"created"`
	Told    store.Millis `json:"told,omitempty"`    // when the member was told last
	Due     store.Millis `json:"due,omitempty"`     // when to tell next; 0 when there is nothing
	Telling []string     `json:"telling,omitempty"` // hits of the word under way; at most 50
}

// Hit is a question that was found for a search. Its id is derived from both.
type Hit struct {
	store.Meta
	Search  string       `json:"search"`
	Member  string       `json:"member"`
	Thread  string       `json:"thread"`
	At      store.Millis `json:"at"`
	Waiting bool         `json:"waiting"` // the member was not told yet
}

// news is a question that became new to others and is to be looked at.
type news struct {
	store.Meta
	Thread string       `json:"thread"`
	At     store.Millis `json:"at"`
}

// Finder reads questions to hold them against searches.
type Finder interface {
	Gather(ctx context.Context, ids []string) (*search.Gathered, error)
}

// Inbox tells members, in the page and by mail, as they want it. Telling the
// same cause twice tells once.
type Inbox interface {
	Write(ctx context.Context, cause string, n notify.Notice, l notify.Letter) error
}

// Service keeps searches. All methods may be called concurrently.
type Service struct {
	db       *store.DB
	people   *community.Service
	inbox    Inbox
	finder   Finder // nil: nothing is found
	searches *store.Collection[Search]
	hits     *store.Collection[Hit]
	news     *store.Collection[news]
}

// Open declares the collections and follows the community. Call it before
// db.Migrate.
func Open(db *store.DB, relay *outbox.Relay, people *community.Service, inbox Inbox) *Service {
	s := &Service{db: db, people: people, inbox: inbox}
	s.searches = store.Declare[Search](db, "saved_searches",
		store.On("member", "-created"), store.OnUniqueSparse("key"), store.OnSparse("due"))
	s.hits = store.Declare[Hit](db, "saved_hits",
		store.On("search", "waiting", "at"), store.On("member", "at"), store.On("waiting", "at"))
	s.news = store.Declare[news](db, "saved_news", store.On("at"))
	relay.Follow("saved-news", s.onNews, community.ThreadAsked, community.PostRestored, community.ThreadOpened, community.DupUndone)
	relay.Follow("saved-forget", s.onClosed, community.MemberClosed)
	relay.Every("saved-searches", look, s.pass)
	return s
}

// Use lets questions be read by a finder. Call it while the product is put together.
func (s *Service) Use(f Finder) { s.finder = f }

func (s *Service) now() store.Millis { return store.At(s.db.Now()) }

func after(m store.Millis, d time.Duration) store.Millis { return m + store.Millis(d.Milliseconds()) }

// Save keeps a search for the actor. The same search again returns the one that
// is kept; more than Most are a fault of kind Conflict.
func (s *Service) Save(ctx context.Context, by community.Actor, query string) (*Search, error) {
	if err := s.people.Active(by); err != nil {
		return nil, err
	}
	if _, err := community.Line("query", query, 0, 300); err != nil {
		return nil, err
	}
	q := search.Parse(query).String()
	if q == "" {
		return nil, fault.Field("query", "Type what to look for first.")
	}
	if len([]rune(q)) > 300 {
		return nil, fault.Field("query", "A search to be saved has at most 300 characters.")
	}
	key := store.DeriveID("saved-key", by.ID, q)
	for slot := range Most {
		had, err := s.searches.First(ctx, store.Where("key", key))
		if err == nil {
			return had, nil
		}
		if store.IgnoreAbsent(err) != nil {
			return nil, err
		}
		x := &Search{Meta: store.Meta{ID: store.DeriveID("saved", by.ID, string(rune('a'+slot)))}, Member: by.ID, Query: q, Key: key, Created: s.now()}
		err = s.searches.Insert(ctx, x)
		if err == nil || !isTaken(err) {
			return x, err
		}
	}
	return nil, fault.New(fault.Conflict, "You have saved %d searches, the most there may be. Drop one of them first.", Most)
}

// List returns the actor's searches, the latest first.
func (s *Service) List(ctx context.Context, by community.Actor) ([]*Search, error) {
	if by.Guest() {
		return nil, fault.New(fault.Unauthorized, "Please sign in to see your saved searches.")
	}
	p, err := s.searches.Find(ctx, store.Where("member", by.ID).Order("-created").Limit(Most))
	return p.Items, err
}

// Saved returns the actor's search for a query; nil when it is not kept.
func (s *Service) Saved(ctx context.Context, by community.Actor, query string) (*Search, error) {
	if by.Guest() {
		return nil, nil
	}
	x, err := s.searches.First(ctx, store.Where("key", store.DeriveID("saved-key", by.ID, search.Parse(query).String())))
	if err != nil {
		return nil, store.IgnoreAbsent(err)
	}
	return x, nil
}

// Drop forgets a search of the actor's. Another's is absent.
func (s *Service) Drop(ctx context.Context, by community.Actor, id string) error {
	if by.Guest() {
		return fault.New(fault.Unauthorized, "Please sign in first. What you typed is kept.")
	}
	x, err := s.searches.Get(ctx, id)
	if store.IgnoreAbsent(err) != nil {
		return err
	}
	if err != nil || x.Member != by.ID {
		return fault.New(fault.NotFound, "This search is not among yours; perhaps you dropped it already.")
	}
	return s.forget(ctx, x)
}

// forget drops a search and what was found for it.
func (s *Service) forget(ctx context.Context, x *Search) error {
	for _, waiting := range []bool{true, false} {
		err := s.hits.Each(ctx, store.Where("search", x.ID).And("waiting", waiting).Order("at"), func(h *Hit) error {
			return store.IgnoreAbsent(s.hits.Delete(ctx, h.ID, 0))
		})
		if err != nil {
			return err
		}
	}
	return store.IgnoreAbsent(s.searches.Delete(ctx, x.ID, 0))
}

// onClosed forgets the searches of a member who left.
func (s *Service) onClosed(ctx context.Context, d outbox.Delivery) error {
	err := s.searches.Each(ctx, store.Where("member", d.Member).Order("-created"), func(x *Search) error { return s.forget(ctx, x) })
	if err != nil {
		return err
	}
	return s.hits.Each(ctx, store.Where("member", d.Member).Order("at"), func(h *Hit) error {
		return store.IgnoreAbsent(s.hits.Delete(ctx, h.ID, 0))
	})
}
