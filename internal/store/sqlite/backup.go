package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"selfie/internal/fault"
)

// Backup writes a consistent copy of the store, compact and without a log, to a
// file that must not exist yet. Reads and writes go on meanwhile; the copy is of
// the moment of the call, and complete when it bears its name.
func (e *Engine) Backup(ctx context.Context, path string) (err error) {
	if !absent(path) {
		return fault.New(fault.Conflict, "The file %s exists already. Name another one.", path)
	}
	partial := path + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := prepareFile(partial); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(partial)
		}
	}()
	if err := e.vacuumInto(ctx, partial); err != nil {
		return err
	}
	return publish(partial, path)
}

// vacuumInto uses a connection of its own: the readers' ones cannot write at all.
func (e *Engine) vacuumInto(ctx context.Context, path string) error {
	db, err := openPool(e.path, 1, []string{"busy_timeout=5000"})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return readFailed(ctx, err)
	}
	return nil
}

// publish makes a finished file durable under its name.
func publish(partial, path string) error {
	if err := syncPath(partial); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// Check reads a whole file and proves that its pages are sound and its indexes
// agree with its tables. It may run beside an open Engine.
func Check(path string) error {
	if absent(path) {
		return fault.New(fault.NotFound, "There is no file %s.", path)
	}
	db, err := openPool(path, 1, []string{"busy_timeout=5000", "query_only=1"})
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Query("PRAGMA integrity_check")
	if err != nil {
		return fmt.Errorf("sqlite: check %s: %w", path, err)
	}
	return verdict(path, rows)
}

func verdict(path string, rows *sql.Rows) error {
	defer rows.Close()
	var findings []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return fmt.Errorf("sqlite: check %s: %w", path, err)
		}
		findings = append(findings, line)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("sqlite: check %s: %w", path, err)
	}
	if len(findings) == 1 && findings[0] == "ok" {
		return nil
	}
	return fmt.Errorf("sqlite: %s is damaged: %s", path, strings.Join(findings, "; "))
}
