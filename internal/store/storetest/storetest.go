// Package storetest proves that a store.Engine keeps the contract of package
// store. An engine's own test names a Target and calls Run; what one engine
// can do and another cannot is said by the Target's fields, never by a name.
package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/store"
)

// Target is an engine under test.
type Target struct {
	// Open gives an engine over a fresh, empty database. The suite closes the
	// engine; Open registers with t what else must be cleaned up.
	Open func(t testing.TB) store.Engine

	// Reopen closes the engine and opens the same data anew. Nil when the
	// engine keeps nothing.
	Reopen func(t testing.TB, e store.Engine) store.Engine

	// Peer gives a second engine over the same data, as another node has,
	// while e stays open. A rival may write through it while an update
	// function of e runs. Nil when one process owns the data.
	Peer func(t testing.TB, e store.Engine) store.Engine

	// Slow asks for fewer rounds of the same tests.
	Slow bool
}

// rounds is the number of repetitions that fits the target's speed.
func (g Target) rounds(n int) int {
	if g.Slow {
		return max(1, n/10)
	}
	return n
}

// Run tries the whole contract on the target.
func Run(t *testing.T, target Target) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, Target)
	}{
		{"round trip", testRoundTrip},
		{"bytes", testBytes},
		{"ids", testIDs},
		{"get many", testGetMany},
		{"unique", testUnique},
		{"put and upsert", testPut},
		{"update", testUpdate},
		{"update runs twice", testUpdateTwice},
		{"update against a peer", testUpdatePeer},
		{"delete", testDelete},
		{"queries", testQueries},
		{"list fields", testLists},
		{"order of values", testOrder},
		{"cursors", testCursors},
		{"merge", testMerge},
		{"migrate", testMigrate},
		{"reopen", testReopen},
		{"concurrent", testConcurrent},
		{"model", testModel},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, target) })
	}
}

// clock is the injected clock: it stands still until it is set.
type clock struct{ ms atomic.Int64 }

func newClock() *clock { c := &clock{}; c.set(1_700_000_000_000); return c }

func (c *clock) set(ms int64)   { c.ms.Store(ms) }
func (c *clock) add(ms int64)   { c.ms.Add(ms) }
func (c *clock) now() time.Time { return time.UnixMilli(c.ms.Load()) }

// world is a fresh database with the suite's collection on it.
type world struct {
	*testing.T
	ctx    context.Context
	db     *store.DB
	clock  *clock
	things *store.Collection[Thing]
}

func newWorld(t *testing.T, target Target) *world {
	t.Helper()
	engine := target.Open(t)
	t.Cleanup(func() { engine.Close() })
	return worldOver(t, engine)
}

// worldOver declares the suite's collection on an engine and migrates it.
func worldOver(t *testing.T, engine store.Engine) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), clock: newClock()}
	w.db = store.Open(engine, w.clock.now)
	w.things = store.Declare[Thing](w.db, "things", thingIndexes()...)
	w.must(w.db.Migrate(w.ctx))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// insert adds things, and fails the test when one is refused.
func (w *world) insert(things ...*Thing) {
	w.Helper()
	for _, v := range things {
		if err := w.things.Insert(w.ctx, v); err != nil {
			w.Fatalf("insert %q: %v", v.ID, err)
		}
	}
}

func (w *world) get(id string) *Thing {
	w.Helper()
	v, err := w.things.Get(w.ctx, id)
	if err != nil {
		w.Fatalf("get %q: %v", id, err)
	}
	return v
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// wantExists asserts that a write was refused for the named index, or "id".
func wantExists(t testing.TB, what string, err error, index string) {
	t.Helper()
	var exists *store.ExistsError
	if !errors.As(err, &exists) || !errors.Is(err, store.ErrExists) {
		t.Errorf("%s: got error %v, want an ExistsError", what, err)
	} else if exists.Index != index || exists.Collection != "things" {
		t.Errorf("%s: refused for %s/%s, want things/%s", what, exists.Collection, exists.Index, index)
	}
}

func ids(things []*Thing) []string {
	out := make([]string, 0, len(things))
	for _, v := range things {
		out = append(out, v.ID)
	}
	return out
}

func ptr[T any](v T) *T { return &v }
