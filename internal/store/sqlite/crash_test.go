package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"selfie/internal/store"
)

// crashPath, in the environment, makes this test binary the program that is killed.
const crashPath = "SELFIE_TEST_SQLITE_CRASH"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashPath); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeUntilKilled inserts and updates from many goroutines and prints the id and
// score of each document once it is acknowledged.
func writeUntilKilled(path string) error {
	e, err := Open(path)
	if err != nil {
		return err
	}
	db := store.Open(e, nil)
	c := store.Declare[note](db, "notes", noteIndexes()...)
	if err := db.Migrate(context.Background()); err != nil {
		return err
	}
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				if err := writeOne(c); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

func writeOne(c *store.Collection[note]) error {
	v := &note{Meta: store.Meta{ID: store.Token()}, Slug: store.Token(), Tags: []string{"x", "y"}}
	if err := c.Insert(context.Background(), v); err != nil {
		return err
	}
	fmt.Printf("%s 0\n", v.ID)
	_, err := c.Update(context.Background(), v.ID, func(v *note) error { v.Score, v.Tags = 1, []string{"x", "z"}; return nil })
	if err == nil {
		fmt.Printf("%s 1\n", v.ID)
	}
	return err
}

// Whatever was acknowledged outlives the process, killed at any moment, again and
// again over the same file.
func TestKilledProcessLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged := map[string]int64{}
	for round := range 6 {
		runAndKill(t, path, 20+rand.IntN(1500), acknowledged)
		if err := Check(path); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		e := open(t, path)
		survived(t, notesOver(t, e, noteIndexes()...), acknowledged)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d documents acknowledged", len(acknowledged))
}

// runAndKill kills the program behind its lines-th acknowledgement, and counts
// those that it still printed.
func runAndKill(t *testing.T, path string, lines int, acknowledged map[string]int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for in := bufio.NewScanner(out); in.Scan(); {
		var id string
		var score int64
		if _, err := fmt.Sscan(in.Text(), &id, &score); err != nil {
			t.Fatalf("%q: %v", in.Text(), err)
		}
		acknowledged[id] = max(acknowledged[id], score)
		if n++; n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cmd.Wait() == nil || n < lines {
		t.Fatalf("the program ended by itself after %d lines", n)
	}
}

func survived(t *testing.T, c *store.Collection[note], acknowledged map[string]int64) {
	t.Helper()
	ids := make([]string, 0, len(acknowledged))
	for id := range acknowledged {
		ids = append(ids, id)
	}
	found, err := c.GetMany(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for id, score := range acknowledged {
		if v := found[id]; v == nil || v.Score < score {
			t.Fatalf("%s: acknowledged at %d, stands as %+v", id, score, v)
		}
	}
	counts := map[string]int64{}
	for name, q := range map[string]store.Query{"all": store.All(), "x": store.Where("tags[]", "x"), "y": store.Where("tags[]", "y"), "z": store.Where("tags[]", "z")} {
		if counts[name], err = c.Count(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if counts["x"] != counts["all"] || counts["y"]+counts["z"] != counts["all"] {
		t.Fatalf("documents and list entries differ: %v", counts)
	}
}
