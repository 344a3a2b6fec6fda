package search

import (
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"

	"selfie/search/quick"
	"selfie/search/words"
)

// mappingVersion counts the changes of what is indexed and how: the mapping
// below, the fields of a document, the text they hold and how it is cut into
// terms. An index of another version is made again.
const mappingVersion = 7

// The texts of a thread that words are looked for in.
const (
	fieldTitle    = "title"
	fieldBody     = "body"
	fieldAccepted = "accepted" // text of the accepted answer
	fieldAnswers  = "answers"  // text of the other visible answers
	fieldTags     = "tags"     // the words of the tags
	fieldImage    = "image"    // text read from the pictures
)

// The fields of a thread in Bleve. The record is all that is indexed of it, and
// what the ranking in memory is read from; by the others Bleve itself finds
// threads while that takes place.
const (
	fieldRecord = "record" // stored only; see appendRecord
	fieldHead   = "head"   // the words of title and tags
	fieldKey    = "key"    // whole words with what they are, as keyTerm
	fieldAt     = "at"     // when it was asked, as momentTerm; lists are put in order by it
)

// What a key is.
const (
	keyTag    = "tag"
	keySpace  = "space"
	keyShelf  = "shelf"
	keyAuthor = "author"
	keyFlag   = "is" // the words of "is:" and "has:"
)

func keyTerm(kind, word string) string { return kind + ":" + word }

// textFields say what one word counts in a text of typical length, how much the
// length matters, and that length in terms. Weights were chosen on two public collections of duplicate questions.
var textFields = []struct {
	name   string
	weight float64
	b      float64
	length float64
}{
	{fieldTitle, 2, 0.75, 6},
	{fieldBody, 1, 0.75, 50},
	{fieldAccepted, 0.8, 0.75, 50},
	{fieldAnswers, 0.5, 0.75, 100},
	{fieldTags, 1, 0.5, 3},
	{fieldImage, 0.8, 0.75, 40},
}

// saturation is how slowly a repeated word counts less (k1 of BM25).
const saturation = 1.2

func placeOfField(name string) int {
	for i := range textFields {
		if textFields[i].name == name {
			return i
		}
	}
	panic("search: no text " + name)
}

// shape is that of the text fields, for the ranking in memory.
func shape() quick.Shape {
	s := quick.Shape{K1: saturation}
	for _, f := range textFields {
		s.Fields = append(s.Fields, quick.Field{Weight: f.weight, B: f.b, Length: f.length})
	}
	return s
}

// newMapping declares a lean index: no positions, no field over all, and no texts
// in full. Words are looked for in memory, at a twentieth of the cost; inverting
// them in Bleve, too, took more than half of indexing (measured over 60,000
// threads: 4,900 a CPU-second with it, 10,900 without). Texts are cut into terms
// before they reach Bleve (see entry), so their analyzer is never asked.
func newMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.ScoringModel = index.BM25Scoring
	m.DefaultAnalyzer = keyword.Name
	m.IndexDynamic, m.StoreDynamic, m.DocValuesDynamic = false, false, false
	d := bleve.NewDocumentStaticMapping()
	for name, f := range map[string]mapping.FieldMapping{
		fieldRecord: {Store: true},
		fieldHead:   {Index: true},
		fieldKey:    {Index: true, SkipFreqNorm: true},
		fieldAt:     {Index: true, SkipFreqNorm: true, DocValues: true},
	} {
		f.Type, f.Analyzer = "text", keyword.Name
		d.AddFieldMappingsAt(name, &f)
	}
	m.DefaultMapping = d
	return m
}

// reader cuts text into terms as the index does.
type reader struct {
	analyzer *words.Analyzer
	tongues  func() []words.Language // of the threads, the commonest first; nil is English
	words    func() *lexicon         // what the community says of its words; nil is nothing
}

func newReader() reader { return reader{analyzer: &words.Analyzer{}} }

func (r reader) lexicon() *lexicon {
	if r.words == nil {
		return nil
	}
	return r.words()
}

// token is one word of a text: what the index knows it by, where it stands
// among the words (stop words count), and its bytes.
type token struct {
	term       string
	position   int
	start, end int
}

// tokens cuts a phrase that somebody typed.
func (r reader) tokens(text string) []token { return r.tokensIn(r.languages(text)[0], text) }

// tokensIn cuts a text of a known language.
func (r reader) tokensIn(in words.Language, text string) []token {
	list := make([]token, 0, len(text)/7+1)
	r.analyzer.Each(text, in, func(t words.Token) { list = append(list, token{t.Term, t.Position, t.Start, t.End}) })
	return list
}

// languages are those that what somebody typed is read in: the one it is
// written in, if it tells, else that of most threads; then the others that
// threads are written in.
func (r reader) languages(text string) []words.Language {
	var list []words.Language
	if l, sure := words.Tell(text); sure {
		list = append(list, l)
	}
	if r.tongues != nil {
		list = append(list, r.tongues()...)
	}
	if len(list) == 0 {
		return []words.Language{words.English}
	}
	first := list[0]
	slices.Sort(list[1:])
	list = slices.Compact(list)
	return append([]words.Language{first}, slices.DeleteFunc(list[1:], func(l words.Language) bool { return l == first })...)
}

// terms lists the different terms of what somebody typed: each word as every
// language of the threads has it, but for stop words of its own.
func (r reader) terms(text string) []string {
	var list []string
	had, telling := map[string]bool{}, map[int]bool{}
	for i, l := range r.languages(text) {
		for _, t := range r.tokensIn(l, text) {
			if i == 0 {
				telling[t.position] = true
			}
			if telling[t.position] && !had[t.term] {
				had[t.term] = true
				list = append(list, t.term)
			}
		}
	}
	return list
}
