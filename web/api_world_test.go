package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/disk"
	"selfie/moderation"
	"selfie/moderation/escalation"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
	"selfie/moderation/sentiment"
	"selfie/reputation"
	"selfie/search"
	"selfie/search/deflection"
	"selfie/search/saved"
	"selfie/search/synonyms"
	"selfie/web"
)

// world is a whole site over a store of its own, served on a real socket.
type world struct {
	*scene.Scene
	site  *web.Server
	base  string
	log   *faultLog
	media *media.Library
	pic   media.Picture
	http  *http.Client
	n     int

	judges *moderation.Service
	cases  *escalation.Service
	desk   *desktest.Fake
	bridge *escalation.Bridge
}

// hookSecret signs the hooks of the world's external desk.
const hookSecret = "whsec_c2VjcmV0LW9mLXRoZS1mYWtlLWRlc2stMTIz"

// faultLog collects what is logged as an error: nothing may be.
type faultLog struct {
	mu   sync.Mutex
	said []string
}

func (l *faultLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }
func (l *faultLog) WithAttrs(a []slog.Attr) slog.Handler             { return &faultLogWith{l, a} }
func (l *faultLog) WithGroup(string) slog.Handler                    { return l }
func (l *faultLog) Handle(_ context.Context, r slog.Record) error    { return l.note(r, nil) }

func (l *faultLog) note(r slog.Record, attrs []slog.Attr) error {
	line := r.Message
	for _, a := range attrs {
		line += " " + a.String()
	}
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, line)
	return nil
}

// take returns what was logged since, and forgets it.
func (l *faultLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := l.said
	l.said = nil
	return said
}

type faultLogWith struct {
	*faultLog
	attrs []slog.Attr
}

func (l *faultLogWith) WithAttrs(a []slog.Attr) slog.Handler {
	return &faultLogWith{l.faultLog, append(append([]slog.Attr(nil), l.attrs...), a...)}
}
func (l *faultLogWith) Handle(_ context.Context, r slog.Record) error { return l.note(r, l.attrs) }

// newWorld puts a site together over SQLite, as the command does.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{log: &faultLog{}, http: &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4, DisableCompression: true},
	}}
	blobs, err := disk.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.media = media.NewLibrary(blobs, media.NewPipeline(media.Limits{}))
	parts := web.Parts{Media: w.media, Log: slog.New(w.log)}
	w.Scene = scene.With(t, scene.SQLite(t), community.Options{}, func(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, svc *community.Service) {
		w.join(db, relay, routes, svc, &parts)
	})
	w.OK(w.cases.Start(w.Ctx))
	w.pic, err = w.media.Add(w.Ctx, bytes.NewReader(smallPNG()), "screen.png")
	w.OK(err)
	index, err := search.Open(w.Svc, search.Options{Synonyms: parts.Synonyms})
	w.OK(err)
	parts.Community, parts.Search = w.Svc, index
	w.site, err = web.New(web.Config{BaseURL: "http://help.test", LimitFactor: -1, Version: "test", WidgetOrigins: []string{"https://shop.test"}}, parts)
	w.OK(err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	w.OK(err)
	served := make(chan error, 1)
	go func() { served <- w.site.Serve(ln) }()
	t.Cleanup(func() {
		w.http.CloseIdleConnections()
		if err := w.site.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		<-served
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	})
	w.base = "http://" + ln.Addr().String()
	if got := w.do(&visitor{name: "guest"}, sending{method: "GET", path: "/healthz"}); got.status != 200 { // serving, so that it can be shut down
		t.Fatalf("healthz: %d", got.status)
	}
	return w
}

// join opens the parts over the community, as the command does; all members
// are trusted, as in a small team.
func (w *world) join(db *store.DB, relay *outbox.Relay, routes *outbox.Routes, svc *community.Service, parts *web.Parts) {
	inbox := notify.Open(db, relay, svc, notify.Options{BaseURL: "http://help.test"})
	points := reputation.Open(db, relay, svc, reputation.Options{})
	parts.Inbox, parts.Standing = inbox, points
	parts.Deflection = deflection.Open(db, relay, routes, svc, inbox, points, deflection.Options{})
	parts.Saved = saved.Open(db, relay, svc, inbox)
	parts.Synonyms = synonyms.Open(db)
	w.judges = moderation.Open(db, relay, routes, svc, inbox, moderation.Options{})
	w.cases = escalation.Open(db, relay, routes, svc, inbox, escalation.Options{Tone: sentiment.New(), Company: "Lumen"})
	w.desk = desktest.NewFake(desktest.Everything(), db.Now)
	w.bridge = w.cases.Connect(relay, w.media, "http://help.test", "fake", w.desk, desk.Options{})
	parts.Judges, parts.Cases, parts.Bridge = w.judges, w.cases, &web.Bridge{Bridge: w.bridge, Secret: hookSecret}
}

func smallPNG() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 {
		img.Set(i, i%30, color.RGBA{200, 20, 60, 255})
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

// fresh is a number never given before in this world.
func (w *world) fresh() string { w.n++; return fmt.Sprint(w.n) }

// visitor is a browser, or a program, of one member; the zero visitor a guest's.
type visitor struct {
	name, token, csrf string
	cookies           map[string]string
}

// visit signs a member of the cast in.
func (w *world) visit(name string) *visitor {
	w.T.Helper()
	v := &visitor{name: name, cookies: map[string]string{}}
	if name != "guest" {
		w.Actor(name)
		_, token, err := w.Svc.SignIn(w.Ctx, name+"@example.org", "correct horse "+name, community.Device{Agent: "Firefox/140", IP: "127.0.0.1"})
		w.OK(err)
		v.token = token
	}
	return v
}

// sending is one request.
type sending struct {
	method, path string
	json         string // body, when not ""
	form         url.Values
	body         []byte // with contentType, instead of json and form
	contentType  string
	header       map[string]string
	plain        bool // with cookie only: no bearer, no form token
}

// answer is one response, read to its end; a stream's first bytes.
type answer struct {
	status int
	header http.Header
	body   string
}

var csrfInput = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// do sends a request as the visitor would: pages with cookie and form token,
// the API with a bearer token.
func (w *world) do(v *visitor, s sending) answer {
	w.T.Helper()
	api := strings.HasPrefix(s.path, "/api/")
	post := s.method != http.MethodGet && s.method != http.MethodHead
	if post && !api && !s.plain {
		w.formToken(v)
		if s.form != nil {
			s.form.Set("csrf", v.csrf)
		}
	}
	req := w.request(s)
	if v.token != "" && api && !s.plain {
		req.Header.Set("Authorization", "Bearer "+v.token)
	} else if v.token != "" {
		req.AddCookie(&http.Cookie{Name: "selfie_session", Value: v.token})
	}
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if post && !api && !s.plain && s.form == nil {
		req.Header.Set("X-Csrf-Token", v.csrf)
	}
	for name, value := range s.header {
		req.Header.Set(name, value)
	}
	return w.send(req)
}

// formToken fetches a page with a form, once for each visitor.
func (w *world) formToken(v *visitor) {
	w.T.Helper()
	if v.csrf != "" {
		return
	}
	path := "/settings"
	if v.token == "" {
		path = "/sign-in"
	}
	got := w.do(v, sending{method: "GET", path: path})
	m := csrfInput.FindStringSubmatch(got.body)
	if m == nil {
		w.T.Fatalf("%s: no form token on %s (%d)", v.name, path, got.status)
	}
	v.csrf = m[1]
	for _, line := range got.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Name == "selfie_form" {
			v.cookies[c.Name] = c.Value
		}
	}
}

func (w *world) request(s sending) *http.Request {
	w.T.Helper()
	var body io.Reader = http.NoBody
	contentType := s.contentType
	switch {
	case s.json != "":
		body, contentType = strings.NewReader(s.json), "application/json"
	case s.form != nil:
		body, contentType = strings.NewReader(s.form.Encode()), "application/x-www-form-urlencoded"
	case s.body != nil:
		body = bytes.NewReader(s.body)
	}
	req, err := http.NewRequest(s.method, w.base+"/", body)
	w.OK(err)
	path, query, _ := strings.Cut(s.path, "?")
	req.URL.Opaque, req.URL.RawQuery = path, query // as written, escapes and all
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req
}

func (w *world) send(req *http.Request) answer {
	w.T.Helper()
	res, err := w.http.Do(req)
	if err != nil {
		w.T.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	var body []byte
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		body = make([]byte, 64)
		n, _ := res.Body.Read(body) // the first event is enough
		body = body[:n]
	} else if body, err = io.ReadAll(res.Body); err != nil {
		w.T.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// api calls the API, fails unless it answers with want, and reads the answer
// into out where it is given.
func (w *world) api(v *visitor, want int, method, path, body string, out any) answer {
	w.T.Helper()
	got := w.do(v, sending{method: method, path: "/api/v1" + path, json: body})
	if got.status != want {
		w.T.Fatalf("%s %s %s as %s: %d, want %d: %s", method, path, body, v.name, got.status, want, got.body)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(got.body), out); err != nil {
			w.T.Fatalf("%s %s: %v in %s", method, path, err, got.body)
		}
	}
	return got
}

// picture makes a form with a picture.
func picture(field string, data []byte) (body []byte, contentType string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, _ := m.CreateFormFile(field, "screen.png") // a buffer takes everything
	_, _ = part.Write(data)
	_ = m.Close()
	return b.Bytes(), m.FormDataContentType()
}

// upload puts a picture into the world as a member's.
func (w *world) upload(by community.Actor) *community.Upload {
	w.T.Helper()
	u := community.Upload{Hash: w.pic.Hash, Width: w.pic.Width, Height: w.pic.Height, Name: "screen.png", Bytes: 100}
	for _, v := range w.pic.Variants {
		u.Variants = append(u.Variants, community.Variant{Name: v.Name, Width: v.Width, Height: v.Height, Type: v.Type, Bytes: int64(v.Bytes), Key: v.Key})
	}
	made, err := w.Svc.AddUpload(w.Ctx, by, u)
	w.OK(err)
	return made
}

// quiet fails when anything was logged as an error.
func (w *world) quiet(about string) {
	w.T.Helper()
	for _, line := range w.log.take() {
		w.T.Errorf("%s: logged: %s", about, line)
	}
}
