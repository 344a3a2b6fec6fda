package disk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
	"selfie/media/disk"
	"selfie/media/mediatest"
)

func open(t *testing.T, dir string, now func() time.Time) *disk.Store {
	t.Helper()
	s, err := disk.Open(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	mediatest.Run(t, func(t *testing.T) media.Store { return open(t, t.TempDir(), time.Now) })
}

// A process killed within Put leaves a temporary file: the next start removes it,
// but not the one that another process may be writing.
func TestLeftoversAreSwept(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	open(t, dir, time.Now)
	old, young := filepath.Join(dir, ".tmp", "old"), filepath.Join(dir, ".tmp", "young")
	for path, age := range map[string]time.Duration{old: 2 * time.Hour, young: time.Minute} {
		if err := os.WriteFile(path, []byte("half a pict"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir, func() time.Time { return now })
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the old leftover is still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young one is gone: %v", err)
	}
}

func TestNothingIsLeft(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, time.Now)
	if err := s.Put(t.Context(), "a/b/c.txt", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "a/b/d.txt", strings.NewReader("x"), 2, ""); err == nil {
		t.Fatal("a put of the wrong size succeeded")
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "a/b/c.txt"); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{dir: 1, filepath.Join(dir, ".tmp"): 0} {
		if entries, err := os.ReadDir(path); err != nil || len(entries) != want {
			t.Errorf("%s holds %v (%v), want %d entries", path, entries, err, want)
		}
	}
}

// A second Put keeps a blob young, by the store's clock, for a sweeper's sake.
func TestModifiedFollowsTheClock(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := open(t, t.TempDir(), func() time.Time { return now })
	for range 2 {
		now = now.Add(48 * time.Hour)
		if err := s.Put(t.Context(), "a.txt", strings.NewReader("x"), 1, ""); err != nil {
			t.Fatal(err)
		}
		page, err := s.List(t.Context(), "", 1)
		if err != nil || len(page) != 1 || !page[0].Modified.Equal(now) {
			t.Errorf("listed %+v (%v), want modified at %s", page, err, now)
		}
	}
}

func TestSymbolicLinkDoesNotLeadOut(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.txt"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, time.Now)
	if r, _, err := s.Open(t.Context(), "link/secret.txt"); err == nil {
		r.Close()
		t.Error("read a file outside the store")
	}
	if err := s.Put(t.Context(), "link/x.txt", strings.NewReader("x"), 1, ""); !fault.Is(err, fault.Unavailable) {
		t.Errorf("wrote outside the store: %v", err)
	}
}
