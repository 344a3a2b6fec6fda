// Package sentiment tells how negative a text is, and which words say so. It
// is a lexicon with a few rules, after the published method of VADER (Hutto and
// Gilbert, 2014): every judgement can be shown to the person it concerns.
package sentiment

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"unicode"
)

//go:embed lexicon.txt
var lexiconText string

// Scorer scores texts. It never changes: one serves any number of goroutines.
type Scorer struct {
	exact  map[string]float64
	prefix []entry
}

type entry struct {
	stem   string
	weight float64
}

// New reads the lexicon. A line that does not fit panics: the lexicon is ours.
func New() *Scorer {
	s := &Scorer{exact: map[string]float64{}}
	for line := range strings.Lines(lexiconText) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		weight, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			panic("sentiment: lexicon: " + line)
		}
		for _, w := range fields[1:] {
			if stem, ok := strings.CutSuffix(w, "*"); ok {
				s.prefix = append(s.prefix, entry{stem, weight})
			} else {
				s.exact[w] = weight
			}
		}
	}
	return s
}

// Word is a word that bears on a score, with its part in it.
type Word struct {
	Text   string
	Weight float64 // negative speaks against, positive for
}

// Score is a judgement of one text.
type Score struct {
	Negative float64 // 0 (calm) to 1 (furious): see norm
	Compound float64 // -1 to 1
	Words    []Word  // in order of appearance; at most maxWords
}

const (
	maxRunes = 20_000 // of a text that are read
	maxWords = 100

	// Everyone who asks for help names a problem: words above strong ("slow",
	// "error") count mild-ly, so that it takes anger to score high. Our own numbers.
	strong = -1.9
	mild   = 0.3

	// VADER's constants.
	negation = -0.74 // a negated word turns and weakens
	booster  = 0.293
	shouted  = 0.733
	bang     = 0.292 // for each exclamation mark, at most four
	norm     = 15    // compound = sum / sqrt(sum^2 + norm)
)

var negations = words("not no never none nobody nothing neither nor without hardly barely don't dont doesn't doesnt didn't didnt isn't isnt wasn't wasnt aren't won't wont can't cant cannot couldn't wouldn't shouldn't haven't hasn't ain't")
var boosters = boosterWords()

func boosterWords() map[string]float64 {
	b := map[string]float64{}
	for w := range words("very really so extremely absolutely totally completely utterly incredibly fucking damn super truly too again still always ever most") {
		b[w] = booster
	}
	for w := range words("slightly somewhat kinda fairly little bit almost partly") {
		b[w] = -booster
	}
	return b
}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// Score judges a text of any length and shape.
func (s *Scorer) Score(text string) Score {
	tokens := split(text)
	var out Score
	var for_, against float64
	upper, lower := caseOf(tokens)
	for i, t := range tokens {
		weight := s.weigh(tokens, i, upper && lower)
		if weight == 0 {
			continue
		}
		switch {
		case weight > 0:
			for_ += weight
		case weight > strong:
			against -= weight * mild
		default:
			against -= weight
		}
		if len(out.Words) < maxWords {
			out.Words = append(out.Words, Word{t, weight})
		}
	}
	if against > for_ {
		against += float64(min(strings.Count(clipped(text), "!"), 4)) * bang
	}
	sum := for_ - against
	out.Compound = sum / math.Sqrt(sum*sum+norm)
	if sum < 0 {
		out.Negative = -out.Compound
	}
	return out
}

// weigh is the weight of a word where it stands: turned by a negation or
// raised by a booster among the three words before it, raised when shouted.
func (s *Scorer) weigh(tokens []string, i int, mixed bool) float64 {
	word := strings.ToLower(tokens[i])
	weight := s.lookup(word)
	if weight == 0 {
		return 0
	}
	sign := math.Copysign(1, weight)
	if mixed && isShouted(tokens[i]) {
		weight += sign * shouted
	}
	for back := 1; back <= 3 && i-back >= 0; back++ {
		before := strings.ToLower(tokens[i-back])
		if before == stop {
			break
		}
		fade := 1 - 0.05*float64(back-1)
		weight += sign * boosters[before] * fade
		if negations[before] && before != word {
			weight *= negation
			break
		}
	}
	return weight
}

func (s *Scorer) lookup(word string) float64 {
	if w, ok := s.exact[word]; ok {
		return w
	}
	for _, e := range s.prefix {
		if strings.HasPrefix(word, e.stem) {
			return e.weight
		}
	}
	return 0
}

// stop separates sentences, so that a negation does not reach over.
const stop = "."

// split reads words; apostrophes and hyphens within stay, ends of sentences
// and lines become stop.
func split(text string) []string {
	var tokens []string
	var b strings.Builder
	flush := func() {
		if w := strings.Trim(b.String(), "'-"); w != "" {
			tokens = append(tokens, w)
		}
		b.Reset()
	}
	for _, r := range clipped(text) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '\'', r == '-':
			b.WriteRune(r)
		case r == '’':
			b.WriteByte('\'')
		default:
			flush()
			if strings.ContainsRune(".!?;:\n", r) {
				tokens = append(tokens, stop)
			}
		}
	}
	flush()
	return tokens
}

func clipped(text string) string {
	n := 0
	for i := range text {
		if n++; n > maxRunes {
			return text[:i]
		}
	}
	return text
}

func isShouted(w string) bool {
	return len([]rune(w)) > 1 && w == strings.ToUpper(w) && w != strings.ToLower(w)
}

// caseOf tells whether words are shouted and others are not: only then does
// shouting mean anything.
func caseOf(tokens []string) (upper, lower bool) {
	for _, t := range tokens {
		if isShouted(t) {
			upper = true
		} else if t != stop {
			lower = true
		}
	}
	return upper, lower
}

// Negative implements the escalation's Tone: how negative, and the words that
// say so.
func (s *Scorer) Negative(text string) (float64, []string) {
	sc := s.Score(text)
	var against []string
	for _, w := range sc.Words {
		if w.Weight < 0 {
			against = append(against, w.Text)
		}
	}
	return sc.Negative, against
}
