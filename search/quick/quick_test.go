package quick

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var twoFields = Shape{K1: 1.2, Fields: []Field{{Weight: 2, B: 0.75, Length: 5}, {Weight: 1, B: 0.75, Length: 20}}}

func text(s string) Text { return TextOf(strings.Fields(s)) }

func made(id, title, body string) Doc {
	return Doc{ID: id, Mark: Mark{Group: Group{"a", "open"}, Prior: 6}, Terms: twoFields.Weigh(text(title), text(body))}
}

func ask(words string) Query {
	q := Query{Limit: 10}
	for _, w := range strings.Fields(words) {
		q.Terms = append(q.Terms, Term{Text: w, Weight: 1})
	}
	return q
}

func ids(hits []Hit) string {
	var list []string
	for _, h := range hits {
		list = append(list, h.ID)
	}
	return strings.Join(list, " ")
}

func TestOrder(t *testing.T) {
	x := New(twoFields)
	x.Put(made("1", "router reset", "it blinks"), made("2", "it blinks", "router"), made("3", "wifi slow", "since monday"), made("4", "it blinks", "router"))
	for _, c := range []struct{ words, want string }{
		{"router", "1 2 4"},
		{"router reset", "1 2 4"},
		{"blinks", "2 4 1"},
		{"monday router", "3 1 2 4"},
		{"nothing", ""},
		{"", ""},
	} {
		if got := ids(x.Search(ask(c.words))); got != c.want {
			t.Errorf("%q finds %q, want %q", c.words, got, c.want)
		}
	}
}

func TestWhoMayFind(t *testing.T) {
	x := New(twoFields)
	for i, m := range []Mark{{Group: Group{"a", "open"}, Author: "x"}, {Group: Group{"b", "open"}, Author: "x"}, {Group: Group{"a", "private"}, Author: "x"}, {Group: Group{"a", "private"}, Author: "y"}, {Group: Group{"b", "private"}, Author: "x"}} {
		x.Put(Doc{ID: fmt.Sprint(i), Mark: m, Terms: twoFields.Weigh(text("word"), Text{})})
	}
	q := ask("word")
	q.May = func(g Group, own bool) bool { return g.Space == "a" && (g.Shelf == "open" || own) }
	for author, want := range map[string]string{"": "0", "x": "0 2", "y": "0 3", "z": "0"} {
		q.Author = author
		if got := ids(x.Search(q)); got != want {
			t.Errorf("%q finds %q, want %q", author, got, want)
		}
	}
	q.Author, q.Exclude = "x", "0"
	if got := ids(x.Search(q)); got != "2" {
		t.Errorf("without 0: %q", got)
	}
}

// filled is an index of random texts, in which a third of the documents was
// put twice and some were deleted again, and the same made at once.
func filled(rnd *rand.Rand, n int) (changed, once *Index) {
	zipf := rand.NewZipf(rnd, 1.2, 4, 400)
	words := func(n int) Text {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint("w", zipf.Uint64())
		}
		return TextOf(list)
	}
	doc := func(i int) Doc {
		return Doc{ID: fmt.Sprintf("%05d", i), Mark: Mark{Group: Group{"a", "open"}, Prior: uint8(rnd.IntN(Priors))}, Terms: twoFields.Weigh(words(5), words(20))}
	}
	changed, once = New(twoFields), New(twoFields)
	var last []Doc
	for i := range n {
		d := doc(i)
		changed.Put(d)
		if i%3 == 0 {
			d = doc(i)
			changed.Put(d)
		}
		if i%17 == 0 {
			changed.Delete(d.ID, "none")
			continue
		}
		last = append(last, d)
	}
	rnd.Shuffle(len(last), func(i, j int) { last[i], last[j] = last[j], last[i] })
	once.Put(last...)
	return changed, once
}

func TestChangedIndexRanksAsOneMadeAnew(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	changed, once := filled(rnd, 2000)
	for range 300 {
		q := Query{Limit: 20}
		for range 1 + rnd.IntN(12) {
			q.Terms = append(q.Terms, Term{Text: fmt.Sprint("w", rnd.IntN(200)), Weight: 1})
		}
		a, b := changed.Search(q), once.Search(q)
		if !slices.Equal(a, b) {
			t.Fatalf("%v:\n%v\n%v", q.Terms, a, b)
		}
	}
	if changed.Len() != once.Len() {
		t.Errorf("%d and %d documents", changed.Len(), once.Len())
	}
}

// TestBestAreTheBest compares with scores that are added up one by one.
func TestBestAreTheBest(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	x, _ := filled(rnd, 1000)
	for range 200 {
		q := Query{Limit: 1 + rnd.IntN(20)}
		for range 1 + rnd.IntN(30) {
			q.Terms = append(q.Terms, Term{Text: fmt.Sprint("w", rnd.IntN(400)), Weight: rnd.Float64()})
		}
		s := x.begin(q)
		var all []candidate
		for n := range uint32(len(x.docs)) {
			if score := s.exactly(n) * s.worth(n); score > 0 {
				all = append(all, candidate{n, score})
			}
		}
		want := s.hits(all)
		s.end()
		if got := x.Search(q); !slices.Equal(got, want) {
			t.Fatalf("%v:\n%v\n%v", q.Terms, got, want)
		}
	}
}

func TestTermsAreThoseOfDocuments(t *testing.T) {
	x := New(twoFields)
	x.Put(made("1", "router reset", "it blinks"), made("2", "roof", ""), Doc{ID: "3", Mark: Mark{Facts: Facts{Tags: []string{"road"}}}})
	x.Delete("2")
	got := x.Terms(func(term string) bool { return strings.Contains(term, "r") })
	slices.Sort(got)
	if want := []string{"reset", "router"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinks(t *testing.T) {
	x := New(twoFields)
	x.Put(made("1", "factory settings", ""), made("2", "begin again", ""), made("3", "wifi slow", ""), made("4", "wifi again", ""))
	links := x.Of([]Link{{To: "1", Terms: []string{"wipe"}}, {To: "2", From: "4", Terms: []string{"wifi", "again"}}, {To: "gone", Terms: []string{"wipe"}}})
	find := func(words string, w Weights) string {
		x.Use(links.With(w))
		return ids(x.Search(ask(words)))
	}
	for _, c := range []struct {
		words string
		w     Weights
		want  string
	}{
		{"wipe", Weights{}, ""},
		{"wipe", Weights{Alias: 1}, "1"},
		{"slow", Weights{Alias: 1, Near: 1, Popular: 1}, "3"},
		{"wifi", Weights{}, "3 4"},
		{"wifi", Weights{Near: 0.5}, "3 4 2"},
		{"again", Weights{Popular: 0.5}, "2 4"},
	} {
		if got := find(c.words, c.w); got != c.want {
			t.Errorf("%s with %+v finds %q, want %q", c.words, c.w, got, c.want)
		}
	}
	x.Put(made("9", "wipe", ""))
	x.Delete("1")
	if got := find("wipe", Weights{Alias: 1, Popular: 1}); got != "9" {
		t.Errorf("after a deletion: %s", got)
	}
}
