package markup

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// FromHTML turns the HTML of another community into Markdown that Render shows with
// the same links, pictures, lists, tables, code, quotes, headings and emphasis.
// Text that looks like Markdown is escaped. Scripts and styles are dropped, and so
// is what Markdown cannot say: kbd, sub and sup keep their text, joined cells are
// written once, and emphasis that would have to end inside a word beside
// punctuation is lost, never its text.
func FromHTML(source string) string {
	return FromHTMLWith(source, func(address string) string { return address })
}

// FromHTMLWith is FromHTML with every href and src passed through rewrite, which
// resolves relative addresses or points to imported threads and uploads. An empty
// answer leaves the link's text, or the picture's alternative text.
func FromHTMLWith(source string, rewrite func(address string) string) string {
	root := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(normalize(source)), root)
	if err != nil { // nested past the parser's limit: nobody's post, keep the words
		return guardLines(escapeText(Text(source), false))
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	c := &converter{rewrite: rewrite}
	return join(c.blocks(root, style{}), false)
}

// converter holds what lasts over one document.
type converter struct {
	rewrite func(string) string
	hrefs   []string // of link n at n-1
	lang    string   // named for the next code block
	langAll string   // named for every code block
}

// block is a finished piece of Markdown without the blank lines around it.
type block struct {
	kind blockKind
	text string
}

type blockKind int

const (
	plainBlock blockKind = iota
	listBlock
	stiffList // a list that cannot follow a paragraph without a blank line
)

// join parts blocks by blank lines; in an item of a tight list, a nested list
// follows its text at once.
func join(blocks []block, tight bool) string {
	var b strings.Builder
	for i, one := range blocks {
		if i > 0 {
			b.WriteByte('\n')
			if !tight || one.kind != listBlock || blocks[i-1].kind != plainBlock {
				b.WriteByte('\n')
			}
		}
		b.WriteString(one.text)
	}
	return b.String()
}

// blocks converts the children of n. Inline neighbours together make a paragraph.
func (c *converter) blocks(n *html.Node, st style) []block {
	var out []block
	var line []run
	flush := func() {
		out = append(out, c.paragraphs(line)...)
		line = nil
	}
	lists := 0
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.Type == html.CommentNode {
			c.comment(child.Data)
			continue
		}
		if !holdsBlock(child) {
			line = c.runs(line, child, st)
			continue
		}
		flush()
		if child.DataAtom == atom.Li {
			child = adopt(child)
		}
		made := c.block(child, st, lists%2 == 1)
		if len(made) > 0 {
			lists = neighbours(lists, made)
		}
		out = append(out, made...)
	}
	flush()
	return out
}

// adopt puts a list around items that stand outside of any, as browsers show them.
func adopt(li *html.Node) *html.Node {
	list := &html.Node{Type: html.ElementNode, DataAtom: atom.Ul, Data: "ul"}
	li.Parent.InsertBefore(list, li)
	for next := li; next != nil && (next.DataAtom == atom.Li || blank(next)); next = list.NextSibling {
		next.Parent.RemoveChild(next)
		list.AppendChild(next)
	}
	return list
}

// neighbours counts lists in a row: every second one takes another marker, or the
// two would become one.
func neighbours(lists int, made []block) int {
	if made[len(made)-1].kind == plainBlock {
		return 0
	}
	return lists + 1
}

func (c *converter) block(n *html.Node, st style, other bool) []block {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return c.heading(n, st)
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		return c.list(n, st, other)
	case atom.Blockquote:
		return c.quote(n, st)
	case atom.Pre:
		return c.fence(n)
	case atom.Hr:
		return []block{{text: "___"}} // of dashes it would merge with a list's marker
	case atom.Table:
		return c.table(n, st)
	case atom.Dt:
		st.bold = true
	}
	return c.blocks(n, c.styled(n, st))
}

// holdsBlock says whether n ends the line of text it stands in.
func holdsBlock(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return false
	}
	switch n.DataAtom {
	case atom.P, atom.Div, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Menu, atom.Dir,
		atom.Li, atom.Blockquote, atom.Pre, atom.Hr, atom.Table, atom.Dl, atom.Dt, atom.Dd, atom.Section, atom.Article,
		atom.Aside, atom.Header, atom.Footer, atom.Details, atom.Summary, atom.Figure, atom.Figcaption, atom.Center,
		atom.Address, atom.Main, atom.Nav, atom.Form, atom.Fieldset:
		return true
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if holdsBlock(child) {
			return true
		}
	}
	return false
}

// paragraphs breaks a line of runs where two line breaks meet.
func (c *converter) paragraphs(line []run) []block {
	var out []block
	for _, part := range splitParagraphs(tidy(line)) {
		if text := c.inline(part, false); text != "" {
			out = append(out, block{text: guardLines(text)})
		}
	}
	return out
}

func (c *converter) heading(n *html.Node, st style) []block {
	text := c.flat(n, st, false)
	if text == "" {
		return nil
	}
	if strings.HasSuffix(text, "#") {
		text = text[:len(text)-1] + `\#`
	}
	level := int(n.Data[1] - '0')
	return []block{{text: strings.Repeat("#", level) + " " + text}}
}

func (c *converter) quote(n *html.Node, st style) []block {
	text := join(c.blocks(n, st), false)
	if text == "" {
		return nil
	}
	return []block{{text: indent(text, "> ", "> ", ">")}}
}

// indent puts first before the first line, other before each further one, and
// blank in place of it on lines without text.
func indent(text, first, other, blank string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case i == 0:
			lines[i] = first + line
		case line == "":
			lines[i] = blank
		default:
			lines[i] = other + line
		}
	}
	return strings.Join(lines, "\n")
}

// list writes an item for each li; anything else between them becomes one too,
// except a list, which belongs to the item before it.
func (c *converter) list(n *html.Node, st style, other bool) []block {
	ordered := n.DataAtom == atom.Ol
	number, tight := listStart(n), isTight(n)
	var items []string
	found := false
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if blank(child) {
			continue
		}
		text := join(c.item(child, st), tight)
		found = found || text != ""
		if len(items) > 0 && isList(child) {
			items[len(items)-1] += "\n\n" + text
			continue
		}
		items = append(items, text)
	}
	if !found {
		return nil
	}
	kind := listBlock
	if items[0] == "" || ordered && number != 1 {
		kind = stiffList
	}
	for i, item := range items {
		items[i] = marked(item, marker(ordered, other, number+i))
	}
	sep := "\n\n"
	if tight {
		sep = "\n"
	}
	return []block{{kind: kind, text: strings.Join(items, sep)}}
}

func marked(item, marker string) string {
	if item == "" {
		return strings.TrimRight(marker, " ")
	}
	return indent(item, marker, strings.Repeat(" ", len(marker)), "")
}

func marker(ordered, other bool, number int) string {
	switch {
	case ordered && other:
		return fmt.Sprintf("%d) ", number)
	case ordered:
		return fmt.Sprintf("%d. ", number)
	case other:
		return "* "
	}
	return "- "
}

// item converts one child of a list; text outside of any li is an item of its own.
func (c *converter) item(n *html.Node, st style) []block {
	switch {
	case n.Type == html.CommentNode:
		c.comment(n.Data)
		return nil
	case n.DataAtom == atom.Li:
		return c.blocks(n, st)
	case holdsBlock(n):
		return c.block(n, st, false)
	}
	return c.paragraphs(c.runs(nil, n, st))
}

func isList(n *html.Node) bool { return n.DataAtom == atom.Ul || n.DataAtom == atom.Ol }

func blank(n *html.Node) bool {
	return n.Type == html.TextNode && strings.Trim(n.Data, htmlSpace) == "" || n.Type == html.CommentNode
}

// isTight is false when an item holds paragraphs, which then stand apart.
func isTight(list *html.Node) bool {
	for li := list.FirstChild; li != nil; li = li.NextSibling {
		for child := li.FirstChild; child != nil; child = child.NextSibling {
			if child.DataAtom == atom.P {
				return false
			}
		}
	}
	return true
}

// listStart is the number of an ordered list's first item; Markdown takes nine digits.
func listStart(n *html.Node) int {
	start, err := strconv.Atoi(attr(n.Attr, "start"))
	if err != nil || start < 0 || start > 999_999_000 {
		return 1
	}
	return start
}

var languageHint = regexp.MustCompile(`^\s*language(-all)?:\s*(?:lang-)?(\S+)\s*$`)

// comment reads the hints by which Stack Exchange names a code block's language.
func (c *converter) comment(text string) {
	m := languageHint.FindStringSubmatch(text)
	switch {
	case m == nil:
	case m[1] != "":
		c.langAll = m[2]
	default:
		c.lang = m[2]
	}
}

func (c *converter) fence(n *html.Node) []block {
	code := strings.TrimSuffix(preText(n), "\n")
	lang := c.codeLanguage(n)
	c.lang = ""
	if code == "" {
		return nil
	}
	ticks := strings.Repeat("`", max(3, longestRun(code, '`')+1))
	return []block{{text: ticks + lang + "\n" + code + "\n" + ticks}}
}

func (c *converter) codeLanguage(pre *html.Node) string {
	names := []string{c.lang, c.langAll}
	if code := pre.FirstChild; code != nil && code.DataAtom == atom.Code {
		names = append(classLanguages(code), names...)
	}
	names = append(classLanguages(pre), names...)
	for _, name := range names {
		name = strings.ToLower(name)
		if name == "none" {
			return ""
		}
		if languagePattern.MatchString(name) {
			return name
		}
	}
	return ""
}

func classLanguages(n *html.Node) []string {
	var names []string
	for _, class := range strings.Fields(attr(n.Attr, "class")) {
		for _, prefix := range []string{"lang-", "language-"} {
			if name, ok := strings.CutPrefix(class, prefix); ok {
				names = append(names, strings.TrimSuffix(name, "-override"))
			}
		}
	}
	return names
}

// preText is the text of n with its spaces as they are.
func preText(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.DataAtom == atom.Br:
			b.WriteByte('\n')
		case n.DataAtom == atom.Img:
			b.WriteString(attr(n.Attr, "alt"))
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child)
		}
	}
	walk(n)
	return b.String()
}

func longestRun(s string, c byte) int {
	longest, current := 0, 0
	for i := range len(s) {
		if s[i] != c {
			current = 0
			continue
		}
		current++
		longest = max(longest, current)
	}
	return longest
}
