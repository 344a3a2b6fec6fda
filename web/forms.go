package web

import (
	"html"
	"mime/multipart"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
)

func htmlEscape(s string) string { return html.EscapeString(s) }

// field is one typed value.
type field struct{ Name, Value string }

// formErrors are sentences by field name; "" is about the whole form.
type formErrors map[string]string

// Of returns the sentence about a field.
func (e formErrors) Of(name string) string { return e[name] }

// Sentence returns what there is to say, whatever field it is about: for pages
// whose form is gone.
func (e formErrors) Sentence() string {
	for _, said := range e {
		return said
	}
	return ""
}

// Has reports whether there is anything to say at all.
func (e formErrors) Has() bool { return len(e) > 0 }

// errorsOf splits an error into what the form's page can say itself. ok is
// false for errors that need the error page: internal ones, and those about
// whether the page is there at all.
func errorsOf(err error) (e formErrors, status int, ok bool) {
	f := asFault(err)
	switch f.Kind {
	case fault.Internal, fault.NotFound, fault.Unauthorized:
		return nil, 0, false
	}
	return formErrors{f.Field: f.Public}, statusOf[f.Kind], true
}

// value reads a field of the form, trimmed.
func value(c *fiber.Ctx, name string) string { return strings.TrimSpace(c.FormValue(name)) }

// text reads a text with its line ends made uniform, otherwise as typed.
func text(c *fiber.Ctx, name string) string {
	return strings.ReplaceAll(c.FormValue(name), "\r\n", "\n")
}

func ticked(c *fiber.Ctx, name string) bool { return c.FormValue(name) != "" }

func number(c *fiber.Ctx, name string) (int64, error) {
	n, err := strconv.ParseInt(value(c, name), 10, 64)
	if err != nil {
		return 0, fault.Field(name, "Give a whole number here.")
	}
	return n, nil
}

// values reads every value of a repeated field.
func values(c *fiber.Ctx, name string) []string {
	var list []string
	for _, f := range allFields(c) {
		if f.Name == name && f.Value != "" {
			list = append(list, f.Value)
		}
	}
	return list
}

// allFields lists the fields of a posted form, in order of their names.
func allFields(c *fiber.Ctx) []field {
	var list []field
	if form := multipartForm(c); form != nil {
		for name, vs := range form.Value {
			for _, v := range vs {
				list = append(list, field{strings.Clone(name), strings.Clone(v)})
			}
		}
	} else {
		for name, v := range c.Request().PostArgs().All() {
			list = append(list, field{string(name), string(v)})
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

func multipartForm(c *fiber.Ctx) *multipart.Form {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return nil
	}
	form, err := c.MultipartForm()
	if err != nil {
		return nil
	}
	c.Request().SwapBody(nil) // the form has it all: a photograph need not stand in memory twice
	return form
}

// files lists the files of a form under one name.
func files(c *fiber.Ctx, name string) []*multipart.FileHeader {
	form := multipartForm(c)
	if form == nil {
		return nil
	}
	var list []*multipart.FileHeader
	for _, h := range form.File[name] {
		if h.Size > 0 || h.Filename != "" {
			list = append(list, h)
		}
	}
	return list
}

// secretFields are never given back.
func secretField(name string) bool {
	return name == csrfField || name == "email" || strings.Contains(name, "password") || name == "setup" || name == "token"
}

// keptFields lists what was typed, without secrets and what the page itself put
// there for its own use.
func keptFields(c *fiber.Ctx) []field {
	if c.Method() != fiber.MethodPost {
		return nil
	}
	var list []field
	for _, f := range allFields(c) {
		if f.Value != "" && !secretField(f.Name) && !strings.HasPrefix(f.Name, "carry") && len(f.Value) < 1<<17 {
			list = append(list, f)
		}
	}
	return list
}

// typedField is a field of some form that people write in, as the error page
// gives it back.
type typedField struct{ Name, Label, Value string }

// typedFields lists those fields, in the order in which they are read. What else
// forms hold is ticked, chosen, secret or the page's own.
var typedFields = []typedField{
	{Name: "title", Label: "Title"}, {Name: "body", Label: "Text"}, {Name: "answer", Label: "Answer"}, {Name: "text", Label: "Text"},
	{Name: "tags", Label: "Tags"}, {Name: "why", Label: "Why"}, {Name: "reason", Label: "Reason"}, {Name: "note", Label: "Note"},
	{Name: "of", Label: "Original question"}, {Name: "name", Label: "Name"}, {Name: "tagline", Label: "Tagline"}, {Name: "about", Label: "About"},
	{Name: "location", Label: "Location"}, {Name: "groups", Label: "Groups"}, {Name: "moderators", Label: "Moderators"},
	{Name: "tag", Label: "Tag"}, {Name: "days", Label: "Days"}, {Name: "holidays", Label: "Holidays"}, {Name: "zone", Label: "Time zone"},
	{Name: "q", Label: "Words to search for"},
}

// typedOf splits the fields of a form into what was written and the rest.
func typedOf(kept []field) (typed []typedField, rest []field) {
	written := map[string]string{}
	for _, f := range kept {
		if strings.HasPrefix(f.Name, "alt-") {
			typed = append(typed, typedField{f.Name, "What a picture shows", f.Value})
			continue
		}
		if _, twice := written[f.Name]; twice || !slices.ContainsFunc(typedFields, func(t typedField) bool { return t.Name == f.Name }) {
			rest = append(rest, f)
			continue
		}
		written[f.Name] = f.Value
	}
	for _, t := range typedFields {
		if t.Value = written[t.Name]; t.Value != "" {
			typed = append(typed, t)
		}
	}
	return typed, rest
}

// page clamps a list's length.
const (
	listSize    = 20
	answersSize = 30
)
