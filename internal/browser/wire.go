package browser

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Wire is the line between a browser and a site. It keeps every file that a
// browser sends, and breaks when it is told to.
type Wire struct {
	mu    sync.Mutex
	next  []fate
	files [][]byte
	sent  int
}

// fate is what becomes of one sending of a picture.
type fate int

const (
	cut  fate = iota // the connection breaks before the whole has arrived
	lost             // the server takes it; the browser never hears of it
)

// Wire gives the site as it is reached over a line of the test's own.
func (s *Site) Wire(t testing.TB) (*Site, *Wire) {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		for _, h := range []string{"Origin", "Referer"} {
			if from := r.In.Header.Get(h); from != "" {
				r.Out.Header.Set(h, strings.Replace(from, "http://"+r.In.Host, s.URL, 1))
			}
		}
	}, FlushInterval: -1}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.carry(pass, rw, r) }))
	server.Config.SetKeepAlivesEnabled(false) // a browser itself sends again over a connection it has used
	t.Cleanup(server.Close)
	far := *s
	far.URL = server.URL
	return &far, w
}

// Breaks says what becomes of the next sendings of a picture.
func (w *Wire) Breaks(fates ...fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = append(w.next, fates...)
}

// Sent is how often a picture was sent, or begun to be.
func (w *Wire) Sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

// Files are the files that arrived whole, in their order.
func (w *Wire) Files() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.files
}

func (w *Wire) carry(pass http.Handler, rw http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/uploads" {
		pass.ServeHTTP(rw, r)
		return
	}
	f, broken := w.begin()
	if broken && f == cut {
		_, _ = io.CopyN(io.Discard, r.Body, 1000)
		panic(http.ErrAbortHandler)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the browser gave up
	}
	w.keep(r.Header.Get("Content-Type"), body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if broken {
		pass.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	pass.ServeHTTP(rw, r)
}

func (w *Wire) begin() (f fate, broken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	if len(w.next) == 0 {
		return 0, false
	}
	f, w.next = w.next[0], w.next[1:]
	return f, true
}

func (w *Wire) keep(contentType string, body []byte) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(32 << 20)
	if err != nil {
		return
	}
	for _, list := range form.File {
		for _, h := range list {
			if f, err := h.Open(); err == nil {
				file, _ := io.ReadAll(f) // from memory
				w.mu.Lock()
				w.files = append(w.files, file)
				w.mu.Unlock()
			}
		}
	}
}
