package search

import (
	"slices"
	"strings"
	"unicode"

	"selfie/community"
	"selfie/internal/fault"
)

// The bounds of a query: what lies beyond is left out. A printed query is
// always within them.
const (
	maxClauses     = 32
	maxClauseRunes = 64    // of a word; what is quoted may have four times as many
	maxQueryRunes  = 16384 // read at all
)

// What "is:" and "has:" know beside the states of a thread.
const (
	isUnanswered = "unanswered"
	isMine       = "mine"      // asked by the viewer
	isWatching   = "watching"  // the viewer is told of what happens in it
	isEscalated  = "escalated" // an agent's case is open; customers find their own
	hasImage     = "image"     // in the question or an answer
	hasAccepted  = "accepted"  // an answer that solved it
)

// Query is what a person asked for. The language:
//
//	router reset      threads with these words, the more and the rarer the better
//	"hold reset"      only threads with this phrase
//	tag:wifi          only threads with this tag
//	space:routers     only threads in this space; several are alternatives
//	author:ada        only threads that this member asked; several are alternatives
//	is:solved         only threads in this state; or is:unanswered, is:mine,
//	                  is:watching, is:escalated
//	has:image         only threads with a picture; or has:accepted
//	score:>3          only threads with such a score: > >= < <= = and 1..5
//	created:>2026-01  only threads asked then: the same, of days, months, years
//	-word, -tag:x …   none of these
//
// Values may be quoted: space:"home routers". There is no wrong query: what
// cannot be read as more is read as words, and Misread says so.
type Query struct {
	Words   []string
	Phrases []string
	Tags    []string
	Spaces  []string // ids or names, in lower case
	Authors []string // handles, in lower case; "me" is the viewer
	Is      []string
	Has     []string
	Score   []Span
	Created []Span // in days since 1970-01-01 UTC
	Misread []Misread
	Not     *Query // what a found thread has none of; its own Not is nil
}

// Misread is a part that looks like a filter and is none. It is looked for as
// words.
type Misread struct{ Key, Value string }

func (m Misread) String() string { return clause{key: m.Key, text: m.Value}.String() }

var keys = []string{"tag", "space", "author", "is", "has", "score", "created"}

// Parse reads a query.
func Parse(s string) Query {
	q := Query{Not: &Query{}}
	rest := []rune(firstRunes(strings.ToValidUTF8(s, " "), maxQueryRunes))
	for range maxClauses {
		var c clause
		if c, rest = nextClause(rest); c.text == "" {
			if len(rest) == 0 {
				break
			}
			continue
		}
		if c.not {
			q.Not.add(c)
		} else {
			q.add(c)
		}
	}
	return q
}

// clause is one part of a query as typed.
type clause struct {
	not, quoted bool
	key, text   string
}

// nextClause reads one clause; its text is empty when there was only noise.
func nextClause(in []rune) (c clause, rest []rune) {
	in = skipSpace(in)
	if len(in) > 1 && in[0] == '-' && !unicode.IsSpace(in[1]) {
		c.not, in = true, in[1:]
	}
	n := slices.IndexFunc(in, func(r rune) bool { return !unicode.IsLetter(r) })
	if n > 0 && in[n] == ':' && isKey(string(in[:n])) {
		value, after := readText(in[n+1:], &c.quoted)
		if value != "" {
			c.key = strings.ToLower(string(in[:n]))
		}
		if value != "" || c.quoted {
			c.text = value
			return c, after
		}
	}
	c.text, rest = readText(in, &c.quoted)
	return c, rest
}

func isKey(s string) bool { return slices.Contains(keys, strings.ToLower(s)) }

// readText reads a quoted phrase, whose closing quote may be missing, or what
// stands before the next space.
func readText(in []rune, quoted *bool) (text string, rest []rune) {
	*quoted = len(in) > 0 && isQuote(in[0])
	end := unicode.IsSpace
	most := maxClauseRunes
	if *quoted {
		in, end, most = in[1:], isQuote, 4*maxClauseRunes
	}
	n := slices.IndexFunc(in, end)
	if n < 0 {
		n = len(in)
	}
	text, rest = strings.TrimSpace(string(in[:n])), in[n:]
	text = strings.TrimSpace(firstRunes(text, most))
	if *quoted && len(rest) > 0 {
		rest = rest[1:]
	}
	return text, rest
}

func isQuote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' }

func skipSpace(in []rune) []rune {
	n := slices.IndexFunc(in, func(r rune) bool { return !unicode.IsSpace(r) })
	if n < 0 {
		return nil
	}
	return in[n:]
}

// String writes the clause so that nextClause reads the same.
func (c clause) String() string {
	text := c.text
	if c.quoted || strings.ContainsFunc(text, unicode.IsSpace) || len([]rune(text)) > maxClauseRunes {
		text = `"` + text + `"`
	}
	if c.key != "" {
		text = c.key + ":" + text
	}
	if c.not {
		text = "-" + text
	}
	return text
}

func (q *Query) add(c clause) {
	lower := strings.ToLower(c.text)
	switch {
	case c.key == "" && c.quoted:
		q.Phrases = append(q.Phrases, c.text)
	case c.key == "":
		q.Words = append(q.Words, c.text)
	case c.key == "tag" && community.CleanTag(c.text) != "":
		q.Tags = append(q.Tags, community.CleanTag(c.text))
	case c.key == "space":
		q.Spaces = append(q.Spaces, lower)
	case c.key == "author" && bareName(lower) != "":
		q.Authors = append(q.Authors, bareName(lower))
	case c.key == "is" && isState(lower):
		q.Is = append(q.Is, lower)
	case c.key == "has" && (lower == hasImage || lower == hasAccepted):
		q.Has = append(q.Has, lower)
	default:
		q.addSpan(c)
	}
}

// bareName is a name without the @ before it; "" when there are quotes in it.
func bareName(s string) string {
	if strings.ContainsFunc(s, isQuote) {
		return ""
	}
	return strings.TrimLeftFunc(s, func(r rune) bool { return r == '@' || unicode.IsSpace(r) })
}

// addSpan adds a range; what is none was misread.
func (q *Query) addSpan(c clause) {
	if span, ok := numbers().span(c.text); ok && c.key == "score" {
		q.Score = append(q.Score, span)
	} else if span, ok := dates().span(c.text); ok && c.key == "created" {
		q.Created = append(q.Created, span)
	} else {
		q.Misread = append(q.Misread, Misread{c.key, c.text})
	}
}

func isState(s string) bool {
	return slices.Contains([]string{isUnanswered, isMine, isWatching, isEscalated}, s) || slices.Contains(community.States, community.State(s))
}

// String writes the query in its usual form; Parse reads the same from it.
func (q Query) String() string {
	parts := q.print(false)
	if q.Not != nil {
		parts = append(parts, q.Not.print(true)...)
	}
	return strings.Join(parts, " ")
}

func (q Query) print(not bool) (parts []string) {
	put := func(key string, quoted bool, values ...string) {
		for _, v := range values {
			parts = append(parts, clause{not, quoted, key, v}.String())
		}
	}
	put("", false, q.Words...)
	put("", true, q.Phrases...)
	put("tag", false, q.Tags...)
	put("space", false, q.Spaces...)
	put("author", false, q.Authors...)
	put("is", false, q.Is...)
	put("has", false, q.Has...)
	for _, s := range q.Score {
		put("score", false, numbers().format(s))
	}
	for _, s := range q.Created {
		put("created", false, dates().format(s))
	}
	for _, m := range q.Misread {
		put(m.Key, false, m.Value)
	}
	return parts
}

// words are all that is looked for as words.
func (q Query) words() []string {
	words := slices.Clone(q.Words)
	for _, m := range q.Misread {
		words = append(words, m.Value)
	}
	return words
}

// Plain is what the query looks for as words, without filters and what is left
// out: as a person would begin to ask it.
func (q Query) Plain() string { return strings.Join(append(q.words(), q.Phrases...), " ") }

// filters reports whether anything but words and phrases is asked for.
func (q Query) filters() bool {
	return len(q.Tags)+len(q.Spaces)+len(q.Authors)+len(q.Is)+len(q.Has)+len(q.Score)+len(q.Created) > 0
}

// With returns the query with one filter more, unless it has it; key is "tag",
// "space" or "is".
func (q Query) With(key, value string) Query {
	q = q.clone()
	if list := q.list(key); list != nil && !slices.Contains(*list, value) {
		*list = append(*list, value)
	}
	return q
}

// Without takes a filter back.
func (q Query) Without(key, value string) Query {
	q = q.clone()
	if list := q.list(key); list != nil {
		*list = slices.DeleteFunc(*list, func(s string) bool { return s == value })
	}
	return q
}

// Filters reports whether the query has this very filter.
func (q Query) Filters(key, value string) bool {
	list := q.list(key)
	return list != nil && slices.Contains(*list, value)
}

func (q *Query) list(key string) *[]string {
	switch key {
	case "tag":
		return &q.Tags
	case "space":
		return &q.Spaces
	case "is":
		return &q.Is
	}
	return nil
}

func (q Query) clone() Query {
	q.Tags, q.Spaces, q.Is = slices.Clone(q.Tags), slices.Clone(q.Spaces), slices.Clone(q.Is)
	return q
}

// readQuery refuses only the query in which nothing was typed.
func readQuery(s string) (Query, error) {
	if strings.TrimSpace(s) == "" {
		return Query{}, fault.Field("q", "Type what you are looking for: a few words of the problem, or an error message.")
	}
	return Parse(s), nil
}
