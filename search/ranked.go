package search

import (
	"context"
	"math"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"selfie/search/quick"
)

// ranked reads the generation's documents into the form they are ranked by:
// what it then holds is what it would hold had it been there from the start.
func (g *generation) ranked(ctx context.Context) (*quick.Index, error) {
	x := quick.New(shape())
	err := reading(g.bleve, func(r index.IndexReader) error {
		in := unloading{r: r, places: map[uint64]int{}}
		docs, err := in.documents()
		if err != nil {
			return err
		}
		return in.terms(ctx, x.Load(docs))
	})
	return x, err
}

// loadRanking makes ready the ranking of a generation that was opened, which
// takes seconds where there are many threads: Bleve answers meanwhile, and what
// changes waits.
func (x *Index) loadRanking(g *generation) {
	x.write.Lock()
	x.work.Go(func() {
		defer x.write.Unlock()
		var ranking *quick.Index
		err := guarded(func() (err error) {
			ranking, err = g.ranked(x.ctx)
			return err
		})
		switch {
		case x.ctx.Err() != nil:
		case err != nil:
			x.doubt(g, err)
		default:
			x.mu.Lock()
			g.quick = ranking
			x.mu.Unlock()
		}
	})
}

// ranks reports whether the ranking in memory is loaded.
func (x *Index) ranks() (loaded bool) {
	_ = x.viewing(func(g *generation) error { loaded = g.quick != nil; return nil })
	return loaded
}

// unloading reads all that is in a Bleve index.
type unloading struct {
	r      index.IndexReader
	places map[uint64]int // of Bleve's numbers in the list of documents
}

// documents lists the documents, without their texts.
func (u unloading) documents() ([]quick.Doc, error) {
	all, err := u.r.DocIDReaderAll()
	if err != nil {
		return nil, err
	}
	defer all.Close()
	var docs []quick.Doc
	for {
		n, err := all.Next()
		if err != nil {
			return nil, err
		}
		if n == nil {
			return docs, u.marks(docs)
		}
		id, err := u.r.ExternalID(n)
		if err != nil {
			return nil, err
		}
		u.places[n.Value()] = len(docs)
		docs = append(docs, quick.Doc{ID: id})
	}
}

// marks reads the keywords that are known of documents beside their words.
func (u unloading) marks(docs []quick.Doc) error {
	for field, set := range map[string]func(*quick.Mark, string){
		fieldSpace:   func(m *quick.Mark, v string) { m.Group.Space = v },
		fieldShelf:   func(m *quick.Mark, v string) { m.Group.Shelf = v },
		fieldAuthor:  func(m *quick.Mark, v string) { m.Author = v },
		fieldPrior:   func(m *quick.Mark, v string) { m.Prior = priorLevel(v) },
		fieldTongue:  func(m *quick.Mark, v string) { m.Tongue = string(tongueOf(v)) },
		fieldTag:     func(m *quick.Mark, v string) { m.Tags = append(m.Tags, v) },
		fieldIs:      func(m *quick.Mark, v string) { m.Flags |= flagOf(v) },
		fieldHas:     func(m *quick.Mark, v string) { m.Flags |= flagOf(v) },
		fieldScore:   func(m *quick.Mark, v string) { setSpan(&m.Score, v) },
		fieldCreated: func(m *quick.Mark, v string) { setSpan(&m.Day, v) },
	} {
		terms, err := u.dictionary(field)
		if err != nil {
			return err
		}
		for _, term := range terms {
			if (field == fieldScore || field == fieldCreated) && len(term) < spanDigits {
				continue // a beginning of others
			}
			err := u.postings(term, field, false, func(place, _, _ int) { set(&docs[place].Mark, term) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// terms reads the text fields, each term over all of them.
func (u unloading) terms(ctx context.Context, l *quick.Loading) error {
	dictionaries := make([][]string, len(textFields))
	for f, field := range textFields {
		var err error
		if dictionaries[f], err = u.dictionary(field.name); err != nil {
			return err
		}
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		term, ok := least(dictionaries)
		if !ok {
			l.Done()
			return nil
		}
		for f, field := range textFields {
			if d := dictionaries[f]; len(d) == 0 || d[0] != term {
				continue
			}
			dictionaries[f] = dictionaries[f][1:]
			err := u.postings(term, field.name, true, func(place, count, length int) { l.Count(place, f, count, length) })
			if err != nil {
				return err
			}
		}
		l.Term(term)
	}
}

// least returns the least of the first of sorted lists.
func least(lists [][]string) (string, bool) {
	var firsts []string
	for _, l := range lists {
		if len(l) > 0 {
			firsts = append(firsts, l[0])
		}
	}
	if len(firsts) == 0 {
		return "", false
	}
	return slices.Min(firsts), true
}

// dictionary lists the terms of a field, sorted.
func (u unloading) dictionary(field string) (terms []string, err error) {
	d, err := u.r.FieldDict(field)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for {
		e, err := d.Next()
		if err != nil || e == nil {
			return terms, err
		}
		terms = append(terms, e.Term)
	}
}

// postings calls f with each document that has a term in a field, how often, and
// how many terms the field has there. Bleve keeps of that length the inverse
// root.
func (u unloading) postings(term, field string, counts bool, f func(place, count, length int)) error {
	list, err := u.r.TermFieldReader(context.Background(), []byte(term), field, counts, counts, false)
	if err != nil {
		return err
	}
	defer list.Close()
	var at index.TermFieldDoc
	for {
		next, err := list.Next(at.Reset())
		if err != nil || next == nil {
			return err
		}
		length := 0
		if counts {
			length = int(math.Round(1 / (next.Norm * next.Norm)))
		}
		f(u.places[next.ID.Value()], int(next.Freq), length)
	}
}
