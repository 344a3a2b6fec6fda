package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Indexes come and go in place, over documents that stand.
func TestMigrateInPlace(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "store.db"))
	bare := notesOver(t, e)
	const n = 2*fillStep + 7
	for i := range n {
		insert(t, bare, &note{Slug: fmt.Sprint(i), Score: int64(i), Tags: []string{"all", fmt.Sprint(i % 7)}})
	}
	for range 2 { // the second time finds nothing to do
		full := notesOver(t, e, noteIndexes()...)
		for _, q := range []store.Query{store.Where("tags[]", "all"), store.All().Order("-score"), store.All()} {
			if got, err := full.Count(t.Context(), q); got != n || err != nil {
				t.Errorf("%d documents, %v", got, err)
			}
		}
	}
	if got := made(t, e); got != len(noteIndexes()) {
		t.Errorf("%d things stand beside the table", got)
	}
	notesOver(t, e, store.On("space", "-score"))
	if got := made(t, e); got != 1 {
		t.Errorf("%d things stand after the others were undeclared", got)
	}
	// What was written while the list had no index is found once it has one again.
	insert(t, notesOver(t, e), &note{Slug: "late", Tags: []string{"all"}})
	if got, err := notesOver(t, e, noteIndexes()...).Count(t.Context(), store.Where("tags[]", "all")); got != n+1 || err != nil {
		t.Errorf("%d documents, %v", got, err)
	}
	if err := Check(e.path); err != nil {
		t.Error(err)
	}
}

// made counts the indexes and side tables of the collection of notes.
func made(t *testing.T, e *Engine) (n int) {
	t.Helper()
	onWriter(t, e, func(tx *session) error {
		return tx.row("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'notes.%'", nil, &n)
	})
	return n
}

// A name that stands for something else is made anew.
func TestMigrateRepairsDefinition(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "store.db"))
	notesOver(t, e, store.On("space", "-score"))
	onWriter(t, e, func(tx *session) error {
		return tx.script(`DROP INDEX "notes.space__score_desc"; CREATE INDEX "notes.space__score_desc" ON "notes" (rev)`)
	})
	c := notesOver(t, e, store.On("space", "-score"))
	if _, err := c.Find(t.Context(), store.Where("space", "a")); err != nil {
		t.Error(err)
	}
}

func TestMigrateKeepsTheOldOnFailure(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "store.db"))
	c := notesOver(t, e, store.On("space", "-score"))
	insert(t, c, &note{Slug: "same"})
	insert(t, c, &note{Slug: "same"})
	err := e.Migrate(t.Context(), []*store.Schema{{Name: "notes", Indexes: []store.Index{store.OnUnique("slug")}}})
	var exists *store.ExistsError
	if !errors.As(err, &exists) || exists.Index != "slug__u" {
		t.Errorf("got %v", err)
	}
	if _, err := c.Find(t.Context(), store.Where("space", "a")); err != nil {
		t.Errorf("the old index is gone: %v", err)
	}
}

func TestMigrateRefusesForeignFiles(t *testing.T) {
	for name, script := range map[string]string{
		"newer":           fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, layout+1),
		"another program": "PRAGMA application_id = 7; PRAGMA user_version = 1",
		"another use":     "PRAGMA user_version = 1",
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, filepath.Join(t.TempDir(), "store.db"))
			onWriter(t, e, func(tx *session) error { return tx.script(script) })
			if err := e.Migrate(t.Context(), nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}
