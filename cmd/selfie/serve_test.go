package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// One process serves from a data directory, and commands run beside it.
func TestOneServerPerDataDirectory(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	server := at(t, data)
	defer server.Close()
	if err := server.alone(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"demo"}} {
		err := run(t, append([]string{"--data", data}, append(args, "--listen", "127.0.0.1:0")...)...)
		if err == nil || !strings.Contains(explain(err), "Another Selfie serves from the data directory "+data) {
			t.Errorf("a second %s: %v", args[0], err)
		}
	}
	for _, args := range [][]string{
		{"user", "add", "ann@example.org", "--name", "Ann", "--password", "quite a long password"},
		{"import", "stackexchange", routerDump, "--space", "routers", "--space-name", "Lumen routers"},
		{"rebuild"}, {"check"}, {"export", filepath.Join(dir, "out")}, {"backup", filepath.Join(dir, "kept")},
	} {
		if err := run(t, append([]string{"--data", data}, args...)...); err != nil {
			t.Errorf("%v beside a server: %v", args, err)
		}
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	next := at(t, data)
	defer next.Close()
	if err := next.alone(); err != nil {
		t.Errorf("after the first has left: %v", err)
	}
}
