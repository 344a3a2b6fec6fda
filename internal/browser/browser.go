// Package browser drives the pages as people do: in a real Chromium, on a phone
// or a desktop, with or without JavaScript, against the real binary.
//
// Things are found by their accessible names, as the browser itself computes
// them for assistive technology: a control that has no name cannot be found, and
// a control that something covers cannot be pressed. Every tab collects what
// went wrong beneath the surface (script errors, breaches of the content policy,
// failed requests) and fails its test for it at the end.
//
// Nothing sleeps: every look is repeated until it succeeds or its patience ends.
package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	patience = 20 * time.Second // of one look at a page
	journey  = 4 * time.Minute  // of one tab
)

// need is what a machine without the means is told.
const need = "NOT RUN: browser journeys; apt-get install chromium && npm ci --prefix internal/browser"

// Missing ends a test whose means are missing: skipped as NOT RUN, failed where
// CI=true.
func missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("%v; apt-get install chromium && npm ci --prefix internal/browser", err)
	}
	tb.Skipf("%s (%v)", need, err)
}

// here is the folder of this package in the source tree.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// Chromium is one browser process; each of its tabs is a stranger to the others.
type Chromium struct {
	once   sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	axe    string
	err    error
}

// start runs the browser when it is first needed.
func (c *Chromium) start() error {
	c.once.Do(func() {
		var path string
		if path, c.err = find("chromium", "chromium-browser", "google-chrome"); c.err != nil {
			return
		}
		script, err := os.ReadFile(filepath.Join(here(), "node_modules", "axe-core", "axe.min.js"))
		if c.axe, c.err = string(script), err; err != nil {
			return
		}
		c.launch(path)
	})
	return c.err
}

func find(names ...string) (path string, err error) {
	for _, name := range names {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium in the PATH")
}

func (c *Chromium) launch(path string) {
	o := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints,AutofillServerCommunication"))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), o...)
	ctx, stop := chromedp.NewContext(alloc)
	c.ctx, c.cancel = ctx, func() { stop(); stopAlloc() }
	c.err = chromedp.Do(ctx)
}

// Close ends the browser.
func (c *Chromium) Close() {
	if c.cancel != nil {
		c.cancel()
	}
}

// View is how a visitor looks at the pages.
type View struct {
	Name   string
	Width  int64 // CSS pixels
	Height int64
	Touch  bool
	Script bool // JavaScript runs
}

// The two devices, with JavaScript.
var (
	Phone   = View{"phone", 390, 844, true, true}
	Desktop = View{"desktop", 1280, 900, false, true}
)

// NoScript is the same device with JavaScript switched off.
func (v View) NoScript() View {
	v.Name, v.Script = v.Name+"-noscript", false
	return v
}
