package generate

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Texts draws titles and bodies as people write them, for measuring search: the
// commonest words are those of grammar, then come the vocabulary's, and behind
// them a long tail of rare ones (names of products, parts, errors), all by
// Zipf's law. Titles have 9 words in the mean, bodies 76, long ones being rare.
// It is used by one goroutine.
type Texts struct {
	rnd  *rand.Rand
	zipf *rand.Zipf
	all  []string
}

// tail is how many rare words there are; sites of this size know so many.
const tail = 60_000

// NewTexts draws from a seed.
func NewTexts(seed uint64) *Texts {
	t := &Texts{rnd: rand.New(rand.NewPCG(seed, 0x7e875))}
	known := make(map[string]bool, tail)
	learn := func(w string) {
		if !known[w] {
			known[w] = true
			t.all = append(t.all, w)
		}
	}
	for _, w := range strings.Fields(grammar) {
		learn(w)
	}
	for _, w := range vocabulary {
		learn(w)
	}
	for len(t.all) < tail {
		learn(t.rare())
	}
	t.zipf = rand.NewZipf(t.rnd, 1.08, 8, uint64(len(t.all)-1))
	return t
}

// grammar are the commonest words of English, in about their order.
const grammar = `the i to a and is it in my of on that for have with but this not do can when are be if as at or so
how from what there an no any will was you get has after just all does which would me am`

// rare makes up a word: a few syllables, sometimes with a number.
func (t *Texts) rare() string {
	var b strings.Builder
	for range 2 + t.rnd.IntN(3) {
		b.WriteByte("bcdfghklmnprstvwz"[t.rnd.IntN(17)])
		b.WriteByte("aeiou"[t.rnd.IntN(5)])
	}
	if t.rnd.IntN(3) == 0 {
		b.WriteByte("nrstlx"[t.rnd.IntN(6)])
	}
	if t.rnd.IntN(8) == 0 {
		b.WriteString(strconv.Itoa(t.rnd.IntN(1000)))
	}
	return b.String()
}

// Words strings n words together.
func (t *Texts) Words(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.all[t.zipf.Uint64()])
	}
	return b.String()
}

// Title is a title of 4 to 14 words.
func (t *Texts) Title() string { return t.Words(4 + t.rnd.IntN(11)) }

// Body is a body, of 76 words in the mean and 60 in the middle (log-normal).
func (t *Texts) Body() string {
	const middle, spread = 60, 0.69
	return t.Words(max(5, int(math.Exp(t.rnd.NormFloat64()*spread)*middle)))
}
