package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// session is the writer's connection with its prepared statements. It is used by
// one goroutine and never with a caller's context: a statement that is broken off
// would take its neighbours with it.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (s *session) prepare(query string) (*sql.Stmt, error) {
	if stmt := s.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(context.Background(), query)
	if err == nil {
		s.stmts[query] = stmt
	}
	return stmt, err
}

func (s *session) exec(query string, args ...any) error {
	stmt, err := s.prepare(query)
	if err == nil {
		_, err = stmt.ExecContext(context.Background(), args...)
	}
	return err
}

// row reads the one row of a query; sql.ErrNoRows when there is none.
func (s *session) row(query string, args []any, into ...any) error {
	stmt, err := s.prepare(query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(context.Background(), args...).Scan(into...)
}

// transact runs f in a transaction that holds the write lock from its start. Any
// error means that nothing of it was written.
func (s *session) transact(f func() error) error {
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return writeFailed(err)
	}
	err := f()
	if err == nil {
		err = s.exec("COMMIT")
	}
	if err != nil {
		s.rollback()
		return writeFailed(err)
	}
	return nil
}

// rollback ends what is left of a transaction; SQLite may have ended it already.
func (s *session) rollback() { _ = s.exec("ROLLBACK") }

func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// script runs statements that are needed once.
func (s *session) script(text string) error {
	_, err := s.conn.ExecContext(context.Background(), text)
	return err
}
