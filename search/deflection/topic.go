package deflection

import (
	"strings"
	"unicode"
)

// sameTopicShare is how much of the shorter text's words both must have to be
// about the same thing. It lies low on purpose: a comeback that is overlooked
// flatters the numbers.
const sameTopicShare = 0.4

// sameTopic judges whether two texts are about the same problem. Texts that say
// too little are taken to be.
func sameTopic(a, b string) bool {
	x, y := telling(a), telling(b)
	if len(x) == 0 || len(y) == 0 {
		return true
	}
	shared := 0
	for w := range x {
		if y[w] {
			shared++
		}
	}
	return float64(shared) >= sameTopicShare*float64(min(len(x), len(y)))
}

// common are words that tell nothing about a problem.
const common = " the and how why does what with not can cannot you your from this that have has had when for are but was were its get my our out any all after since there where which who will would could should did isn don doesn won "

func isCommon(word string) bool { return strings.Contains(common, " "+word+" ") }

// telling lists the words of a text that say what it is about: without endings,
// and pairs of signs where a script writes without spaces.
func telling(text string) map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes := []rune(w)
		if isDense(runes[0]) {
			for i := 0; i+1 < len(runes); i++ {
				words[string(runes[i:i+2])] = true
			}
			continue
		}
		if len(runes) >= 3 && !isCommon(w) {
			words[stem(w)] = true
		}
	}
	return words
}

func isDense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Hangul)
}

func stem(w string) string {
	for _, end := range []string{"ing", "ed", "es", "s"} {
		if short, ok := strings.CutSuffix(w, end); ok && len(short) >= 4 {
			return short
		}
	}
	return w
}
