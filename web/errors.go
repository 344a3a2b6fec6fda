package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// statusOf is the one table from a fault's kind to a status.
var statusOf = map[fault.Kind]int{
	fault.Internal:     http.StatusInternalServerError,
	fault.Invalid:      http.StatusUnprocessableEntity,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusConflict,
	fault.Gone:         http.StatusGone,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Unsupported:  http.StatusUnsupportedMediaType,
	fault.TooMany:      http.StatusTooManyRequests,
	fault.Unavailable:  http.StatusServiceUnavailable,
}

// headline heads the error page of a kind.
var headline = map[fault.Kind]string{
	fault.Internal:     "Something went wrong",
	fault.Invalid:      "That did not work yet",
	fault.Unauthorized: "Please sign in",
	fault.Forbidden:    "That is not allowed",
	fault.NotFound:     "There is nothing here",
	fault.Conflict:     "This has changed in the meantime",
	fault.Gone:         "This is gone",
	fault.TooLarge:     "That is too large",
	fault.Unsupported:  "That kind of file is not accepted",
	fault.TooMany:      "A moment, please",
	fault.Unavailable:  "Just now this is not available",
}

var (
	errTooMuch = fault.New(fault.TooLarge, "This is more than can be sent at once: %d MB in all.", bodyLimit>>20)
	errSignIn  = fault.New(fault.Unauthorized, "Please sign in first. What you typed is kept.")
	errNoPage  = fault.New(fault.NotFound, "There is no such page, or it is not for everyone. Check the address, or search for what you need.")
)

// wantsJSON marks a request whose answers are JSON, in fiber's locals.
type wantsJSONKey struct{}

var wantsJSON = wantsJSONKey{}

func jsonWanted(c *fiber.Ctx) bool {
	if c.Locals(wantsJSON) != nil || strings.HasPrefix(c.Path(), "/api/") {
		return true
	}
	return strings.HasPrefix(c.Get(fiber.HeaderAccept), "application/json")
}

// asFault gives every error a kind and a sentence.
func asFault(err error) *fault.Error {
	if f, ok := fault.As(err); ok {
		return f
	}
	var fe *fiber.Error
	switch {
	case errors.As(err, &fe):
		return fiberFault(fe)
	case errors.Is(err, store.ErrNotFound):
		return errNoPage
	case errors.Is(err, store.ErrCursor):
		return fault.New(fault.Invalid, "This list has moved on. Start again from its first page.")
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return &fault.Error{Kind: fault.Unavailable, Public: "This took too long. Try again in a moment.", RetryAfter: 5e9, Err: err}
	}
	return &fault.Error{Kind: fault.Internal, Err: err}
}

func fiberFault(fe *fiber.Error) *fault.Error {
	switch fe.Code {
	case http.StatusNotFound:
		return errNoPage
	case http.StatusRequestEntityTooLarge:
		return errTooMuch
	case http.StatusMethodNotAllowed:
		return fault.New(fault.NotFound, "This address does not work that way. Go back and try again.")
	case http.StatusInternalServerError:
		return &fault.Error{Kind: fault.Internal, Err: fe}
	}
	return fault.New(fault.Invalid, "This request could not be understood. Go back and try again.")
}

// fail answers a request that ended in err. Nobody is shown the text of an
// internal error: it is logged under an id that the page names.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	rq := s.of(c)
	f := asFault(err)
	if f.Kind == fault.Internal {
		s.logger(c, rq).Error("request failed", "error", err)
		f = &fault.Error{Kind: fault.Internal, Public: "It is our fault, not yours, and it has been noted. Try again; if it happens again, tell us the number " + rq.id + ".", Err: err}
	}
	if len(c.Response().Header.Peek(fiber.HeaderContentSecurityPolicy)) == 0 {
		s.setHeaders(c)
	}
	retryAfter(c, f)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if jsonWanted(c) {
		return sendProblem(c, rq, f)
	}
	return s.failPage(c, rq, f)
}

// retryAfter says when to come back, in whole seconds rounded up.
func retryAfter(c *fiber.Ctx, f *fault.Error) {
	if f.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(f.RetryAfter.Seconds()+0.999)))
	}
}

// problem is an RFC 9457 problem document.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
	ID     string `json:"id,omitempty"`
}

func sendProblem(c *fiber.Ctx, rq *request, f *fault.Error) error {
	p := problem{Type: "about:blank", Title: headline[f.Kind], Status: statusOf[f.Kind], Detail: f.Public, Field: f.Field}
	if f.Kind == fault.Internal {
		p.ID = rq.id
	}
	c.Status(p.Status)
	if err := c.JSON(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return nil
}

// errorData is what the error page shows.
type errorData struct {
	Headline string
	Sentence string
	Advice   string       // what helps, when the sentence does not say it
	Typed    []typedField // what was written, to read and to send again
	Rest     []field      // what else the form held, to send again
	Resend   string       // where to; "" when sending again makes no sense
	SignIn   *signInForm
}

// failPage explains f. A form's fields come back with it: readable, and ready
// to be sent again where that can help.
func (s *Server) failPage(c *fiber.Ctx, rq *request, f *fault.Error) error {
	data := &errorData{Headline: headline[f.Kind], Sentence: f.Public}
	var kept []field
	if s.ownForm(c) {
		kept = keptFields(c)
	}
	data.Typed, data.Rest = typedOf(kept)
	if f == errTooMuch {
		data.Advice = "Go back in your browser: what you typed is still there. Then choose fewer or smaller pictures. You can add the others when it is posted, with “Edit”."
	}
	switch f.Kind {
	case fault.Unauthorized:
		data.SignIn = signInAfter(c, kept)
	case fault.TooMany, fault.Unavailable, fault.Internal, fault.Forbidden:
		if len(kept) > 0 {
			data.Resend = c.OriginalURL()
		}
	}
	v, err := s.view(c, rq, data.Headline, data)
	if err != nil { // the store is down: a page without it
		s.logger(c, rq).Error("error page", "error", err)
		return c.Status(statusOf[f.Kind]).Type("html", "utf-8").SendString(bareError(data))
	}
	v.NoIndex = true
	return s.send(c, rq, statusOf[f.Kind], "error", v)
}

func bareError(d *errorData) string {
	return fmt.Sprintf(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%[1]s</title><h1>%[1]s</h1><p>%[2]s</p>`, d.Headline, htmlEscape(d.Sentence))
}
