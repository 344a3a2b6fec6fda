package web

import (
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
)

var (
	errToken    = fault.New(fault.Unauthorized, "This token does not sign in (any more). Get a new one with POST "+apiBase+"/session.")
	errNoCSRF   = fault.New(fault.Forbidden, "Requests with a browser's cookie carry the token of GET "+apiBase+"/session in the header X-Csrf-Token. Programs send Authorization: Bearer instead.")
	errEncoding = fault.New(fault.Invalid, "The address holds text that is not valid UTF-8, or a NUL.")
)

type bearerKey struct{}

// apiEdge surrounds everything below /api: it finds the bearer of a token,
// turns every error into a problem document, and answers If-None-Match.
func (s *Server) apiEdge(c *fiber.Ctx) error {
	c.Locals(wantsJSON, true)
	rq := s.of(c)
	if err := s.bearer(c, rq); err != nil {
		return s.sendAPIProblem(c, rq, err)
	}
	if !readableAddress(c) {
		return s.sendAPIProblem(c, rq, errEncoding)
	}
	if err := c.Next(); err != nil {
		return s.sendAPIProblem(c, rq, err)
	}
	return s.finishAPI(c)
}

// bearer signs in whoever sends a token in the Authorization header; a cookie
// then counts for nothing.
func (s *Server) bearer(c *fiber.Ctx, rq *request) error {
	header := c.Get(fiber.HeaderAuthorization)
	if header == "" {
		return nil
	}
	scheme, token, _ := strings.Cut(header, " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return fault.New(fault.Unauthorized, "The Authorization header takes “Bearer” and a token of POST "+apiBase+"/session.")
	}
	actor, err := s.community.ActorOf(rq.ctx, token)
	if err != nil {
		return err
	}
	if actor.Guest() {
		return errToken
	}
	rq.actor, rq.token = actor, token
	c.Locals(bearerKey{}, true)
	return nil
}

func byBearer(c *fiber.Ctx) bool { return c.Locals(bearerKey{}) != nil }

// checkAPIForgery asks requests that rest on a cookie for the form token. A
// token in a header is sent on purpose, and guests have nothing to borrow.
func (s *Server) checkAPIForgery(c *fiber.Ctx, rq *request) error {
	if byBearer(c) || rq.actor.Guest() {
		return nil
	}
	err := s.checkForgery(c, rq)
	if err == errExpired {
		return errNoCSRF
	}
	return err
}

func readableAddress(c *fiber.Ctx) bool {
	ok := clean(c.Path())
	for name, value := range c.Context().QueryArgs().All() {
		ok = ok && clean(string(name)) && clean(string(value))
	}
	return ok
}

func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// finishAPI gives answers to GET an ETag over everything in them.
func (s *Server) finishAPI(c *fiber.Ctx) error {
	get := c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead
	if !get || c.Response().StatusCode() != fiber.StatusOK {
		if len(c.Response().Header.Peek(fiber.HeaderCacheControl)) == 0 {
			c.Set(fiber.HeaderCacheControl, "no-store")
		}
		return nil
	}
	if len(c.Response().Header.Peek(fiber.HeaderETag)) > 0 || len(c.Response().Header.Peek(fiber.HeaderCacheControl)) > 0 {
		return nil // finished by its handler
	}
	body := append([]byte(nil), c.Response().Body()...)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Vary(fiber.HeaderAuthorization)
	return s.deliver(c, &rendered{etag: etagOf(body), plain: body})
}

// renew gives the caller the session that replaces its own: browsers in their
// cookie, which scripts do not read, programs as a token.
func (s *Server) renew(k *call, token string) apiToken {
	if byBearer(k.c) {
		return apiToken{Token: token}
	}
	s.signedIn(k.c, token)
	return apiToken{}
}

// Paging is the part of a list that is asked for.
type Paging struct {
	After string `query:"after" doc:"The next of the page before; empty for the first page."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Entries on a page."`
}

// apiPage is one page of a list.
type apiPage[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Pass it as after to read on; absent at the end."`
}

// pageOf makes a page of items, and says in a Link header where it goes on.
func pageOf[T any](k *call, items []T, next string) apiPage[T] {
	if items == nil {
		items = []T{}
	}
	if next != "" {
		k.c.Set(fiber.HeaderLink, "<"+nextPage(k.c, next)+`>; rel="next"`)
	}
	return apiPage[T]{items, next}
}

// IDIn names one thing by its id.
type IDIn struct {
	ID string `path:"id"`
}

// KeyIn carries the idempotency key of a post.
type KeyIn struct {
	Key string `header:"Idempotency-Key" doc:"Your own name for this post, at most 100 bytes. Sent again it returns the first result."`
}

func deviceOf(k *call) community.Device { return device(k.c, k.request) }
