package quick

import (
	"fmt"
	"strings"
	"testing"
)

// TestWhere asks for documents by every condition, and counts them, before and
// after some changed and went.
func TestWhere(t *testing.T) {
	x := New(Shape{K1: 1, Fields: []Field{{Weight: 1, B: 0.5, Length: 3}}})
	put := func(id, words, space, author string, f Facts) {
		x.Put(Doc{ID: id, Mark: Mark{Group: Group{space, "open"}, Author: author, Facts: f}, Terms: twoFields.Weigh(text(words))})
	}
	put("a", "red lamp", "s", "ann", Facts{Flags: 1, Score: 5, Day: 10, Tags: []string{"x", "y"}})
	put("b", "red fan", "s", "bob", Facts{Flags: 3, Score: 6, Day: 11, Tags: []string{"y"}})
	put("c", "blue lamp", "t", "ann", Facts{Flags: 2, Score: 7, Day: 12})
	put("d", "blue fan", "t", "cid", Facts{Score: 7, Day: 12, Tags: []string{"z"}})
	check := func(name, want string, q Query) {
		t.Helper()
		if len(q.Terms) > 0 {
			q.Limit = 9
			got := strings.Fields(ids(x.Search(q)))
			if len(got) != len(strings.Fields(want)) {
				t.Errorf("%s: %v are found, want %s", name, got, want)
			}
			for _, id := range got {
				if !strings.Contains(want, id) {
					t.Errorf("%s: %s is found, want %s", name, id, want)
				}
			}
		}
		if c := x.Count(q); c.All != len(strings.Fields(want)) {
			t.Errorf("%s: %d are counted, want %s", name, c.All, want)
		}
	}
	wheres := map[string]struct {
		Where
		all, red string
	}{
		"space":   {Where{Spaces: []string{"s"}}, "a b", "a b"},
		"nowhere": {Where{Spaces: []string{}}, "", ""},
		"author":  {Where{Authors: []string{"ann", "cid", "dan"}}, "a c d", "a"},
		"nobody":  {Where{Authors: []string{}}, "", ""},
		"among":   {Where{Among: []string{"b", "c", "gone"}}, "b c", "b"},
		"none":    {Where{Among: []string{}}, "", ""},
		"tag":     {Where{Tag: "y"}, "a b", "a b"},
		"no tag":  {Where{Tag: "red"}, "", ""},
		"flags":   {Where{Flags: 3}, "b", "b"},
		"score":   {Where{Score: &Range{6, 7}}, "b c d", "b"},
		"day":     {Where{Day: &Range{0, 10}}, "a", "a"},
		"back":    {Where{Day: &Range{12, 10}}, "", ""},
		"any":     {Where{Any: []string{"lamp", "nothing"}}, "a c", "a"},
		"each":    {Where{Each: []string{"lamp", "blue"}}, "c", ""},
		"each, 0": {Where{Each: []string{"lamp", "nothing"}}, "", ""},
		"two":     {Where{Tag: "y", Flags: 2}, "b", "b"},
	}
	without := func(all, some string) (rest string) {
		for _, id := range strings.Fields(all) {
			if !strings.Contains(some, id) {
				rest += " " + id
			}
		}
		return rest
	}
	for name, w := range wheres {
		check(name, w.all, Query{All: []Where{w.Where}})
		check(name, w.red, Query{Terms: ask("red").Terms, All: []Where{w.Where}})
		check("not "+name, without("a b c d", w.all), Query{None: []Where{w.Where}})
		check("not "+name, without("a b", w.red), Query{Terms: ask("red").Terms, None: []Where{w.Where}})
	}
	counts := func(want string) {
		t.Helper()
		c := x.Count(Query{})
		var tags []string
		for _, tag := range []string{"x", "y", "z"} {
			tags = append(tags, fmt.Sprint(tag, c.Tags[tag]))
		}
		if got := fmt.Sprint(c.All, " ", c.Spaces["s"], c.Spaces["t"], " ", c.Flags[0], c.Flags[1], " ", strings.Join(tags, "")); got != want {
			t.Errorf("counted %s, want %s (%v)", got, want, c.Tags)
		}
	}
	counts("4 2 2 2 2 x1y2z1")
	put("a", "green lamp", "t", "ann", Facts{Flags: 2, Score: 5, Day: 10, Tags: []string{"z", "z"}})
	x.Delete("d")
	counts("3 1 2 1 3 x0y1z1")
	check("the changed one", "a", Query{Terms: ask("green").Terms, All: []Where{{Tag: "z"}, {Flags: 2}}})
	check("the one that is gone", "", Query{Terms: ask("fan").Terms, All: []Where{{Tag: "z"}}})
	may := func(g Group, own bool) bool { return g.Space == "s" || own }
	if c := x.Count(Query{May: may, Author: "ann"}); c.All != 3 {
		t.Errorf("one's own and those of a space are %d", c.All)
	}
	if c := x.Count(Query{May: may, Author: "cid"}); c.All != 1 || c.Tags["z"] != 0 {
		t.Errorf("what may not be found is counted: %+v", c)
	}
}
