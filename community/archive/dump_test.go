package archive_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/archive"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// open starts a community on a real clock, as the command does.
func open(t *testing.T, engine store.Engine) (*store.DB, *outbox.Relay, *community.Service) {
	t.Helper()
	db := store.Open(engine, nil)
	routes := outbox.NewRoutes()
	relay := outbox.NewRelay(db, routes, nil)
	svc := community.Open(db, relay, routes, community.Options{})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := svc.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db, relay, svc
}

// TestSoakWholeSite imports a site twice: the one whose folder SELFIE_SE_DUMP
// names, else the small one of the project.
func TestSoakWholeSite(t *testing.T) {
	folder := os.Getenv("SELFIE_SE_DUMP")
	if folder == "" {
		folder = "testdata/stackexchange/router.meta"
	}
	db, relay, svc := open(t, scene.SQLite(t))
	defer db.Close()
	for _, run := range []string{"first", "second"} {
		began := time.Now()
		report, err := archive.ImportStackExchange(context.Background(), svc, archive.StackExchange{Dir: folder})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := report.Print(&b); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s import, %s\n%s", run, time.Since(began).Round(time.Millisecond), b.String())
		for _, tally := range report.Tallies {
			if run == "second" && tally.Written > 0 {
				t.Errorf("the second import wrote %d %s", tally.Written, tally.Name)
			}
		}
	}
	if due, _, err := relay.Backlog(t.Context()); err != nil || due != 0 {
		t.Errorf("%d documents owe events (%v)", due, err)
	}
	began := time.Now()
	rebuilt, err := svc.Rebuild(t.Context(), nil)
	if err != nil || rebuilt.Changed != 0 {
		t.Errorf("rebuild changed %d of %d (%v)", rebuilt.Changed, rebuilt.Read, err)
	}
	t.Logf("rebuild read %d documents in %s", rebuilt.Read, time.Since(began).Round(time.Millisecond))
}
