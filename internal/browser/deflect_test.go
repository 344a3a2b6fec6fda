package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Each of the six outcomes comes about as it does in life, and is counted once.
func TestEveryOutcome(t *testing.T) {
	t.Parallel()
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	s := selfie.Serve(t, "SELFIE_DEFLECTION_SESSION=8s")
	ada, ben := s.Admin(t), s.Join(t, "Ben Brandt")
	thread := solvedThread(t, s, ben)
	found(t, ada, "chain squeaks", thread)
	v, title := Desktop.NoScript(), "My chain squeaks after the rain"
	offered := func(as *Person) *Tab {
		b := chromium.Open(t, s, v)
		if as != nil {
			b.As(as)
		}
		return b.Visit("/ask").Fill("Your question in one line", title).Fill("What happens?", "It squeaks, and I have oiled it.").Press("Check for answers").See("Is it one of these?")
	}
	open := func(b *Tab) *Tab {
		return b.Follow("Open Chain squeaks in the wet").At(thread).See("Did this solve your problem?")
	}

	offered(nil).Press("This solved it").See("Wonderful!") // confirmed
	open(offered(nil))                                     // assumed: reads, and leaves
	offered(nil)                                           // abandoned: leaves
	failed := open(offered(s.Join(t, "Noah Nagel"))).In("#visit").Press("Not yet")
	failed.in = ""
	failed.At("/ask").Holds("Your question in one line", title).Fill("What happens?", "Even now that it is dry.").Press("Post question").See("Your question is posted.")
	ignored := offered(s.Join(t, "Mia Moser"))
	ignored.Press("Post question").See("Your question is posted.")
	revoked := offered(s.Join(t, "Ole Olsen"))
	revoked.Press("This solved it").See("Wonderful!")
	revoked.Visit("/ask").Fill("Your question in one line", "Again my chain squeaks after rain").Fill("What happens?", "It did not last.").Press("Post question").See("Your question is posted.")

	const want = "ask,yes,1,1,1,1,1,1,0"
	err := eventually(t.Context(), func() error {
		if _, _, body := ada.Get("/admin/deflection.csv?part=outcomes"); !strings.Contains(body, want) {
			return fmt.Errorf("want %s in %s", want, body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	operator := chromium.Open(t, s, Phone).As(ada)
	operator.Visit("/admin/deflection").See("17% to 33%", "The way to a solution", "What is missing").Sound().Shot("deflection-full")
	operator.Visit("/admin/suggested").See("Suggested answers", "What is known").Sound().NoOverflow().Shot("suggested-admin")
	operator.Visit("/search?q=chain").Press("Save this search and tell me of new results").See("You are told of new questions that fit").Sound().NoOverflow().Shot("saved")
	operator.Visit("/search?q=chain").See("Saved searches").NoOverflow()
	operator.Visit("/admin/deflection/write?title=fork%20leaks").Holds("Your question in one line", "fork leaks").Sound().Shot("write-answer")
}

// The widget stands in a page of another site: it answers there, leads to the
// community with what was typed, and is refused by sites that are not named.
func TestWidget(t *testing.T) {
	t.Parallel()
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	var s *Site
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><h1>Contact us</h1><p>Before you write:</p><script src="%s/widget.js" data-space="general" async></script><p>Phone 555</p>`, s.URL)
	}))
	defer host.Close()
	shop := strings.Replace(host.URL, "127.0.0.1", "localhost", 1) // another site than the community's
	s = selfie.Serve(t, "SELFIE_WIDGET_ORIGINS="+shop)
	ada, ben := s.Admin(t), s.Join(t, "Ben Brandt")
	found(t, ada, "chain squeaks", solvedThread(t, s, ben))

	for _, v := range []View{Phone, Desktop} {
		b := chromium.Open(t, s, v).Visit(shop)
		frame := b.frame(s.URL + "/widget")
		frame.Fill("What is the problem?", "my chain squeaks").See("1 answer found").tap("Chain squeaks in the wet")
		frame.See("Wipe it dry, then one drop of wet oil", "The answer that solved it, by Ben Brandt")
		b.await("the frame to grow", `document.querySelector("iframe").clientHeight > 300`)
		b.NoOverflow().Shot("widget")
		b.Dark(true)
		b.Shot("widget-dark")
		b.Dark(false)
		frame.tap("This solved it").See("Wonderful! Ben Brandt hears that their answer helped you.")
		value[bool](frame, `[...document.forms].forEach(f => f.target = "_top") || true`)
		frame.tap("Ask the community")
		b.At("/ask").Holds("Your question in one line", "my chain squeaks")
		b.forget("net::ERR_CACHE_MISS") // of the tools, which ask the cache for what the frame had loaded before they came
	}
	err := eventually(t.Context(), func() error {
		if _, _, body := ada.Get("/admin/deflection.csv?part=outcomes"); !strings.Contains(body, "widget,yes,2,0") {
			return fmt.Errorf("two were helped: %s", body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	chromium.Open(t, s, Phone).Visit("/widget?q=chain").See("Chain squeaks in the wet").Axe().Shot("widget-alone")
	chromium.Open(t, s, Phone).Visit("/privacy").Sound().Shot("privacy")
	chromium.Open(t, s, Phone).As(ada).Visit("/admin/widget").See(shop).Sound().Shot("admin-widget")

	stranger := chromium.Open(t, s, Desktop).Visit(host.URL) // the same page under a name that is not listed
	stranger.await("the refusal", `document.querySelector("iframe")`)
	stranger.seeTrouble("frame-ancestors")
}

// frame is the tab's frame from another site, once it is there.
func (b *Tab) frame(address string) *Tab {
	b.t.Helper()
	f := *b
	err := b.until(func() error {
		list, err := chromedp.Targets(b.ctx)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Type == "iframe" && strings.HasPrefix(x.URL, address) {
				ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithTargetID(x.TargetID), chromedp.WithListener(b.hear))
				b.t.Cleanup(stop)
				f.ctx = ctx
				return chromedp.Do(ctx)
			}
		}
		return fmt.Errorf("there is no frame of %s among %d targets", address, len(list))
	})
	b.must(err, "the frame")
	return f.await("the frame's page", `document.readyState === "complete"`)
}

// tap presses a control in a frame of another site, where the tab's own mouse
// does not reach.
func (b *Tab) tap(name string) *Tab {
	b.t.Helper()
	_, err := on[any](b, b.find(name, pressable), `function() { this.click() }`, nil)
	b.must(err, "pressing %q in the frame", name)
	return b
}

// seeTrouble waits for a trouble that is part of the story, and forgets it.
func (b *Tab) seeTrouble(part string) {
	b.t.Helper()
	err := b.until(func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, s := range b.list {
			if strings.Contains(s, part) {
				b.list = nil
				return nil
			}
		}
		return fmt.Errorf("only %q", b.list)
	})
	b.must(err, "waiting for the browser to complain of %s", part)
}

// forget drops the troubles that are of the tools' own making.
func (b *Tab) forget(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = slices.DeleteFunc(b.list, func(s string) bool { return strings.Contains(s, part) })
}
