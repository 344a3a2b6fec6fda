package markup

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// outline is what must survive an import: each list in document order.
type outline struct {
	Links, Items, Cells, Code, Headings, Quotes []string
	Text                                        string
}

// outlineOf reads foreign HTML as Render will show it when foreign is set: pictures
// from elsewhere as links, unsafe links as text.
func outlineOf(t testing.TB, source string, foreign bool) outline {
	t.Helper()
	var o outline
	root := parseBody(t, source)
	o.walk(root, foreign, 0, false)
	o.Text = squash(shownText(root, foreign, false))
	return o
}

func parseBody(t testing.TB, source string) *html.Node {
	t.Helper()
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(source), body)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	for _, n := range nodes {
		body.AppendChild(n)
	}
	return body
}

func (o *outline) walk(n *html.Node, foreign bool, quotes int, inLink bool) {
	text := func() string { return squash(shownText(n, foreign, inLink)) }
	switch n.DataAtom {
	case atom.A:
		if href, ok := shownHref(n, "href", foreign); ok && attr(n.Attr, "class") != "shot" {
			o.Links = append(o.Links, href)
			inLink = true
		}
	case atom.Img:
		if href, ok := shownHref(n, "src", foreign); foreign && ok && !inLink {
			o.Links = append(o.Links, href)
		}
	case atom.Li:
		o.Items = append(o.Items, text())
	case atom.Td, atom.Th:
		o.Cells = append(o.Cells, text())
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if s := text(); s != "" {
			o.Headings = append(o.Headings, s)
		}
	case atom.Blockquote:
		if s := text(); s != "" {
			quotes++
			o.Quotes = append(o.Quotes, strings.Repeat(">", quotes)+s)
		}
	case atom.Pre, atom.Code:
		if s := text(); s != "" && n.Parent.DataAtom != atom.Pre {
			o.Code = append(o.Code, strings.Trim(preText(n), "\n"))
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		o.walk(c, foreign, quotes, inLink)
	}
}

func shownHref(n *html.Node, key string, foreign bool) (string, bool) {
	raw := strings.TrimSpace(attr(n.Attr, key))
	if foreign && strings.HasPrefix(raw, "//") {
		raw = "https:" + raw
	}
	if foreign {
		raw = destination(raw)
	}
	return safeHref([]byte(raw), foreign)
}

// shownText is the text of n, pictures from elsewhere by their description.
func shownText(n *html.Node, foreign, inLink bool) string {
	var b strings.Builder
	for d := range n.Descendants() {
		switch {
		case d.Type == html.TextNode:
			b.WriteString(d.Data)
		case foreign && d.DataAtom == atom.Img:
			alt := attr(d.Attr, "alt")
			if href, ok := shownHref(d, "src", foreign); ok && strings.TrimSpace(alt) == "" {
				alt = "image (" + hostOf(href) + ")"
			}
			b.WriteString(alt)
		}
	}
	return b.String()
}

// squash drops white space: where lines and words end is the browser's affair.
func squash(s string) string { return strings.Join(strings.Fields(s), "") }

// differences names the kinds in which two outlines differ.
func differences(want, got outline) []string {
	var out []string
	check := func(name string, want, got []string) {
		if !slices.Equal(want, got) {
			out = append(out, name)
		}
	}
	check("links", want.Links, got.Links)
	check("items", want.Items, got.Items)
	check("cells", want.Cells, got.Cells)
	check("code", want.Code, got.Code)
	check("headings", want.Headings, got.Headings)
	check("quotes", want.Quotes, got.Quotes)
	check("text", []string{want.Text}, []string{got.Text})
	return out
}
