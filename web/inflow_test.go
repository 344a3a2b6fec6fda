package web

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// narrow is an inflow of a hundred kilobytes above what passes, whose owners are
// named by a header.
func narrow(wait time.Duration) *inflow {
	in := newInflow(func(h *fasthttp.RequestHeader) string { return string(h.Peek("X-Owner")) })
	in.whole, in.share, in.wait = 4*smallBody, 2*smallBody, wait
	in.modest, in.kept = 2*smallBody, 0
	return in
}

func headerOf(owner string, n int) *fasthttp.RequestHeader {
	h := &fasthttp.RequestHeader{}
	h.SetMethod(fasthttp.MethodPost)
	h.Set("X-Owner", owner)
	h.SetContentLength(n)
	return h
}

func TestInflow(t *testing.T) {
	in := narrow(time.Millisecond)
	const big = smallBody + 1
	pass := func(h *fasthttp.RequestHeader) bool { return in.admit(h).MaxRequestBodySize == 0 }
	a, b, c, d := headerOf("ann", big), headerOf("ann", big), headerOf("ben", big), headerOf("cyd", big)
	if !pass(headerOf("", smallBody)) || !pass(headerOf("", 0)) {
		t.Error("a small body waits")
	}
	if !pass(headerOf("", bodyLimit+1)) { // the server's own limit refuses it
		t.Error("a body above every limit is refused twice")
	}
	guest := headerOf("", big)
	if pass(guest) || !errors.Is(in.release(guest), errNotYours) {
		t.Error("a guest sends large bodies")
	}
	if !pass(a) {
		t.Error("the first waits")
	}
	if pass(b) || !errors.Is(in.release(b), errFull) {
		t.Error("one member takes more than a share")
	}
	if !pass(c) || !pass(d) {
		t.Error("others wait for one member's turn")
	}
	if pass(headerOf("dan", big)) {
		t.Error("there is no end to it")
	}
	in.release(a)
	if !pass(b) {
		t.Error("what was given back is not given out")
	}
	if !pass(b) {
		t.Error("the next request of a connection waits for the one before, which broke off")
	}
	in.life = -time.Hour
	in.release(c)
	if !pass(c) { // a turn that is over at once
		t.Error("no room")
	}
	if !pass(headerOf("eve", big)) {
		t.Error("a turn that nobody gives back is lost for good")
	}
	for _, h := range []*fasthttp.RequestHeader{a, b, c, d} {
		in.release(h)
	}
}

// Many large bodies at once over real connections, some of which break off: never
// more at once than there is room for, and in the end all room is free.
func TestInflowUnderAServer(t *testing.T) {
	in := narrow(time.Minute)
	var now, most atomic.Int64
	srv := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		n := now.Add(int64(len(ctx.PostBody())))
		defer now.Add(-int64(len(ctx.PostBody())))
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
	}, MaxRequestBodySize: bodyLimit, ErrorHandler: func(*fasthttp.RequestCtx, error) {}}
	in.guard(srv, func(ctx *fasthttp.RequestCtx, err error) { ctx.Error(err.Error(), http.StatusServiceUnavailable) })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(ln)
	defer srv.Shutdown()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // the server waits for those at its end
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			body := bytes.Repeat([]byte("x"), smallBody+1+i)
			if i%3 == 0 {
				conn, err := net.Dial("tcp", ln.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Owner: o%d\r\nContent-Length: %d\r\n\r\n%s", i, len(body), body[:1000])
				conn.Close()
				return
			}
			r, err := http.NewRequest(http.MethodPost, "http://"+ln.Addr().String(), bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("X-Owner", fmt.Sprint("o", i))
			resp, err := client.Do(r)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%v, %v", resp, err)
				return
			}
			resp.Body.Close()
		})
	}
	group.Wait()
	if m := most.Load(); m == 0 || m > in.whole {
		t.Errorf("%d bytes at once, allowed are %d", m, in.whole)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		in.mu.Lock()
		used, owners := in.used, len(in.of)
		in.mu.Unlock()
		if used == 0 && owners == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes of %d owners are never given back", used, owners)
		}
	}
}

func TestLargeAndCompressedBodies(t *testing.T) {
	h := newHouse(t)
	asker, guest := h.member("asker"), h.reader()
	large := append(tinyPNG(), make([]byte, smallBody)...)
	asker.get("/ask").postPicture(large).want(http.StatusCreated) // what follows a picture is dropped
	if p := guest.get("/ask").postPicture(large); p.status != http.StatusUnauthorized {
		t.Errorf("a guest sends a large body: status %d", p.status)
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20)) // a buffer takes everything
	}
	_ = z.Close()
	for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"} {
		p := asker.do(http.MethodPost, "/uploads", strings.NewReader(bomb.String()), "Content-Type", kind, "Content-Encoding", "gzip")
		if p.status != http.StatusUnsupportedMediaType {
			t.Errorf("a compressed %s: status %d", kind, p.status)
		}
	}
}

// A slow line has time for what it carries; one that stands still has not.
func TestInflowGivesSlowLinesTime(t *testing.T) {
	in := narrow(time.Millisecond)
	for n, want := range map[int]time.Duration{smallBody + 1: 38 * time.Second, 1 << 20: 62 * time.Second, 10 << 20: 350 * time.Second} {
		h := headerOf("ann", n)
		if got := in.admit(h).ReadTimeout.Truncate(time.Second); got != want {
			t.Errorf("%d bytes have %v, want %v", n, got, want)
		}
		in.release(h)
	}
}

// Large bodies on slow lines leave room for the pictures that most send.
func TestInflowKeepsRoomForModestBodies(t *testing.T) {
	in := narrow(time.Millisecond)
	in.whole, in.share, in.modest, in.kept = 12*smallBody, 6*smallBody, 2*smallBody, 4*smallBody
	pass := func(h *fasthttp.RequestHeader) bool { return in.admit(h).MaxRequestBodySize == 0 }
	large := headerOf("ann", 5*smallBody)
	if !pass(large) {
		t.Error("the first waits")
	}
	if pass(headerOf("ben", 4*smallBody)) {
		t.Error("large ones take all there is")
	}
	if !pass(headerOf("cyd", 2*smallBody)) || !pass(headerOf("dan", 2*smallBody)) || !pass(headerOf("eve", 2*smallBody)) {
		t.Error("a picture as most send it waits for a large one")
	}
	if pass(headerOf("fay", 2*smallBody)) {
		t.Error("there is no end to it")
	}
	in.release(large)
	if !pass(headerOf("ben", 8*smallBody-2*smallBody)) {
		t.Error("a large one waits though there is room")
	}
}
