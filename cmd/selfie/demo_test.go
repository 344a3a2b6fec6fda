package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/store"
)

// small is a demonstration that is quick to build.
var small = demoCmd{Dump: routerDump}

func partOf(data string) string { return filepath.Join(data, partDir) }

// half leaves what a demonstration leaves that is stopped while it is built.
func half(t *testing.T, data string) {
	t.Helper()
	a := at(t, partOf(data))
	_, err := a.people.CreateMember(t.Context(), community.System, community.NewMember{Name: "Half", Email: "half@example.org"})
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
}

// served prepares the demonstration as a start does, and counts its threads.
func served(t *testing.T, c demoCmd, data string) int64 {
	t.Helper()
	a, err := c.prepare(t.Context(), &Config{Data: data, LogLevel: "error"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := a.people.MemberByEmail(t.Context(), community.System, "half@example.org"); err == nil {
		t.Error("a half-built community is served")
	}
	if _, err := os.Stat(partOf(data)); err == nil {
		t.Error("the folder it was built in is still there")
	}
	n, err := a.people.Records().Threads.Count(t.Context(), store.All())
	if err != nil || n == 0 {
		t.Errorf("%d threads, %v", n, err)
	}
	return n
}

func TestDemoIsServedWholeOrNotAtAll(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := small.prepare(stopped, &Config{Data: data, LogLevel: "error"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped at once: %v", err)
	}
	half(t, data)
	n := served(t, small, data)
	if again := served(t, demoCmd{Dump: "never read"}, data); again != n {
		t.Errorf("at first %d threads, then %d", n, again)
	}
}

func TestDemoThatWasWholeIsMoved(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := small.build(t.Context(), &Config{Data: data}, &Config{Data: partOf(data), LogLevel: "error", building: true}); err != nil {
		t.Fatal(err)
	}
	// Stopped when only the pictures had been moved.
	err := errors.Join(os.WriteFile(filepath.Join(partOf(data), wholeFile), nil, 0o600),
		os.Rename(filepath.Join(partOf(data), "blobs"), filepath.Join(data, "blobs")))
	if err != nil {
		t.Fatal(err)
	}
	served(t, demoCmd{Dump: "never read"}, data)
}

func TestDemoRefuses(t *testing.T) {
	dir := t.TempDir()
	busy, bare, pictures := filepath.Join(dir, "busy"), filepath.Join(dir, "bare"), filepath.Join(dir, "pictures")
	builder := at(t, partOf(busy))
	defer builder.Close()
	if err := errors.Join(builder.alone(), at(t, bare).Close(), os.MkdirAll(filepath.Join(pictures, "blobs"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for data, says := range map[string]string{busy: "Another Selfie", bare: "without a single thread", pictures: "holds pictures and no store"} {
		_, err := small.prepare(t.Context(), &Config{Data: data, LogLevel: "error"})
		if err == nil || !strings.Contains(explain(err), says) {
			t.Errorf("%s: %v", filepath.Base(data), err)
		}
	}
}
