package search

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/internal/store/sqlite"
)

const victimDir = "SELFIE_SEARCH_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		if err := victim(dir); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// house is a store with its index, as one process has them.
type house struct {
	db     *store.DB
	rec    community.Records
	index  *Index
	tailer *outbox.Tailer
}

func enter(dir string) (*house, error) {
	engine, err := sqlite.Open(filepath.Join(dir, "selfie.db"))
	if err != nil {
		return nil, err
	}
	db := store.Open(engine, nil)
	routes := outbox.NewRoutes()
	svc := community.Open(db, outbox.NewRelay(db, routes, nil), routes, community.Options{})
	if err := db.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := svc.Start(context.Background()); err != nil {
		return nil, err
	}
	x, err := Open(svc, Options{Dir: filepath.Join(dir, "index")})
	if err != nil {
		return nil, err
	}
	h := &house{db, svc.Records(), x, outbox.NewTailer(db, nil, 20*time.Millisecond)}
	x.Follow(h.tailer)
	return h, nil
}

// victim writes threads and answers, and now and then makes the index again,
// until it is killed. It says so for each thread that the store took.
func victim(dir string) error {
	ctx := context.Background()
	h, err := enter(dir)
	if err != nil {
		return err
	}
	go h.tailer.Run(ctx)
	for n := 0; ; n++ {
		t := &community.Thread{Space: "general", Title: "Router of a victim", Post: community.Post{HTML: "<p>blinks</p>"}}
		t.Stats.Shelf = community.OnOpen
		if err := h.rec.Threads.Insert(ctx, t); err != nil {
			return err
		}
		a := &community.Answer{Thread: t.ID, Post: community.Post{HTML: "<p>reset</p>"}}
		a.Stats.Shelf = community.OnOpen
		if err := h.rec.Answers.Insert(ctx, a); err != nil {
			return err
		}
		fmt.Println(t.ID)
		if n%50 == 49 {
			if err := h.index.Rebuild(ctx, nil); err != nil {
				return err
			}
		}
	}
}

// TestKilled: a process killed at any moment leaves an index that comes up to
// date by what changed since, and needs no repair.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	acknowledged := 0
	for range 6 {
		acknowledged += killOne(t, dir)
		h, err := enter(dir)
		if err != nil {
			t.Fatal(err)
		}
		h.same(t, acknowledged)
		if err := h.index.Close(); err != nil {
			t.Fatal(err)
		}
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killOne lets a victim live for a random number of threads, and counts them.
func killOne(t *testing.T, dir string) (acknowledged int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	life := 1 + rand.IntN(120)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if acknowledged++; acknowledged == life {
			cmd.Process.Kill()
		}
		if len(lines.Text()) > 6 && lines.Text()[:6] == "error:" {
			t.Fatal(lines.Text())
		}
	}
	_ = cmd.Wait() // it was killed
	if acknowledged < life {
		t.Fatalf("the victim ended by itself after %d", acknowledged)
	}
	return acknowledged
}

// same fails the test unless the index, once told what changed, holds just what
// the store does.
func (h *house) same(t *testing.T, atLeast int) {
	t.Helper()
	if err := h.tailer.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, err := h.index.held()
	if err != nil {
		t.Fatal(err)
	}
	prints, err := h.index.live.lastingPrints(held)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := h.index.live.prints(held); err != nil || !maps.Equal(kept, prints) {
		t.Fatalf("memory has %d fingerprints, the disk %d, or others: %v", len(kept), len(prints), err)
	}
	docs, err := h.index.documents(t.Context(), held)
	if err != nil {
		t.Fatal(err)
	}
	n, err := h.rec.Threads.Count(t.Context(), store.All())
	if err != nil {
		t.Fatal(err)
	}
	if int(n) < atLeast || len(held) != int(n) {
		t.Fatalf("the index holds %d, the store %d, acknowledged were %d", len(held), n, atLeast)
	}
	for id, d := range docs {
		if d.print != prints[id] {
			t.Fatalf("thread %s is out of date in the index", id)
		}
	}
}
