package storetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"selfie/internal/store"
)

// hardStrings order differently by bytes, by UTF-16 units, by case and by locale.
var hardStrings = []string{
	"", "\x00", "\x00\x00", "\x00a", "\x01", "\t", " ", "!", "\"", "'", "0", "10", "9", "A", "AA", "Aa", "B", "Z", "\\", "_", "a", "a\x00", "a\x00b",
	"a\x01", "a ", "aA", "aa", "ab", "b", "z", "~", "\x7f", "\u0080", "ß", "ss", "é", "e\u0301", "İ", "i", "ı", "Ω", "日本", "\ud7ff", "\ue000", "\ufb01",
	"\ufffd", "\uffff", "\U00010000", "😀", "😀😀", "\U0010ffff", strings.Repeat("a", 700), strings.Repeat("a", 699) + "b", "null", "true", "-1",
}

var hardNumbers = []int64{
	math.MinInt64, math.MinInt64 + 1, -(1<<53 + 1), -(1 << 53), -(1 << 53) + 1, -256, -10, -9, -2, -1, 0, 1, 2, 9, 10, 255, 256, math.MaxInt32,
	math.MaxInt32 + 1, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1<<53 + 2, math.MaxInt64 - 1, math.MaxInt64,
}

// testOrder holds that the engine's order of keys is the order of values.
func testOrder(t *testing.T, target Target) {
	w := newWorld(t, target)
	var things []*Thing
	for i, s := range hardStrings {
		things = append(things, &Thing{Slug: s, Name: s, Space: "strings", Owner: &s, Open: i%2 == 0, Tags: []string{s}})
	}
	for _, n := range hardNumbers {
		things = append(things, &Thing{Slug: fmt.Sprint(n), Space: "numbers", Score: n, Rank: &n, Stats: stats{Activity: store.Millis(n)}})
	}
	for i, v := range things {
		v.ID = fmt.Sprintf("%03d", (i*37)%100)
	}
	w.insert(things...)
	for _, a := range asks() {
		if a.name != "list element and range" {
			t.Run(a.name, func(t *testing.T) { w.once(t, a, things) })
		}
	}
	for _, s := range hardStrings {
		w.once(t, ask{"", store.Where("name", s).Limit(200), is(name, s), nil}, things)
		w.once(t, ask{"", store.Where("tags[]", s), tagged(s), []key{down(activity), up(open)}}, things)
		w.once(t, ask{"", store.All().Between("owner", s, nil), within(owner, s, nil), []key{up(owner), down(score)}}, things)
	}
	for _, n := range hardNumbers {
		w.once(t, ask{"", store.Where("rank", n), is(rank, n), nil}, things)
		w.once(t, ask{"", store.All().Between("rank", n, nil), within(rank, n, nil), []key{up(rank), down(score), up(name)}}, things)
		w.once(t, ask{"", store.All().Between("rank", nil, n).Reverse(), within(rank, nil, n), []key{down(rank), up(score), down(name)}}, things)
	}
}

// once compares the ask's answer with one whole page.
func (w *world) once(t *testing.T, a ask, things []*Thing) {
	t.Helper()
	if got, want := w.walk(t, a.query, 200), a.answer(things); !slices.Equal(got, want) {
		t.Errorf("%s %+v:\n got %q\nwant %q", a.name, a.query, got, want)
	}
}

func testCursors(t *testing.T, target Target) {
	w := newWorld(t, target)
	w.insert(corpus(20)...)
	next := func(q store.Query) string {
		t.Helper()
		page, err := w.things.Find(w.ctx, q.Limit(3))
		w.must(err)
		if page.Next == "" {
			t.Fatal("no cursor")
		}
		return page.Next
	}
	byName, byID := next(store.All().Order("name")), next(store.All())
	body := func(values ...any) string {
		var c map[string]any
		b, _ := base64.RawURLEncoding.DecodeString(byName)
		w.must(json.Unmarshal(b, &c))
		c["v"] = values
		b, err := json.Marshal(c)
		w.must(err)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	for name, c := range map[string]string{
		"of another index": byID, "of the other direction": next(store.All().Order("-name")), "not base64": "!!", "garbage": "AAAA",
		"cut": byName[:len(byName)-4], "too few values": body("a"), "too many": body("a", "b", "c"), "no id": body("a", nil), "number for id": body("a", 1),
		"a float": body(1.5, "a"), "a list": body([]any{"a"}, "a"), "an object": body(map[string]any{"$gt": 1}, "a"), "no values": body(), "huge": strings.Repeat("A", 1<<20),
	} {
		_, err := w.things.Find(w.ctx, store.All().Order("name").After(c))
		wantErr(t, "cursor "+name, err, store.ErrCursor)
	}
	// Values of another kind than the field's may be answered anyhow, or
	// refused, but are never an error of ours.
	for _, c := range []string{body(nil, "a"), body(1, "a"), body(true, ""), body("\x00", "\x00"), body("$gt", "\uffff")} {
		if _, err := w.things.Find(w.ctx, store.All().Order("name").After(c)); err != nil {
			wantErr(t, "forged cursor", err, store.ErrCursor)
		}
	}
	testCursorStands(t, w, byName)
	testLongCursor(t, w)
}

// testCursorStands holds that a cursor outlives the document that it names.
func testCursorStands(t *testing.T, w *world, cursor string) {
	q := store.All().Order("name").Limit(100)
	all, err := w.things.Find(w.ctx, q)
	w.must(err)
	w.must(w.things.Delete(w.ctx, all.Items[2].ID, 0))
	rest, err := w.things.Find(w.ctx, q.After(cursor))
	w.must(err)
	if got, want := ids(rest.Items), ids(all.Items[3:]); !slices.Equal(got, want) {
		t.Errorf("behind a deleted document: %q, want %q", got, want)
	}
}

// testLongCursor holds that long values and ids make a cursor that is taken back.
func testLongCursor(t *testing.T, w *world) {
	var want []string
	for i := range 4 {
		v := &Thing{Meta: store.Meta{ID: strings.Repeat("\x00", 500) + fmt.Sprint(i)}, Slug: fmt.Sprint(i), Space: "long", Name: strings.Repeat("\x01", 700)}
		v.Owner = &v.Name
		w.insert(v)
		want = append(want, v.ID)
	}
	if got := w.walk(t, store.Where("owner", strings.Repeat("\x01", 700)).Reverse(), 1); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := w.walk(t, store.All().Between("name", strings.Repeat("\x01", 700), strings.Repeat("\x01", 700)), 1); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func testMerge(t *testing.T, target Target) {
	w := newWorld(t, target)
	things := corpus(60)
	w.insert(things...)
	in := func(v *Thing) bool { return v.Space == "a" || v.Space == "c" || v.Space == "" }
	for _, a := range []ask{
		{"of spaces", store.Where("space", "a"), in, []key{down(score)}},
		{"of spaces, other way", store.Where("space", "a").Reverse(), in, []key{up(score)}},
		{"with a range", store.Where("space", "a").Between("score", -1, 1), both(in, within(score, int64(-1), int64(1))), []key{down(score)}},
		{"compound", store.Where("space", "a").And("open", true), both(in, is(open, true)), []key{down(activity)}},
	} {
		t.Run(a.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 7, 100} {
				got := w.walk(t, a.query, size, respaced(a.name, "c"), respaced(a.name, ""), respaced(a.name, "none"))
				if want := a.answer(things); !slices.Equal(got, want) {
					t.Errorf("in pages of %d:\n got %q\nwant %q", size, got, want)
				}
			}
		})
	}
	page, err := w.things.Merge(w.ctx)
	if err != nil || len(page.Items) != 0 || page.Next != "" {
		t.Errorf("of no queries: %+v, %v", page, err)
	}
	_, err = w.things.Merge(w.ctx, store.Where("space", "a"), store.Where("open", true))
	wantErr(t, "of different indexes", err, store.ErrNoIndex)
	_, err = w.things.Merge(w.ctx, store.Where("space", "a"), store.Where("space", "b").Reverse())
	wantErr(t, "of different directions", err, store.ErrNoIndex)
}

// respaced is the query of testMerge's table of that name, for another space.
func respaced(name, space string) store.Query {
	q := store.Where("space", space)
	switch name {
	case "of spaces, other way":
		return q.Reverse()
	case "with a range":
		return q.Between("score", -1, 1)
	case "compound":
		return q.And("open", true)
	}
	return q
}
