package search

import (
	"html/template"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"selfie/community/markup"
)

// snippetRunes is about how long a snippet is.
const snippetRunes = 200

// snippet shows the best place of a thread's texts: where most different words
// of the query stand close together, an accepted answer before others. Texts
// without any are shown from their beginning. It returns the answer that it
// comes from, "" for the question.
func (p plan) snippet(texts []piece) (template.HTML, string) {
	var best excerpt
	for i, t := range texts {
		if e := p.excerpt(t); i == 0 || e.worth > best.worth {
			best = e
		}
	}
	if best.worth == 0 {
		return plain(texts)
	}
	return best.html(), best.from.answer
}

// plain is the snippet of a thread that was found by its title or tags alone:
// what solved it, or how the question begins.
func plain(texts []piece) (template.HTML, string) {
	from := texts[0]
	for _, t := range texts {
		if t.accepted || from.text == "" {
			from = t
		}
	}
	return template.HTML(template.HTMLEscapeString(markup.Excerpt(from.text, snippetRunes))), from.answer
}

// excerpt is a stretch of a text with the words to mark in it.
type excerpt struct {
	from       piece
	marks      []token
	start, end int // bytes of the text
	worth      float64
}

// excerpt finds the window of a text with the most different words of the query.
func (p plan) excerpt(t piece) excerpt {
	at := p.marked(t)
	best := excerpt{from: t}
	for i := range at {
		j := i
		seen := map[string]bool{}
		first := t.tokens[at[i]]
		for j < len(at) && t.tokens[at[j]].end-first.start <= snippetRunes {
			seen[t.tokens[at[j]].term] = true
			j++
		}
		if j == i { // one word, longer than a snippet
			continue
		}
		if worth := t.worth(len(seen), j-i); worth > best.worth {
			best = excerpt{from: t, start: first.start, end: t.tokens[at[j-1]].end, worth: worth}
		}
	}
	if best.worth == 0 {
		return best
	}
	best.widen()
	for _, i := range at {
		if tok := t.tokens[i]; tok.start >= best.start && tok.end <= best.end {
			best.marks = append(best.marks, tok)
		}
	}
	return best
}

func (t piece) worth(different, all int) float64 {
	w := float64(different) + 0.1*float64(min(all-different, 3))
	if t.accepted {
		w *= 1.3
	}
	return w
}

// widen adds whole words on both sides until the excerpt has its length.
func (e *excerpt) widen() {
	room := snippetRunes - utf8.RuneCountInString(e.from.text[e.start:e.end])
	before := lastRunes(e.from.text[:e.start], room/3)
	after := firstRunes(e.from.text[e.end:], room-utf8.RuneCountInString(before))
	if len(before) < e.start {
		before = behindSpace(before)
	}
	if len(after) < len(e.from.text)-e.end {
		after = beforeSpace(after)
	}
	e.start -= len(before)
	e.end += len(after)
}

func lastRunes(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}

func behindSpace(s string) string {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[i:]
	}
	return ""
}

func beforeSpace(s string) string {
	if i := strings.LastIndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i]
	}
	return ""
}

// html writes the excerpt: escaped text, and nothing else but <mark>.
func (e excerpt) html() template.HTML {
	var b strings.Builder
	at := e.start
	text := func(to int) {
		b.WriteString(template.HTMLEscapeString(oneLine(e.from.text[at:to])))
		at = to
	}
	if strings.TrimSpace(e.from.text[:e.start]) != "" {
		b.WriteString("…")
	}
	for _, m := range mergeMarks(e.marks) {
		text(m.start)
		b.WriteString("<mark>")
		text(m.end)
		b.WriteString("</mark>")
	}
	text(e.end)
	if strings.TrimSpace(e.from.text[e.end:]) != "" {
		b.WriteString("…")
	}
	return template.HTML(strings.TrimSpace(b.String()))
}

// mergeMarks puts marks in order, and makes one of those that overlap or touch:
// in scripts that are cut into pairs, each character stands in two.
func mergeMarks(marks []token) (merged []token) {
	marks = slices.Clone(marks)
	slices.SortFunc(marks, func(a, b token) int { return a.start - b.start })
	for _, m := range marks {
		if last := len(merged) - 1; last >= 0 && m.start <= merged[last].end {
			merged[last].end = max(merged[last].end, m.end)
			continue
		}
		merged = append(merged, m)
	}
	return merged
}

// oneLine makes every run of white space one space.
func oneLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}
