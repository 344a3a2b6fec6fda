package search

import (
	"slices"
	"strings"
	"unicode"

	"selfie/community"
	"selfie/internal/fault"
)

// The bounds of a query: what lies beyond is left out.
const (
	maxClauses     = 32
	maxClauseRunes = 64   // of a word; a phrase may have four times as many
	maxQueryRunes  = 4096 // read at all
)

const isUnanswered = "unanswered"

// Query is what a person asked for. The language:
//
//	router reset      threads with these words, the more and the rarer the better
//	"hold reset"      only threads with this phrase
//	tag:wifi          only threads with this tag
//	space:routers     only threads in this space; several are alternatives
//	is:solved         only threads in this state, or is:unanswered
//	-word, -tag:x …   none of these
//
// There is no wrong query: what cannot be read as more is read as words.
type Query struct {
	Words   []string
	Phrases []string
	Tags    []string
	Spaces  []string
	Is      []string
	Not     *Query // what a found thread has none of; its own Not is nil
}

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
		if value, after := readText(in[n+1:], &c.quoted); value != "" {
			c.key, c.text = strings.ToLower(string(in[:n])), value
			return c, after
		}
	}
	c.text, rest = readText(in, &c.quoted)
	return c, rest
}

func isKey(s string) bool { return slices.Contains([]string{"tag", "space", "is"}, strings.ToLower(s)) }

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
	text, rest = strings.TrimSpace(string(in[:min(n, most)])), in[n:]
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

func (q *Query) add(c clause) {
	switch {
	case c.key == "tag" && community.CleanTag(c.text) != "":
		q.Tags = append(q.Tags, community.CleanTag(c.text))
	case c.key == "space":
		q.Spaces = append(q.Spaces, strings.ToLower(c.text))
	case c.key == "is" && isState(strings.ToLower(c.text)):
		q.Is = append(q.Is, strings.ToLower(c.text))
	case c.quoted && c.key == "":
		q.Phrases = append(q.Phrases, c.text)
	default:
		q.Words = append(q.Words, c.text)
	}
}

func isState(s string) bool {
	return s == isUnanswered || slices.Contains(community.States, community.State(s))
}

// admits reports whether a thread, as it stands, passes the parts of the query
// that are not about words.
func (q Query) admits(t *community.Thread) bool {
	is := states(t)
	for _, tag := range q.Tags {
		if !slices.Contains(t.Tags, tag) {
			return false
		}
	}
	for _, want := range q.Is {
		if !slices.Contains(is, want) {
			return false
		}
	}
	if len(q.Spaces) > 0 && !slices.Contains(q.Spaces, t.Space) {
		return false
	}
	return q.Not == nil || !(slices.Contains(q.Not.Spaces, t.Space) ||
		slices.ContainsFunc(q.Not.Tags, func(tag string) bool { return slices.Contains(t.Tags, tag) }) ||
		slices.ContainsFunc(q.Not.Is, func(s string) bool { return slices.Contains(is, s) }))
}

// readQuery refuses only the query in which nothing was typed.
func readQuery(s string) (Query, error) {
	if strings.TrimSpace(s) == "" {
		return Query{}, fault.Field("q", "Type what you are looking for: a few words of the problem, or an error message.")
	}
	return Parse(s), nil
}
