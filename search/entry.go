package search

import (
	bdoc "github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"selfie/search/quick"
	"selfie/search/words"
)

// entry is one document in the two forms it is kept in: Bleve's, which lasts,
// and the one it is ranked by in memory. The text is cut into terms once.
type entry struct {
	lasting *bdoc.Document
	quick   quick.Doc
}

// weigher makes entries, one after the other, with memory that it uses again.
type weigher struct {
	reader
	shape   quick.Shape
	counts  map[string]int     // of the text at hand
	weighed map[string]float64 // of the document at hand
}

func (r reader) weigher(s quick.Shape) *weigher {
	return &weigher{r, s, map[string]int{}, map[string]float64{}}
}

func (w *weigher) entry(id string, d *document) entry {
	head := counted{name: fieldHead, options: index.IndexField, counts: map[string]int{}}
	clear(w.weighed)
	for i, text := range d.text {
		t := w.count(text, words.Language(d.mark.Tongue))
		w.shape.Add(w.weighed, i, t)
		if f := textFields[i].name; f == fieldTitle || f == fieldTags {
			head.add(t)
		}
	}
	e := entry{bdoc.NewDocument(id), quick.Doc{ID: id, Print: d.print, Mark: d.mark, Terms: w.shape.Saturate(nil, w.weighed)}}
	at := counted{name: fieldAt, options: index.IndexField | index.SkipFreqNorm | index.DocValues, counts: map[string]int{momentTerm(d.at): 1}, length: 1}
	key := counted{name: fieldKey, options: index.IndexField | index.SkipFreqNorm, counts: map[string]int{}}
	key.add(quick.TextOf(keysOf(d.mark)))
	e.lasting.AddField(bdoc.NewTextFieldCustom(fieldRecord, nil, appendRecord(nil, d, e.quick.Terms), index.StoreField, nil))
	for _, f := range []*counted{&head, &key, &at} {
		if f.length > 0 {
			e.lasting.AddField(f)
		}
	}
	return e
}

// count is good until the next call.
func (w *weigher) count(text string, in words.Language) quick.Text {
	clear(w.counts)
	t := quick.Text{Counts: w.counts}
	w.analyzer.Each(text, in, func(t2 words.Token) {
		t.Counts[t2.Term]++
		t.Length++
	})
	return t
}

// keysOf are the words that a document is filtered by.
func keysOf(m quick.Mark) []string {
	list := []string{keyTerm(keySpace, m.Group.Space), keyTerm(keyShelf, m.Group.Shelf), keyTerm(keyAuthor, m.Author)}
	for _, t := range m.Tags {
		list = append(list, keyTerm(keyTag, t))
	}
	for i, word := range flags {
		if m.Flags&(1<<i) != 0 {
			list = append(list, keyTerm(keyFlag, word))
		}
	}
	return list
}

// counted is a field that Bleve is given as counts of terms.
type counted struct {
	name    string
	counts  map[string]int
	length  int
	options index.FieldIndexingOptions
	freqs   index.TokenFrequencies
}

func (f *counted) add(t quick.Text) {
	for term, n := range t.Counts {
		f.counts[term] += n
	}
	f.length += t.Length
}

func (f *counted) Name() string              { return f.name }
func (f *counted) Value() []byte             { return nil }
func (f *counted) ArrayPositions() []uint64  { return nil }
func (f *counted) EncodedFieldType() byte    { return 't' }
func (f *counted) AnalyzedLength() int       { return f.length }
func (f *counted) NumPlainTextBytes() uint64 { return uint64(f.length) }

// Size is about what the field takes in memory, in bytes.
func (f *counted) Size() int { return 64 + 32*len(f.counts) }

func (f *counted) Options() index.FieldIndexingOptions { return f.options }

// Analyze gives the counts the form that Bleve takes, which asks for them several
// times.
func (f *counted) Analyze() {
	all := make([]index.TokenFreq, 0, len(f.counts))
	f.freqs = make(index.TokenFrequencies, len(f.counts))
	for term, n := range f.counts {
		t := index.TokenFreq{Term: []byte(term)}
		t.SetFrequency(n)
		all = append(all, t)
		f.freqs[term] = &all[len(all)-1]
	}
}

func (f *counted) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }
