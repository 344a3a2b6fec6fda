// Package words turns text into the terms that search compares: words in lower
// case, without endings and accents, each as its language has it.
//
// Latin, Cyrillic and every other alphabet is cut into runs of letters, digits
// and marks; Chinese, Japanese and Korean, which have no spaces between words,
// into pairs of characters. A number keeps its dots ("12.04"). Stemming is that
// of Snowball (https://snowballstem.org); accents go after it, so that people
// who leave them out find what others wrote with them.
package words

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Token is one word of a text: the term it is compared by, where it stands
// among the words (stop words count), and its bytes in the text.
type Token struct {
	Term       string
	Position   int // from 1
	Start, End int
}

// maxTerm bounds a term, in bytes; longer words are cut, as keys in an index are.
const maxTerm = 64

// Analyzer cuts texts into terms. It remembers the stems of words it met, is
// safe for concurrent use, and its zero value is ready.
type Analyzer struct{ memory sync.Pool }

// memory is what one goroutine at a time remembers: the term of each spelling.
type memory struct {
	terms map[Language]map[string]string // "" is a stop word
	fold  []byte
}

// maxRemembered bounds the spellings remembered per language.
const maxRemembered = 50_000

// Tokens cuts a text that is written in a language; Neutral stems nothing and
// knows no stop words.
func (a *Analyzer) Tokens(text string, in Language) []Token {
	list := make([]Token, 0, len(text)/7+1)
	a.Each(text, in, func(t Token) { list = append(list, t) })
	return list
}

// Each is Tokens without the list.
func (a *Analyzer) Each(text string, in Language, yield func(Token)) {
	m, _ := a.memory.Get().(*memory)
	if m == nil {
		m = &memory{terms: map[Language]map[string]string{}}
	}
	defer a.memory.Put(m)
	if m.terms[in] == nil {
		m.terms[in] = map[string]string{}
	}
	position := 0
	scan(text, func(start, end int) {
		position++
		if term := m.term(text[start:end], in); term != "" {
			yield(Token{term, position, start, end})
		}
	})
}

// term is what a word is compared by; "" for a stop word.
func (m *memory) term(word string, in Language) string {
	m.fold = lower(m.fold[:0], word)
	known := m.terms[in]
	if term, ok := known[string(m.fold)]; ok {
		return term
	}
	if len(known) >= maxRemembered {
		clear(known)
	}
	spelling := string(m.fold)
	term := termOf(spelling, in)
	known[spelling] = term
	return term
}

// termOf is the rule behind term, for a word in lower case.
func termOf(word string, in Language) string {
	g := grammars[in]
	if before, rest, ok := strings.Cut(word, "'"); ok && g.elided[before] {
		word = rest
	}
	if g.stop[word] {
		return ""
	}
	if g.stem != nil && !strings.ContainsFunc(word, unicode.IsDigit) {
		word = g.stem(strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "'"))
	}
	return cut(unaccent(strings.ReplaceAll(word, "'", "")))
}

func cut(term string) string {
	if len(term) <= maxTerm {
		return term
	}
	n := maxTerm
	for !utf8.RuneStart(term[n]) {
		n--
	}
	return term[:n]
}

// lower appends a word in lower case, with one form of the apostrophe, and
// without what is not seen in it.
func lower(buf []byte, word string) []byte {
	for i := 0; i < len(word); {
		c := word[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			buf = append(buf, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(word[i:])
		i += size
		switch kindOf(r) {
		case silent:
			continue
		case joint:
			r = '\''
		}
		buf = utf8.AppendRune(buf, unicode.ToLower(r))
	}
	return buf
}

// accents gives each accented letter of the languages known here its plain one.
var accents = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "ā", "a", "ą", "a", "æ", "ae",
	"ç", "c", "ć", "c", "č", "c", "ď", "d", "è", "e", "é", "e", "ê", "e", "ë", "e", "ē", "e", "ę", "e", "ě", "e",
	"ğ", "g", "ì", "i", "í", "i", "î", "i", "ï", "i", "ī", "i", "ł", "l", "ñ", "n", "ń", "n", "ň", "n",
	"ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ő", "o", "œ", "oe", "ř", "r", "ś", "s", "š", "s", "ş", "s", "ß", "ss",
	"ť", "t", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ū", "u", "ů", "u", "ű", "u", "ý", "y", "ÿ", "y", "ź", "z", "ż", "z", "ž", "z",
	"ё", "е", "\u0300", "", "\u0301", "", "\u0302", "", "\u0303", "", "\u0308", "", "\u030a", "", "\u0327", "", "\u030c", "",
)

func unaccent(word string) string {
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return accents.Replace(word)
		}
	}
	return word
}
