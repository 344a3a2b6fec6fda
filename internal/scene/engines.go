package scene

import (
	"path/filepath"
	"testing"

	"selfie/internal/store"
	"selfie/internal/store/mongo"
	"selfie/internal/store/mongo/mongotest"
	"selfie/internal/store/sqlite"
)

// OverEngines runs a story on SQLite, on the MongoDB protocol, and on a real
// MongoDB where one is named. fresh opens an empty store for one story.
func OverEngines(t *testing.T, story func(t *testing.T, fresh func(t *testing.T) store.Engine)) {
	t.Run("sqlite", func(t *testing.T) { story(t, SQLite) })
	t.Run("mongodb protocol", func(t *testing.T) {
		for _, server := range mongotest.Servers(t) {
			t.Run(server.Name, func(t *testing.T) {
				story(t, func(t *testing.T) store.Engine {
					t.Helper()
					e, err := mongo.Open(t.Context(), server.URI, mongotest.Database(t, server.URI))
					if err != nil {
						t.Fatal(err)
					}
					return e
				})
			})
		}
	})
}

// SQLite opens an empty SQLite store in a directory of the test's.
func SQLite(t *testing.T) store.Engine {
	t.Helper()
	e, err := sqlite.Open(filepath.Join(t.TempDir(), "selfie.db"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}
