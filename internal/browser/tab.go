package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Tab is one visitor's open page. Its methods fail the test; they are for one
// goroutine.
type Tab struct {
	t    testing.TB
	view View
	site *Site
	axe  string
	ctx  context.Context
	in   string // selector of the part that is looked at; "" is the page

	*troubles
}

// Open gives a new visitor a tab on the site: no cookies, nothing kept.
func (c *Chromium) Open(t testing.TB, site *Site, view View) *Tab {
	t.Helper()
	if err := c.start(); err != nil {
		missing(t, err)
	}
	b := &Tab{t: t, view: view, site: site, axe: c.axe, troubles: &troubles{allowed: map[int64]bool{}}}
	limited, stopLimit := context.WithTimeout(c.ctx, journey)
	ctx, stop := chromedp.NewContext(limited, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.hear))
	b.ctx = ctx
	t.Cleanup(func() {
		b.report(t)
		stop()
		stopLimit()
	})
	b.must(chromedp.Do(ctx), "opening a tab")
	b.dress()
	return b
}

// dress makes the tab the device that its view says.
func (b *Tab) dress() {
	b.t.Helper()
	must(b, network.Enable, network.EnableParams{})
	must(b, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	b.Size(b.view.Width, b.view.Height)
	must(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: b.view.Touch})
	must(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !b.view.Script})
	b.Dark(false)
}

// Size changes the window, in CSS pixels.
func (b *Tab) Size(width, height int64) {
	b.t.Helper()
	must(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: b.view.Touch})
}

// Dark asks for dark colours, as a device's setting does. Motion is always
// reduced, so that what is looked at stands still.
func (b *Tab) Dark(on bool) {
	b.t.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	must(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
}

// Sized looks at the page in a window of another size, and then as before.
func (b *Tab) Sized(width, height int64, look func(*Tab)) *Tab {
	b.t.Helper()
	b.Size(width, height)
	look(b)
	b.Size(b.view.Width, b.view.Height)
	return b
}

// gone says that requests will be lost: the server is about to go.
func (b *Tab) gone() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offline = true
}

// Visit opens an address of the site and waits until it is there.
func (b *Tab) Visit(path string) *Tab {
	b.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.site.URL + path
	}
	res := must(b, page.Navigate, page.NavigateParams{URL: address})
	if res.ErrorText != "" {
		b.fatalf("visiting %s: %s", path, res.ErrorText)
	}
	if res.LoaderID == "" {
		return b // a part of the same page
	}
	return b.await("the page "+path, `document.readyState === 'complete' && location.href !== 'about:blank'`)
}

// Reload loads the page again.
func (b *Tab) Reload() *Tab {
	b.t.Helper()
	return b.Visit(b.URL())
}

// Back goes back in the tab's history, as its arrow does.
func (b *Tab) Back() *Tab {
	b.t.Helper()
	h := must(b, page.GetNavigationHistory, cdp.Empty{})
	if h.CurrentIndex < 1 {
		b.fatalf("there is no page to go back to")
	}
	must(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: h.Entries[h.CurrentIndex-1].ID})
	return b
}

// URL is the address of the page, with the site's own left out.
func (b *Tab) URL() string {
	b.t.Helper()
	return strings.TrimPrefix(value[string](b, `location.href`), b.site.URL)
}

// Path is the path of the page's address.
func (b *Tab) Path() string {
	b.t.Helper()
	u, err := url.Parse(b.URL())
	b.must(err, "the address")
	return u.Path
}

func (b *Tab) must(err error, what string, args ...any) {
	b.t.Helper()
	if err != nil {
		b.fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

// fatalf ends the test with the page as it was when it failed.
func (b *Tab) fatalf(format string, args ...any) {
	b.t.Helper()
	b.report(b.t)
	b.t.Fatalf("%s: %s\n%s", b.view.Name, fmt.Sprintf(format, args...), b.describe())
}

// describe says what the page shows, for a test's failure.
func (b *Tab) describe() string {
	text, err := eval[string](b, `'at ' + location.href + ' “' + document.title + '”\n' + document.body.innerText.replace(/\n+/g, '\n').slice(0, 1500) + '\n' +
		[...document.querySelectorAll('textarea')].filter(t => t.value).map(t => 'typed in ' + (t.id || t.name) + ': ' + t.value.slice(0, 80) + (t.form?.dataset.busy ? ' (being sent)' : '')).join('\n')`)
	if err != nil {
		return "(the page cannot be read: " + err.Error() + ")"
	}
	if b.in != "" {
		text = "within " + b.in + " " + text
	}
	b.shoot("failed-" + strings.Map(plain, b.t.Name()))
	return text
}

func plain(r rune) rune {
	if r == '/' || r == ' ' || r == '#' {
		return '-'
	}
	return r
}

// must calls a command of the protocol and fails the test if it fails.
func must[P, R any](b *Tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	res, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		b.t.Fatalf("%s: %s: %v", b.view.Name, cmd.Method, err)
	}
	return res
}

// value runs an expression in the page, which may be a promise.
func value[T any](b *Tab, expression string) T {
	b.t.Helper()
	v, err := eval[T](b, expression)
	b.must(err, "%.80s", expression)
	return v
}

func eval[T any](b *Tab, expression string) (T, error) {
	return chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until repeats a look until it is content or patience ends. The look says what
// is wrong; a page that is being replaced is looked at again.
func (b *Tab) until(look func() error) error {
	var last error
	err := eventually(b.ctx, func() error {
		if last = look(); b.broken() {
			return nil
		}
		return last
	})
	if err == nil {
		err = last // nil too, unless the server failed
	}
	return err
}

// eventually repeats a look until it is content, patience ends, or the context
// does.
func eventually(ctx context.Context, look func() error) error {
	end := time.NewTimer(patience)
	defer end.Stop()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-end.C:
			return err
		case <-tick.C:
		}
	}
}

// await waits until a condition of the page holds.
func (b *Tab) await(what, condition string) *Tab {
	b.t.Helper()
	err := b.until(func() error {
		ok, err := eval[bool](b, `!!(`+condition+`)`)
		if err == nil && !ok {
			err = errors.New("not yet")
		}
		return err
	})
	if err != nil {
		b.fatalf("waiting for %s: %v", what, err)
	}
	return b
}

// troubles is what went wrong beneath the surface of a tab.
type troubles struct {
	mu       sync.Mutex
	list     []string
	allowed  map[int64]bool
	offline  bool
	failed   bool                // the server gave an answer of its own failure
	choosers []cdp.BackendNodeID // file pickers that the page opened
}

// Allow says that answers of these statuses are part of the story.
func (b *Tab) Allow(statuses ...int64) *Tab {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range statuses {
		b.allowed[s] = true
	}
	return b
}

// hear runs on the tab's own goroutine.
func (b *Tab) hear(ev any) {
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.note("script error: " + exception(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			b.note(fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			b.note("console: " + arguments(e.Args))
		}
	case *network.EventResponseReceived:
		b.answered(e)
	case *network.EventLoadingFailed:
		b.lost(e)
	case *page.EventFileChooserOpened:
		b.mu.Lock()
		b.choosers = append(b.choosers, e.BackendNodeID)
		b.mu.Unlock()
	case *page.EventJavascriptDialogOpening:
		go b.dialog(e)
	}
}

func (b *Tab) answered(e *network.EventResponseReceived) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Response.Status >= 400 && !b.allowed[e.Response.Status] {
		b.failed = b.failed || e.Response.Status >= 500
		b.list = append(b.list, fmt.Sprintf("answer %d from %s", e.Response.Status, e.Response.URL))
	}
}

func (b *Tab) lost(e *network.EventLoadingFailed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !e.Canceled {
		blockedScript := !b.view.Script && e.Type == network.ResourceTypeScript // as it should be
		if !b.offline && !blockedScript && e.ErrorText != "net::ERR_ABORTED" {
			b.list = append(b.list, fmt.Sprintf("request lost: %s (%s %s)", e.ErrorText, e.Type, e.BlockedReason))
		}
	}
}

// dialog lets a page be left; no other dialog of the browser's is expected.
func (b *Tab) dialog(e *page.EventJavascriptDialogOpening) {
	if e.Type != page.DialogTypeBeforeunload {
		b.note("a browser dialog: " + e.Message)
	}
	_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
}

// broken reports whether a wait has become pointless: the server failed.
func (b *troubles) broken() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

func (b *troubles) note(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, s)
}

// report fails the test for each trouble, once.
func (b *troubles) report(t testing.TB) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.list {
		t.Errorf("beneath the page: %s", s)
	}
	b.list = nil
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception != nil && d.Exception.Description != "" {
		return d.Exception.Description
	}
	return d.Text
}

func arguments(list []*runtime.RemoteObject) string {
	var words []string
	for _, a := range list {
		words = append(words, string(a.Value)+a.Description)
	}
	return strings.Join(words, " ")
}
