package web

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"selfie/internal/fault"
)

// The HTTP library reads a body into memory before a handler sees it. What may
// stand there at once is bounded here: small bodies pass, large ones are a
// member's, and wait for their turn before they are read.
const (
	smallBody   = 256 << 10        // passes: a form without files
	inflowBytes = 24 << 20         // of large bodies at once; handling one costs about five times its size
	memberShare = inflowBytes / 3  // of one member's; a single body may always pass
	modestBody  = inflowBytes / 12 // most pictures: a photo made smaller, a screenshot
	modestRoom  = inflowBytes / 3  // is for those alone, so that none waits for large ones on slow lines
	inflowWait  = 20 * time.Second // for one's turn
	slowestLine = 32 << 10         // bytes a second that a line must carry; it may stand still for readTimeout besides
)

var (
	errFull     = &fault.Error{Kind: fault.Unavailable, Public: "Many pictures are coming in just now. Please send yours again in a moment.", RetryAfter: 5 * time.Second}
	errNotYours = fault.New(fault.Unauthorized, "Please sign in before you send files.")
	errEncoded  = fault.New(fault.Unsupported, "This request is compressed. Please send it as it is.")
)

// inflow bounds the bytes of large bodies in memory. Its zero value is not ready:
// see newInflow.
type inflow struct {
	whole, share int64
	modest, kept int64         // a body of at most modest bytes has so many kept for its like
	wait, life   time.Duration // for a turn; of one that nobody gives back, beyond the time for its body
	owner        func(*fasthttp.RequestHeader) string

	mu      sync.Mutex
	used    int64
	large   int64            // used, by bodies that are not modest
	of      map[string]int64 // used, by owner
	turns   map[*fasthttp.RequestHeader]turn
	refused map[*fasthttp.RequestHeader]error
	queue   []*waiter
}

type turn struct {
	owner string
	bytes int64
	until time.Time
}

type waiter struct {
	owner string
	bytes int64
	ready chan struct{}
}

func newInflow(owner func(*fasthttp.RequestHeader) string) *inflow {
	return &inflow{whole: inflowBytes, share: memberShare, modest: modestBody, kept: modestRoom, wait: inflowWait, life: requestTimeout + writeTimeout,
		owner: owner, of: map[string]int64{}, turns: map[*fasthttp.RequestHeader]turn{}, refused: map[*fasthttp.RequestHeader]error{}}
}

// guard puts the inflow before a server. A connection uses one header again and
// again, one request after the other: it names the turn.
func (in *inflow) guard(srv *fasthttp.Server, say func(ctx *fasthttp.RequestCtx, err error)) {
	handle, fail := srv.Handler, srv.ErrorHandler
	srv.HeaderReceived = in.admit
	srv.Handler = func(ctx *fasthttp.RequestCtx) {
		defer in.release(&ctx.Request.Header)
		handle(ctx)
	}
	srv.ErrorHandler = func(ctx *fasthttp.RequestCtx, err error) {
		refusal := in.release(&ctx.Request.Header)
		if refusal != nil {
			say(ctx, refusal)
			return
		}
		fail(ctx, err)
	}
}

// admit is asked when a request's header is there, before its body is read.
func (in *inflow) admit(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	in.release(h) // of a request that broke off
	n := int64(h.ContentLength())
	if n == -1 {
		n = bodyLimit // in chunks: nobody knows
	}
	if n <= smallBody || n > bodyLimit {
		return fasthttp.RequestConfig{}
	}
	owner := in.owner(h)
	if owner == "" {
		return in.refuse(h, errNotYours, smallBody)
	}
	if !in.take(h, owner, n) {
		return in.refuse(h, errFull, 1)
	}
	return fasthttp.RequestConfig{ReadTimeout: timeFor(n)} // the wait is not the sender's
}

// timeFor is how long a body of n bytes may take to arrive.
func timeFor(n int64) time.Duration {
	return readTimeout + time.Duration(n)*time.Second/slowestLine
}

// refuse lets the body be too large.
func (in *inflow) refuse(h *fasthttp.RequestHeader, why error, most int) fasthttp.RequestConfig {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refused[h] = why
	return fasthttp.RequestConfig{MaxRequestBodySize: most}
}

// take waits for room.
func (in *inflow) take(h *fasthttp.RequestHeader, owner string, bytes int64) bool {
	w := &waiter{owner, bytes, make(chan struct{})}
	in.mu.Lock()
	in.reclaim()
	in.queue = append(in.queue, w)
	in.serve()
	in.mu.Unlock()
	timer := time.NewTimer(in.wait)
	defer timer.Stop()
	select {
	case <-w.ready:
	case <-timer.C:
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if i := slices.Index(in.queue, w); i >= 0 {
		in.queue = slices.Delete(in.queue, i, i+1)
		return false
	}
	in.turns[h] = turn{owner, bytes, time.Now().Add(in.life + timeFor(bytes))}
	return true
}

// serve gives room to those who wait, in their order; whoever has a share already
// lets others pass.
func (in *inflow) serve() {
	in.queue = slices.DeleteFunc(in.queue, func(w *waiter) bool {
		if !in.fits(w) {
			return false
		}
		in.count(w.owner, w.bytes, 1)
		close(w.ready)
		return true
	})
}

func (in *inflow) fits(w *waiter) bool {
	have := in.of[w.owner]
	switch {
	case have > 0 && have+w.bytes > in.share, in.used > 0 && in.used+w.bytes > in.whole:
		return false
	case w.bytes > in.modest:
		return in.large == 0 || in.large+w.bytes <= in.whole-in.kept
	}
	return true
}

// count adds a body to what is used, or takes it away.
func (in *inflow) count(owner string, bytes, sign int64) {
	in.used += sign * bytes
	if bytes > in.modest {
		in.large += sign * bytes
	}
	if in.of[owner] += sign * bytes; in.of[owner] <= 0 {
		delete(in.of, owner)
	}
}

// release gives room back, and returns why the request was refused, if it was.
func (in *inflow) release(h *fasthttp.RequestHeader) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	why := in.refused[h]
	delete(in.refused, h)
	if t, ok := in.turns[h]; ok {
		in.give(h, t)
		in.serve()
	}
	return why
}

func (in *inflow) give(h *fasthttp.RequestHeader, t turn) {
	delete(in.turns, h)
	in.count(t.owner, t.bytes, -1)
}

// reclaim takes back what a connection that died in a strange way still has.
func (in *inflow) reclaim() {
	now := time.Now()
	for h, t := range in.turns {
		if now.After(t.until) {
			in.give(h, t)
		}
	}
}

// bounded puts the inflow before the site, with its members as owners.
func (s *Server) bounded(app *fiber.App) {
	in := newInflow(s.senderOf)
	in.guard(app.Server(), func(fctx *fasthttp.RequestCtx, why error) {
		c := app.AcquireCtx(fctx)
		defer app.ReleaseCtx(c)
		_ = s.fail(c, why) // it answers, or the connection is gone
	})
}

// senderOf is the member whose session a request carries; "" for guests.
func (s *Server) senderOf(h *fasthttp.RequestHeader) string {
	token := strings.Clone(string(h.Cookie(sessionCookie)))
	if scheme, bearer, ok := strings.Cut(string(h.Peek(fiber.HeaderAuthorization)), " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(bearer)
	}
	if token == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	actor, err := s.community.ActorOf(ctx, token)
	if err != nil {
		return ""
	}
	return actor.ID
}

// plainBody refuses compressed bodies: nobody sends them, and a few bytes could
// become more than there is memory.
func plainBody(c *fiber.Ctx) error {
	if e := c.Get(fiber.HeaderContentEncoding); e != "" && !strings.EqualFold(e, "identity") {
		return errEncoded
	}
	return nil
}
