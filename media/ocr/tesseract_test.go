package ocr_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media/ocr"
	"selfie/media/ocr/ocrtest"
)

func tesseract(t testing.TB) *ocr.Tesseract {
	t.Helper()
	r, state := ocr.Open(t.Context(), ocr.Options{})
	if r == nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(state.Says)
		}
		t.Skip("NOT RUN: reading by tesseract; install with: apt-get install tesseract-ocr")
	}
	return r
}

func TestTesseractReadsAScreenshot(t *testing.T) {
	r := tesseract(t)
	text, err := r.Read(t.Context(), ocrtest.Screenshot(t, 1280, 800, "Windows Update", "Error 0x80070057: The parameter is incorrect.", "Contact jane.doe@example.com for help."))
	if err != nil || !strings.Contains(text, "Error 0x80070057: The parameter is incorrect.") {
		t.Fatalf("%q, %v", text, err)
	}
	if finds := ocr.Finds(text); len(finds) != 1 || finds[0] != (ocr.Find{Kind: ocr.Email, Text: "j…@example.com"}) {
		t.Errorf("finds: %v", finds)
	}
	if text, err := r.Read(t.Context(), ocrtest.Screenshot(t, 200, 100)); err != nil || text != "" {
		t.Errorf("an empty picture says %q, %v", text, err)
	}
	if _, err := r.Read(t.Context(), []byte("no picture")); !fault.Is(err, fault.Invalid) {
		t.Errorf("no picture: %v", err)
	}
}

// program writes a script that stands for tesseract: it tells a version and its
// languages, and reads by body.
func program(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tesseract")
	script := "#!/bin/sh\ncase $1 in\n--version) echo tesseract 9.9;;\n--list-langs) echo 'List of available languages (2):'; echo eng; echo deu;;\n*) " + body + ";;\nesac\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenTellsWhyItIsOff(t *testing.T) {
	path := program(t, "cat")
	for _, c := range []struct {
		o    ocr.Options
		on   bool
		says string
	}{
		{ocr.Options{Program: "off"}, false, "off, as configured"},
		{ocr.Options{Program: "/nowhere/tesseract"}, false, "not found"},
		{ocr.Options{Program: path, Languages: "eng; rm"}, false, "no list of languages"},
		{ocr.Options{Program: path, Languages: "-l"}, false, "no list of languages"},
		{ocr.Options{Program: path, Languages: "fra"}, false, "not installed: fra"},
		{ocr.Options{Program: path, Languages: "deu+fra"}, true, "reads deu; not installed: fra"},
		{ocr.Options{Program: path, Languages: "eng+deu"}, true, "tesseract 9.9 reads eng+deu"},
		{ocr.Options{Program: path}, true, "reads eng"},
	} {
		r, state := ocr.Open(t.Context(), c.o)
		if (r != nil) != c.on || state.On != c.on || !strings.Contains(state.Says, c.says) {
			t.Errorf("%+v: %+v", c.o, state)
		}
	}
}

// TestDeadlineEndsTheWholeGroup lets the program start another and hang: both
// are dead when Read returns.
func TestDeadlineEndsTheWholeGroup(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	r, state := ocr.Open(t.Context(), ocr.Options{Program: program(t, "sleep 600 & echo $! > "+pids+"; wait"), Deadline: 2 * time.Second})
	if r == nil {
		t.Fatal(state.Says)
	}
	_, err := r.Read(t.Context(), []byte("x"))
	if !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	data, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); alive(pid); {
		if time.Now().After(end) {
			t.Fatalf("the child %d lives on", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// alive reports whether a process runs; one that only waits to be reaped does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestOutputAndQueueAreBounded(t *testing.T) {
	r, state := ocr.Open(t.Context(), ocr.Options{Program: program(t, "yes all work and no play | head -c 30000000"), Waiting: 1})
	if r == nil {
		t.Fatal(state.Says)
	}
	if text, err := r.Read(t.Context(), []byte("x")); err != nil || len(text) > ocr.MaxText || text == "" {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	slow, _ := ocr.Open(t.Context(), ocr.Options{Program: program(t, "sleep 600"), Waiting: 1})
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 5)
	for range 5 {
		go func() { _, err := slow.Read(ctx, []byte("x")); results <- err }()
	}
	for range 3 { // one reads and one waits; the others are turned away at once
		if err := <-results; !fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			t.Errorf("turned away: %v", err)
		}
	}
	cancel()
	for range 2 {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	}
}

func BenchmarkTesseract(b *testing.B) {
	r := tesseract(b)
	shot := ocrtest.Screenshot(b, 1280, 800, "Windows Update", "Error 0x80070057: The parameter is incorrect.")
	for b.Loop() {
		if _, err := r.Read(b.Context(), shot); err != nil {
			b.Fatal(err)
		}
	}
}
