package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	bq "github.com/blevesearch/bleve/v2/search/query"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Cases tells which threads an agent's case is open for, as far as an actor may
// know: all to staff, to a customer her own. At most limit ids.
type Cases interface {
	Escalated(ctx context.Context, by community.Actor, limit int) (threads []string, err error)
}

// maxMarked bounds the threads that is:watching and is:escalated choose from:
// the latest.
const maxMarked = 1000

// filter is what a query asks of a thread beside its words, made ready for the
// one who asks: names have become ids, and what depends on the viewer is read.
type filter struct {
	query   Query
	me      string   // id of the viewer, "" for a guest
	spaces  []string // ids
	authors []string // ids
	is      []string // those that are a thread's own
	mine    bool
	marked  []map[string]bool // the threads that each is:watching, is:escalated chooses
}

// resolve makes a query's filters ready, and adds a sentence for each name that
// means nothing to the viewer.
func (x *Index) resolve(ctx context.Context, by community.Actor, q Query, spaces []*community.Space, notes *[]string) (f filter, err error) {
	f = filter{query: q, me: by.ID}
	for _, m := range q.Misread {
		note(notes, "“%s” is not a filter here; it was searched for as words.", m)
	}
	for _, name := range q.Spaces {
		i := slices.IndexFunc(spaces, func(sp *community.Space) bool { return sp.ID == name || strings.ToLower(sp.Name) == name })
		if i < 0 {
			note(notes, "There is no space “%s” that you can read.", name)
			continue
		}
		f.spaces = append(f.spaces, spaces[i].ID)
	}
	for _, name := range q.Authors {
		if name == "me" && by.Guest() {
			note(notes, "Sign in to use “author:me”.")
			continue
		}
		id, err := x.authorID(ctx, by, name)
		if err != nil {
			return f, err
		}
		if id == "" {
			note(notes, "There is no member “%s”.", name)
			continue
		}
		f.authors = append(f.authors, id)
	}
	return f, x.resolveStates(ctx, by, &f, notes)
}

// maxNotes bounds what is said about one query.
const maxNotes = 5

func note(notes *[]string, format string, args ...any) {
	if s := fmt.Sprintf(format, args...); len(*notes) < maxNotes && !slices.Contains(*notes, s) {
		*notes = append(*notes, s)
	}
}

func (x *Index) authorID(ctx context.Context, by community.Actor, name string) (string, error) {
	if name == "me" {
		return by.ID, nil
	}
	for _, handle := range []string{name, strings.ReplaceAll(name, " ", "-")} {
		m, err := x.svc.MemberByHandle(ctx, handle)
		if err == nil {
			return m.ID, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return "", err
		}
	}
	return "", nil
}

func (x *Index) resolveStates(ctx context.Context, by community.Actor, f *filter, notes *[]string) error {
	for _, s := range f.query.Is {
		var ids []string
		var err error
		switch s {
		case isMine:
			f.mine = true
		case isWatching:
			ids, err = x.watched(ctx, by)
		case isEscalated:
			ids, err = x.escalated(ctx, by)
		default:
			f.is = append(f.is, s)
			continue
		}
		if err != nil {
			return err
		}
		if by.Guest() {
			note(notes, "Sign in to use “is:%s”.", s)
		}
		if s != isMine {
			f.marked = append(f.marked, setOf(ids))
		}
	}
	return nil
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

var errEnough = errors.New("enough")

// watched lists the threads that the actor watches, the latest first.
func (x *Index) watched(ctx context.Context, by community.Actor) (ids []string, err error) {
	if by.Guest() {
		return nil, nil
	}
	q := store.Where("member", by.ID).And("kind", community.Watching).And("on", true).Order("-created").Limit(store.MaxLimit)
	err = x.rec.Interests.Each(ctx, q, func(i *community.Interest) error {
		if ids = append(ids, i.Thread); len(ids) == maxMarked {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return ids, err
}

func (x *Index) escalated(ctx context.Context, by community.Actor) ([]string, error) {
	if x.cases == nil || by.Guest() {
		return nil, nil
	}
	return x.cases.Escalated(ctx, by, maxMarked)
}

// conditions are what Bleve is asked for each filter: a thread must meet all of
// them, and of those in the query's Not none. Scores and dates it does not know;
// they are seen on the threads that it finds.
func (f filter) conditions() (all []bq.Query) {
	q := f.query
	for _, t := range q.Tags {
		all = append(all, is(keyTag, t))
	}
	for _, s := range append(slices.Clone(f.is), q.Has...) {
		all = append(all, is(keyFlag, s))
	}
	if len(q.Spaces) > 0 {
		all = append(all, either(keySpace, f.spaces))
	}
	if len(q.Authors) > 0 {
		all = append(all, either(keyAuthor, f.authors))
	}
	if f.mine {
		all = append(all, either(keyAuthor, f.myself()))
	}
	for _, set := range f.marked {
		all = append(all, bleve.NewDocIDQuery(slices.Collect(maps.Keys(set))))
	}
	return all
}

func (f filter) myself() []string {
	if f.me == "" {
		return nil
	}
	return []string{f.me}
}

// admits reports whether a thread, as it stands, passes every filter. A nil c
// leaves open what only the thread's posts tell.
func (f filter) admits(t *community.Thread, c *content) bool {
	q := f.query
	for _, tag := range q.Tags {
		if !slices.Contains(t.Tags, tag) {
			return false
		}
	}
	for _, want := range f.is {
		if !slices.Contains(states(t), want) {
			return false
		}
	}
	for _, set := range f.marked {
		if !set[t.ID] {
			return false
		}
	}
	return f.inSpans(t, true) && (c == nil || f.hasAll(t, *c)) &&
		(len(q.Spaces) == 0 || slices.Contains(f.spaces, t.Space)) &&
		(len(q.Authors) == 0 || slices.Contains(f.authors, t.Author)) &&
		(!f.mine || f.isMine(t))
}

func (f filter) isMine(t *community.Thread) bool { return f.me != "" && t.Author == f.me }

func (f filter) hasAll(t *community.Thread, c content) bool {
	return !slices.ContainsFunc(f.query.Has, func(h string) bool { return !slices.Contains(has(t, c), h) })
}

// inSpans reports whether every span, or else any, holds the thread.
func (f filter) inSpans(t *community.Thread, every bool) bool {
	for _, s := range f.query.Score {
		if s.holds(t.Stats.Score) != every {
			return !every
		}
	}
	for _, s := range f.query.Created {
		if s.holds(dayOf(t.Created.Time())) != every {
			return !every
		}
	}
	return every
}

// refuses reports whether a thread meets any of the filters, which stand in
// the query's Not.
func (f filter) refuses(t *community.Thread, c *content) bool {
	q := f.query
	return slices.ContainsFunc(q.Tags, func(tag string) bool { return slices.Contains(t.Tags, tag) }) ||
		slices.ContainsFunc(f.is, func(s string) bool { return slices.Contains(states(t), s) }) ||
		slices.ContainsFunc(f.marked, func(set map[string]bool) bool { return set[t.ID] }) ||
		slices.Contains(f.spaces, t.Space) || slices.Contains(f.authors, t.Author) ||
		(f.mine && f.isMine(t)) || f.inSpans(t, false) ||
		(c != nil && slices.ContainsFunc(q.Has, func(h string) bool { return slices.Contains(has(t, *c), h) }))
}
