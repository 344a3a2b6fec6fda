package soak

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"selfie/moderation/escalation/desk/rt/rttest"
)

// step is one request of the round trip: the n-th of its shape in a phase.
type step struct {
	phase, shape string
	n            int
}

func (s step) String() string { return fmt.Sprintf("%s, %s #%d", s.phase, s.shape, s.n) }

// moment is when somebody dies at a step.
type moment string

const (
	before moment = "before" // the request never arrives
	after  moment = "after"  // it takes effect, and the answer never comes
	late   moment = "late"   // it outlives its sender, and takes effect when the case has a ticket already
)

// gate stands between Selfie and Request Tracker. It counts what passes, and at
// one step lets one of the two die.
type gate struct {
	rt   *rttest.Server
	http http.Client
	site *httptest.Server

	hold sync.RWMutex // written to while a person acts: nothing passes meanwhile

	target step
	when   moment
	kill   func()

	mu     sync.Mutex
	phase  string
	seen   map[step]int
	met    []step // in their order
	struck bool   // the blow has begun
	fallen bool   // and who was to die is dead
	ghost  func() // a request that comes late
}

func newGate(tb testing.TB, rt *rttest.Server) *gate {
	g := &gate{rt: rt, seen: map[step]int{}}
	g.http.Transport = &http.Transport{DisableKeepAlives: true} // none of a server that died
	g.site = httptest.NewServer(http.HandlerFunc(g.pass))
	tb.Cleanup(g.site.Close)
	return g
}

// enter lets a person act, and begins a phase with the first request after that.
func (g *gate) enter(phase string, act func()) {
	g.hold.Lock()
	defer g.hold.Unlock()
	act()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase = phase
}

// over reports that the phase has no blow to come.
func (g *gate) over() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fallen || g.target.phase != g.phase
}

// disarm lets no blow begin any more, and tells whether one has.
func (g *gate) disarm() (struck bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	struck, g.struck = g.struck, true
	return struck
}

// polled counts the polls of this phase.
func (g *gate) polled() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[step{phase: g.phase, shape: pollShape}]
}

const pollShape = "GET /transactions (new)"

var numbers = regexp.MustCompile(`\d+`)

// shape tells kinds of requests apart.
func shape(r *http.Request) string {
	s := r.Method + " " + numbers.ReplaceAllString(strings.TrimPrefix(r.URL.Path, "/REST/2.0"), "#")
	query := r.URL.Query().Get("query") + " " + r.URL.Query().Get("order")
	for _, sign := range [][2]string{{"IS NULL", "without key"}, {"CF.{", "by key"}, {"DESC", "latest"}, {"id > ", "new"}, {"id=", "one"}, {"ObjectId=", "of one ticket"}} {
		if strings.Contains(query, sign[0]) {
			return s + " (" + sign[1] + ")"
		}
	}
	return s
}

// meet counts a request and tells whether it is the one to strike at. Of polls,
// which come without end, the first of each phase counts.
func (g *gate) meet(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := step{phase: g.phase, shape: shape(r)}
	g.seen[s]++
	s.n = g.seen[s]
	if s.shape == pollShape && s.n > 1 {
		return false
	}
	g.met = append(g.met, s)
	if g.struck || s != g.target {
		return false
	}
	g.struck = true
	return true
}

func (g *gate) pass(w http.ResponseWriter, r *http.Request) {
	g.hold.RLock()
	defer g.hold.RUnlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	hit := g.meet(r)
	if hit && g.when != after {
		g.strike(r, body)
	}
	resp, answer, err := g.forward(r, body)
	if hit && g.when == after {
		g.strike(r, body)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	g.count(r, resp)
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = w.Write(answer)
}

// strike kills and breaks the request off. A late one is kept for then.
func (g *gate) strike(r *http.Request, body []byte) {
	if g.when == late {
		kept := r.Clone(context.WithoutCancel(r.Context()))
		g.mu.Lock()
		g.ghost = func() { _, _, _ = g.forward(kept, body) }
		g.mu.Unlock()
	}
	g.kill()
	g.mu.Lock()
	g.fallen = true
	g.mu.Unlock()
	panic(http.ErrAbortHandler)
}

// count lets a late request go once the case has a ticket.
func (g *gate) count(r *http.Request, resp *http.Response) {
	if resp.StatusCode != http.StatusCreated || shape(r) != "POST /ticket" {
		return
	}
	g.mu.Lock()
	ghost := g.ghost
	g.ghost = nil
	g.mu.Unlock()
	if ghost != nil {
		ghost()
	}
}

func (g *gate) forward(r *http.Request, body []byte) (*http.Response, []byte, error) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, g.rt.URL+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	out.Header = r.Header.Clone()
	resp, err := g.http.Do(out)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	resp.Header.Del("Transfer-Encoding")
	resp.Header.Del("Connection")
	return resp, answer, err
}
