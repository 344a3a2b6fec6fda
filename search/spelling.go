package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"selfie/search/quick"
)

// People write "e-mail" and "email", "hot spot" and "hotspot". A query looks for
// the other spelling too, where threads have it: as one word for two that stand
// beside one another, and as two beside one another for one. It counts as a
// synonym does.

// The bounds of spellings: letters of a word that may be two, and what one word
// may be in two parts.
const (
	minApart = 5
	maxApart = 24
	maxParts = 2 // ways to take a word apart
)

// spelled lists the other spellings of the words of a query.
func (x *Index) spelled(words []string, text reader) (list []also) {
	_ = x.viewing(func(g *generation) error {
		if g.quick != nil {
			list = append(together(words, text, g.quick), apart(words, text, g.quick)...)
		}
		return nil
	})
	return list
}

// together makes one word of two neighbours.
func together(words []string, text reader, known *quick.Index) (list []also) {
	typed := strings.Join(words, " ")
	tokens := text.tokens(typed)
	for i := 1; i < len(tokens); i++ {
		a, b := tokens[i-1], tokens[i]
		if b.position != a.position+1 {
			continue
		}
		if one, ok := text.oneKnown(typed[a.start:a.end]+typed[b.start:b.end], known); ok {
			list = append(list, also{[]token{one}, []string{a.term, b.term}})
		}
	}
	return list
}

// apart makes two neighbours of one word.
func apart(words []string, text reader, known *quick.Index) (list []also) {
	for _, w := range words {
		n := utf8.RuneCountInString(w)
		if n < minApart || n > maxApart || strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) {
			continue
		}
		ways := 0
		for i := range w {
			if i == 0 || ways == maxParts {
				continue
			}
			a, okA := text.oneKnown(w[:i], known)
			b, okB := text.oneKnown(w[i:], known)
			if okA && okB {
				a.position, b.position = 1, 2
				list = append(list, also{[]token{a, b}, text.terms(w)})
				ways++
			}
		}
	}
	return list
}

// oneKnown is the only token of a text, if threads have it.
func (r reader) oneKnown(text string, known *quick.Index) (token, bool) {
	tokens := r.tokens(text)
	if len(tokens) != 1 || known.Frequency(tokens[0].term) == 0 {
		return token{}, false
	}
	return tokens[0], true
}
