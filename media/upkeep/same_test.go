package upkeep_test

import (
	"os"
	"path/filepath"
	"testing"

	"selfie/media"
	"selfie/media/disk"
	"selfie/media/upkeep"
)

// One folder by two names is one place; two folders are two.
func TestSamePlace(t *testing.T) {
	dir := t.TempDir()
	here, link, there := filepath.Join(dir, "here"), filepath.Join(dir, "link"), filepath.Join(dir, "there")
	open := func(path string) media.Store {
		s, err := disk.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := open(here)
	if err := os.Symlink(here, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{here: true, link: true, there: false} {
		b := open(path)
		if same, err := upkeep.SamePlace(t.Context(), a, b); err != nil || same != want {
			t.Errorf("%s: same %t, %v", path, same, err)
		}
		if left, err := b.List(t.Context(), "", 10); err != nil || len(left) != 0 {
			t.Errorf("%s: it left %v, %v", path, left, err)
		}
	}
}
