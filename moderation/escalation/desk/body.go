package desk

import (
	"html"
	"strings"
)

// Marker is the text that carries a reference or key where a desk has no field
// for it, and behind the field where it has one: a crash can separate the two.
func Marker(key string) string { return "[ref:" + key + "]" }

// Body is the ticket's first text: notice, author, text, link, marker.
func (t NewTicket) Body() string {
	var b strings.Builder
	if t.Notice != "" {
		b.WriteString("<p><strong>" + strings.ReplaceAll(html.EscapeString(t.Notice), "\n", "<br>\n") + "</strong></p>\n")
	}
	p := t.Opening
	if p.URL == "" {
		p.URL = t.URL
	}
	p.Key = t.Ref
	b.WriteString(p.Body())
	return b.String()
}

// Body is the post as HTML for agents: who wrote it and when, the text, and the
// marker of its key.
func (p Post) Body() string {
	var b strings.Builder
	b.WriteString("<p>")
	if p.Author.Name != "" {
		b.WriteString("<strong>" + html.EscapeString(p.Author.Name) + "</strong>, ")
	}
	when := p.At.UTC().Format("2 Jan 2006, 15:04 MST")
	if p.URL != "" {
		when = `<a href="` + html.EscapeString(p.URL) + `">` + when + "</a>"
	}
	b.WriteString(when + "</p>\n<div>" + p.HTML + "</div>\n<p>" + Marker(p.Key) + "</p>\n")
	return b.String()
}

// Subject is the title as one line.
func (t NewTicket) Subject() string { return strings.Join(strings.Fields(t.Title), " ") }
