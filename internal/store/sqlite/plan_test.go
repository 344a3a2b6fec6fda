package sqlite

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"selfie/internal/store"
)

// note is the document of this package's own tests.
type note struct {
	store.Meta
	Space string   `json:"space"`
	Score int64    `json:"score"`
	Slug  string   `json:"slug"`
	Mail  *string  `json:"mail,omitempty"`
	Tags  []string `json:"tags,omitempty"`
	Stats struct {
		Seen *int64 `json:"seen,omitempty"`
		Open bool   `json:"open"`
	} `json:"stats"`
}

func noteIndexes() []store.Index {
	return []store.Index{
		store.On("space", "-score"),
		store.On("stats.open", "-stats.seen", "score"),
		store.On("-score", "space", "-stats.seen"),
		store.OnUnique("slug"),
		store.OnUnique("space", "slug"),
		store.OnSparse("mail", "-score"),
		store.OnUniqueSparse("mail"),
		store.On("tags[]", "space", "-score"),
		store.OnSparse("tags[]", "-changed"),
	}
}

// notes opens a fresh file with the collection of notes on it.
func notes(t testing.TB, opts ...Option) (*Engine, *store.Collection[note]) {
	t.Helper()
	e := open(t, filepath.Join(t.TempDir(), "store.db"), opts...)
	return e, notesOver(t, e, noteIndexes()...)
}

func notesOver(t testing.TB, e *Engine, indexes ...store.Index) *store.Collection[note] {
	t.Helper()
	db := store.Open(e, nil)
	c := store.Declare[note](db, "notes", indexes...)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// plans makes every shape of plan an index serves: any number of equalities, any
// bounds, both directions, with a cursor and without, null in every place.
func plans(ix *store.Index) []store.Plan {
	var out []store.Plan
	least := 0
	if ix.Fields[0].List {
		least = 1
	}
	for eq := least; eq <= len(ix.Fields); eq++ {
		for _, value := range []any{nil, int64(5), "x", true} {
			for _, reverse := range []bool{false, true} {
				p := store.Plan{Index: ix, Reverse: reverse, Limit: 20}
				for range eq {
					p.Eq = append(p.Eq, value)
				}
				out = append(out, ranges(p, eq < len(ix.Fields))...)
			}
		}
	}
	return out
}

func ranges(p store.Plan, fits bool) []store.Plan {
	out := cursors(p)
	if !fits {
		return out
	}
	p.Ranged = true
	for _, from := range []any{nil, int64(1)} {
		for _, to := range []any{nil, int64(9)} {
			p.From, p.To = from, to
			out = append(out, cursors(p)...)
		}
	}
	return out
}

func cursors(p store.Plan) []store.Plan {
	out := []store.Plan{p}
	for _, value := range []any{nil, int64(0), int64(4), int64(10)} {
		p.After = nil
		for range len(p.Rest()) - 1 {
			p.After = append(p.After, value)
		}
		p.After = append(p.After, "id")
		out = append(out, p)
	}
	return out
}

// ranged is a search by an index that is bounded at its first column at least.
var ranged = regexp.MustCompile(`^SEARCH [kd] USING (COVERING )?(INDEX [^ ]+|PRIMARY KEY) \(.*[=<>]`)

// Every statement of every plan reads one range of one index, in its order.
func TestPlans(t *testing.T) {
	e, c := notes(t)
	s := c.Schema()
	all := cursors(store.Plan{Limit: 20})
	all = append(all, cursors(store.Plan{Limit: 20, Reverse: true})...)
	for i := range s.Indexes {
		all = append(all, plans(&s.Indexes[i])...)
	}
	for _, p := range all {
		steps, err := e.Explain(t.Context(), s, p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		for _, step := range steps {
			if !ranged.MatchString(step) || strings.Contains(step, "SCAN") || strings.Contains(step, "TEMP") {
				t.Errorf("%+v: %s", p, step)
			}
		}
	}
	t.Logf("%d plans", len(all))
}

// A cursor bounds the index by all the fields that go one way, not by the first.
func TestPlanOfCursor(t *testing.T) {
	e, c := notes(t)
	s := c.Schema()
	for _, test := range []struct {
		plan store.Plan
		want []string
	}{
		{store.Plan{Index: &s.Indexes[0], Eq: []any{"a"}, After: []any{int64(3), "id"}},
			[]string{"($.space=? AND ($.score,id)<(?,?))"}},
		{store.Plan{Index: &s.Indexes[0], Eq: []any{"a"}, Reverse: true, After: []any{int64(3), "id"}, Ranged: true, From: int64(1), To: int64(9)},
			[]string{"($.space=? AND ($.score,id)>(?,?) AND $.score<?)"}},
		{store.Plan{Index: &s.Indexes[0], After: []any{"a", int64(3), "id"}},
			[]string{"($.space=? AND ($.score,id)<(?,?))", "($.space>?)"}},
		{store.Plan{Index: &s.Indexes[2], After: []any{int64(3), "a", int64(3), "id"}},
			[]string{"($.score=? AND $.space=? AND ($.stats.seen,id)<(?,?))", "($.score=? AND $.space>?)", "($.score<?)"}},
		{store.Plan{Index: &s.Indexes[5], After: []any{"a", int64(3), "id"}},
			[]string{"($.mail=? AND ($.score,id)<(?,?))", "($.mail>?)"}},
	} {
		test.plan.Limit = 20
		steps, err := e.Explain(t.Context(), s, test.plan)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, step := range steps[:len(steps)-1] { // the last one counts
			got = append(got, step[strings.Index(step, "("):])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v:\n got %q\nwant %q", test.plan, got, test.want)
		}
	}
}

// A cursor outside a range's bounds starts at the near one and ends at the far one.
func TestCursorOutsideRange(t *testing.T) {
	e, c := notes(t)
	for i := range 10 {
		insert(t, c, &note{Space: "a", Slug: fmt.Sprint(i), Score: int64(i)})
	}
	s := c.Schema()
	for _, test := range []struct {
		cursor  int64
		reverse bool
		want    int
	}{
		{math.MinInt64, true, 4}, {2, true, 4}, {3, true, 3}, {6, true, 0}, {7, true, 0},
		{math.MaxInt64, false, 4}, {7, false, 4}, {6, false, 3}, {3, false, 0}, {2, false, 0},
	} {
		id := "" // walked upwards, every id lies behind it
		if test.reverse {
			id = "~"
		}
		p := store.Plan{Index: &s.Indexes[0], Eq: []any{"a"}, Ranged: true, From: int64(3), To: int64(6),
			Reverse: test.reverse, After: []any{test.cursor, id}, Limit: 20}
		found, err := e.Find(t.Context(), s, p)
		if err != nil || len(found) != test.want {
			t.Errorf("%+v: %d found, %v", test, len(found), err)
		}
	}
}

func insert(t testing.TB, c *store.Collection[note], v *note) {
	t.Helper()
	if err := c.Insert(t.Context(), v); err != nil {
		t.Fatal(err)
	}
}
