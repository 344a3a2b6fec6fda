package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
)

// apiProblem is an RFC 9457 problem document. Errors name the inputs at fault.
type apiProblem struct {
	Type   string          `json:"type" doc:"Always about:blank: the status says what kind of problem it is."`
	Title  string          `json:"title" doc:"The kind of problem, for people."`
	Status int             `json:"status" doc:"The status of the response, again."`
	Detail string          `json:"detail" doc:"What happened and what to do, for people."`
	Errors []apiFieldError `json:"errors,omitempty" doc:"The inputs at fault."`
	ID     string          `json:"id,omitempty" doc:"For status 500: the number under which the server's log explains it."`
}

// apiFieldError is what is wrong with one input.
type apiFieldError struct {
	Location string `json:"location" doc:"The field, parameter or header; fields inside others as list[0].name."`
	Detail   string `json:"detail" doc:"What to change, for people."`
}

const problemType = "application/problem+json"

// Error implements error.
func (p *apiProblem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *apiProblem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *apiProblem) ContentType(string) string { return problemType }

// apiFault turns an error into its problem document and sets the headers that
// go with it. Internal errors are logged under an id, which is all that is told.
func (s *Server) apiFault(c *fiber.Ctx, rq *request, err error) *apiProblem {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if methodNotAllowed(err) {
		return &apiProblem{Type: "about:blank", Title: "This address does not work that way", Status: http.StatusMethodNotAllowed,
			Detail: "This address takes " + string(c.Response().Header.Peek(fiber.HeaderAllow)) + ", not " + c.Method() + "."}
	}
	f := asFault(err)
	p := &apiProblem{Type: "about:blank", Title: headline[f.Kind], Status: statusOf[f.Kind], Detail: f.Public}
	if f.Field != "" {
		p.Errors = []apiFieldError{{Location: f.Field, Detail: f.Public}}
	}
	switch f.Kind {
	case fault.Internal:
		s.logger(c, rq).Error("request failed", "error", err)
		p.ID, p.Detail = rq.id, "It is our fault, not yours, and it has been noted under the number "+rq.id+"."
	case fault.Unauthorized:
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	if f.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(f.RetryAfter.Seconds()+0.999)))
	}
	return p
}

func (s *Server) sendAPIProblem(c *fiber.Ctx, rq *request, err error) error {
	p := s.apiFault(c, rq, err)
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	c.Status(p.Status).Set(fiber.HeaderContentType, problemType)
	return c.Send(body)
}

// translate makes what huma says about an input a problem document of ours.
func translate(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &apiProblem{Type: "about:blank", Title: headline[fault.Invalid], Status: m.Status, Detail: sentences[m.Detail]}
	for _, e := range m.Errors {
		p.add(e)
	}
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p.Title, p.Detail = headline[fault.TooLarge], "This is more than can be sent here: at most "+strconv.Itoa(apiBody>>10)+" KB."
	case http.StatusUnsupportedMediaType:
		p.Title, p.Detail, p.Errors = headline[fault.Unsupported], "Send JSON, with the header Content-Type: application/json.", nil
	}
	if p.Detail == "" {
		p.Detail = p.summary()
	}
	return p, nil
}

// add notes one input at fault. Huma may say several things about one.
func (p *apiProblem) add(e *huma.ErrorDetail) {
	where := e.Location
	for _, in := range []string{"body", "query", "path", "header"} {
		if where == in {
			where = ""
		}
		where = strings.TrimPrefix(where, in+".")
	}
	says := sentence(e.Message)
	if name, found := strings.CutPrefix(e.Message, "expected required property "); found {
		name, _ = strings.CutSuffix(name, " to be present")
		where = strings.TrimPrefix(where+"."+name, ".")
		says = "This is missing: please give it."
	}
	where = strings.ToValidUTF8(cut(where, 120), "")
	for _, have := range p.Errors {
		if have.Location == where {
			return
		}
	}
	if len(p.Errors) < 20 {
		p.Errors = append(p.Errors, apiFieldError{where, says})
	}
}

func (p *apiProblem) summary() string {
	switch {
	case len(p.Errors) == 0:
		return "This request could not be understood. Compare it with /api/docs."
	case len(p.Errors) == 1 && p.Errors[0].Location == "":
		return p.Errors[0].Detail
	case len(p.Errors) == 1:
		return "There is a problem with “" + p.Errors[0].Location + "”: " + p.Errors[0].Detail
	}
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Location)
	}
	return "There are problems with: " + strings.Join(names, ", ") + "."
}

// sentences says in ours what huma says in its words.
var sentences = map[string]string{
	"request body is required":                          "Send a JSON body: it is missing.",
	"unexpected property":                               "There is no field of this name here.",
	"unknown query parameter":                           "There is no parameter of this name here.",
	"expected string":                                   "This must be text.",
	"expected boolean":                                  "This must be true or false.",
	"invalid boolean":                                   "This must be true or false.",
	"expected integer":                                  "This must be a whole number.",
	"invalid integer":                                   "This must be a whole number.",
	"expected number":                                   "This must be a number.",
	"expected array":                                    "This must be a list.",
	"expected object":                                   "This must be an object with fields.",
	"expected string to be RFC 3339 date-time":          "This must be a time like 2026-03-02T09:00:00Z.",
	"required path parameter is missing":                "This is missing from the address.",
	"required query parameter is missing":               "This parameter is missing.",
	"required header parameter is missing":              "This header is missing.",
	errNotUTF8.Error():                                  "The body is not valid UTF-8.",
	"cannot read multipart form: no multipart boundary": "Send the picture as multipart/form-data.",
}

func sentence(says string) string {
	if s, ok := sentences[says]; ok {
		return s
	}
	for _, m := range []struct{ starts, s string }{
		{"expected value to be one of ", "Choose one of %s."},
		{"expected number >= ", "This must be at least %s."},
		{"expected number <= ", "This must be at most %s."},
		{"expected array length <= ", "At most %s of these."},
		{"expected array length >= ", "At least %s of these."},
		{"cannot read multipart form", "Send the picture as multipart/form-data; this is damaged or something else."},
	} {
		if rest, ok := strings.CutPrefix(says, m.starts); ok {
			return strings.Replace(m.s, "%s", rest, 1)
		}
	}
	if strings.HasPrefix(says, "expected ") {
		return "This is not accepted: " + says + "."
	}
	return "This cannot be read as JSON. Check quotes, commas and brackets, and that numbers are where numbers are wanted."
}

var errNotUTF8 = errors.New("body is not valid UTF-8")

// readJSON reads one JSON value of valid UTF-8 and nothing behind it.
// encoding/json alone would put replacement characters into what people wrote.
func readJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errNotUTF8
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text behind the value")
	}
	return nil
}
