package web

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
	"selfie/moderation"
	"selfie/moderation/escalation"
	"selfie/moderation/sentiment"
	"selfie/reputation"
	"selfie/search"
	"selfie/search/deflection"
	"selfie/search/saved"
	"selfie/search/synonyms"
)

// house is a served community for tests of the pages.
type house struct {
	*scene.Scene
	site  *Server
	base  string
	media *media.Library
	index *search.Index
	inbox *notify.Service
	log   *bytes.Buffer
}

// plan says how a house is built; the zero plan is on SQLite and disk.
type plan struct {
	rules  moderation.HoldRules
	engine store.Engine
	blobs  media.Store
	links  media.Presigner
}

func newHouse(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	return newHouseOf(t, plan{}, change...)
}

// newHouseHolding is a house where some posts wait for a moderator.
func newHouseHolding(t *testing.T, rules moderation.HoldRules, change ...func(*Config)) *house {
	t.Helper()
	return newHouseOf(t, plan{rules: rules}, change...)
}

func newHouseOf(t *testing.T, built plan, change ...func(*Config)) *house {
	t.Helper()
	h := &house{log: &bytes.Buffer{}}
	if built.engine == nil {
		built.engine = scene.SQLite(t)
	}
	if built.blobs == nil {
		blobs, err := disk.Open(t.TempDir(), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		built.blobs = blobs
	}
	parts := Parts{Log: slog.New(slog.NewTextHandler(h.log, nil))}
	gate := moderation.NewGate(built.rules)
	h.Scene = scene.With(t, built.engine, community.Options{Screen: gate}, func(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, svc *community.Service) {
		gate.Bind(svc)
		inbox := notify.Open(db, relay, svc, notify.Options{BaseURL: "http://help.test"})
		points := reputation.Open(db, relay, svc, reputation.Options{})
		h.inbox = inbox
		parts.Inbox, parts.Standing, parts.Community = inbox, points, svc
		parts.Deflection = deflection.Open(db, relay, routes, svc, inbox, points, deflection.Options{})
		parts.Saved = saved.Open(db, relay, svc, inbox)
		parts.Synonyms = synonyms.Open(db)
		parts.Judges = moderation.Open(db, relay, routes, svc, inbox, moderation.Options{})
		parts.Cases = escalation.Open(db, relay, routes, svc, inbox, escalation.Options{Tone: sentiment.New(), Company: "Lumen Support"})
	})
	h.OK(parts.Cases.Start(h.Ctx))
	h.media = media.NewLibrary(built.blobs, media.NewPipeline(media.Limits{}))
	index, err := search.Open(h.Svc, search.Options{Synonyms: parts.Synonyms})
	h.OK(err)
	h.index = index
	parts.Saved.Use(index)
	conf := Config{BaseURL: "http://help.test", LimitFactor: -1}
	for _, f := range change {
		f(&conf)
	}
	parts.Media, parts.Links, parts.Search = h.media, built.links, index
	h.site, err = New(conf, parts)
	h.OK(err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	h.OK(err)
	done := make(chan error, 1)
	go func() { done <- h.site.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.site.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-done
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	h.base = "http://" + ln.Addr().String()
	return h
}

// reader is someone with a browser: cookies, and no scripts.
type reader struct {
	h      *house
	client *http.Client
}

func (h *house) reader() *reader {
	jar, _ := cookiejar.New(nil) // fails for bad options only
	own := &http.Transport{}
	h.T.Cleanup(own.CloseIdleConnections)
	return &reader{h, &http.Client{Jar: jar, Transport: own, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// member is a reader signed in as one of the cast.
func (h *house) member(name string) *reader {
	h.T.Helper()
	h.Actor(name)
	r := h.reader()
	p := r.get("/sign-in").want(http.StatusOK).post("/sign-in", "email", name+"@example.org", "password", "correct horse "+name)
	p.want(http.StatusSeeOther)
	return r
}

// page is an answer, parsed.
type page struct {
	r      *reader
	status int
	header http.Header
	body   string
	root   *html.Node
}

func (r *reader) get(path string, header ...string) *page {
	r.h.T.Helper()
	return r.do(http.MethodGet, path, nil, header...)
}

func (r *reader) do(method, path string, body io.Reader, header ...string) *page {
	r.h.T.Helper()
	req, err := http.NewRequest(method, r.h.base+path, body)
	r.h.OK(err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := r.client.Do(req)
	r.h.OK(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	r.h.OK(err)
	root, err := html.Parse(bytes.NewReader(b))
	r.h.OK(err)
	return &page{r, res.StatusCode, res.Header, string(b), root}
}

func (p *page) want(status int) *page {
	p.r.h.T.Helper()
	if p.status != status {
		p.r.h.T.Fatalf("want status %d, got %d: %s\n%s", status, p.status, p.text("main"), p.r.h.log)
	}
	return p
}

// post sends a form with the token that this page carries.
func (p *page) post(path string, pairs ...string) *page {
	p.r.h.T.Helper()
	form := url.Values{csrfField: {p.token()}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.r.do(http.MethodPost, path, strings.NewReader(form.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", p.r.h.base, "Sec-Fetch-Site", "same-origin")
}

// postFile sends a form with one picture, as a browser without scripts does.
func (p *page) postFile(path, field string, picture []byte, pairs ...string) *page {
	p.r.h.T.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField(csrfField, p.token()) // a buffer takes everything
	for i := 0; i < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1])
	}
	f, _ := w.CreateFormFile(field, "screen.png")
	_, _ = f.Write(picture)
	_ = w.Close()
	return p.r.do(http.MethodPost, path, &b, "Content-Type", w.FormDataContentType(), "Origin", p.r.h.base)
}

func (p *page) token() string {
	if n := p.first("input", "name", csrfField); n != nil {
		return attr(n, "value")
	}
	if n := p.first("meta", "name", "csrf"); n != nil {
		return attr(n, "content")
	}
	return ""
}

// all lists the elements of a name, with an attribute's value when given.
func (p *page) all(element string, with ...string) []*html.Node {
	var list []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && (element == "" || n.Data == element) && (len(with) == 0 || has(n, with[0], with[1])) {
			list = append(list, n)
		}
	}
	return list
}

func has(n *html.Node, name, value string) bool {
	for _, a := range n.Attr {
		if a.Key == name && (value == "*" || a.Val == value || (name == "class" && strings.Contains(" "+a.Val+" ", " "+value+" "))) {
			return true
		}
	}
	return false
}

func (p *page) first(element string, with ...string) *html.Node {
	if list := p.all(element, with...); len(list) > 0 {
		return list[0]
	}
	return nil
}

func (p *page) text(element string, with ...string) string { return textOf(p.first(element, with...)) }

func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func tinyPNG() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 24, 16)))
	return b.Bytes()
}

// upload puts a picture into the draft of whoever acts.
func (h *house) upload() *community.Upload {
	h.T.Helper()
	pic, err := h.media.Add(h.Ctx, bytes.NewReader(tinyPNG()), "screen.png")
	h.OK(err)
	u, err := h.Svc.AddUpload(h.Ctx, h.By, uploadOf(pic, "screen.png", 99))
	h.OK(err)
	return u
}
