package store

import (
	"context"
	"encoding/json"
	"errors"
)

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

// InsertRaw adds a document as Collection.Insert does, for archives. doc holds
// its fields, whose Meta is set anew; false says that the id is taken.
func (db *DB) InsertRaw(ctx context.Context, s *Schema, id string, doc map[string]json.RawMessage) (inserted bool, err error) {
	meta, err := json.Marshal(Meta{ID: id, Rev: 1, Changed: At(db.Now())})
	if err == nil {
		err = json.Unmarshal(meta, &doc)
	}
	if err != nil {
		return false, err
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, WriteDeadline)
	defer cancel()
	err = db.Engine.Insert(ctx, s, Raw{ID: id, Rev: 1, JSON: raw})
	var exists *ExistsError
	if errors.As(err, &exists) && exists.Index == "id" {
		return false, nil
	}
	if err == nil {
		db.committed(s.Name, id)
	}
	return err == nil, err
}

// Schema is the declaration of that name; nil when there is none.
func (db *DB) Schema(name string) *Schema {
	for _, s := range db.Schemas() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Decode reads a raw document into a T.
func Decode[T any](raw Raw) (*T, error) {
	v := new(T)
	return v, decode(raw, v)
}
