package sqlite

import (
	"context"
	"fmt"

	"selfie/internal/store"
)

// prepared is a document as the tables hold it, made before the writer is asked.
type prepared struct {
	id      string
	rev     int64
	doc     string
	entries entries
}

func (t *table) prepare(doc store.Raw) (prepared, error) {
	entries, err := t.entries(doc.JSON)
	return prepared{doc.ID, doc.Rev, packDoc(doc.JSON), entries}, err
}

// Insert implements store.Engine.
func (e *Engine) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	t := e.table(s)
	p, err := t.prepare(doc)
	if err != nil {
		return err
	}
	return e.writer.do(ctx, &op{run: func(tx *session, _ *op) error { return t.insert(tx, p) }}, nil)
}

func (t *table) insert(tx *session, p prepared) error {
	// Asked first: a document that is inserted again breaks its other unique
	// indexes too, and the id is what says so.
	var taken int
	switch err := tx.row("SELECT 1 FROM "+t.quoted+" WHERE id = ?", []any{p.id}, &taken); {
	case err == nil:
		return &store.ExistsError{Collection: t.name, Index: "id"}
	case !noRows(err):
		return writeFailed(err)
	}
	if err := tx.exec("INSERT INTO "+t.quoted+" (id, rev, doc) VALUES (?, ?, ?)", p.id, p.rev, p.doc); err != nil {
		return t.violated(err)
	}
	if err := t.change(tx, p.id, nil, p.entries); err != nil {
		return t.violated(err)
	}
	return nil
}

// Update implements store.Engine. No rival can come between reading and
// replacing, so apply runs once, on the caller's goroutine, while all other writes
// wait: it must be quick, and a write to the store from within it waits for itself
// until that write's context ends.
func (e *Engine) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	t := e.table(s)
	o := &op{run: func(tx *session, o *op) error { return t.update(tx, o, id) }}
	return e.writer.do(ctx, o, func(old store.Raw) answer {
		doc, err := apply(old)
		if err != nil {
			return answer{err: err}
		}
		if doc.ID != id {
			return answer{err: fmt.Errorf("sqlite: %s: an update changed the id %s to %s", t.name, id, doc.ID)}
		}
		p, err := t.prepare(doc)
		return answer{p, err}
	})
}

func (t *table) update(tx *session, o *op, id string) error {
	old, err := t.load(tx, id)
	if err != nil {
		return err
	}
	before, err := t.entries(old.JSON)
	if err != nil {
		return err
	}
	p, err := o.put(old)
	if err != nil {
		return err
	}
	if err := tx.exec("UPDATE "+t.quoted+" SET rev = ?, doc = ? WHERE id = ?", p.rev, p.doc, id); err != nil {
		return t.violated(err)
	}
	if err := t.change(tx, id, before, p.entries); err != nil {
		return t.violated(err)
	}
	return nil
}

// load reads a document on the writer's connection.
func (t *table) load(tx *session, id string) (store.Raw, error) {
	raw := store.Raw{ID: id}
	var doc string
	err := tx.row("SELECT rev, doc FROM "+t.quoted+" WHERE id = ?", []any{id}, &raw.Rev, &doc)
	if noRows(err) {
		return raw, store.ErrNotFound
	}
	if err != nil {
		return raw, writeFailed(err)
	}
	raw.JSON = unpackDoc(doc)
	return raw, nil
}

// Delete implements store.Engine.
func (e *Engine) Delete(ctx context.Context, s *store.Schema, id string, rev int64) error {
	t := e.table(s)
	return e.writer.do(ctx, &op{run: func(tx *session, _ *op) error { return t.remove(tx, id, rev) }}, nil)
}

func (t *table) remove(tx *session, id string, rev int64) error {
	old, err := t.load(tx, id)
	if err != nil {
		return err
	}
	if rev != 0 && rev != old.Rev {
		return store.ErrStale
	}
	before, err := t.entries(old.JSON)
	if err != nil {
		return err
	}
	if err := tx.exec("DELETE FROM "+t.quoted+" WHERE id = ?", id); err != nil {
		return writeFailed(err)
	}
	if err := t.change(tx, id, before, nil); err != nil {
		return writeFailed(err)
	}
	return nil
}
