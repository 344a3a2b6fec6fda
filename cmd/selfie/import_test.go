package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"selfie/community"
	"selfie/internal/store"
)

const routerDump = "../../community/archive/testdata/stackexchange/router.meta"

// run parses a command line and runs it, as main does.
func run(t *testing.T, args ...string) error {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, kong.Name("selfie"), kong.Bind(&c.Config), kong.Exit(func(int) { t.Fatalf("%v ended the process", args) }))
	if err != nil {
		t.Fatal(err)
	}
	k, err := parser.Parse(args)
	if err != nil {
		return err
	}
	k.BindTo(t.Context(), (*context.Context)(nil))
	return k.Run()
}

func TestImportExportImport(t *testing.T) {
	dir := t.TempDir()
	first, second, out := filepath.Join(dir, "first"), filepath.Join(dir, "second"), filepath.Join(dir, "out")
	for _, args := range [][]string{
		{"--data", first, "import", "stackexchange", routerDump, "--space", "routers", "--space-name", "Lumen routers"},
		{"--data", first, "import", "stackexchange", routerDump, "--space", "routers"},
		{"--data", first, "export", out},
		{"--data", second, "import", "selfie", out},
		{"--data", second, "import", "selfie", out},
	} {
		if err := run(t, args...); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	a := at(t, second)
	defer a.Close()
	if r, err := a.people.Rebuild(t.Context(), nil); err != nil || r.Changed != 0 {
		t.Errorf("a rebuild after the move changed %d documents: %v", r.Changed, err)
	}
	if r, err := a.points.Rebuild(t.Context(), nil); err != nil || r.Changed != 0 || r.Read == 0 {
		t.Errorf("a rebuild of reputation after the move changed %d of %d documents: %v", r.Changed, r.Read, err)
	}
	sp, err := a.people.Space(t.Context(), community.System, "routers")
	if err != nil || sp.Name != "Lumen routers" {
		t.Errorf("the space that came over: %+v, %v", sp, err)
	}
	if n, err := a.people.Records().Threads.Count(t.Context(), store.Where("space", "routers").And("stats.shelf", community.OnOpen)); err != nil || n != 11 {
		t.Errorf("%d open questions came over, want 11: %v", n, err)
	}
}

func TestImportAndExportSayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	data, full := filepath.Join(dir, "data"), filepath.Join(dir, "full")
	if err := os.MkdirAll(full, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"holds no Users.xml":     {"import", "stackexchange", full},
		"holds no manifest.json": {"import", "selfie", full},
		"is not empty":           {"export", full},
		"An address is 2 to 40":  {"import", "stackexchange", routerDump, "--space", "No Slug"},
	} {
		err := run(t, append([]string{"--data", data}, args...)...)
		if err == nil || !strings.Contains(explain(err), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

// at opens what a command left in a data directory.
func at(t *testing.T, data string) *app {
	t.Helper()
	conf := Config{Data: data, LogLevel: "error"}
	a, err := open(t.Context(), &conf)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
