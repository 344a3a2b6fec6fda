package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"selfie/media"
)

// TestDecodesBesideItself takes in what this program decodes by starting itself
// again: a HEIC, and an AVIF if the program for it is there.
func TestDecodesBesideItself(t *testing.T) {
	a := at(t, filepath.Join(t.TempDir(), "data"))
	defer a.Close()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gen2brain/heic").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "gray.heic"))
	if err != nil {
		t.Fatal(err)
	}
	pic, err := a.pics.Add(t.Context(), bytes.NewReader(data), "gray.heic")
	if err != nil || pic.Source.Type != "image/heic" || pic.Width != 512 {
		t.Errorf("%+v, %v", pic.Source, err)
	}

	a.conf.AVIF = media.NoAVIF
	if state := a.findAVIF(t.Context()); state.On || strings.Contains(strings.Join(a.pics.Types(), " "), "avif") {
		t.Errorf("%+v, taking %v", state, a.pics.Types())
	}
	a.conf.AVIF = ""
	if state := a.findAVIF(t.Context()); !state.On {
		if os.Getenv("CI") == "true" {
			t.Fatal(state.Says)
		}
		t.Skip("NOT RUN: AVIF pictures; install with: apt-get install libavif-bin")
	}
	if !strings.Contains(strings.Join(a.pics.Types(), " "), "avif") {
		t.Errorf("taking %v", a.pics.Types())
	}
}
