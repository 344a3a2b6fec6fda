package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestCursor(t *testing.T) {
	doc := Raw{ID: "i\x00", JSON: []byte(`{"id":"i\u0000","space":"s","score":9007199254740993,"stats":{"level":null},"created":-4,"open":true}`)}
	for _, c := range []struct {
		q    Query
		want []any
	}{
		{All(), []any{"i\x00"}},
		{All().Reverse(), []any{"i\x00"}},
		{Where("space", "s"), []any{int64(1<<53 + 1), "i\x00"}},
		{Where("space", "s").And("score", 1), []any{"i\x00"}},
		{All().Order("stats.level"), []any{nil, int64(-4), int64(1<<53 + 1), "i\x00"}},
		{Where("space", "s").Order("open"), []any{true, int64(-4), "i\x00"}},
		{All().Order("owner"), []any{nil, int64(-4), "i\x00"}},
	} {
		p, err := c.q.Plan(testSchema())
		if err != nil {
			t.Fatal(err)
		}
		cursor, err := p.CursorOf(testSchema(), doc)
		if err != nil {
			t.Fatal(err)
		}
		p, err = c.q.After(cursor).Plan(testSchema())
		if err != nil || !reflect.DeepEqual(p.After, c.want) {
			t.Errorf("%+v continues after %#v, %v; want %#v", c.q, p.After, err, c.want)
		}
	}
}

// TestCursorBelongs holds that a cursor serves its own query and those that
// differ in values alone.
func TestCursorBelongs(t *testing.T) {
	s := testSchema()
	doc := Raw{ID: "i", JSON: []byte(`{"id":"i"}`)}
	p, err := Where("space", "a").Plan(s)
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := p.CursorOf(s, doc)
	if err != nil {
		t.Fatal(err)
	}
	other := testSchema()
	other.Name = "others"
	for _, c := range []struct {
		name string
		q    Query
		s    *Schema
		ok   bool
	}{
		{"itself", Where("space", "a"), s, true},
		{"another value", Where("space", "b"), s, true},
		{"another limit", Where("space", "a").Limit(3), s, true},
		{"another direction", Where("space", "a").Reverse(), s, false},
		{"another index", Where("space", "a").Order("open"), s, false},
		{"fewer equalities", All().Order("space"), s, false},
		{"more equalities", Where("space", "a").And("score", 1), s, false},
		{"the primary index", All(), s, false},
		{"another collection", Where("space", "a"), other, false},
	} {
		if _, err := c.q.After(cursor).Plan(c.s); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrCursor) {
			t.Errorf("for %s: %v", c.name, err)
		}
	}
	long := Raw{ID: strings.Repeat("\x00", 512), JSON: []byte(`{"id":"` + strings.Repeat(`\u0000`, 512) + `","score":"` + strings.Repeat(`\u0001`, 10_000) + `"}`)}
	if cursor, err = p.CursorOf(s, long); err != nil {
		t.Fatal(err)
	}
	if _, err := Where("space", "a").After(cursor).Plan(s); err != nil {
		t.Errorf("a long cursor: %v", err)
	}
}

// FuzzCursor holds that a stranger's cursor is taken or refused as such, and
// that what is taken are values of the indexed kinds.
func FuzzCursor(f *testing.F) {
	p, err := Where("space", "a").Plan(testSchema())
	if err != nil {
		f.Fatal(err)
	}
	for _, values := range [][]any{{1, "a"}, {nil, "a"}, {"x", "a"}, {1.5, "a"}, {[]int{1}, "a"}, {map[string]int{"$gt": 1}, "a"}, {1, 1}, {1}, {}} {
		b, err := json.Marshal(cursorBody{p.check(testSchema()), values})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Where("space", "a").After(base64.RawURLEncoding.EncodeToString(body)).Plan(testSchema())
		if err != nil {
			if !errors.Is(err, ErrCursor) {
				t.Errorf("refused by %v", err)
			}
			return
		}
		for _, v := range p.After {
			if n, err := normal(v); err != nil || n != v {
				t.Errorf("%#v was taken", v)
			}
		}
		if len(body) > 0 && len(p.After) != 2 {
			t.Errorf("%d values were taken", len(p.After))
		}
	})
}
