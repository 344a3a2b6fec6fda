package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"selfie/internal/store"
)

// ask is a query with what it means, said without the store.
type ask struct {
	name  string
	query store.Query
	keep  func(*Thing) bool
	order []key // then by id, in the last direction
}

// key reads one value of a thing, null as nil.
type key struct {
	of   func(*Thing) any
	desc bool
}

func up(of func(*Thing) any) key   { return key{of, false} }
func down(of func(*Thing) any) key { return key{of, true} }

func space(v *Thing) any    { return v.Space }
func owner(v *Thing) any    { return orNil(v.Owner) }
func name(v *Thing) any     { return v.Name }
func score(v *Thing) any    { return v.Score }
func rank(v *Thing) any     { return orNil(v.Rank) }
func open(v *Thing) any     { return v.Open }
func activity(v *Thing) any { return int64(v.Stats.Activity) }
func level(v *Thing) any    { return v.level() }

// is keeps the things whose value is want.
func is(of func(*Thing) any, want any) func(*Thing) bool {
	return func(v *Thing) bool { return of(v) == want }
}

// within keeps the things whose value is not null and within the bounds.
func within(of func(*Thing) any, from, to any) func(*Thing) bool {
	return func(v *Thing) bool {
		x := of(v)
		return x != nil && (from == nil || store.Compare(x, from) >= 0) && (to == nil || store.Compare(x, to) <= 0)
	}
}

func both(a, b func(*Thing) bool) func(*Thing) bool {
	return func(v *Thing) bool { return a(v) && b(v) }
}

func every(*Thing) bool { return true }

func tagged(tag string) func(*Thing) bool {
	return func(v *Thing) bool { return slices.Contains(v.Tags, tag) }
}

// answer is what the ask's query must return, of all things.
func (a ask) answer(things []*Thing) []string {
	var kept []*Thing
	for _, v := range things {
		if a.keep(v) {
			kept = append(kept, v)
		}
	}
	idDesc := len(a.order) > 0 && a.order[len(a.order)-1].desc
	order := append(slices.Clone(a.order), key{func(v *Thing) any { return v.ID }, idDesc})
	sort.Slice(kept, func(i, j int) bool {
		for _, k := range order {
			if d := store.Compare(k.of(kept[i]), k.of(kept[j])); d != 0 {
				return (d < 0) != k.desc
			}
		}
		return false
	})
	return ids(kept)
}

// asks lists every shape of query that thingIndexes serve.
func asks() []ask {
	list := []ask{
		{"all", store.All(), every, nil},
		{"equality", store.Where("space", "b"), is(space, "b"), []key{down(score)}},
		{"equality, absent value", store.Where("space", "zz"), is(space, "zz"), nil},
		{"equality, empty string", store.Where("space", ""), is(space, ""), []key{down(score)}},
		{"equality, other way", store.Where("space", "b").Order("score"), is(space, "b"), []key{up(score)}},
		{"compound", store.Where("space", "b").And("open", true), both(is(space, "b"), is(open, true)), []key{down(activity)}},
		{"compound, named in another order", store.Where("open", false).And("space", "a"), both(is(space, "a"), is(open, false)), []key{down(activity)}},
		{"order", store.All().Order("name"), every, []key{up(name)}},
		{"order, descending", store.All().Order("-name"), every, []key{down(name)}},
		{"order, mixed", store.All().Order("rank", "-score", "name"), every, []key{up(rank), down(score), up(name)}},
		{"order, mixed, other way", store.All().Order("-rank", "score", "-name"), every, []key{down(rank), up(score), down(name)}},
		{"order, all descending, nulls last", store.All().Order("-score", "-rank"), every, []key{down(score), down(rank)}},
		{"order, all ascending", store.All().Order("score", "rank"), every, []key{up(score), up(rank)}},
		{"boolean", store.Where("open", true), is(open, true), []key{down(name)}},
		{"boolean, false", store.Where("open", false), is(open, false), []key{down(name)}},
		{"boolean, order", store.All().Order("open", "-name"), every, []key{up(open), down(name)}},
		{"null", store.Where("rank", nil), is(rank, nil), []key{down(score), up(name)}},
		{"null and equality", store.Where("rank", nil).And("score", 0), both(is(rank, nil), is(score, int64(0))), []key{up(name)}},
		{"number", store.Where("rank", int64(-1)), is(rank, int64(-1)), []key{down(score), up(name)}},
		{"nested null or absent", store.Where("stats.deep.level", nil), is(level, nil), []key{down(rank)}},
		{"nested", store.Where("stats.deep.level", "low"), is(level, "low"), []key{down(rank)}},
		{"nested order", store.All().Order("stats.deep.level", "-rank"), every, []key{up(level), down(rank)}},
		{"nested boolean", store.Where("stats.deep.done", true), func(v *Thing) bool { return v.Stats.Deep != nil && v.Stats.Deep.Done }, []key{up(space)}},
		{"sparse walk", store.All().Order("owner", "-score"), within(owner, nil, nil), []key{up(owner), down(score)}},
		{"sparse walk, other way", store.All().Order("-owner", "score"), within(owner, nil, nil), []key{down(owner), up(score)}},
		{"sparse equality", store.Where("owner", "ann"), is(owner, "ann"), []key{down(score)}},
		{"sparse, empty string is present", store.Where("owner", ""), is(owner, ""), []key{down(score)}},
		{"sparse range", store.All().Between("owner", "ann", nil), within(owner, "ann", nil), []key{up(owner), down(score)}},
		{"list element", store.Where("tags[]", "x"), tagged("x"), []key{down(activity), up(open)}},
		{"list element, other way", store.Where("tags[]", "x").Order("stats.activity", "-open"), tagged("x"), []key{up(activity), down(open)}},
		{"list element, empty string", store.Where("tags[]", ""), tagged(""), []key{down(activity), up(open)}},
		{"list element and equality", store.Where("tags[]", "y").And("stats.activity", store.Millis(2)), both(tagged("y"), is(activity, int64(2))), []key{up(open)}},
		{"list element and range", store.Where("tags[]", "y").Between("stats.activity", 1, 2), both(tagged("y"), within(activity, int64(1), int64(2))), []key{down(activity), up(open)}},
		{"list element, all equal", store.Where("tags[]", "y").And("stats.activity", 2).And("open", true), both(both(tagged("y"), is(activity, int64(2))), is(open, true)), []key{}},
	}
	return append(list, ranges()...)
}

func ranges() []ask {
	var list []ask
	for _, b := range []struct{ from, to any }{{nil, nil}, {int64(0), nil}, {nil, int64(0)}, {int64(-1), int64(1)}, {int64(1), int64(-1)}, {int64(0), int64(0)}} {
		title := fmt.Sprintf("range %v to %v", b.from, b.to)
		list = append(list,
			ask{title, store.All().Between("rank", b.from, b.to), within(rank, b.from, b.to), []key{up(rank), down(score), up(name)}},
			ask{title + ", descending", store.Where("space", "a").Between("score", b.from, b.to), both(is(space, "a"), within(score, b.from, b.to)), []key{down(score)}},
			ask{title + ", other way", store.All().Between("rank", b.from, b.to).Reverse(), within(rank, b.from, b.to), []key{down(rank), up(score), down(name)}},
			ask{title + " behind null", store.Where("stats.deep.level", nil).Between("rank", b.from, b.to), both(is(level, nil), within(rank, b.from, b.to)), []key{down(rank)}},
		)
	}
	for _, b := range []struct{ from, to any }{{"", nil}, {nil, "a"}, {"A", "a"}, {"\x00", "\x00"}, {"a", "\uffff"}} {
		list = append(list, ask{fmt.Sprintf("range %q to %q", b.from, b.to), store.All().Between("name", b.from, b.to), within(name, b.from, b.to), []key{up(name)}})
	}
	return list
}

// corpus is a fixed set of things with ties, nulls and every tag.
func corpus(n int) []*Thing {
	r := rand.New(rand.NewPCG(1, 2))
	var things []*Thing
	for i := range n {
		things = append(things, randomThing(r.IntN, fmt.Sprintf("t%03d", (i*7919)%1000)))
	}
	return things
}

// randomThing draws from few values, so that ties and collisions happen.
func randomThing(n func(int) int, id string) *Thing {
	v := &Thing{
		Meta:  store.Meta{ID: id},
		Space: pick(n, "a", "b", "c", ""),
		Slug:  id,
		Name:  pick(n, "", "a", "A", "b", "B", "aa", "\x00", "é", "\uffff", "😀"),
		Score: pick(n, int64(-5), -1, 0, 0, 1, 1<<53+1),
		Open:  n(2) == 0,
		Stats: stats{Activity: store.Millis(n(4))},
	}
	v.Owner = pick(n, nil, nil, ptr("ann"), ptr("Bob"), ptr(""))
	v.Rank = pick(n, nil, nil, ptr(int64(-1)), ptr(int64(0)), ptr(int64(1)), ptr(int64(1)))
	if n(2) == 0 {
		v.Stats.Deep = &deep{Level: pick(n, nil, ptr("low"), ptr("high")), Done: n(2) == 0}
	}
	for range n(4) {
		v.Tags = append(v.Tags, pick(n, "x", "y", "z", "", "X")) // an element may stand twice
	}
	if n(8) == 0 {
		v.Tags = []string{}
	}
	return v
}

func pick[T any](n func(int) int, values ...T) T { return values[n(len(values))] }

func testQueries(t *testing.T, target Target) {
	w := newWorld(t, target)
	things := corpus(60)
	w.insert(things...)
	for _, a := range asks() {
		t.Run(a.name, func(t *testing.T) {
			want := a.answer(things)
			w.check(t, a.query, want)
			if a.name != "all" || len(want) > 0 {
				slices.Reverse(want)
				w.check(t, a.query.Reverse(), want)
			}
		})
	}
	t.Run("limits", func(t *testing.T) { testLimits(t, w) })
	t.Run("no index", func(t *testing.T) { testNoIndex(t, w) })
}

// check walks a query in pages of several sizes and counts it.
func (w *world) check(t *testing.T, q store.Query, want []string) {
	t.Helper()
	sizes := []int{1, 2, 7, store.MaxLimit}
	for _, size := range sizes {
		if got := w.walk(t, q, size); !slices.Equal(got, want) {
			t.Errorf("in pages of %d:\n got %q\nwant %q", size, got, want)
		}
	}
	if n, err := w.things.Count(w.ctx, q.Limit(3)); err != nil || n != int64(len(want)) {
		t.Errorf("count %d, %v; want %d", n, err, len(want))
	}
	first, err := w.things.First(w.ctx, q)
	switch {
	case len(want) == 0:
		wantErr(t, "first of none", err, store.ErrNotFound)
	case err != nil || first.ID != want[0]:
		t.Errorf("first is %v, %v", first, err)
	}
}

// walk collects the ids of a query (of several, merged) page by page.
func (w *world) walk(t *testing.T, q store.Query, size int, more ...store.Query) []string {
	t.Helper()
	var got []string
	q = q.Limit(size)
	for {
		page, err := w.things.Merge(w.ctx, append([]store.Query{q}, more...)...)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, ids(page.Items)...)
		if len(page.Items) > size || page.Next != "" && len(page.Items) < size {
			t.Fatalf("a page of %d holds %d and goes on with %q", size, len(page.Items), page.Next)
		}
		if page.Next == "" {
			return got
		}
		if len(got) > 1000 { // more than any test has
			t.Fatalf("%+v in pages of %d does not end", q, size)
		}
		q = q.After(page.Next)
	}
}

func testLimits(t *testing.T, w *world) {
	for limit, want := range map[int]int{0: store.DefaultLimit, -1: store.DefaultLimit, 1: 1, 59: 59, 60: 60, 61: 60, 1 << 40: 60} {
		page, err := w.things.Find(w.ctx, store.All().Limit(limit))
		if err != nil || len(page.Items) != want || (page.Next == "") != (want == 60) {
			t.Errorf("limit %d: %d items, next %q, %v", limit, len(page.Items), page.Next, err)
		}
	}
	met := 0
	err := w.things.Each(w.ctx, store.All().Order("name").Limit(9), func(*Thing) error {
		if met++; met > 60 {
			return errMine
		}
		return nil
	})
	if err != nil || met != 60 {
		t.Errorf("each met %d, %v", met, err)
	}
}

func testNoIndex(t *testing.T, w *world) {
	for _, q := range []store.Query{
		store.Where("note", "x"), store.Where("slug", "x"), store.All().Order("note"),
		store.Where("owner", nil), store.Where("owner", (*string)(nil)), store.Where("mail", nil), store.Where("tags", "x"), store.Where("tags[]", nil),
		store.All().Order("tags[]"), store.All().Between("tags[]", "a", "b"), store.All().Between("tags", "a", "b"),
		store.Where("space", "a").Between("open", true, true).Order("name"), store.Where("rank", 1.5),
		store.Where("space", "a").And("space", "b"), store.All().Between("rank", 1.5, nil), store.All().Order("rank", "score"),
	} {
		_, err := w.things.Find(w.ctx, q)
		wantErr(t, fmt.Sprintf("find %+v", q), err, store.ErrNoIndex)
		_, err = w.things.Count(w.ctx, q)
		wantErr(t, fmt.Sprintf("count %+v", q), err, store.ErrNoIndex)
	}
}

// testLists holds that a list field's index follows its document.
func testLists(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(
		&Thing{Meta: store.Meta{ID: "a"}, Slug: "a", Tags: []string{"x", "y", "x", "x"}, Stats: stats{Activity: 3}},
		&Thing{Meta: store.Meta{ID: "b"}, Slug: "b", Tags: []string{"x"}, Stats: stats{Activity: 2}},
		&Thing{Meta: store.Meta{ID: "c"}, Slug: "c"},
		&Thing{Meta: store.Meta{ID: "d"}, Slug: "d", Tags: []string{}},
	)
	tag := func(s string) store.Query { return store.Where("tags[]", s) }
	set := func(id string, activity store.Millis, tags ...string) {
		t.Helper()
		_, err := w.things.Update(w.ctx, id, func(v *Thing) error { v.Tags, v.Stats.Activity = tags, activity; return nil })
		w.must(err)
	}
	w.check(t, tag("x"), []string{"a", "b"})
	w.check(t, tag("y"), []string{"a"})
	set("a", 1, "x", "y", "x", "x")
	w.check(t, tag("x"), []string{"b", "a"})
	set("b", 2, "y", "z")
	w.check(t, tag("x"), []string{"a"})
	w.check(t, tag("y"), []string{"b", "a"})
	w.check(t, tag("z"), []string{"b"})
	set("c", 9, "x")
	w.check(t, tag("x"), []string{"c", "a"})
	set("a", 1)
	w.check(t, tag("x"), []string{"c"})
	w.must(w.things.Delete(w.ctx, "c", 0))
	w.check(t, tag("x"), nil)
	many := make([]string, 500)
	for i := range many {
		many[i] = fmt.Sprintf("tag%d", i)
	}
	set("d", 1, many...)
	w.check(t, tag("tag499"), []string{"d"})
}
