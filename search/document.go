package search

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
	"selfie/search/quick"
	"selfie/search/words"
)

// The bounds of the answers' text in one document: the best come first, and
// what lies beyond is not found.
const (
	maxAnswers     = 100
	maxAnswerRunes = 30_000
	answerPage     = 20
	maxPictured    = 10_000 // runes read from pictures
)

// content is the searchable text of a thread, as whoever sees the thread may
// read it: removed answers and names of members are not in it.
type content struct {
	Title, Body string
	Tags        []string
	Answers     []passage // the accepted one first, then the best
	Pictured    string    // what was read from the pictures
	Tongue      words.Language
	Verified    bool // the company confirms an answer
	Image       bool // there is a picture in the question or an answer
}

// passage is the text of one answer.
type passage struct {
	ID       string
	Accepted bool
	Text     string
}

// indexed reports whether a thread is found by search at all: not when it was
// removed, and not as a duplicate, which its original stands for.
func indexed(t *community.Thread) bool {
	return t.Stats.Shelf == community.OnOpen || t.Stats.Shelf == community.OnPrivate
}

// load reads a thread's text from the store.
func (x *Index) load(ctx context.Context, t *community.Thread) (content, error) {
	c, pictures, err := x.loadPosts(ctx, t)
	if err == nil {
		c.Pictured, err = x.pictured(ctx, pictures)
	}
	return c, err
}

// pictured is what was read from uploads that visible posts show.
func (x *Index) pictured(ctx context.Context, ids []string) (string, error) {
	if len(ids) == 0 {
		return "", nil
	}
	uploads, err := x.rec.Uploads.GetMany(ctx, ids)
	var b strings.Builder
	for _, id := range ids {
		if u := uploads[id]; u != nil && u.ShownText() != "" && b.Len() < maxPictured {
			b.WriteString(u.ShownText())
			b.WriteByte('\n')
		}
	}
	return firstRunes(b.String(), maxPictured), err
}

// loadPosts reads the question and its visible answers, and names the uploads
// that they show.
func (x *Index) loadPosts(ctx context.Context, t *community.Thread) (content, []string, error) {
	pictures := slices.Clone(t.Images)
	c := content{Title: t.Title, Body: markup.Text(t.HTML), Tags: t.Tags, Image: len(t.Images) > 0}
	c.Tongue = words.Detect(c.Title + "\n" + c.Body)
	room := maxAnswerRunes
	add := func(a *community.Answer, accepted bool) {
		text := firstRunes(markup.Text(a.HTML), room)
		room -= utf8.RuneCountInString(text)
		c.Answers = append(c.Answers, passage{a.ID, accepted, text})
		c.Image = c.Image || len(a.Images) > 0
		pictures = append(pictures, a.Images...)
		c.Verified = c.Verified || a.Verified != nil
	}
	accepted, err := x.acceptedOf(ctx, t)
	if err != nil {
		return c, nil, err
	}
	if accepted != nil {
		add(accepted, true)
	}
	q := store.Where("thread", t.ID).And("stats.shelf", community.OnOpen).Order("-stats.rank", "created").Limit(answerPage)
	for {
		page, err := x.rec.Answers.Find(ctx, q)
		if err != nil {
			return c, nil, err
		}
		for _, a := range page.Items {
			if room <= 0 || len(c.Answers) >= maxAnswers {
				return c, pictures, nil
			}
			if accepted == nil || a.ID != accepted.ID {
				add(a, false)
			}
		}
		if page.Next == "" {
			return c, pictures, nil
		}
		q = q.After(page.Next)
	}
}

// acceptedOf returns the accepted answer while it is visible, or nil.
func (x *Index) acceptedOf(ctx context.Context, t *community.Thread) (*community.Answer, error) {
	if t.Accepted == nil {
		return nil, nil
	}
	a, err := x.rec.Answers.Get(ctx, t.Accepted.Answer)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || a.Removed != nil || a.Thread != t.ID {
		return nil, err
	}
	return a, nil
}

func firstRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// document is what is indexed of a thread: its texts, by the places of their
// fields, and what is known of it beside them.
type document struct {
	text  []string
	mark  quick.Mark
	at    store.Millis // when it was asked
	print uint64       // fingerprint of all that, never 0
}

func documentOf(t *community.Thread, c content) *document {
	var accepted string
	var answers []string
	for _, a := range c.Answers {
		if a.Accepted {
			accepted = a.Text
		} else {
			answers = append(answers, a.Text)
		}
	}
	d := &document{text: make([]string, len(textFields)), at: t.Created, mark: quick.Mark{
		Group: quick.Group{Space: t.Space, Shelf: string(t.Stats.Shelf)}, Author: t.Author,
		Prior: quick.PriorOf(prior(t, &c)), Tongue: string(c.Tongue), Facts: factsOf(t, c),
	}}
	for field, text := range map[string]string{
		fieldTitle: c.Title, fieldBody: c.Body, fieldAccepted: accepted, fieldAnswers: strings.Join(answers, "\n"),
		fieldTags: strings.Join(c.Tags, " "), fieldImage: c.Pictured,
	} {
		d.text[placeOfField(field)] = text
	}
	d.print = d.fingerprint()
	return d
}

// states are the words that "is:" finds a thread by.
func states(t *community.Thread) []string {
	is := []string{string(t.Stats.State)}
	if t.Stats.Unanswered {
		is = append(is, isUnanswered)
	}
	return is
}

// momentTerm writes a moment so that terms sort as the moments do.
func momentTerm(m store.Millis) string { return fmt.Sprintf("%012x", max(int64(m), 0)) }

// has are the words that "has:" finds a thread by.
func has(t *community.Thread, c content) []string {
	list := []string{}
	if c.Image {
		list = append(list, hasImage)
	}
	if t.Stats.Solved {
		list = append(list, hasAccepted)
	}
	return list
}

// fingerprint sums up a document, so that what changed nothing that is searched
// (a view, a watch) is not written again.
func (d *document) fingerprint() uint64 {
	h := fnv.New64a()
	put := func(s string) { h.Write([]byte(strconv.Itoa(len(s)) + ":" + s)) }
	for _, t := range d.text {
		put(t)
	}
	put(string(appendMark(nil, d.mark)))
	put(momentTerm(d.at))
	return max(h.Sum64(), 1)
}
