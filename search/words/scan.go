package words

import (
	"unicode"
	"unicode/utf8"
)

// kind is what a character does in a text.
type kind uint8

const (
	gap    kind = iota // stands between words
	letter             // and marks on letters
	digit
	joint  // of a word ("don't") or a number ("12.04"), between two letters or two digits
	pair   // of a script without spaces between words
	silent // not seen, and no part of a word that it stands in: soft hyphens, marks of direction
)

// ascii holds the kinds of the first characters, which are nearly all there are.
var ascii = func() (table [utf8.RuneSelf]kind) {
	for c := range table {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
			table[c] = letter
		case '0' <= c && c <= '9':
			table[c] = digit
		case c == '\'', c == '.', c == ',':
			table[c] = joint
		}
	}
	return table
}()

func kindOf(r rune) kind {
	switch {
	case r < utf8.RuneSelf:
		return ascii[r]
	case r == '’':
		return joint
	case isSilent(r):
		return silent
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return pair
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letter
	case unicode.IsDigit(r):
		return digit
	}
	return gap
}

// isSilent reports whether a character only says how others are to be set. A
// space without width is none of them: it stands between words.
func isSilent(r rune) bool {
	return r == 0xad || 0x200c <= r && r <= 0x200f || 0x202a <= r && r <= 0x202e || 0x2060 <= r && r <= 0x2069 || r == 0xfeff
}

// scan calls yield with the bytes of each word of a text, in their order.
func scan(text string, yield func(start, end int)) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch kindOf(r) {
		case letter, digit:
			end := wordEnd(text, i)
			yield(i, end)
			i = end
		case pair:
			i = pairs(text, i, yield)
		default:
			i += size
		}
	}
}

// wordEnd returns where the word that begins at start ends.
func wordEnd(text string, start int) int {
	before := gap
	for i := start; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		switch k := kindOf(r); {
		case k == letter || k == digit:
			before = k
		case k == silent:
		case k == joint && joins(r, before, text[i+size:]):
		default:
			return i
		}
		i += size
	}
	return len(text)
}

// joins reports whether a joint holds a word together: an apostrophe between
// letters, a dot or comma between digits.
func joins(joint rune, before kind, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	if joint == '.' || joint == ',' {
		return before == digit && kindOf(next) == digit
	}
	return before == letter && kindOf(next) == letter
}

// pairs yields each two neighbours of a run that has no spaces, or its only
// character, and returns where the run ends.
func pairs(text string, start int, yield func(start, end int)) int {
	last, i, count := start, start, 0
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if kindOf(r) != pair {
			break
		}
		if count++; count > 1 {
			yield(last, i+size)
		}
		last = i
		i += size
	}
	if count == 1 {
		yield(start, i)
	}
	return i
}
