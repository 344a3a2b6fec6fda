package search

import (
	"strings"

	bdoc "github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"selfie/community"
	"selfie/search/quick"
	"selfie/search/words"
)

// entry is one document in the two forms it is kept in: Bleve's, which lasts,
// and the one it is ranked by in memory. The text is cut into terms once.
type entry struct {
	lasting *bdoc.Document
	quick   quick.Doc
}

func (r reader) entry(id string, d map[string]any) (e entry) {
	e.lasting = bdoc.NewDocument(id)
	e.lasting.AddField(bdoc.NewTextFieldCustom(fieldPrint, nil, []byte(d[fieldPrint].(string)), index.StoreField, nil))
	for _, f := range keywordFields {
		if t := keywords(d[f]); t.Length > 0 {
			options := index.IndexField | index.SkipFreqNorm
			if f == fieldAt {
				options |= index.DocValues // lists are put in order by it
			}
			e.lasting.AddField(&countedField{name: f, text: t, options: options})
		}
	}
	tongue := tongueOf(d[fieldTongue].(string))
	e.quick = quick.Doc{ID: id, Mark: quick.Mark{
		Group:  quick.Group{Space: d[fieldSpace].(string), Shelf: d[fieldShelf].(string)},
		Author: d[fieldAuthor].(string), Prior: priorLevel(d[fieldPrior].(string)), Tongue: string(tongue),
		Facts: factsOf(d),
	}}
	for _, f := range textFields {
		t := r.count(d[f.name].(string), tongue)
		e.quick.Text = append(e.quick.Text, t)
		if t.Length > 0 {
			e.lasting.AddField(&countedField{name: f.name, text: t, options: index.IndexField})
		}
	}
	return e
}

// keywords are the values of a keyword field, each as one term.
func keywords(v any) quick.Text {
	switch v := v.(type) {
	case string:
		return quick.TextOf([]string{v})
	case []string:
		return quick.TextOf(v)
	}
	return quick.Text{}
}

func (r reader) count(text string, in words.Language) quick.Text {
	if text == "" {
		return quick.Text{}
	}
	t := quick.Text{Counts: make(map[string]int, len(text)/8+1)}
	r.analyzer.Each(text, in, func(w words.Token) {
		t.Counts[w.Term]++
		t.Length++
	})
	return t
}

// countedField is a text, or a list of keywords, that Bleve is given as counts
// of terms.
type countedField struct {
	name    string
	text    quick.Text
	options index.FieldIndexingOptions
	freqs   index.TokenFrequencies
}

func (f *countedField) Name() string             { return f.name }
func (f *countedField) Value() []byte            { return nil }
func (f *countedField) ArrayPositions() []uint64 { return nil }
func (f *countedField) EncodedFieldType() byte   { return 't' }
func (f *countedField) AnalyzedLength() int      { return f.text.Length }
func (f *countedField) NumPlainTextBytes() uint64 {
	return uint64(f.text.Length)
}

// Size is about what the field takes in memory, in bytes.
func (f *countedField) Size() int { return 64 + 32*len(f.text.Counts) }

func (f *countedField) Options() index.FieldIndexingOptions { return f.options }

// Analyze gives the counts the form that Bleve takes, which asks for them several
// times.
func (f *countedField) Analyze() {
	all := make([]index.TokenFreq, len(f.text.Counts))
	f.freqs = make(index.TokenFrequencies, len(f.text.Counts))
	letters := 0
	for term := range f.text.Counts {
		letters += len(term)
	}
	buf := make([]byte, 0, letters) // of all terms: one for each would cost more than they say
	i := 0
	for term, n := range f.text.Counts {
		at := len(buf)
		buf = append(buf, term...)
		all[i].Term = buf[at:len(buf):len(buf)]
		all[i].SetFrequency(n)
		f.freqs[term] = &all[i]
		i++
	}
}

func (f *countedField) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }

// noTongue stands for the neutral language: a keyword cannot be empty.
const noTongue = "-"

func tongueTerm(l words.Language) string {
	if l == words.Neutral {
		return noTongue
	}
	return string(l)
}

func tongueOf(term string) words.Language {
	return words.Language(strings.TrimPrefix(term, noTongue))
}

// priorTerm is the level of a thread's prior as a keyword: a letter.
func priorTerm(t *community.Thread, c content) string {
	return string(rune('a' + quick.PriorOf(prior(t, &c))))
}

func priorLevel(term string) uint8 {
	if len(term) != 1 || term[0] < 'a' {
		return 0
	}
	return term[0] - 'a'
}
