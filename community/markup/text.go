package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text is the plain text of safe HTML, for search and excerpts: blocks and line
// breaks end a line, cells of a row are parted by a space, pictures give their
// alternative text, code keeps its spaces. A mention gives the name that
// FillMentions wrote, and nothing while it is still an id.
func Text(safe string) string {
	var p plain
	z := html.NewTokenizer(strings.NewReader(safe))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimRight(p.b.String(), " \n")
		case html.TextToken:
			p.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			p.open(z.Token())
		case html.EndTagToken:
			p.close(z.Token().DataAtom)
		}
	}
}

type plain struct {
	b       strings.Builder
	pre     int
	space   bool
	line    bool
	mention string // the text of a mention that was never filled
}

func (p *plain) open(t html.Token) {
	p.mention = ""
	switch t.DataAtom {
	case atom.Pre:
		p.pre++
		p.line = true
	case atom.Td, atom.Th:
		p.space = true
	case atom.Img:
		p.text(attr(t.Attr, "alt"))
	case atom.A:
		if id := attr(t.Attr, "data-member"); id != "" {
			p.mention = "@" + id
		}
	default:
		p.line = p.line || endsLine(t.DataAtom)
	}
}

func (p *plain) close(a atom.Atom) {
	p.mention = ""
	if a == atom.Pre {
		p.pre = max(0, p.pre-1)
		p.line = true
	}
	p.line = p.line || endsLine(a)
}

func endsLine(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Br, atom.Hr, atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Div, atom.Pre, atom.Table, atom.Tr,
		atom.Thead, atom.Tbody, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

func (p *plain) text(s string) {
	if s == p.mention && s != "" {
		return
	}
	if p.pre > 0 {
		p.flush()
		p.b.WriteString(s)
		return
	}
	for _, r := range s {
		if unicode.IsSpace(r) {
			p.space = true
			continue
		}
		p.flush()
		p.b.WriteRune(r)
	}
}

// flush writes the white space owed before the next visible character.
func (p *plain) flush() {
	switch {
	case p.b.Len() == 0:
	case p.line && !strings.HasSuffix(p.b.String(), "\n"):
		p.b.WriteByte('\n')
	case p.space && !p.line:
		p.b.WriteByte(' ')
	}
	p.line, p.space = false, false
}

func attr(attrs []html.Attribute, key string) string {
	for _, a := range attrs {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// Excerpt is the start of text on one line, at most max runes with the ellipsis
// that marks a cut. It cuts between words, or within one that is longer than half
// of the room.
func Excerpt(text string, max int) string {
	line := strings.Join(strings.Fields(text), " ")
	if max <= 0 {
		return ""
	}
	if utf8.RuneCountInString(line) <= max {
		return line
	}
	head := line[:runeOffset(line, max-1)]
	if line[len(head)] != ' ' {
		if i := strings.LastIndexByte(head, ' '); i > len(head)/2 {
			head = head[:i]
		}
	}
	return strings.TrimRight(head, " ,;:.-–—") + "…"
}

// runeOffset is where the rune with the given number starts.
func runeOffset(s string, number int) int {
	for i := range s {
		if number == 0 {
			return i
		}
		number--
	}
	return len(s)
}
