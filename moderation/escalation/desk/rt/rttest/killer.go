package rttest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"sync"
	"time"
)

// When says at which moment of a request the server is killed.
type When string

const (
	Before  When = "before the request" // it is never sent
	Written When = "in the midst of it" // when the last byte of the request was sent
	After   When = "after the response" // which the client never sees
)

// Killer is a transport that kills its server with kill -9 at the first request
// that matches each pattern, and measures the others.
type Killer struct {
	Server *Server
	When   When

	mu    sync.Mutex
	left  []*regexp.Regexp
	Kills int
	Calls int
	Took  time.Duration
}

// NewKiller passes everything on until it is told what to strike.
func NewKiller(s *Server, when When) *Killer { return &Killer{Server: s, When: when} }

// Strike kills once for each pattern, over "METHOD /path".
func (k *Killer) Strike(patterns ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range patterns {
		k.left = append(k.left, regexp.MustCompile(p))
	}
}

// Unmet lists the patterns that no request matched.
func (k *Killer) Unmet() (list []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.left {
		list = append(list, p.String())
	}
	return list
}

func (k *Killer) strikes(r *http.Request) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, p := range k.left {
		if p.MatchString(r.Method + " " + r.URL.Path) {
			k.left = append(k.left[:i:i], k.left[i+1:]...)
			k.Kills++
			return true
		}
	}
	return false
}

var errKilled = errors.New("rttest: the server was killed")

// RoundTrip implements http.RoundTripper.
func (k *Killer) RoundTrip(r *http.Request) (*http.Response, error) {
	if !k.strikes(r) {
		began := time.Now()
		resp, err := http.DefaultTransport.RoundTrip(r)
		k.mu.Lock()
		k.Calls++
		k.Took += time.Since(began)
		k.mu.Unlock()
		return resp, err
	}
	switch k.When {
	case Before:
		k.Server.Kill()
	case Written:
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { k.Server.Kill() },
		}))
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if k.When == After && err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		k.Server.Kill()
		return nil, errKilled
	}
	return resp, err
}
