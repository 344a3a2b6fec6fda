package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"selfie/internal/store"
)

// Get implements store.Engine.
func (e *Engine) Get(ctx context.Context, s *store.Schema, id string) (store.Raw, error) {
	stmt, err := e.reader(ctx, "SELECT rev, doc FROM "+e.table(s).quoted+" WHERE id = ?")
	if err != nil {
		return store.Raw{}, err
	}
	raw := store.Raw{ID: id}
	var doc string
	err = stmt.QueryRowContext(ctx, id).Scan(&raw.Rev, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Raw{}, store.ErrNotFound
	}
	if err != nil {
		return store.Raw{}, readFailed(ctx, err)
	}
	raw.JSON = unpackDoc(doc)
	return raw, nil
}

// getSizes are the numbers of ids that have a statement; the last id fills up.
var getSizes = [...]int{1, 8, 64, 512, store.MaxLimit}

// GetMany implements store.Engine.
func (e *Engine) GetMany(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	var out []store.Raw
	for len(ids) > 0 {
		n := min(len(ids), store.MaxLimit)
		some, err := e.getSome(ctx, s, ids[:n])
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		ids = ids[n:]
	}
	return out, nil
}

func (e *Engine) getSome(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	size := 0
	for _, size = range getSizes {
		if size >= len(ids) {
			break
		}
	}
	args := make([]any, size)
	for i := range args {
		args[i] = ids[min(i, len(ids)-1)]
	}
	stmt, err := e.reader(ctx, "SELECT id, rev, doc FROM "+e.table(s).quoted+" WHERE id IN ("+marks(size)+")")
	if err != nil {
		return nil, err
	}
	return collect(ctx, stmt, args, nil)
}

// collect appends the rows of a query to out.
func collect(ctx context.Context, stmt *sql.Stmt, args []any, out []store.Raw) ([]store.Raw, error) {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return nil, readFailed(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var raw store.Raw
		var doc string
		if err := rows.Scan(&raw.ID, &raw.Rev, &doc); err != nil {
			return nil, readFailed(ctx, err)
		}
		raw.JSON = unpackDoc(doc)
		out = append(out, raw)
	}
	if err := rows.Err(); err != nil {
		return nil, readFailed(ctx, err)
	}
	return out, nil
}

// Find implements store.Engine.
func (e *Engine) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	a, ok, err := newAccess(e.table(s), p)
	if err != nil || !ok {
		return nil, err
	}
	pages := a.pages()
	if len(pages) == 1 {
		return e.page(ctx, nil, pages[0], p.Limit, nil)
	}
	tx, err := e.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one snapshot for all ranges
	if err != nil {
		return nil, readFailed(ctx, err)
	}
	defer tx.Rollback()
	var out []store.Raw
	for _, page := range pages {
		if out, err = e.page(ctx, tx, page, p.Limit-len(out), out); err != nil || len(out) >= p.Limit {
			break
		}
	}
	return out, err
}

// page runs one statement of a page, in a transaction if there is one.
func (e *Engine) page(ctx context.Context, tx *sql.Tx, p statement, limit int, out []store.Raw) ([]store.Raw, error) {
	stmt, err := e.reader(ctx, p.query)
	if err != nil {
		return nil, err
	}
	if tx != nil {
		stmt = tx.StmtContext(ctx, stmt)
	}
	return collect(ctx, stmt, append(p.args, limit), out)
}

// Count implements store.Engine.
func (e *Engine) Count(ctx context.Context, s *store.Schema, p store.Plan) (int64, error) {
	p.After = nil
	a, ok, err := newAccess(e.table(s), p)
	if err != nil || !ok {
		return 0, err
	}
	c := a.count()
	stmt, err := e.reader(ctx, c.query)
	if err != nil {
		return 0, err
	}
	var n int64
	if err := stmt.QueryRowContext(ctx, c.args...).Scan(&n); err != nil {
		return 0, readFailed(ctx, err)
	}
	return n, nil
}

// Explain returns what SQLite's EXPLAIN QUERY PLAN says of every statement that
// Find and Count run for a plan, so that a test can hold each against "a range of
// the declared index". The schema must have been migrated.
func (e *Engine) Explain(ctx context.Context, s *store.Schema, p store.Plan) ([]string, error) {
	a, ok, err := newAccess(e.table(s), p)
	if err != nil || !ok {
		return nil, err
	}
	var out []string
	for _, page := range a.pages() {
		if out, err = e.explain(ctx, page.query, append(page.args, p.Limit), out); err != nil {
			return nil, err
		}
	}
	p.After = nil
	if a, _, err = newAccess(e.table(s), p); err != nil {
		return nil, err
	}
	c := a.count()
	return e.explain(ctx, c.query, c.args, out)
}

func (e *Engine) explain(ctx context.Context, query string, args []any, out []string) ([]string, error) {
	rows, err := e.readers.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, readFailed(ctx, err)
		}
		out = append(out, detail)
	}
	return out, rows.Err()
}
