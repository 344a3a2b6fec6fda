package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"modernc.org/sqlite"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// held keeps the writer inside an update until release is called, so that what is
// sent meanwhile makes one batch.
func held(t *testing.T, e *Engine, c *store.Collection[note]) (release func()) {
	t.Helper()
	insert(t, c, &note{Meta: store.Meta{ID: "held"}, Slug: "held"})
	entered, leave, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		_, err := c.Update(context.Background(), "held", func(*note) error {
			close(entered)
			<-leave
			return nil
		})
		done <- err
	}()
	<-entered
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// waiting waits until n operations stand in the writer's queue.
func waiting(t *testing.T, e *Engine, n int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); len(e.writer.ops) < n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d operations wait", len(e.writer.ops), n)
		}
	}
}

// onWriter runs statements on the writer's connection.
func onWriter(t *testing.T, e *Engine, f func(tx *session) error) {
	t.Helper()
	if err := e.writer.do(t.Context(), &op{alone: true, run: func(tx *session, _ *op) error { return f(tx) }}, nil); err != nil {
		t.Fatal(err)
	}
}

// refuseCommits makes every COMMIT fail, or succeed again.
func refuseCommits(refuse bool) func(tx *session) error {
	return func(tx *session) error {
		return tx.conn.Raw(func(conn any) error {
			conn.(sqlite.HookRegisterer).RegisterCommitHook(func() int32 {
				if refuse {
					return 1
				}
				return 0
			})
			return nil
		})
	}
}

func TestFailedCommitFailsItsBatch(t *testing.T) {
	e, c := notes(t)
	insert(t, c, &note{Meta: store.Meta{ID: "old"}, Slug: "old"})
	onWriter(t, e, refuseCommits(true))
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = c.Insert(t.Context(), &note{Meta: store.Meta{ID: "same"}, Slug: fmt.Sprint(i)}) })
	}
	wg.Wait()
	for _, err := range errs {
		// Also the seven that lost to a document which then vanished.
		if err == nil || (errors.Is(err, store.ErrExists)) {
			t.Errorf("got %v", err)
		}
	}
	onWriter(t, e, refuseCommits(false))
	if _, err := c.Get(t.Context(), "same"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a lost batch left a document: %v", err)
	}
	insert(t, c, &note{Meta: store.Meta{ID: "same"}, Slug: "0"})
}

func TestFailureSpoilsNoNeighbour(t *testing.T) {
	e, c := notes(t)
	insert(t, c, &note{Meta: store.Meta{ID: "standing"}, Slug: "taken", Tags: []string{"x"}})
	release := held(t, e, c)
	var wg sync.WaitGroup
	errs := make([]error, 30)
	for i := range errs {
		wg.Go(func() {
			v := &note{Meta: store.Meta{ID: fmt.Sprint(i)}, Slug: fmt.Sprint(i), Tags: []string{"x", fmt.Sprint(i)}}
			if i%3 == 0 {
				v.Slug = "taken"
			}
			errs[i] = c.Insert(t.Context(), v)
		})
	}
	waiting(t, e, len(errs))
	release()
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i%3 == 0) || (err != nil && !errors.Is(err, store.ErrExists)) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n, err := c.Count(t.Context(), store.Where("tags[]", "x")); n != 21 || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}
}

func TestEndedContextLeavesTheQueue(t *testing.T) {
	e, c := notes(t)
	release := held(t, e, c)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- c.Insert(ctx, &note{Meta: store.Meta{ID: "late"}, Slug: "late"}) }()
	waiting(t, e, 1)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller got %v", err)
	}
	release()
	insert(t, c, &note{Slug: "next"})
	if _, err := c.Get(t.Context(), "late"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the operation ran: %v", err)
	}
}

func TestPanicStaysWithItsCaller(t *testing.T) {
	_, c := notes(t)
	insert(t, c, &note{Meta: store.Meta{ID: "a"}, Slug: "a"})
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the panic was swallowed")
			}
		}()
		c.Update(t.Context(), "a", func(*note) error { panic("mine") })
	}()
	var wg sync.WaitGroup
	wg.Go(func() { c.Update(t.Context(), "a", func(*note) error { runtime.Goexit(); return nil }) })
	wg.Wait()
	if v, err := c.Update(t.Context(), "a", func(v *note) error { v.Score++; return nil }); err != nil || v.Rev != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}

// An update function that writes waits for itself, until its context ends.
func TestWriteInsideUpdateEnds(t *testing.T) {
	_, c := notes(t)
	insert(t, c, &note{Meta: store.Meta{ID: "a"}, Slug: "a"})
	_, err := c.Update(t.Context(), "a", func(*note) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return c.Insert(ctx, &note{Slug: "inner"})
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	insert(t, c, &note{Slug: "outer"})
}

func TestCloseFinishesWhatWaits(t *testing.T) {
	e, c := notes(t)
	release := held(t, e, c)
	results := make(chan error, 20)
	for i := range cap(results) {
		go func() {
			results <- c.Insert(t.Context(), &note{Meta: store.Meta{ID: fmt.Sprint(i)}, Slug: fmt.Sprint(i)})
		}()
	}
	waiting(t, e, cap(results))
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	release()
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(<-closed, e.Close()); err != nil {
		t.Error(err)
	}
	if err := c.Insert(t.Context(), &note{Slug: "late"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a write after Close: %v", err)
	}
	if n, err := notesOver(t, open(t, e.path), noteIndexes()...).Count(t.Context(), store.All()); n != 21 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

func TestFullDiskAcknowledgesNothing(t *testing.T) {
	e, c := notes(t)
	onWriter(t, e, func(tx *session) error {
		var pages int
		if err := tx.row("PRAGMA page_count", nil, &pages); err != nil {
			return err
		}
		return tx.script(fmt.Sprintf("PRAGMA max_page_count = %d", pages+40))
	})
	var mu sync.Mutex
	var kept []string
	refused := 0
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				v := &note{Slug: fmt.Sprint(i, "-", j), Space: strings.Repeat("x", 4000)}
				err := c.Insert(t.Context(), v)
				mu.Lock()
				if err == nil {
					kept = append(kept, v.ID)
				} else if refused++; !fault.Is(err, fault.Unavailable) {
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if refused == 0 || len(kept) == 0 {
		t.Fatalf("%d kept, %d refused", len(kept), refused)
	}
	found, err := c.GetMany(t.Context(), kept)
	if n, err2 := c.Count(t.Context(), store.All()); err != nil || err2 != nil || len(found) != len(kept) || int(n) != len(kept) {
		t.Errorf("%d acknowledged, %d found, %d stand: %v %v", len(kept), len(found), n, err, err2)
	}
	onWriter(t, e, func(tx *session) error { return tx.script("PRAGMA max_page_count = 100000") })
	insert(t, c, &note{Slug: "room"})
}

func TestReadOnlyIsAnError(t *testing.T) {
	e, c := notes(t)
	onWriter(t, e, func(tx *session) error { return tx.script("PRAGMA query_only = 1") })
	if err := c.Insert(t.Context(), &note{Slug: "a"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	if n, err := c.Count(t.Context(), store.All()); n != 0 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

// Two engines on one file, as two processes have it: no update is lost, each sees
// the other's acknowledged writes, and both may migrate at once.
func TestTwoEngines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var both [2]*store.Collection[note]
	var wg sync.WaitGroup
	for i := range both {
		wg.Go(func() {
			e, err := Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { e.Close() })
			db := store.Open(e, nil)
			both[i] = store.Declare[note](db, "notes", noteIndexes()...)
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	insert(t, both[0], &note{Meta: store.Meta{ID: "n"}, Slug: "n"})
	for _, c := range both {
		for range 4 {
			wg.Go(func() {
				for range 25 {
					if _, err := c.Update(t.Context(), "n", func(v *note) error { v.Score++; return nil }); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, c := range both {
		if v, err := c.Get(t.Context(), "n"); err != nil || v.Score != 200 || v.Rev != 201 {
			t.Errorf("%+v, %v", v, err)
		}
	}
}

func TestBusyIsUnavailable(t *testing.T) {
	e, c := notes(t, BusyTimeout(time.Millisecond))
	rival := open(t, e.path)
	onWriter(t, rival, func(tx *session) error { return tx.script("BEGIN IMMEDIATE") })
	if err := c.Insert(t.Context(), &note{Slug: "a"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	onWriter(t, rival, func(tx *session) error { return tx.script("COMMIT") })
	insert(t, c, &note{Slug: "a"})
}

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a ? & %20 #dir")
	e := open(t, filepath.Join(dir, "store.db"))
	notesOver(t, e, noteIndexes()...)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
