package soak

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// long reports whether the long form was asked for.
func long() bool { return os.Getenv("SELFIE_SOAK") == "1" }

// pick returns what the form asked for needs.
func pick[T any](short, soak T) T {
	if long() {
		return soak
	}
	return short
}

// beside lets the short forms wait beside one another. The long ones measure,
// and run alone.
func beside(t *testing.T) {
	if !long() {
		t.Parallel()
	}
}

// workshop is where the program is built, once for all tests of a run.
type workshop struct {
	dir  string
	once sync.Once
	err  error
}

var shop workshop

func TestMain(m *testing.M) {
	if file := os.Getenv(rawPayload); file != "" {
		fmt.Fprintln(os.Stderr, serveRaw(file))
		os.Exit(1)
	}
	code := m.Run()
	if shop.dir != "" {
		os.RemoveAll(shop.dir)
	}
	os.Exit(code)
}

// program returns the path of the built program.
func program(tb testing.TB) string {
	tb.Helper()
	shop.once.Do(func() {
		if shop.dir, shop.err = os.MkdirTemp("", "selfie-soak-"); shop.err != nil {
			return
		}
		cmd := exec.Command(filepath.Join(runtime.GOROOT(), "bin", "go"), "build", "-o", filepath.Join(shop.dir, "selfie"), "selfie/cmd/selfie")
		if out, err := cmd.CombinedOutput(); err != nil {
			shop.err = fmt.Errorf("building the program: %w\n%s", err, out)
		}
	})
	if shop.err != nil {
		tb.Fatal(shop.err)
	}
	return filepath.Join(shop.dir, "selfie")
}

// eventually polls until done, and fails the test after a generous time.
func eventually(tb testing.TB, within time.Duration, what string, done func() bool) {
	tb.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("not within %v: %s", within, what)
		}
	}
}
