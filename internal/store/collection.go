package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"selfie/internal/fault"
)

// Collection is the typed face of one collection of a DB.
type Collection[T any] struct {
	db     *DB
	schema *Schema
	meta   func(*T) *Meta
}

// Declare adds a collection of T to the DB. It is called once a collection,
// beside its type and before DB.Migrate; a bad declaration panics.
func Declare[T any, P interface {
	*T
	Document
}](db *DB, name string, indexes ...Index) *Collection[T] {
	s := &Schema{Name: name, Indexes: indexes}
	if err := s.validate(); err != nil {
		panic(err)
	}
	db.declare(s)
	return &Collection[T]{db: db, schema: s, meta: func(v *T) *Meta { return P(v).DocMeta() }}
}

// Schema is the collection's declaration.
func (c *Collection[T]) Schema() *Schema { return c.schema }

// Get reads one document, or ErrNotFound.
func (c *Collection[T]) Get(ctx context.Context, id string) (*T, error) {
	if !utf8.ValidString(id) {
		return nil, ErrNotFound
	}
	raw, err := c.db.Engine.Get(ctx, c.schema, id)
	if err != nil {
		return nil, err
	}
	v := new(T)
	return v, decode(raw, v)
}

// GetMany reads documents by id, in any number, into a map; absent ids are left out.
func (c *Collection[T]) GetMany(ctx context.Context, ids []string) (map[string]*T, error) {
	found := make(map[string]*T, len(ids))
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !utf8.ValidString(id) })
	for start := 0; start < len(ids); start += MaxLimit {
		raws, err := c.db.Engine.GetMany(ctx, c.schema, ids[start:min(start+MaxLimit, len(ids))])
		if err != nil {
			return nil, err
		}
		for _, raw := range raws {
			v := new(T)
			if err := decode(raw, v); err != nil {
				return nil, err
			}
			found[raw.ID] = v
		}
	}
	return found, nil
}

// Insert adds the document and fills its Meta. An empty id gets a new one; one
// that is not UTF-8 is refused, since JSON would change it.
func (c *Collection[T]) Insert(ctx context.Context, v *T) error {
	m := c.meta(v)
	if m.ID == "" {
		m.ID = NewID(c.db.Now())
	}
	if !utf8.ValidString(m.ID) {
		return fault.New(fault.Invalid, "The id is not valid UTF-8.")
	}
	m.Rev, m.Changed = 1, At(c.db.Now())
	raw, err := encode(m, v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, WriteDeadline)
	defer cancel()
	if err := c.db.Engine.Insert(ctx, c.schema, raw); err != nil {
		return err
	}
	c.db.committed(c.schema.Name, m.ID)
	return nil
}

// Put inserts the document, or returns the standing one when its id is taken:
// the way to write a fact under an id derived from its cause.
func (c *Collection[T]) Put(ctx context.Context, v *T) (standing *T, inserted bool, err error) {
	err = c.Insert(ctx, v)
	var exists *ExistsError
	if errors.As(err, &exists) && exists.Index == "id" {
		standing, err = c.Get(ctx, c.meta(v).ID)
		return standing, false, err
	}
	return v, err == nil, err
}

// Update reads the document, calls apply on it and replaces it; when a rival
// was first it runs again, so apply must have no effect outside its argument.
// ErrUnchanged from apply ends it without a write. Returns the document as it
// then stands.
func (c *Collection[T]) Update(ctx context.Context, id string, apply func(*T) error) (*T, error) {
	return c.update(ctx, id, apply, false)
}

// Settle is Update for bookkeeping that followers need not see: `changed`
// stays. Only the relay, clearing delivered events, may use it.
func (c *Collection[T]) Settle(ctx context.Context, id string, apply func(*T) error) (*T, error) {
	return c.update(ctx, id, apply, true)
}

func (c *Collection[T]) update(ctx context.Context, id string, apply func(*T) error, quiet bool) (*T, error) {
	if !utf8.ValidString(id) {
		return nil, ErrNotFound
	}
	var now *T
	ctx, cancel := context.WithTimeout(ctx, WriteDeadline)
	defer cancel()
	err := c.db.Engine.Update(ctx, c.schema, id, func(old Raw) (Raw, error) {
		v := new(T)
		if err := decode(old, v); err != nil {
			return Raw{}, err
		}
		before := *c.meta(v)
		now = v
		if err := apply(v); err != nil {
			now = new(T) // apply may have changed v before it gave up
			if errors.Is(err, ErrUnchanged) {
				if err := decode(old, now); err != nil {
					return Raw{}, err
				}
			}
			return Raw{}, err
		}
		m := c.meta(v)
		*m = before
		m.Rev++
		if !quiet {
			m.Changed = max(before.Changed, At(c.db.Now()))
		}
		return encode(m, v)
	})
	if errors.Is(err, ErrUnchanged) {
		return now, nil
	}
	if err != nil {
		return nil, err
	}
	c.db.committed(c.schema.Name, id)
	return now, nil
}

// Upsert updates the document of that id, or inserts what fresh makes with
// apply done on it (nothing, when apply says ErrUnchanged). It runs again when
// a rival inserts or deletes between the two.
func (c *Collection[T]) Upsert(ctx context.Context, id string, fresh func() *T, apply func(*T) error) (*T, error) {
	for range 8 {
		v, err := c.Update(ctx, id, apply)
		if !errors.Is(err, ErrNotFound) {
			return v, err
		}
		v = fresh()
		c.meta(v).ID = id
		if err := apply(v); errors.Is(err, ErrUnchanged) {
			return v, nil
		} else if err != nil {
			return nil, err
		}
		err = c.Insert(ctx, v)
		var exists *ExistsError
		if errors.As(err, &exists) && exists.Index == "id" {
			continue
		}
		return v, err
	}
	return nil, ErrBusy
}

// Delete removes the document at rev; 0 removes any revision.
func (c *Collection[T]) Delete(ctx context.Context, id string, rev int64) error {
	if !utf8.ValidString(id) {
		return ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, WriteDeadline)
	defer cancel()
	if err := c.db.Engine.Delete(ctx, c.schema, id, rev); err != nil {
		return err
	}
	c.db.committed(c.schema.Name, id)
	return nil
}

// Page is one page of a list. Next continues it; "" means it was the last.
type Page[T any] struct {
	Items []*T
	Next  string
}

// Find returns one page of a query.
func (c *Collection[T]) Find(ctx context.Context, q Query) (Page[T], error) {
	return c.Merge(ctx, q)
}

// First returns the first document of a query, or ErrNotFound.
func (c *Collection[T]) First(ctx context.Context, q Query) (*T, error) {
	page, err := c.Find(ctx, q.Limit(1))
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return nil, ErrNotFound
	}
	return page.Items[0], nil
}

// Merge returns one page of the union of queries that differ in the values of
// their equalities only, in their common order, as one keyset stream: the
// lists across several spaces. The sets must be disjoint. The first query's
// cursor and limit count for all.
func (c *Collection[T]) Merge(ctx context.Context, queries ...Query) (Page[T], error) {
	var page Page[T]
	if len(queries) == 0 {
		return page, nil
	}
	first, err := queries[0].Plan(c.schema)
	if err != nil {
		return page, err
	}
	rows, err := c.collect(ctx, queries, first)
	if err != nil {
		return page, err
	}
	if len(rows) > first.Limit {
		rows = rows[:first.Limit]
		if page.Next, err = first.CursorOf(c.schema, rows[len(rows)-1].raw); err != nil {
			return page, err
		}
	}
	for _, r := range rows {
		v := new(T)
		if err := decode(r.raw, v); err != nil {
			return page, err
		}
		page.Items = append(page.Items, v)
	}
	return page, nil
}

type row struct {
	raw Raw
	key []any
}

func (c *Collection[T]) collect(ctx context.Context, queries []Query, first Plan) ([]row, error) {
	var rows []row
	for _, q := range queries {
		q.after = queries[0].after
		p, err := q.Plan(c.schema)
		if err != nil {
			return nil, err
		}
		if p.check(c.schema) != first.check(c.schema) {
			return nil, fmt.Errorf("%w: %s: merged queries use different indexes", ErrNoIndex, c.schema.Name)
		}
		p.Limit = first.Limit + 1
		raws, err := c.db.Engine.Find(ctx, c.schema, p)
		if err != nil {
			return nil, err
		}
		for _, raw := range raws {
			r := row{raw: raw}
			if len(queries) > 1 {
				if r.key, err = p.keyOf(raw); err != nil {
					return nil, err
				}
			}
			rows = append(rows, r)
		}
	}
	if len(queries) > 1 {
		rest := first.Rest()
		sort.SliceStable(rows, func(i, j int) bool { return less(rows[i].key, rows[j].key, rest) })
	}
	return rows, nil
}

func less(a, b []any, fields []Field) bool {
	for i, f := range fields {
		if d := Compare(a[i], b[i]); d != 0 {
			return (d < 0) != f.Desc
		}
	}
	return false
}

// Count counts the documents of a query, exactly, by its index.
func (c *Collection[T]) Count(ctx context.Context, q Query) (int64, error) {
	q.after = ""
	p, err := q.Plan(c.schema)
	if err != nil {
		return 0, err
	}
	return c.db.Engine.Count(ctx, c.schema, p)
}

// Each calls f for every document of the query, page by page, until f fails.
// Documents that others write meanwhile may or may not be met.
func (c *Collection[T]) Each(ctx context.Context, q Query, f func(*T) error) error {
	if q.limit == 0 {
		q.limit = 500
	}
	for {
		page, err := c.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, v := range page.Items {
			if err := f(v); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q = q.After(page.Next)
	}
}

func encode(m *Meta, v any) (Raw, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Raw{}, fmt.Errorf("store: document %s: %w", m.ID, err)
	}
	return Raw{ID: m.ID, Rev: m.Rev, JSON: b}, nil
}
