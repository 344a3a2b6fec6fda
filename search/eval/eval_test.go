package eval

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"selfie/internal/fault"
	"selfie/search/quick"
)

// TestJudge compares with measures worked out by hand.
func TestJudge(t *testing.T) {
	log := math.Log2
	for _, c := range []struct {
		ranked, relevant string
		want             Scores
	}{
		{"a b c", "a", Scores{1, 1, 1, 1, 1}},
		{"b a c", "a", Scores{0.5, 0.5, 0, 1, 1 / log(3)}},
		{"a b c", "a c", Scores{(1 + 2.0/3) / 2, 1, 1, 1, (1 + 1/log(4)) / (1 + 1/log(3))}},
		{"b c", "a", Scores{}},
		{"", "a", Scores{}},
		{"a", "", Scores{}},
		{"a a b", "a b", Scores{(1 + 2.0/3) / 2, 1, 1, 1, (1 + 1/log(4)) / (1 + 1/log(3))}},
		{"1 2 3 4 5 6 7 8 9 10 a", "a", Scores{MAP: 1.0 / 11, MRR: 1.0 / 11}},
	} {
		got := Judge(strings.Fields(c.ranked), strings.Fields(c.relevant))
		if !near(got, c.want) {
			t.Errorf("%q for %q: %+v, want %+v", c.ranked, c.relevant, got, c.want)
		}
	}
	if m := Mean([]Scores{{1, 1, 1, 1, 1}, {}}); !near(m, Scores{.5, .5, .5, .5, .5}) {
		t.Errorf("mean %+v", m)
	}
	if Mean(nil) != (Scores{}) {
		t.Error("the mean of none is not zero")
	}
}

func near(a, b Scores) bool {
	d := func(x, y float64) bool { return math.Abs(x-y) < 1e-9 }
	return d(a.MAP, b.MAP) && d(a.MRR, b.MRR) && d(a.P1, b.P1) && d(a.R10, b.R10) && d(a.NDCG10, b.NDCG10)
}

func TestReadSet(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(part string) {
		t.Helper()
		_, err := ReadSet(dir)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want a fault about %s", err, part)
		}
	}
	refused("threads.jsonl")
	write("threads.jsonl", "{\"id\":\"a\",\"title\":\"One\"}\n\n{\"id\":\"b\",\"title\":\"Two\",\"body\":\"more\"}")
	refused("queries.jsonl")
	write("queries.jsonl", "{\"id\":\"q\",\"title\":\"Which\"}")
	refused("line 1")
	write("queries.jsonl", "{\"id\":\"q\",\"title\":\"Which\",\"relevant\":[\"a\"]}")
	write("duplicates.tsv", "a b\n")
	refused("line 1")
	write("duplicates.tsv", "a\tb\n")
	s, err := ReadSet(dir)
	if err != nil || len(s.Threads) != 2 || len(s.Queries) != 1 || len(s.Links) != 1 || s.Links[0] != (Link{"a", "b"}) {
		t.Fatalf("%+v, %v", s, err)
	}
	s.Queries[0].Relevant = []string{"a", "c", "b", "d"}
	if unknown, all := s.Unknown(); unknown != 2 || all != 4 {
		t.Errorf("%d of %d are unknown", unknown, all)
	}
}

// village is an index in which duplicates have no word in common with their
// originals, but with other duplicates of it, if telling; else with those of
// others.
func village(telling bool) (*quick.Index, []Lesson) {
	shape := quick.Shape{K1: 1.2, Fields: []quick.Field{{Weight: 1, B: 0.5, Length: 3}}}
	x := quick.New(shape)
	var lessons []Lesson
	for i := range 40 {
		id := fmt.Sprintf("thread-%d", i)
		x.Put(quick.Doc{ID: id, Terms: shape.Weigh(quick.TextOf([]string{"original", fmt.Sprint("own", i)}))})
		for j := range 10 {
			word := i
			if !telling {
				word = (i*7 + j*13) % 40
			}
			terms := []string{fmt.Sprint("slang", word), fmt.Sprint("own", i)}
			if telling {
				terms = terms[:1]
			}
			lessons = append(lessons, Lesson{Link: quick.Link{To: id, Terms: terms}, Key: fmt.Sprint("asked-", i, "-", j)})
		}
	}
	return x, lessons
}

func TestLearn(t *testing.T) {
	ask := func(terms []string) (q quick.Query) {
		for _, s := range terms {
			q.Terms = append(q.Terms, quick.Term{Text: s, Weight: 1})
		}
		return q
	}
	x, lessons := village(true)
	learn := func(lessons []Lesson) Learned {
		t.Helper()
		l, err := Learn(t.Context(), x, lessons, ask)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := learn(lessons)
	if l.Weights.Alias <= 0 || l.Before > 0.1 || l.After < 0.9 || l.Asked < leastAsked {
		t.Errorf("links that tell were not learned from: %+v", l)
	}
	if again := learn(lessons); again != l {
		t.Errorf("learned %+v, and again %+v", l, again)
	}
	x, lessons = village(false)
	if l = learn(lessons); l.Weights != (quick.Weights{}) {
		t.Errorf("links that mislead count: %+v", l)
	}
	if l = learn(lessons[:20]); l.Weights != (quick.Weights{}) {
		t.Errorf("learned from nearly nothing: %+v", l)
	}
}

// TestLearnFromVisitors: what visitors typed counts where it tells, beside
// duplicates or without, and not where it misleads; a word that one person
// typed is dropped unless threads have it.
func TestLearnFromVisitors(t *testing.T) {
	ask := func(terms []string) (q quick.Query) {
		for _, s := range terms {
			q.Terms = append(q.Terms, quick.Term{Text: s, Weight: 1})
		}
		return q
	}
	typed := func(lessons []Lesson) []Lesson {
		for i := range lessons {
			lessons[i].Typed, lessons[i].Key = true, "typed "+lessons[i].Key
		}
		return lessons
	}
	learn := func(x *quick.Index, lessons []Lesson) Learned {
		t.Helper()
		l, err := Learn(t.Context(), x, lessons, ask)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	x, telling := village(true)
	if l := learn(x, typed(telling)); !l.Typed || l.Weights.Alias <= 0 || l.After < 0.9 {
		t.Errorf("visitors who tell were not learned from: %+v", l)
	}
	_, duplicates := village(true)
	for i := range duplicates { // duplicates of half the threads, and visitors of the other half
		n := 0
		fmt.Sscanf(duplicates[i].To, "thread-%d", &n)
		if n%2 == 0 {
			duplicates[i].Typed, duplicates[i].Key = true, "typed "+duplicates[i].Key
		}
	}
	if l := learn(x, duplicates); !l.Typed || l.After < 0.9 {
		t.Errorf("visitors beside duplicates were not learned from: %+v", l)
	}
	x, misleading := village(false)
	if l := learn(x, typed(misleading)); l.Typed || l.Weights != (quick.Weights{}) {
		t.Errorf("visitors who mislead count: %+v", l)
	}

	links := Known(x, []Lesson{
		{Link: quick.Link{To: "thread-1", Terms: []string{"original", "shared", "meier"}}, Key: "a", Typed: true},
		{Link: quick.Link{To: "thread-1", Terms: []string{"shared", "own1"}}, Key: "b", Typed: true},
		{Link: quick.Link{To: "thread-2", Terms: []string{"meier"}}, Key: "c"},
	})
	if got := fmt.Sprint(links[0].Terms, links[1].Terms, links[2].Terms); got != "[original shared] [shared] [meier]" {
		t.Errorf("kept %s", got)
	}
}
