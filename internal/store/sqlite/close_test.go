package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"selfie/internal/store"
)

// What was closed holds no file: a process that moves the store and opens it anew
// would write beside every other process, each after a log of its own.
func TestCloseLetsGo(t *testing.T) {
	const open = "/proc/self/fd"
	if _, err := os.Stat(open); errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			t.Fatal("no list of this process's files here")
		}
		t.Skip("NOT RUN: no list of this process's files here; run on Linux")
	}
	dir := t.TempDir()
	e, err := Open(filepath.Join(dir, "one.db"))
	if err != nil {
		t.Fatal(err)
	}
	db := store.Open(e, nil)
	type note struct{ store.Meta }
	notes := store.Declare[note](db, "notes")
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := notes.Insert(t.Context(), &note{}); err != nil {
		t.Fatal(err)
	}
	if _, err := notes.Find(t.Context(), store.All().Limit(5)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(open)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name, err := os.Readlink(filepath.Join(open, f.Name())); err == nil && strings.HasPrefix(name, dir) {
			t.Errorf("%s is open still", name)
		}
	}
}
