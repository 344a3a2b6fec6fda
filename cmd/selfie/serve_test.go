package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"selfie/community"
)

// stale are the threads whose pages were said to be out of date.
type stale []string

func (s *stale) Invalidate(thread string) { *s = append(*s, thread) }

// What agents and desks do to a case, wherever it is done, reaches the open
// pages of its thread.
func TestCasesReachOpenPages(t *testing.T) {
	a := at(t, filepath.Join(t.TempDir(), "data"))
	defer a.Close()
	var pages stale
	a.followPages(&pages)
	ctx := t.Context()
	actor := func(name string, role community.Role) community.Actor {
		m, err := a.people.CreateMember(ctx, community.System, community.NewMember{Name: name, Email: name + "@example.org", Password: "quite a long password", Role: role})
		if err != nil {
			t.Fatal(err)
		}
		return m.Actor()
	}
	mia, ina := actor("mia", ""), actor("ina", community.Agent)
	thread, err := a.people.Ask(ctx, mia, community.ThreadDraft{Space: "general", Title: "The light stays red all night", Body: "Since Monday, and every day since."})
	if err != nil {
		t.Fatal(err)
	}
	x, err := a.cases.Escalate(ctx, ina, thread.ID, "she calls every day")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []func() error{
		func() error { _, err := a.cases.Take(ctx, ina, x.ID); return err },
		func() error { _, err := a.cases.Resolve(ctx, ina, x.ID); return err },
		func() error { _, err := a.cases.Reopen(ctx, ina, x.ID); return err },
	} {
		if err := a.tailer.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		pages = nil
		if err := verb(); err != nil {
			t.Fatal(err)
		}
		if err := a.tailer.CatchUp(ctx); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(pages, thread.ID) {
			t.Errorf("the open pages of the thread were not told: %q", pages)
		}
	}
}

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
