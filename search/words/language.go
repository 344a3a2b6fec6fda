package words

import (
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/es"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/analysis/lang/it"
	"github.com/blevesearch/bleve/v2/analysis/lang/nl"
	"github.com/blevesearch/bleve/v2/analysis/lang/pt"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
)

// Language is the ISO 639-1 code of a language that is stemmed, or one of:
type Language string

const (
	Neutral Language = ""    // unknown, or mixed: nothing is stemmed, nothing left out
	CJK     Language = "cjk" // Chinese, Japanese or Korean, in pairs of characters
	English Language = "en"
	Russian Language = "ru"
)

// Languages lists the languages with a grammar here.
var Languages = []Language{English, "de", "fr", "es", "pt", "it", "nl", Russian}

// grammar is what is known of a language. The table is never written again.
type grammar struct {
	stem   func(string) string
	stop   map[string]bool
	elided map[string]bool // what stands before an apostrophe and is no part of the word: "l'ordinateur"
}

var grammars = map[Language]grammar{
	English: {snowball(english.Stem), stopWords(en.EnglishStopWords), nil},
	"de":    {snowball(german.Stem), stopWords(de.GermanStopWords), nil},
	"fr":    {snowball(french.Stem), stopWords(fr.FrenchStopWords), setOf("l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu")},
	"es":    {snowball(spanish.Stem), stopWords(es.SpanishStopWords), nil},
	"pt":    {snowball(portuguese.Stem), stopWords(pt.PortugueseStopWords), nil},
	"it":    {snowball(italian.Stem), stopWords(it.ItalianStopWords), setOf("c", "l", "all", "dall", "dell", "nell", "sull", "coll", "pell", "gl", "agl", "dagl", "degl", "negl", "sugl", "un", "m", "t", "s", "v", "d")},
	"nl":    {snowball(dutch.Stem), stopWords(nl.DutchStopWords), nil},
	Russian: {snowball(russian.Stem), stopWords(ru.RussianStopWords), nil},
}

func setOf(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

func snowball(stem func(*snowballstem.Env) bool) func(string) string {
	return func(word string) string {
		env := snowballstem.NewEnv(word)
		stem(env)
		return env.Current()
	}
}

func stopWords(list []byte) map[string]bool {
	m := analysis.NewTokenMap()
	if err := m.LoadBytes(list); err != nil { // a reader over memory does not fail
		panic(err)
	}
	return m
}

// The bounds of the judgement over a text: what is looked at, how few words
// tell nothing, and by how much the first language must lead the second.
const (
	detectWords = 200
	shortText   = 12
	leads       = 1.3
)

// Detect tells the language of a text by its script and its commonest words. A
// text in plain letters that is too short to tell counts as English; what fits
// no language known here, or several, is Neutral.
func Detect(text string) Language {
	l, _ := Tell(text)
	return l
}

// Tell is Detect, and whether the text itself says so.
func Tell(text string) (l Language, sure bool) {
	var all, foreign, cyrillic, paired int
	hits := map[Language]int{}
	var buf []byte
	scan(text, func(start, end int) {
		if all++; all > detectWords {
			return
		}
		switch r, _ := utf8.DecodeRuneInString(text[start:]); {
		case kindOf(r) == pair:
			paired++
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		}
		buf = lower(buf[:0], text[start:end])
		if !plain(buf) {
			foreign++
		}
		for _, l := range Languages {
			if grammars[l].stop[string(buf)] {
				hits[l]++
			}
		}
	})
	all = min(all, detectWords)
	switch {
	case all == 0:
		return Neutral, false
	case 3*paired > all:
		return CJK, true
	case 2*cyrillic > all:
		return Russian, true
	}
	return latin(hits, all, foreign)
}

// latin chooses among the languages in Latin letters by the stop words met.
func latin(hits map[Language]int, all, foreign int) (l Language, sure bool) {
	var best, second Language
	for _, l := range Languages {
		switch {
		case hits[l] > hits[best]:
			best, second = l, best
		case hits[l] > hits[second]:
			second = l
		}
	}
	switch {
	case hits[best] >= 2 && float64(hits[best]) >= leads*float64(hits[second]) && 8*hits[best] >= all:
		return best, true
	case all <= shortText && foreign == 0 && hits[best] == hits[English]:
		return English, false
	}
	return Neutral, false
}

func plain(word []byte) bool {
	for _, c := range word {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
