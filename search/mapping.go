package search

import (
	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
)

// mappingVersion counts the changes of what is indexed and how: the mapping
// below, the fields of a document and the text they hold. An index of another
// version is made again.
const mappingVersion = 2

// The fields of a thread's document.
const (
	fieldTitle    = "title"
	fieldBody     = "body"
	fieldAccepted = "accepted" // text of the accepted answer
	fieldAnswers  = "answers"  // text of the other visible answers
	fieldTags     = "tags"     // the words of the tags

	fieldTag     = "tag" // whole tags; this and the following are keywords
	fieldSpace   = "space"
	fieldShelf   = "shelf"
	fieldAuthor  = "author"
	fieldIs      = "is" // the state, and "unanswered"
	fieldHas     = "has"
	fieldScore   = "score"   // as spanTerms, of the score and scoreZero
	fieldCreated = "created" // as spanTerms, of the day

	fieldPrint = "print" // stored only: fingerprint of all others
)

// textFields are the fields that words are looked for in, with their weights.
// BM25 already prefers a match in a short field, so the weights are small.
var textFields = []struct {
	name   string
	weight float64
}{
	{fieldTitle, 2}, {fieldBody, 1}, {fieldAccepted, 1}, {fieldAnswers, 1}, {fieldTags, 2},
}

var keywordFields = []string{fieldTag, fieldSpace, fieldShelf, fieldAuthor, fieldIs, fieldHas, fieldScore, fieldCreated}

// newMapping declares a lean index: nothing stored but the fingerprint, no
// positions, no values by document, no field over all.
func newMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.ScoringModel = index.BM25Scoring
	m.DefaultAnalyzer = en.AnalyzerName
	m.IndexDynamic, m.StoreDynamic, m.DocValuesDynamic = false, false, false
	d := bleve.NewDocumentStaticMapping()
	for _, f := range textFields {
		d.AddFieldMappingsAt(f.name, &mapping.FieldMapping{Type: "text", Analyzer: en.AnalyzerName, Index: true})
	}
	for _, f := range keywordFields {
		d.AddFieldMappingsAt(f, &mapping.FieldMapping{Type: "text", Analyzer: keyword.Name, Index: true, SkipFreqNorm: true})
	}
	d.AddFieldMappingsAt(fieldPrint, &mapping.FieldMapping{Type: "text", Analyzer: keyword.Name, Store: true})
	m.DefaultMapping = d
	return m
}

// reader analyses text as the index does.
type reader struct{ analyzer analysis.Analyzer }

func newReader() reader { return reader{newMapping().AnalyzerNamed(en.AnalyzerName)} }

// token is one word of a text: what the index knows it by, where it stands
// among the words (stop words count), and its bytes.
type token struct {
	term       string
	position   int
	start, end int
}

func (r reader) tokens(text string) []token {
	stream := r.analyzer.Analyze([]byte(text))
	list := make([]token, len(stream))
	for i, t := range stream {
		list[i] = token{string(t.Term), t.Position, t.Start, t.End}
	}
	return list
}

// terms lists the different terms of a text in their order.
func (r reader) terms(text string) []string {
	var list []string
	had := map[string]bool{}
	for _, t := range r.tokens(text) {
		if !had[t.term] {
			had[t.term] = true
			list = append(list, t.term)
		}
	}
	return list
}
