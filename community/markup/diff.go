package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLineEdits = 1000 // lines removed and added; beyond it the changed middle is shown whole
	maxWordEdits = 400  // the same for the words of one pair of lines
)

// Op says what became of a line.
type Op int

const (
	Same    Op = iota // in both texts
	Removed           // in the old text only
	Added             // in the new text only
)

func (o Op) String() string { return [...]string{"same", "removed", "added"}[o] }

// DiffLine is one line without its line end. The texts of its spans together are
// the line; an empty line has no spans.
type DiffLine struct {
	Op    Op
	Spans []Span
}

// Span is a stretch of a line; Changed marks the words that the other side lacks.
type Span struct {
	Text    string
	Changed bool
}

// Text is the whole line.
func (d DiffLine) Text() string {
	var b strings.Builder
	for _, s := range d.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Diff compares two texts line by line, and lines that replace one another word by
// word. The lines Same and Removed joined by "\n" are old exactly, Same and Added
// are new; "" has no lines. Work is bounded by the length of the texts times
// maxLineEdits: texts that differ in more are shown as replaced whole.
func Diff(old, new string) []DiffLine {
	a, b := splitLines(old), splitLines(new)
	out := make([]DiffLine, 0, max(len(a), len(b)))
	for _, h := range hunks(a, b, maxLineEdits) {
		if h.same {
			for _, line := range a[h.a.start:h.a.stop] {
				out = append(out, DiffLine{Same, spanOf(line, false)})
			}
			continue
		}
		out = append(out, changedLines(a[h.a.start:h.a.stop], b[h.b.start:h.b.stop])...)
	}
	return out
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func spanOf(text string, changed bool) []Span {
	if text == "" {
		return nil
	}
	return []Span{{text, changed}}
}

// changedLines pairs the lines of a hunk in order and refines each pair.
func changedLines(old, new []string) []DiffLine {
	removed, added := make([]DiffLine, len(old)), make([]DiffLine, len(new))
	for i := range max(len(old), len(new)) {
		switch {
		case i >= len(old):
			added[i] = DiffLine{Added, spanOf(new[i], true)}
		case i >= len(new):
			removed[i] = DiffLine{Removed, spanOf(old[i], true)}
		default:
			before, after := refine(old[i], new[i])
			removed[i], added[i] = DiffLine{Removed, before}, DiffLine{Added, after}
		}
	}
	return append(removed, added...)
}

// refine marks the words that differ between two lines. Lines with little in common
// are marked whole: a few shared words scattered over them would only confuse.
func refine(old, new string) (before, after []Span) {
	a, b := splitWords(old), splitWords(new)
	shared := 0
	for _, h := range hunks(a, b, maxWordEdits) {
		x, y := strings.Join(a[h.a.start:h.a.stop], ""), strings.Join(b[h.b.start:h.b.stop], "")
		before, after = extend(before, x, !h.same), extend(after, y, !h.same)
		if h.same {
			shared += len(strings.TrimSpace(x))
		}
	}
	if 3*shared < min(len(old), len(new)) {
		return spanOf(old, true), spanOf(new, true)
	}
	return before, after
}

// extend appends a span, or lengthens the last one: where the other side alone has
// words, two spans of one kind meet.
func extend(spans []Span, text string, changed bool) []Span {
	if n := len(spans); n > 0 && spans[n-1].Changed == changed {
		spans[n-1].Text += text
		return spans
	}
	return append(spans, spanOf(text, changed)...)
}

// splitWords cuts a line into words, stretches of white space, and single other
// characters. Nothing is lost, broken UTF-8 neither.
func splitWords(line string) []string {
	var out []string
	start, last := 0, -1
	for i, r := range line {
		kind := wordKind(r)
		if i > 0 && (kind != last || kind == 2) {
			out = append(out, line[start:i])
			start = i
		}
		last = kind
	}
	return append(out, line[start:])
}

func wordKind(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return 0
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_', r == '\'', r == utf8.RuneError:
		return 1
	}
	return 2
}

// hunk is a stretch of both sides, equal or replaced.
type hunk struct {
	same bool
	a, b span
}

// hunks compares two sequences with at most maxEdits deletions and insertions.
func hunks(a, b []string, maxEdits int) []hunk {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var s script
	s.add(true, head, head)
	middleA, middleB := a[head:len(a)-tail], b[head:len(b)-tail]
	if matches, ok := shortest(number(middleA, middleB), maxEdits); ok {
		s.follow(matches, len(middleA), len(middleB))
	} else {
		s.add(false, len(middleA), len(middleB))
	}
	s.add(true, tail, tail)
	return s.hunks
}

// script gathers hunks in order, joining neighbours of one kind.
type script struct {
	hunks []hunk
	a, b  int
}

func (s *script) add(same bool, sizeA, sizeB int) {
	if sizeA == 0 && sizeB == 0 {
		return
	}
	h := hunk{same, span{s.a, s.a + sizeA}, span{s.b, s.b + sizeB}}
	s.a, s.b = h.a.stop, h.b.stop
	if n := len(s.hunks); n > 0 && s.hunks[n-1].same == same {
		s.hunks[n-1].a.stop, s.hunks[n-1].b.stop = h.a.stop, h.b.stop
		return
	}
	s.hunks = append(s.hunks, h)
}

// follow adds the hunks between and of matches, in a middle of the given sizes.
func (s *script) follow(matches []match, sizeA, sizeB int) {
	startA, startB := s.a, s.b
	for _, m := range matches {
		s.add(false, startA+m.a-s.a, startB+m.b-s.b)
		s.add(true, 1, 1)
	}
	s.add(false, startA+sizeA-s.a, startB+sizeB-s.b)
}

// numbered sides compare by number instead of by text.
type sides struct{ a, b []int }

func number(a, b []string) sides {
	ids := make(map[string]int, len(a)+len(b))
	of := func(list []string) []int {
		out := make([]int, len(list))
		for i, s := range list {
			id, ok := ids[s]
			if !ok {
				id = len(ids)
				ids[s] = id
			}
			out[i] = id
		}
		return out
	}
	return sides{of(a), of(b)}
}

type match struct{ a, b int }

// shortest is the greedy algorithm of E. Myers, "An O(ND) Difference Algorithm and
// Its Variations", 1986. It gives the equal pairs of a shortest edit script, or
// nothing when that needs more than maxEdits.
func shortest(s sides, maxEdits int) ([]match, bool) {
	limit := min(maxEdits, len(s.a)+len(s.b))
	reach := make([]int, 2*limit+3) // furthest a on diagonal k, at k+limit+1
	var trace [][]int               // reach before step d, diagonals -d..d
	for d := 0; d <= limit; d++ {
		mid := limit + 1
		trace = append(trace, append([]int(nil), reach[mid-d:mid+d+1]...))
		for k := -d; k <= d; k += 2 {
			x := s.slide(step(reach[mid-1+k], reach[mid+1+k], k, d), k)
			reach[mid+k] = x
			if x >= len(s.a) && x-k >= len(s.b) {
				return s.backtrack(trace, d), true
			}
		}
	}
	return nil, false
}

// step is how far a is read when diagonal k is entered from the better neighbour:
// down from k+1 (an insertion) or right from k-1 (a deletion).
func step(left, right, k, d int) int {
	switch {
	case d == 0:
		return 0
	case k == -d, k != d && left < right:
		return right
	}
	return left + 1
}

// slide follows equal pairs along diagonal k.
func (s sides) slide(x, k int) int {
	for x < len(s.a) && x-k >= 0 && x-k < len(s.b) && s.a[x] == s.b[x-k] {
		x++
	}
	return x
}

// backtrack collects the pairs on the path to the end, which took d edits.
func (s sides) backtrack(trace [][]int, d int) []match {
	x, y := len(s.a), len(s.b)
	var out []match
	for ; d >= 0; d-- {
		k := x - y
		fromX, fromK := 0, 0
		if d > 0 {
			at := func(k int) int { return trace[d][k+d] }
			fromK = k - 1
			if k == -d || k != d && at(k-1) < at(k+1) {
				fromK = k + 1
			}
			fromX = at(fromK)
		}
		entered := fromX
		if d > 0 && fromK == k-1 {
			entered++
		}
		for ; x > entered; x, y = x-1, y-1 {
			out = append(out, match{x - 1, y - 1})
		}
		x, y = fromX, fromX-fromK
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}
