package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"selfie/internal/fault"
	"selfie/internal/store"
)

var errClosed = fault.New(fault.Unavailable, "The store is closed. Try again in a moment.")

// readFailed prefers the reason that the caller gave to the interruption it caused.
func readFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("sqlite: %w", err)
}

// writeFailed is the error of a transaction that could not be begun, continued or
// committed. What may pass by itself, or once someone makes room, is Unavailable.
func writeFailed(err error) error {
	if _, told := fault.As(err); told || code(err) == 0 {
		return err
	}
	err = fmt.Errorf("sqlite: %w", err)
	switch code(err) & 0xff {
	case lib.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, "The store's disk is full. Nothing was saved; try again later.")
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, "The store is busy. Nothing was saved; try again in a moment.")
	case lib.SQLITE_READONLY, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN:
		return fault.Wrap(err, fault.Unavailable, "The store cannot be written just now. Try again later.")
	}
	return err
}

// violated turns the violation of a unique index into the contract's error.
func (t *table) violated(err error) error {
	if code(err) != lib.SQLITE_CONSTRAINT_UNIQUE {
		return writeFailed(err)
	}
	const marker = "UNIQUE constraint failed: "
	_, columns, _ := strings.Cut(err.Error(), marker)
	columns, _, _ = strings.Cut(columns, " (")
	if name, ok := t.unique[columns]; ok {
		return &store.ExistsError{Collection: t.name, Index: name}
	}
	return writeFailed(err)
}

// code is SQLite's extended result code, 0 when err is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
