package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlSpace is the white space that HTML collapses; a no-break space is not.
const htmlSpace = " \t\n\f\r"

// style is what applies to a run of text. Being flat it forgets in which order
// elements were nested, which Markdown's delimiters do not need.
type style struct {
	link                       int // index of the link plus one; 0 is none
	strike, bold, italic, code bool
}

// run is a stretch of one style: text, a picture already written as Markdown, or a
// line break.
type run struct {
	kind runKind
	text string
	style
}

type runKind int

const (
	textRun runKind = iota
	imageRun
	breakRun
)

func (r run) isSpace() bool { return r.kind == textRun && r.text == " " && !r.code }

// flat converts all of n to one line, for headings and cells.
func (c *converter) flat(n *html.Node, st style, cell bool) string {
	var line []run
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		line = c.runs(line, child, st)
	}
	for i, r := range line {
		if r.kind == breakRun {
			line[i] = run{text: " ", style: r.style}
		}
	}
	return c.inline(tidy(line), cell)
}

// runs appends the runs of n.
func (c *converter) runs(line []run, n *html.Node, st style) []run {
	switch {
	case n.Type == html.TextNode:
		return append(line, run{text: n.Data, style: st})
	case n.Type == html.CommentNode:
		c.comment(n.Data)
		return line
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Head, atom.Title, atom.Noscript:
		return line
	case atom.Br:
		return append(line, run{kind: breakRun, style: style{link: st.link}})
	case atom.Img:
		return c.picture(line, n, st)
	case atom.Pre:
		return append(line, run{text: " "}, run{text: preText(n), style: codeStyle(st)}, run{text: " "})
	}
	inner, size := c.styled(n, st), len(line)
	apart := breaksLine(n)
	if apart {
		line = append(line, run{text: " "})
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		line = c.runs(line, child, inner)
	}
	if inner.link != st.link && len(line) == size { // a link with nothing in it
		line = append(line, run{text: c.hrefs[inner.link-1], style: inner})
	}
	if apart {
		line = append(line, run{text: " "})
	}
	return line
}

// breaksLine holds for the blocks that can stand in a heading or a cell.
func breaksLine(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Table, atom.Tr, atom.Td, atom.Th, atom.Dt, atom.Dd:
		return true
	}
	return false
}

func codeStyle(st style) style {
	st.code = true
	return st
}

// styled is the style inside of n.
func (c *converter) styled(n *html.Node, st style) style {
	switch n.DataAtom {
	case atom.B, atom.Strong:
		st.bold = true
	case atom.I, atom.Em:
		st.italic = true
	case atom.S, atom.Strike, atom.Del:
		st.strike = true
	case atom.Code, atom.Tt, atom.Samp:
		st.code = true
	case atom.A:
		if href := c.address(attr(n.Attr, "href")); href != "" && st.link == 0 {
			c.hrefs = append(c.hrefs, href)
			st.link = len(c.hrefs)
		}
	}
	return st
}

// address is the rewritten href or src, or nothing when no page may hold it.
func (c *converter) address(raw string) string {
	raw = strings.TrimSpace(raw)
	if strings.HasPrefix(raw, "//") {
		raw = "https:" + raw
	}
	raw = c.rewrite(raw)
	scheme, _, found := strings.Cut(strings.ToLower(raw), ":")
	if found && (strings.Contains(scheme, "script") || strings.HasPrefix(scheme, "data")) {
		return ""
	}
	return raw
}

func (c *converter) picture(line []run, n *html.Node, st style) []run {
	st.code = false
	alt := strings.Join(strings.Fields(attr(n.Attr, "alt")), " ")
	src := c.address(attr(n.Attr, "src"))
	if src == "" {
		return append(line, run{text: alt, style: st})
	}
	return append(line, run{kind: imageRun, text: "![" + escapeText(alt, true) + "](" + destination(src) + ")", style: st})
}

// tidy collapses white space over the whole line, takes it out of emphasis and
// joins neighbours of one style.
func tidy(line []run) []run {
	line = settleSpaces(cutSpaces(line))
	var out []run
	for _, r := range line {
		if n := len(out); n > 0 && r.kind == textRun && out[n-1].kind == textRun && out[n-1].style == r.style {
			out[n-1].text += r.text
			continue
		}
		out = append(out, r)
	}
	return out
}

// cutSpaces makes the white space at both ends of each run a run of its own.
func cutSpaces(line []run) []run {
	var out []run
	for _, r := range line {
		if r.kind != textRun || r.text == "" {
			if r.kind != textRun {
				out = append(out, r)
			}
			continue
		}
		if r.code {
			r.text = strings.NewReplacer("\n", " ", "\t", " ").Replace(r.text)
			out = append(out, r)
			continue
		}
		space := r
		space.text = " "
		words := strings.FieldsFunc(r.text, func(c rune) bool { return strings.ContainsRune(htmlSpace, c) })
		if strings.Contains(htmlSpace, r.text[:1]) {
			out = append(out, space)
		}
		if len(words) > 0 {
			last := r.text[len(r.text)-1:]
			r.text = strings.Join(words, " ")
			out = append(out, r)
			if strings.Contains(htmlSpace, last) {
				out = append(out, space)
			}
		}
	}
	return out
}

// settleSpaces drops spaces at the ends of lines and after one another, and gives
// each that stays only the style common to both its neighbours.
func settleSpaces(line []run) []run {
	var out []run
	for _, r := range line {
		last := len(out) - 1
		switch {
		case r.isSpace() && (last < 0 || out[last].kind == breakRun || out[last].isSpace()):
			continue
		case r.kind == breakRun && last >= 0 && out[last].isSpace():
			out = out[:last]
		case last > 0 && out[last].isSpace():
			out[last].style = common(out[last-1].style, r.style)
		}
		out = append(out, r)
	}
	if n := len(out); n > 0 && out[n-1].isSpace() {
		out = out[:n-1]
	}
	return out
}

func common(a, b style) style {
	out := style{strike: a.strike && b.strike, bold: a.bold && b.bold, italic: a.italic && b.italic}
	if a.link == b.link {
		out.link = a.link
	}
	return out
}

// splitParagraphs parts a line at two or more breaks, and drops breaks at its ends.
// Inside a link, which cannot span paragraphs, they become one.
func splitParagraphs(line []run) [][]run {
	var out [][]run
	var part []run
	for i := 0; i < len(line); i++ {
		if line[i].kind != breakRun {
			part = append(part, line[i])
			continue
		}
		next := i
		for next+1 < len(line) && line[next+1].kind == breakRun {
			next++
		}
		sameLink := len(part) > 0 && next+1 < len(line) && part[len(part)-1].link != 0 &&
			part[len(part)-1].link == line[next+1].link
		switch {
		case len(part) == 0 || next+1 == len(line):
		case next == i || sameLink:
			part = append(part, line[i])
		default:
			out, part = append(out, part), nil
		}
		i = next
	}
	return append(out, part)
}
