package search

import (
	"context"
	"slices"
	"sync"

	"selfie/internal/outbox"
	"selfie/search/quick"
	"selfie/search/synonyms"
	"selfie/search/words"
)

// synonymWeight is what a word counts that stands for one that was typed: less
// than that, and it is taken for no rarer.
const synonymWeight = 0.5

// maxAlso bounds the words and phrases that a query is widened by.
const maxAlso = 24

// also is a word, or a phrase of several, that stands for something typed.
type also struct {
	run []token
	of  []string // the terms that were typed
}

// lexicon is what the community said about its words, made ready for each
// language when that is first asked in. It is never changed.
type lexicon struct {
	rev    int64
	groups []synonyms.Group

	mu     sync.Mutex
	tables map[words.Language]*synonyms.Table
}

func newLexicon(b *synonyms.Book) *lexicon {
	return &lexicon{rev: b.Rev, groups: b.Groups, tables: map[words.Language]*synonyms.Table{}}
}

func (l *lexicon) table(in words.Language, r reader) *synonyms.Table {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tables[in]
	if t == nil {
		t = synonyms.NewTable(l.groups, func(s string) []words.Token { return r.analyzer.Tokens(s, in) })
		l.tables[in] = t
	}
	return t
}

// Widening is a part of a query and what else it was looked for by.
type Widening struct {
	Typed string
	Also  []string // as the synonyms have it
}

// widened lists what stands for words of a text that somebody typed, in each of
// the languages it is read in, and was not typed itself; and the same to be
// shown.
func (r reader) widened(text string) (list []also, shown []Widening) {
	l := r.lexicon()
	if l == nil || len(l.groups) == 0 {
		return nil, nil
	}
	typed := r.terms(text)
	for _, in := range r.languages(text) {
		tokens := r.analyzer.Tokens(text, in)
		for _, m := range l.table(in, r).Find(tokens, maxAlso) {
			part := tokens[m.From:m.To]
			w := Widening{Typed: text[part[0].Start:part[len(part)-1].End]}
			for _, p := range m.Also {
				a := also{runOf(p.Run), termsOf(runOf(part))}
				known := len(p.Run) == 1 && slices.Contains(typed, p.Run[0].Term) || slices.ContainsFunc(list, a.sameAs)
				if !known && len(list) < maxAlso {
					list, w.Also = append(list, a), append(w.Also, p.Text)
				}
			}
			if len(w.Also) > 0 {
				shown = append(shown, w)
			}
		}
	}
	return list, shown
}

func runOf(tokens []words.Token) []token {
	run := make([]token, len(tokens))
	for i, t := range tokens {
		run[i] = token{t.Term, t.Position, t.Start, t.End}
	}
	return run
}

func (a also) sameAs(b also) bool { return len(a.run) == len(b.run) && sameRun(a.run, b.run) }

func termsOf(run []token) []string {
	list := make([]string, len(run))
	for i, t := range run {
		list[i] = t.term
	}
	return list
}

// term asks the ranking in memory for it, where the words typed count so much.
func (a also) term(weight float64) quick.Term {
	terms := termsOf(a.run)
	return quick.Term{Text: terms[0], With: terms[1:], For: a.of, Weight: weight * synonymWeight}
}

// trying is the reader with other synonyms, which nobody saved yet; nil are none.
func (r reader) trying(groups []synonyms.Group) reader {
	l := newLexicon(&synonyms.Book{Groups: groups})
	r.words = func() *lexicon { return l }
	return r
}

// followSynonyms keeps what queries are widened by at the state of the store.
func (x *Index) followSynonyms(t *outbox.Tailer) {
	if x.synonyms == nil {
		return
	}
	t.Follow("synonyms", nil, func(ctx context.Context, _ []outbox.Change) error { return x.readSynonyms(ctx) }, x.synonyms.Schema())
}

func (x *Index) readSynonyms(ctx context.Context) error {
	if x.synonyms == nil {
		return nil
	}
	b, err := x.synonyms.Book(ctx)
	if err != nil {
		return err
	}
	x.lexicon.Store(newLexicon(b))
	return nil
}
