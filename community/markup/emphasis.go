package markup

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/util"
)

// mark is one kind of style that is written with delimiters around text.
type mark int

const (
	linkMark mark = iota
	strikeMark
	boldMark
	italicMark
	markCount
)

var delimiters = [markCount]string{linkMark: "[", strikeMark: "~~", boldMark: "**", italicMark: "*"}

func (s style) has(m mark) bool {
	switch m {
	case linkMark:
		return s.link != 0
	case strikeMark:
		return s.strike
	case boldMark:
		return s.bold
	}
	return s.italic
}

func (s *style) drop(m mark) {
	switch m {
	case strikeMark:
		s.strike = false
	case boldMark:
		s.bold = false
	case italicMark:
		s.italic = false
	}
}

// piece is a stretch of the line being written: text, or what opens or closes a mark
// that began at run from.
type piece struct {
	text        string
	mark        mark
	open, close bool
	from        int
}

// isDelimiter tells the delimiters that CommonMark may leave as text from text and
// brackets.
func (p piece) isDelimiter() bool { return p.mark != linkMark && (p.open || p.close) }

// maxRepairs is how often a line is written again for the sake of emphasis that is
// hard to say in Markdown. No post comes near; a hostile one loses all emphasis.
const maxRepairs = 32

// inline writes one paragraph, heading or cell. Where CommonMark would not read a
// delimiter as one, the mark is dropped from the runs it spans and the line is
// written again.
func (c *converter) inline(line []run, cell bool) string {
	line = slices.Clone(line)
	for range maxRepairs {
		pieces := c.layout(line, cell)
		bad := firstUnreadable(pieces)
		if bad < 0 {
			return glue(pieces)
		}
		m := pieces[bad].mark
		for i := pieces[bad].from; i < len(line) && line[i].has(m); i++ {
			line[i].drop(m)
		}
	}
	for i := range line {
		line[i].style = style{link: line[i].link, code: line[i].code}
	}
	return glue(c.layout(line, cell))
}

func glue(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

type opened struct {
	mark mark
	from int
	end  int // first run without it
}

// layout turns runs into pieces. Marks that last longer open first, so they nest.
func (c *converter) layout(line []run, cell bool) []piece {
	var out []piece
	var stack []opened
	closeTo := func(depth, at int) {
		for len(stack) > depth {
			top := stack[len(stack)-1]
			out = append(out, c.closing(top, line[at-1], cell))
			stack = stack[:len(stack)-1]
		}
	}
	for i, r := range line {
		closeTo(keep(stack, line, i), i)
		for _, o := range opening(stack, line, i) {
			stack = append(stack, o)
			out = append(out, piece{text: delimiters[o.mark], mark: o.mark, open: true, from: o.from})
		}
		out = append(out, piece{text: c.content(line, i, cell)})
		if c.isAutoLink(line, i) {
			out = out[:len(out)-2]
			out = append(out, piece{text: "<" + r.text + ">"})
			stack = stack[:len(stack)-1]
		}
	}
	closeTo(0, len(line))
	return out
}

// keep is how many of the open marks go on at run i. A link must not be cut in two,
// so marks that end inside of it are closed before it opens.
func keep(stack []opened, line []run, i int) int {
	linkEnd := 0
	if line[i].link != 0 && (i == 0 || line[i-1].link != line[i].link) {
		linkEnd = extent(line, i, linkMark)
	}
	for depth, o := range stack {
		if o.end <= i || o.end < linkEnd {
			return depth
		}
	}
	return len(stack)
}

// opening lists the marks that begin at run i, the longest first.
func opening(stack []opened, line []run, i int) []opened {
	var fresh []opened
	for m := range markCount {
		isOpen := slices.ContainsFunc(stack, func(o opened) bool { return o.mark == m })
		if line[i].has(m) && !isOpen {
			fresh = append(fresh, opened{m, i, extent(line, i, m)})
		}
	}
	slices.SortStableFunc(fresh, func(a, b opened) int { return b.end - a.end })
	return fresh
}

func extent(line []run, i int, m mark) int {
	end := i
	for end < len(line) && line[end].has(m) && (m != linkMark || line[end].link == line[i].link) {
		end++
	}
	return end
}

func (c *converter) closing(o opened, last run, cell bool) piece {
	if o.mark != linkMark {
		return piece{text: delimiters[o.mark], mark: o.mark, close: true, from: o.from}
	}
	dest := destination(c.hrefs[last.link-1])
	if cell {
		dest = strings.ReplaceAll(dest, "|", "%7C")
	}
	return piece{text: "](" + dest + ")", mark: linkMark, close: true, from: o.from}
}

func (c *converter) content(line []run, i int, cell bool) string {
	r := line[i]
	text := r.text
	switch {
	case r.kind == breakRun:
		return "\n"
	case r.kind == imageRun:
	case r.code:
		text = codeSpan(r.text)
	default:
		text = escapeText(r.text, i+1 < len(line))
	}
	if cell {
		text = strings.ReplaceAll(text, "|", `\|`)
	}
	return text
}

var autoLinkText = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9.+-]{1,31}:[^\s<>|\\]+$`)

// isAutoLink says whether run i is a whole link that shows its own address.
func (c *converter) isAutoLink(line []run, i int) bool {
	r := line[i]
	plain := style{link: r.link}
	return r.link != 0 && r.style == plain && r.kind == textRun && r.text == c.hrefs[r.link-1] &&
		autoLinkText.MatchString(r.text) && (i == 0 || line[i-1].link != r.link) &&
		(i+1 == len(line) || line[i+1].link != r.link)
}

// firstUnreadable finds a delimiter that CommonMark would leave as text or read the
// other way round (https://spec.commonmark.org/0.31.2/#delimiter-run), or -1.
func firstUnreadable(pieces []piece) int {
	before, stars := ' ', 0
	for i := 0; i < len(pieces); i++ {
		p := pieces[i]
		if !p.isDelimiter() {
			before = lastRune(before, p.text)
			continue
		}
		end := delimiterRun(pieces, i)
		if end < len(pieces) && pieces[end].isDelimiter() && pieces[end].text[0] == p.text[0] {
			return end // one run cannot both close and open
		}
		after := nextRune(pieces[end:])
		// goldmark does not see that a tilde before is escaped.
		tilde := before == '~' && p.mark == strikeMark
		closesToo := p.open && stars > 0 && flanks(before, after)
		if tilde || closesToo || p.open && !flanks(after, before) || p.close && !flanks(before, after) {
			return i
		}
		if p.mark != strikeMark {
			stars += balance(pieces[i:end])
		}
		before = rune(p.text[0])
		i = end - 1
	}
	return -1
}

// delimiterRun is the end of the run of one character, all opening or all closing,
// that starts at i.
func delimiterRun(pieces []piece, i int) int {
	end := i + 1
	for end < len(pieces) && pieces[end].isDelimiter() && pieces[end].open == pieces[i].open &&
		pieces[end].text[0] == pieces[i].text[0] {
		end++
	}
	return end
}

func balance(run []piece) int {
	if run[0].open {
		return len(run)
	}
	return -len(run)
}

// flanks holds when a delimiter run may stand at the side of inner, with outer on
// its far side.
func flanks(inner, outer rune) bool {
	return !util.IsSpaceRune(inner) &&
		(!util.IsPunctRune(inner) || util.IsSpaceRune(outer) || util.IsPunctRune(outer))
}

func lastRune(otherwise rune, s string) rune {
	if s == "" {
		return otherwise
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func nextRune(pieces []piece) rune {
	for _, p := range pieces {
		if p.text != "" {
			r, _ := utf8.DecodeRuneInString(p.text)
			return r
		}
	}
	return ' '
}
