package search

import (
	"reflect"
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
		"is:unanswered is:nonsense": {Is: []string{"unanswered"}, Words: []string{"nonsense"}},
		"tag: is: :x http://a:b":    {Words: []string{"tag:", "is:", ":x", "http://a:b"}},
		"tag:!!!":                   {Words: []string{"!!!"}},
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

// FuzzQuery: any text is a query, of bounded size, that can be asked.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{`a "b c" -d tag:e`, `"""`, "tag:tag:x", "-\"", strings.Repeat("-a:b ", 99), strings.Repeat("é-", 9999), "is:solved -is:solved"} {
		f.Add(s)
	}
	x, _ := bare(f, "")
	f.Fuzz(func(t *testing.T, in string) {
		q := Parse(in)
		words := 0
		for _, part := range []Query{q, *q.Not} {
			for _, list := range [][]string{part.Words, part.Phrases, part.Tags, part.Spaces, part.Is} {
				words += len(list)
				for _, w := range list {
					if w == "" || utf8.RuneCountInString(w) > 4*maxClauseRunes || !utf8.ValidString(w) {
						t.Fatalf("clause %q", w)
					}
				}
			}
		}
		if words > maxClauses {
			t.Fatalf("%d clauses", words)
		}
		_, _, err := x.Search(t.Context(), community.Actor{}, in, "", 5)
		if err != nil && (strings.TrimSpace(in) != "" || !fault.Is(err, fault.Invalid)) {
			t.Fatal(err)
		}
	})
}
