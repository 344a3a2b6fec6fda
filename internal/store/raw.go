package store

import "context"

// FindRaw returns one page of a query without decoding it, for code that knows
// a collection only by its schema: the relay, the tailer, archives. next
// continues the query; "" means it was the last page.
func (db *DB) FindRaw(ctx context.Context, s *Schema, q Query) (docs []Raw, next string, err error) {
	p, err := q.Plan(s)
	if err != nil {
		return nil, "", err
	}
	limit := p.Limit
	p.Limit++
	docs, err = db.Engine.Find(ctx, s, p)
	if err != nil || len(docs) <= limit {
		return docs, "", err
	}
	docs = docs[:limit]
	next, err = p.CursorOf(s, docs[limit-1])
	return docs, next, err
}

// CountRaw counts the documents of a query exactly, as Collection.Count does.
func (db *DB) CountRaw(ctx context.Context, s *Schema, q Query) (int64, error) {
	q.after = ""
	p, err := q.Plan(s)
	if err != nil {
		return 0, err
	}
	return db.Engine.Count(ctx, s, p)
}

// Decode reads a raw document into a T.
func Decode[T any](raw Raw) (*T, error) {
	v := new(T)
	return v, decode(raw, v)
}
