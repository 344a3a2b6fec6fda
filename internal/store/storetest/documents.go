package storetest

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"selfie/internal/store"
)

// testRoundTrip holds that a document comes back as encoding/json alone would
// give it back.
func testRoundTrip(t *testing.T, target Target) {
	engine := target.Open(t)
	t.Cleanup(func() { engine.Close() })
	db := store.Open(engine, newClock().now)
	all := store.Declare[Everything](db, "everything", store.On("text"))
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*Everything{"full": everything(), "zero": {}} {
		t.Run(name, func(t *testing.T) {
			if err := all.Insert(t.Context(), v); err != nil {
				t.Fatal(err)
			}
			got, err := all.Get(t.Context(), v.ID)
			if err != nil {
				t.Fatal(err)
			}
			sameDocument(t, "inserted", got, v)
			got, err = all.Update(t.Context(), v.ID, func(v *Everything) error { v.Text += "!"; return nil })
			if err != nil {
				t.Fatal(err)
			}
			page, err := all.Find(t.Context(), store.Where("text", got.Text))
			if err != nil || len(page.Items) != 1 {
				t.Fatalf("found %d, %v", len(page.Items), err)
			}
			sameDocument(t, "updated", page.Items[0], got)
		})
	}
}

// sameDocument compares got with want after want's own trip through
// encoding/json: field by field, and as bytes.
func sameDocument(t *testing.T, what string, got, want *Everything) {
	t.Helper()
	wantJSON, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	expected := new(Everything)
	if err := json.Unmarshal(wantJSON, expected); err != nil {
		t.Fatal(err)
	}
	gotJSON, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(gotJSON, wantJSON) {
		t.Errorf("%s:\n got %s\nwant %s", what, gotJSON, wantJSON)
	}
	a, b := reflect.ValueOf(*got), reflect.ValueOf(*expected)
	for i := range a.NumField() {
		if x, y := a.Field(i), b.Field(i); a.Type().Field(i).IsExported() && !reflect.DeepEqual(x.Interface(), y.Interface()) {
			t.Errorf("%s: %s is %#v, want %#v", what, a.Type().Field(i).Name, x, y)
		}
	}
}

func everything() *Everything {
	return &Everything{
		inner:    inner{"embedded"},
		Text:     "plain <b>&amp;</b> \u2028 ünïcödé 日本語 😀 \x00 \x01 \x1f \x7f \ufffd \uffff \U0010ffff \"'\\/",
		Texts:    []string{"", " ", "\x00", "a\x00b", "\u0001", "null", "1", "true", "\r\n\t\b\f", strings.Repeat("é", 5000)},
		Small:    255,
		Ints:     []int64{0, 1, -1, math.MaxInt32 + 1, 1<<53 + 1, -(1<<53 + 1), math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1},
		Floats:   []float64{0, math.Copysign(0, -1), 0.1, 1, -1.5, 1 << 53, 1e20, -1e20, 1e21, 1 << 63, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, math.Pi},
		Float32:  0.1,
		Yes:      true,
		Pointer:  ptr(0),
		When:     store.Millis(1_700_000_000_123),
		Bytes:    []byte{0, 1, 2, 0xfe, 0xff},
		NoBytes:  []byte{},
		Raw:      json.RawMessage(`{"z":[1,2.5,null,true,"x",{}],"a":{"y":[],"b":null},"0":-7}`),
		RawNull:  json.RawMessage(`null`),
		Any:      map[string]any{"list": []any{"a", 1.5, nil, false, map[string]any{}}, "empty": []any{}},
		Custom:   21,
		Customs:  map[string]celsius{"low": -40},
		Keys:     map[string]int{"": 0, "a.b": 1, "$set": 2, "_id": 3, "id": 4, "$": 5, "ü": 6, " ": 7, "a[]": 8, "__proto__": 9, "\"": 10, "'": 11},
		IntKeys:  map[int]string{-1: "minus", 0: "zero"},
		NoKeys:   map[string]int{},
		NoItems:  []int{},
		Nested:   [][][]int{{{1, 2}, {}, nil}, {}, nil},
		Nullable: []*string{nil, ptr(""), ptr("x"), nil},
		Structs:  []leaf{{"a", &leaf{"b", &leaf{"c", nil}}}, {}},
		Deep:     map[string]map[string]leaf{"x": {"y": {Name: "z"}}, "n": nil},
		Array:    [3]int{1, 2, 3},
		Quoted:   math.MaxInt64,
		Dash:     "dash",
		IDLike:   leafWithID{"nested id", "nested _id", 7},
	}
}

// testBytes holds that bytes passed in are the caller's again on return, and
// bytes returned are the caller's to keep.
func testBytes(t *testing.T, target Target) {
	w := newWorld(t, target)
	s, e := w.things.Schema(), w.db.Engine
	body := []byte(`{"id":"a","rev":1,"changed":0,"slug":"first"}`)
	w.must(e.Insert(w.ctx, s, store.Raw{ID: "a", Rev: 1, JSON: body}))
	scribble(body)
	first, err := e.Get(w.ctx, s, "a")
	w.must(err)
	kept := bytes.Clone(first.JSON)
	body = []byte(`{"id":"a","rev":2,"changed":0,"slug":"second"}`)
	w.must(e.Update(w.ctx, s, "a", func(old store.Raw) (store.Raw, error) {
		if old.ID != "a" || old.Rev != 1 {
			t.Errorf("update was given %q at %d", old.ID, old.Rev)
		}
		scribble(old.JSON)
		return store.Raw{ID: "a", Rev: 2, JSON: body}, nil
	}))
	scribble(body)
	if got := w.get("a"); got.Slug != "second" || got.Rev != 2 {
		t.Errorf("stands %q at %d", got.Slug, got.Rev)
	}
	raws, err := e.GetMany(w.ctx, s, []string{"a"})
	w.must(err)
	scribble(raws[0].JSON)
	if got := w.get("a"); got.Slug != "second" {
		t.Errorf("a caller's scribble reached the store: %q", got.Slug)
	}
	if !bytes.Equal(first.JSON, kept) {
		t.Errorf("bytes of an earlier Get became %q", first.JSON)
	}
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

var hostileIDs = []string{
	"a", "A", "a ", " a", " ", "\x00", "a\x00", "a\x00b", "\u0001", "'", `"`, "`", `\`, "%", "_", "$where", "a.b", "..", "/",
	"'; DROP TABLE things; --", "null", "0", "-1", "1e3", "true", "é", "e\u0301", "日本", "😀", "\uffff", "\ufffd",
	"000000000000000000000000", "507f1f77bcf86cd799439011", strings.Repeat("x", 512), strings.Repeat("\x00", 512), strings.Repeat("é", 256),
}

func testIDs(t *testing.T, target Target) {
	w := newWorld(t, target)
	for i, id := range hostileIDs {
		w.insert(&Thing{Meta: store.Meta{ID: id}, Slug: "s" + id, Score: int64(i)})
	}
	for i, id := range hostileIDs {
		if got := w.get(id); got.ID != id || got.Score != int64(i) || got.Rev != 1 {
			t.Errorf("%q came back as %q with %d at %d", id, got.ID, got.Score, got.Rev)
		}
		again := &Thing{Meta: store.Meta{ID: id}, Slug: "other" + id}
		wantExists(t, "insert again", w.things.Insert(w.ctx, again), "id")
		_, err := w.things.Update(w.ctx, id, func(v *Thing) error { v.Score = -int64(i); return nil })
		w.must(err)
		if got := w.get(id); got.Score != -int64(i) {
			t.Errorf("%q was not updated", id)
		}
	}
	if n, err := w.things.Count(w.ctx, store.All()); err != nil || n != int64(len(hostileIDs)) {
		t.Errorf("count %d, %v", n, err)
	}
	for _, id := range hostileIDs {
		w.must(w.things.Delete(w.ctx, id, 2))
		_, err := w.things.Get(w.ctx, id)
		wantErr(t, "get deleted", err, store.ErrNotFound)
	}
	t.Run("generated", func(t *testing.T) { testGeneratedIDs(t, w) })
	t.Run("absent", func(t *testing.T) { testAbsentIDs(t, w) })
}

func testGeneratedIDs(t *testing.T, w *world) {
	var last string
	for range 5 {
		w.clock.add(1)
		v := &Thing{Slug: last}
		w.insert(v)
		if v.ID <= last || v.Rev != 1 || v.Changed != store.At(w.clock.now()) {
			t.Errorf("generated %+v after %q", v.Meta, last)
		}
		if got := w.get(v.ID); got.Meta != v.Meta {
			t.Errorf("stands as %+v, want %+v", got.Meta, v.Meta)
		}
		last = v.ID
	}
}

func testAbsentIDs(t *testing.T, w *world) {
	for _, id := range []string{"", "absent", "\x00absent", "\xff", "a\xffb", strings.Repeat("y", 5000)} {
		_, err := w.things.Get(w.ctx, id)
		wantErr(t, "get", err, store.ErrNotFound)
		_, err = w.things.Update(w.ctx, id, func(*Thing) error { t.Error("an absent document was updated"); return nil })
		wantErr(t, "update", err, store.ErrNotFound)
		wantErr(t, "delete", w.things.Delete(w.ctx, id, 0), store.ErrNotFound)
		wantErr(t, "delete at a revision", w.things.Delete(w.ctx, id, 3), store.ErrNotFound)
	}
	if err := w.things.Insert(w.ctx, &Thing{Meta: store.Meta{ID: "a\xff"}, Slug: "not UTF-8"}); err == nil {
		t.Error("an id that JSON cannot carry was inserted")
	}
}

func testGetMany(t *testing.T, target Target) {
	w := newWorld(t, target)
	var some []string
	for range 30 {
		v := &Thing{Slug: store.Token()}
		w.insert(v)
		some = append(some, v.ID)
	}
	asked := append([]string{"absent", "", "\xff", some[0]}, some...)
	for len(asked) < store.MaxLimit+50 {
		asked = append(asked, store.Token())
	}
	asked = append(asked, some[1])
	found, err := w.things.GetMany(w.ctx, asked)
	w.must(err)
	if len(found) != len(some) {
		t.Errorf("found %d, want %d", len(found), len(some))
	}
	for _, id := range some {
		if found[id] == nil || found[id].ID != id {
			t.Errorf("%q is missing", id)
		}
	}
	none, err := w.things.GetMany(w.ctx, nil)
	if err != nil || len(none) != 0 {
		t.Errorf("of nothing: %v, %v", none, err)
	}
}
