package desk

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// fit makes a content acceptable to a desk: what it cannot take is left to the
// link, and the text says so.
func fit(c Content, caps Capabilities) Content {
	kept := make([]Attachment, 0, len(c.Attachments))
	for _, a := range c.Attachments {
		if caps.HasAttachments && (caps.MaxAttachment == 0 || len(a.Data) <= caps.MaxAttachment) {
			a.Name = plainName(a.Name)
			kept = append(kept, a)
		}
	}
	left := len(c.Attachments) - len(kept)
	c.Attachments = kept
	if left > 0 {
		c.HTML += fmt.Sprintf("<p>%d more in the thread: %s</p>", left, linkTo(c.URL))
	}
	if caps.MaxBody > 0 && len(c.HTML) > caps.MaxBody {
		rest := "<p>Cut here. All of it: " + linkTo(c.URL) + "</p>"
		c.HTML = cut(c.HTML, caps.MaxBody-len(rest)) + rest
	}
	return c
}

// plainName keeps what every desk keeps: some damage other letters.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return '_'
	}, name)
}

func linkTo(url string) string {
	e := html.EscapeString(url)
	return `<a href="` + e + `">` + e + `</a>`
}

// cut keeps the whole tokens of safe HTML that fit in limit bytes together with
// the end tags that they need.
func cut(src string, limit int) string {
	var b strings.Builder
	var ends []string // of the open elements
	closing := 0      // their bytes
	z := html.NewTokenizer(strings.NewReader(src))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		raw := string(z.Raw())
		name, _ := z.TagName()
		end := "</" + string(name) + ">"
		opens := kind == html.StartTagToken && !voidElements[string(name)]
		need := len(raw)
		if opens {
			need += len(end)
		}
		if b.Len()+closing+need > limit {
			break
		}
		switch {
		case opens:
			ends = append(ends, end)
			closing += len(end)
		case kind == html.EndTagToken && len(ends) > 0:
			closing -= len(ends[len(ends)-1])
			ends = ends[:len(ends)-1]
		}
		b.WriteString(raw)
	}
	for i := len(ends) - 1; i >= 0; i-- {
		b.WriteString(ends[i])
	}
	return b.String()
}

var voidElements = map[string]bool{"area": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "source": true, "wbr": true}
