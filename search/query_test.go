package search

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"selfie/community"
	"selfie/internal/fault"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]Query{
		"router  reset":             {Words: []string{"router", "reset"}},
		`"hold reset" now`:          {Phrases: []string{"hold reset"}, Words: []string{"now"}},
		`„hold reset“`:              {Phrases: []string{"hold reset"}},
		`"never closed`:             {Phrases: []string{"never closed"}},
		"tag:Wi_Fi TAG:dsl":         {Tags: []string{"wi-fi", "dsl"}},
		`tag:"wi fi"`:               {Tags: []string{"wi-fi"}},
		"space:Routers is:Solved":   {Spaces: []string{"routers"}, Is: []string{"solved"}},
		"is:unanswered is:nonsense": {Is: []string{"unanswered"}, Misread: []Misread{{"is", "nonsense"}}},
		"tag: is: :x http://a:b":    {Words: []string{"tag:", "is:", ":x", "http://a:b"}},
		"tag:!!!":                   {Misread: []Misread{{"tag", "!!!"}}},
		`tag:"" space:“Home Nets”`:  {Spaces: []string{"home nets"}},
		"author:@Ada -author:me":    {Authors: []string{"ada"}, Not: &Query{Authors: []string{"me"}}},
		"is:mine is:Watching":       {Is: []string{"mine", "watching"}},
		"has:image has:cheese":      {Has: []string{"image"}, Misread: []Misread{{"has", "cheese"}}},
		"score:>3 score:<=2":        {Score: []Span{{4, math.MaxInt64}, {math.MinInt64, 2}}},
		"score:=3 score:7..5":       {Score: []Span{{3, 3}, {5, 7}}},
		"score:-2.. score:..x":      {Score: []Span{{-2, math.MaxInt64}}, Misread: []Misread{{"score", "..x"}}},
		"created:1970":              {Created: []Span{{0, 364}}},
		"created:>1970-02":          {Created: []Span{{59, math.MaxInt64}}},
		"created:<1970-01-03":       {Created: []Span{{math.MinInt64, 1}}},
		"created:1970-02..1971":     {Created: []Span{{31, 729}}},
		"created:2026-02-30":        {Misread: []Misread{{"created", "2026-02-30"}}},
		`-red -"a b" -tag:x - --y`:  {Words: []string{"-"}, Not: &Query{Words: []string{"red", "-y"}, Phrases: []string{"a b"}, Tags: []string{"x"}}},
		`error -1`:                  {Words: []string{"error"}, Not: &Query{Words: []string{"1"}}},
		"a\xffb":                    {Words: []string{"a", "b"}},
		`" "`:                       {},
		"":                          {},
	} {
		if want.Not == nil {
			want.Not = &Query{}
		}
		if got := Parse(in); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v (not %+v), want %+v", in, got, got.Not, want)
		}
	}
}

// FuzzQuery: any text is a query, of bounded size, that can be asked, and its
// printed form is the same query.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{`a "b c" -d tag:e`, `"""`, "tag:tag:x", "-\"", strings.Repeat("-a:b ", 99), strings.Repeat("é-", 9999), "is:solved -is:solved",
		`space:"Home Nets" author:@"x" author:“ada” is:mine -is:watching is:escalated has:image`, "score:>1 -score:..-2 created:2026 created:>2140 created:<1970",
		"score:>99999999999 score:<-1000000000 created:2026-02..2025", "author:@@ -@ --tag:x tag:İİ tag:--. is:" + strings.Repeat("x", 99)} {
		f.Add(s)
	}
	x, _ := bare(f, "")
	f.Fuzz(func(t *testing.T, in string) {
		q := Parse(in)
		if n := q.bounded(t) + q.Not.bounded(t); n > maxClauses {
			t.Fatalf("%d clauses", n)
		}
		if again := Parse(q.String()); !reflect.DeepEqual(again, q) {
			t.Fatalf("%q prints as %q, which reads as %q", in, q, again)
		}
		_, _, err := x.Search(t.Context(), community.Actor{}, in, "", 5)
		if err != nil && (strings.TrimSpace(in) != "" || !fault.Is(err, fault.Invalid)) {
			t.Fatal(err)
		}
	})
}

// bounded counts the clauses of a query and looks at each.
func (q Query) bounded(t *testing.T) int {
	all := slices.Concat(q.words(), q.Phrases, q.Tags, q.Spaces, q.Authors, q.Is, q.Has)
	for _, w := range all {
		if w == "" || utf8.RuneCountInString(w) > 4*maxClauseRunes || !utf8.ValidString(w) {
			t.Fatalf("clause %q", w)
		}
	}
	return len(all) + len(q.Score) + len(q.Created)
}

// TestRangesHoldWhatSpansDo: for all numbers that a document can have.
func TestRangesHoldWhatSpansDo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	spans := []Span{{math.MinInt64, math.MaxInt64}, {0, 0}, {1, 0xfffe}, {0xffff, math.MaxInt64}, {math.MinInt64, 0}, {0x0fff, 0x1000}}
	for range 200 {
		a, b := rnd.Int64N(1<<16), rnd.Int64N(1<<16)
		spans = append(spans, Span{min(a, b), max(a, b)})
	}
	for _, s := range spans {
		r := rangeOf(s)
		for _, v := range []int64{0, 1, 0xffff, max(s.From, 0), max(s.From, 1) - 1, min(s.To, 0xffff), min(s.To, 0xfffe) + 1, rnd.Int64N(1 << 16)} {
			met := r.From <= clip(v) && clip(v) <= r.To
			if met != s.holds(v) {
				t.Fatalf("%d in %v: %t by %v", v, s, met, r)
			}
		}
	}
}
