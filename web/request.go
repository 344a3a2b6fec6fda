package web

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/store"
)

const sessionCookie = "selfie_session"

// request is what every handler knows about its caller.
type request struct {
	ctx   context.Context
	id    string // in the log and on the page of an internal error
	actor community.Actor
	token string // of the session; "" for guests
	ip    string
	flash string // the sentence to show once
}

type requestKey struct{}

// handler answers one request or returns why not.
type handler func(c *fiber.Ctx, rq *request) error

// begin gives each request an id, a deadline, its actor and the headers that
// every answer carries. A client that goes away does not end a context of
// fiber's, hence the deadline.
func (s *Server) begin(c *fiber.Ctx) (err error) {
	s.setHeaders(c)
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if m := c.Method(); m == fiber.MethodGet || m == fiber.MethodHead {
		ctx = community.Glance(ctx)
	}
	rq := &request{ctx: ctx, id: store.Token()[:10], ip: s.clientIP(c)}
	c.SetUserContext(ctx)
	c.Locals(requestKey{}, rq)
	defer func() {
		if p := recover(); p != nil {
			err = s.fail(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	if err := plainBody(c); err != nil {
		return s.fail(c, err)
	}
	if !isStatic(c.Path()) {
		if err := s.identify(c, rq); err != nil {
			return s.fail(c, err)
		}
	}
	if err := c.Next(); err != nil {
		return s.fail(c, err)
	}
	return nil
}

func isStatic(path string) bool { return strings.HasPrefix(path, "/static/") || path == "/favicon.ico" }

// identify finds out who asks, from the session cookie.
func (s *Server) identify(c *fiber.Ctx, rq *request) error {
	rq.token = c.Cookies(sessionCookie)
	if rq.token == "" {
		return nil
	}
	actor, err := s.community.ActorOf(rq.ctx, rq.token)
	if err != nil {
		rq.token = ""
		return err
	}
	if actor.Guest() {
		rq.token = ""
		s.dropCookie(c, sessionCookie)
	}
	rq.actor = actor
	return nil
}

// of returns the request's own record, making one for errors that came before
// begin: who asks is found out if it can be.
func (s *Server) of(c *fiber.Ctx) *request {
	if rq, ok := c.Locals(requestKey{}).(*request); ok {
		return rq
	}
	rq := &request{ctx: context.Background(), id: store.Token()[:10], ip: s.clientIP(c)}
	c.Locals(requestKey{}, rq)
	known := *rq
	ctx, cancel := context.WithTimeout(rq.ctx, requestTimeout)
	defer cancel()
	known.ctx = ctx
	if err := s.identify(c, &known); err == nil {
		rq.actor, rq.token = known.actor, known.token
	}
	return rq
}

// html wraps a handler of pages: rate limit and forgery check, then the handler.
func (s *Server) html(class limitClass, h handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		rq := s.of(c)
		if err := s.limits.admit(class, rq); err != nil {
			return err
		}
		if err := s.checkForm(c, rq, class); err != nil {
			return err
		}
		rq.flash = s.takeFlash(c)
		return h(c, rq)
	}
}

// json wraps a handler whose answers, and errors, are JSON.
func (s *Server) json(class limitClass, h handler) fiber.Handler {
	inner := s.html(class, h)
	return func(c *fiber.Ctx) error {
		c.Locals(wantsJSON, true)
		return inner(c)
	}
}

// member lets only members through; others are shown the sign-in page, and
// brought back.
func member(h handler) handler {
	return func(c *fiber.Ctx, rq *request) error {
		if rq.actor.Guest() {
			return errSignIn
		}
		return h(c, rq)
	}
}

// admin lets only admins through, and tells others nothing.
func admin(h handler) handler {
	return member(func(c *fiber.Ctx, rq *request) error {
		if !rq.actor.IsAdmin() {
			return errNoPage
		}
		return h(c, rq)
	})
}

func (s *Server) logger(c *fiber.Ctx, rq *request) *slog.Logger {
	return s.log.With("request", rq.id, "member", rq.actor.ID, "method", c.Method(), "path", c.Path())
}

// device describes the caller's browser for the list of sessions.
func device(c *fiber.Ctx, rq *request) community.Device {
	return community.Device{Agent: c.Get(fiber.HeaderUserAgent), IP: rq.ip}
}

// signedIn starts the session of token in this browser.
func (s *Server) signedIn(c *fiber.Ctx, token string) {
	s.setCookie(c, sessionCookie, token, 90*24*time.Hour)
}

func (s *Server) setCookie(c *fiber.Ctx, name, value string, keep time.Duration) {
	c.Cookie(&fiber.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(keep.Seconds()),
		HTTPOnly: true, Secure: s.secure(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func (s *Server) dropCookie(c *fiber.Ctx, name string) {
	c.Cookie(&fiber.Cookie{
		Name: name, Path: "/", Expires: time.Unix(0, 0), MaxAge: -1,
		HTTPOnly: true, Secure: s.secure(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// back answers a form that did its work: see the page at path.
func back(c *fiber.Ctx, path string) error { return c.Redirect(path, fiber.StatusSeeOther) }

// localPath returns path if it leads to a page of this site, else fallback. A
// path that starts with // or /\ names another host to a browser.
func localPath(path, fallback string) string {
	if len(path) > 2000 || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return fallback
	}
	return path
}

// freshRequest is a request of a live stream, which outlives its own: who asks
// is found out anew each time.
func (s *Server) freshRequest(token, ip string) (*request, context.CancelFunc, error) {
	ctx, done := context.WithTimeout(context.Background(), requestTimeout)
	rq := &request{ctx: ctx, id: store.Token()[:10], ip: ip, token: token}
	if token == "" {
		return rq, done, nil
	}
	actor, err := s.community.ActorOf(ctx, token)
	if err == nil && actor.Guest() {
		err = errSignIn
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	rq.actor = actor
	return rq, done, nil
}
