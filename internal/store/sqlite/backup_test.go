package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// A copy made among writers holds a prefix of what each of them wrote.
func TestBackupAmongWriters(t *testing.T) {
	e, c := notes(t)
	var wg sync.WaitGroup
	stop, copied := make(chan struct{}), filepath.Join(t.TempDir(), "copy.db")
	const writers, before = 4, 50
	ready := make(chan struct{}, writers)
	for w := range writers {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				err := c.Insert(t.Context(), &note{Meta: store.Meta{ID: fmt.Sprintf("%d-%06d", w, i)}, Slug: fmt.Sprint(w, i), Tags: []string{"x"}})
				if i == before || err != nil {
					ready <- struct{}{}
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range writers {
		<-ready
	}
	err := e.Backup(t.Context(), copied)
	close(stop)
	wg.Wait()
	if err := errors.Join(err, Check(copied)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	prefixes(t, notesOver(t, open(t, copied), noteIndexes()...), writers, before)
}

func prefixes(t *testing.T, c *store.Collection[note], writers, least int) {
	t.Helper()
	next := make([]int, writers)
	total := int64(0)
	err := c.Each(t.Context(), store.All(), func(v *note) error {
		var w, i int
		if _, err := fmt.Sscanf(v.ID, "%d-%d", &w, &i); err != nil {
			return err
		}
		if i != next[w] {
			t.Errorf("writer %d: %d stands without %d", w, i, next[w])
		}
		next[w] = i + 1
		total++
		return nil
	})
	for w, n := range next {
		if n <= least {
			t.Errorf("writer %d: %d documents", w, n)
		}
	}
	if n, err2 := c.Count(t.Context(), store.Where("tags[]", "x")); n != total || err != nil || err2 != nil {
		t.Errorf("%d documents, %d entries: %v %v", total, n, err, err2)
	}
}

func TestBackupNeverReplaces(t *testing.T) {
	e, _ := notes(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := e.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := e.Backup(t.Context(), path); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Backup(ctx, path+"2"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("left %v", files)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	e, c := notes(t)
	for i := range 500 {
		insert(t, c, &note{Slug: fmt.Sprint(i), Tags: []string{"x"}})
	}
	if err := Check(e.path); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(e.path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(content) / 2; i < len(content)/2+8192; i++ {
		content[i] ^= 0x5a
	}
	if err := os.WriteFile(e.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Check(e.path); err == nil {
		t.Error("damage was not found")
	}
	if err := Check(e.path + ".absent"); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}
