package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/scene"
)

func TestGuestsShareAPage(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	h.Settled()
	path := threadURL(h.Thread.ID)
	first, second := h.reader().get(path).want(200), h.reader().get(path).want(200)
	tag := first.header.Get("ETag")
	if first.body != second.body || tag == "" || tag != second.header.Get("ETag") || first.header.Get("Set-Cookie") != "" {
		t.Fatal("two guests get two pages")
	}
	if got := first.header.Get("Cache-Control"); got != "public, no-cache" {
		t.Errorf("guests: %s", got)
	}
	h.reader().get(path, "If-None-Match", tag).want(http.StatusNotModified)
	if got := h.member("helper").get(path).want(200).header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("members: %s", got)
	}
	h.As("helper").Answer("Hold reset for ten seconds.")
	h.Settled()
	h.site.Invalidate(h.Thread.ID)
	p := h.reader().get(path, "If-None-Match", tag).want(200)
	if !strings.Contains(p.text("main"), "Hold reset") {
		t.Error("the kept page outlived its thread")
	}
}

func TestHiddenThreadsLeaveTheCacheAtOnce(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	path := threadURL(h.Thread.ID)
	h.reader().get(path).want(200)
	if _, err := h.Svc.SetPrivate(h.Ctx, h.By, h.Thread.ID, true); err != nil {
		t.Fatal(err)
	}
	h.reader().get(path).want(http.StatusNotFound) // and nobody called Invalidate
	h.As("asker").Ask("Another one, in a space that closes")
	path = threadURL(h.Thread.ID)
	h.reader().get(path).want(200)
	h.reader().get("/").want(200)
	h.As("admin")
	_, err := h.Svc.SaveSpace(h.Ctx, h.By, community.SpaceEdit{ID: "general", Name: "General", Visibility: community.MembersOnly})
	h.OK(err)
	h.reader().get(path).want(http.StatusNotFound)
	if p := h.reader().get("/").want(200); strings.Contains(p.text("main"), "Another one") {
		t.Error("a list shows what its reader may not see")
	}
}

func TestImagesFollowTheirPost(t *testing.T) {
	h := newHouse(t)
	h.As("asker")
	u := h.upload()
	path := "/images/" + u.ID + "/320"
	guest, asker := h.reader(), h.member("asker")
	guest.get(path).want(http.StatusNotFound)
	asker.get(path).want(http.StatusOK)
	h.Ask("Router blinks red at night", func(d *community.ThreadDraft) { d.Images = []string{u.ID} })
	h.Settled()
	p := guest.get(path).want(http.StatusOK)
	if p.header.Get("Content-Type") != "image/png" || p.header.Get("Cache-Control") != "private, no-cache" || p.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers: %v", p.header)
	}
	guest.get(path, "If-None-Match", p.header.Get("ETag")).want(http.StatusNotModified)
	guest.get("/images/" + u.ID + "/full").want(http.StatusOK)
	guest.get("/images/" + u.ID + "/9000").want(http.StatusNotFound)
	if _, err := h.Svc.SetPrivate(h.Ctx, h.By, h.Thread.ID, true); err != nil {
		t.Fatal(err)
	}
	guest.get(path, "If-None-Match", p.header.Get("ETag")).want(http.StatusNotFound)
	asker.get(path).want(http.StatusOK)
}

func TestUploadAnswersInJSON(t *testing.T) {
	h := newHouse(t)
	r := h.member("asker")
	form := r.get("/ask")
	p := form.postFile("/uploads", "picture", tinyPNG()).want(http.StatusCreated)
	var pic struct{ ID, URL string }
	if err := json.Unmarshal([]byte(p.body), &pic); err != nil || pic.URL != "/images/"+pic.ID {
		t.Errorf("%s: %v", p.body, err)
	}
	q := form.postFile("/uploads", "picture", []byte("not a picture"))
	if q.status != http.StatusUnsupportedMediaType || q.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", q.status, q.header.Get("Content-Type"))
	}
}

// events reads a stream's events, by name, until the test ends.
func (r *reader) events(path string) <-chan [2]string {
	r.h.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.h.T.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.h.base+path, nil)
	r.h.OK(err)
	res, err := (&http.Client{Jar: r.client.Jar}).Do(req)
	r.h.OK(err)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		r.h.T.Fatalf("stream: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	out := make(chan [2]string, 16)
	go func() {
		defer close(out)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		name := ""
		for lines.Scan() {
			if n, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = n
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				out <- [2]string{name, data}
			}
		}
	}()
	return out
}

func next(t *testing.T, events <-chan [2]string) (e [2]string, open bool) {
	t.Helper()
	select {
	case e, open = <-events:
		return e, open
	case <-time.After(30 * time.Second):
		t.Fatal("no event came")
		return e, false
	}
}

func TestLiveThread(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	h.Settled()
	path := threadURL(h.Thread.ID)
	member := h.member("someone")
	guest := h.reader().events(path + "/live")
	theirs := member.events(path + "/live")
	for _, stream := range []<-chan [2]string{guest, theirs} {
		if e, _ := next(t, stream); e[0] != "state" || strings.Contains(e[1], "<") {
			t.Fatalf("first event: %v", e)
		}
	}
	h.As("helper").Answer("Hold reset for ten seconds.")
	h.Settled()
	h.site.Invalidate(h.Thread.ID)
	for name, stream := range map[string]<-chan [2]string{"guest": guest, "member": theirs} {
		e, _ := next(t, stream)
		var parts []livePart
		if err := json.Unmarshal([]byte(e[1]), &parts); err != nil || e[0] != "parts" {
			t.Fatalf("%s: %v %v", name, e, err)
		}
		last := parts[len(parts)-1]
		if last.ID != "post-"+h.Answer_.ID || !strings.Contains(last.HTML, "Hold reset") || strings.Contains(last.HTML, csrfMark) {
			t.Errorf("%s: %+v", name, last)
		}
		if votes := strings.Contains(last.HTML, "/vote"); votes != (name == "member") {
			t.Errorf("%s gets another's buttons", name)
		}
	}
	h.As("asker")
	if _, err := h.Svc.SetPrivate(h.Ctx, h.By, h.Thread.ID, true); err != nil {
		t.Fatal(err)
	}
	h.site.Invalidate(h.Thread.ID)
	if e, open := next(t, guest); open && e[0] != "end" {
		t.Errorf("a guest still gets %v", e)
	}
	if _, open := next(t, guest); open {
		t.Error("the stream outlives the right to read")
	}
}

func TestShutdownEndsStreams(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	events := h.reader().events(threadURL(h.Thread.ID) + "/live")
	next(t, events)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.site.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if _, open := next(t, events); open {
		t.Error("the stream is still open")
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	h := newHouse(t)
	p := h.reader().get("/").want(200)
	sheet := attr(p.first("link", "rel", "stylesheet"), "href")
	css := h.reader().get(sheet, "Accept-Encoding", "br").want(200)
	if !strings.Contains(css.header.Get("Cache-Control"), "immutable") || css.header.Get("Content-Encoding") != "br" {
		t.Errorf("%v", css.header)
	}
	old := h.reader().get("/static/0000000000/app.css").want(200)
	if strings.Contains(old.header.Get("Cache-Control"), "immutable") {
		t.Error("a wrong address is kept for ever")
	}
	h.reader().get("/static/0000000000/../web.go").want(http.StatusNotFound)
}

func TestFeedsAndMaps(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks <red>", scene_tagged("router")).Ask("Only for my eyes", func(d *community.ThreadDraft) { d.Private = true })
	h.Settled()
	for path, part := range map[string]string{
		"/feed.atom": "Router blinks &lt;red&gt;", "/spaces/general/feed.atom": "Router blinks", "/tags/router/feed.atom": "Router blinks",
		"/sitemap.xml": "http://help.test/sitemap/general.xml", "/sitemap/general.xml": "http://help.test/threads/",
		"/robots.txt": "Sitemap: http://help.test/sitemap.xml", "/healthz": `"ok"`, "/manifest.webmanifest": "start_url", "/opensearch.xml": "{searchTerms}",
	} {
		p := h.reader().get(path).want(200)
		if !strings.Contains(p.body, part) || strings.Contains(p.body, "Only for my eyes") {
			t.Errorf("%s: %s", path, p.body)
		}
	}
}

// TestShutdownBeforeServing: whoever stops a server that has not quite begun
// must not wait for ever, whichever of the two comes first.
func TestShutdownBeforeServing(t *testing.T) {
	for range 50 {
		s := scene.New(t, scene.SQLite(t))
		site, err := New(Config{BaseURL: "http://help.test", Listen: "127.0.0.1:0"}, Parts{Community: s.Svc})
		s.OK(err)
		done := make(chan error, 1)
		go func() { done <- site.Listen() }()
		s.OK(site.Shutdown(t.Context()))
		select {
		case err := <-done:
			s.OK(err)
		case <-time.After(30 * time.Second):
			t.Fatal("it serves for ever")
		}
	}
}
