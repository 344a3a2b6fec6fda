package soak

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/internal/store/sqlite"
)

// inside is the community of a data directory, without a server around it.
type inside struct {
	db    *store.DB
	relay *outbox.Relay
	svc   *community.Service
	inbox *notify.Service
}

// openDir opens the store of a data directory.
func openDir(tb testing.TB, dir string) *sqlite.Engine {
	tb.Helper()
	e, err := sqlite.Open(filepath.Join(dir, "selfie.db"))
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// open puts the community together over an engine, until the test ends or
// close is called.
func open(tb testing.TB, e store.Engine) *inside {
	tb.Helper()
	db := store.Open(e, nil)
	routes := outbox.NewRoutes()
	relay := outbox.NewRelay(db, routes, nil)
	svc := community.Open(db, relay, routes, community.Options{})
	in := &inside{db, relay, svc, notify.Open(db, relay, svc, notify.Options{BaseURL: "http://localhost"})}
	tb.Cleanup(func() { db.Close() })
	ctx := context.Background()
	if err := db.Migrate(ctx); err != nil {
		tb.Fatal(err)
	}
	if err := svc.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	return in
}

// close lets another process have the store.
func (in *inside) close(tb testing.TB) {
	tb.Helper()
	if err := in.db.Close(); err != nil {
		tb.Fatal(err)
	}
}

// derived reads everything that a rebuild would recompute, by document.
func derived(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	in := open(tb, openDir(tb, dir))
	defer in.close(tb)
	all, rec, ctx := map[string]string{}, in.svc.Records(), context.Background()
	err := errors.Join(
		rec.Threads.Each(ctx, store.All(), func(t *community.Thread) error { return show(all, "thread "+t.ID, t.Stats, t.HTML) }),
		rec.Answers.Each(ctx, store.All(), func(a *community.Answer) error { return show(all, "answer "+a.ID, a.Stats, a.HTML) }),
		rec.Comments.Each(ctx, store.All(), func(c *community.Comment) error { return show(all, "comment "+c.ID, c.Stats, c.HTML) }),
		rec.Members.Each(ctx, store.All(), func(m *community.Member) error { return show(all, "member "+m.ID, m.Stats) }),
		rec.Tags.Each(ctx, store.All(), func(t *community.Tag) error { return show(all, "tag "+t.ID, t.Threads) }),
	)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func show(all map[string]string, name string, parts ...any) error {
	b, err := json.Marshal(parts)
	all[name] = string(b)
	return err
}

// rebuilt runs a rebuild and fails the test when it changes anything. (Views are
// counted in batches, outside the threads: a rebuild may bring those up to date,
// so tests look at no thread before it.)
func rebuilt(tb testing.TB, dir string) {
	tb.Helper()
	before := derived(tb, dir)
	said := lastLine(must(tb, append(in(dir), "rebuild")...))
	if strings.HasSuffix(said, "changed 0") {
		return
	}
	tb.Errorf("a rebuild changed something: %s", said)
	for name, now := range derived(tb, dir) {
		if before[name] != now {
			tb.Errorf("%s\nfrom %s\nto   %s", name, before[name], now)
		}
	}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
