package store

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func testSchema() *Schema {
	return &Schema{Name: "posts", Indexes: []Index{
		On("space", "-score"),
		On("space", "open", "created"),
		OnSparse("owner", "-created"),
		On("tags[]", "created"),
		On("created"),
		On("stats.level", "-created", "score"),
	}}
}

type level string

type grade int

func (grade) String() string { return "never what JSON writes" }

// TestPlan says which index serves a query, how it is walked, and what is
// served by none ("").
func TestPlan(t *testing.T) {
	for _, c := range []struct {
		name  string
		q     Query
		index string
		eq    []any
		rest  string
	}{
		{"zero query", Query{}, "id", nil, "id"},
		{"all, reversed", All().Reverse(), "id", nil, "-id"},
		{"first index that fits", Where("space", "a"), "space__score_desc", []any{"a"}, "-score -id"},
		{"order chooses", Where("space", "a").Order("open"), "space__open__created", []any{"a"}, "open created id"},
		{"opposite order", Where("space", "a").Order("score"), "space__score_desc", []any{"a"}, "score id"},
		{"opposite order, reversed", Where("space", "a").Order("score").Reverse(), "space__score_desc", []any{"a"}, "-score -id"},
		{"equalities in any order", Where("open", true).And("space", "a"), "space__open__created", []any{"a", true}, "created id"},
		{"all equal", Where("space", "a").And("score", 3), "space__score_desc", []any{"a", int64(3)}, "-id"},
		{"order of a part", All().Order("stats.level"), "stats_level__created_desc__score", []any{}, "stats.level -created score id"},
		{"mixed order", All().Order("-stats.level", "created", "-score"), "stats_level__created_desc__score", []any{}, "-stats.level created -score -id"},
		{"order that no index has", All().Order("stats.level", "created"), "", nil, ""},
		{"order beyond the index", All().Order("created", "score"), "", nil, ""},
		{"range", All().Between("created", 1, 2), "created", []any{}, "created id"},
		{"range behind equality", Where("space", "a").Between("score", 1, 2), "space__score_desc", []any{"a"}, "-score -id"},
		{"range not next", Where("space", "a").Between("created", 1, 2), "", nil, ""},
		{"range beyond the index", Where("created", 1).Between("score", 1, 2), "", nil, ""},
		{"range against the order", Where("space", "a").Between("score", 1, 2).Order("open"), "", nil, ""},
		{"sparse by value", Where("owner", "ann"), "owner__created_desc__s", []any{"ann"}, "-created -id"},
		{"sparse by order", All().Order("owner"), "owner__created_desc__s", []any{}, "owner -created -id"},
		{"sparse by range", All().Between("owner", nil, nil), "owner__created_desc__s", []any{}, "owner -created -id"},
		{"sparse by null", Where("owner", nil), "", nil, ""},
		{"sparse by a null pointer", Where("owner", (*string)(nil)), "", nil, ""},
		{"list element", Where("tags[]", "go"), "tags_each__created", []any{"go"}, "created id"},
		{"list without []", Where("tags", "go"), "", nil, ""},
		{"list by null", Where("tags[]", nil), "", nil, ""},
		{"list by order", All().Order("tags"), "", nil, ""},
		{"list by range", All().Between("tags", "a", "b"), "", nil, ""},
		{"unknown field", Where("body", "x"), "", nil, ""},
		{"one field twice", Where("space", "a").And("space", "b"), "", nil, ""},
		{"too many fields", Where("space", "a").And("score", 1).And("open", true).And("created", 1), "", nil, ""},
		{"float", Where("created", 1.5), "", nil, ""},
		{"float bound", All().Between("created", 1.5, nil), "", nil, ""},
		{"beyond int64", Where("created", uint64(1<<63)), "", nil, ""},
		{"a list for a value", Where("created", []int{1}), "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := c.q.Plan(testSchema())
			if c.index == "" {
				if !errors.Is(err, ErrNoIndex) {
					t.Fatalf("got %v, want ErrNoIndex", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := indexName(p); got != c.index || !reflect.DeepEqual(p.Eq, c.eq) || restOf(p) != c.rest {
				t.Errorf("got %s, equal %v, then %q; want %s, %v, %q", got, p.Eq, restOf(p), c.index, c.eq, c.rest)
			}
		})
	}
}

func indexName(p Plan) string {
	if p.Index == nil {
		return "id"
	}
	return p.Index.Name()
}

func restOf(p Plan) string { return strings.Trim(fmt.Sprint(p.Rest()), "[]") }

func TestPlanBounds(t *testing.T) {
	p, err := All().Between("created", At(time.UnixMilli(5)), nil).Limit(7).Plan(testSchema())
	if err != nil || !p.Ranged || p.From != int64(5) || p.To != nil || p.Limit != 7 {
		t.Errorf("got %+v, %v", p, err)
	}
	for limit, want := range map[int]int{-1: DefaultLimit, 0: DefaultLimit, 1: 1, MaxLimit: MaxLimit, MaxLimit + 1: MaxLimit} {
		if p, _ := All().Limit(limit).Plan(testSchema()); p.Limit != want {
			t.Errorf("limit %d became %d, want %d", limit, p.Limit, want)
		}
	}
}

// TestQueryIsValue holds that a query built from another leaves it alone.
func TestQueryIsValue(t *testing.T) {
	base := Where("space", "a")
	one, two := base.And("open", true), base.And("score", 1)
	if len(base.eq) != 1 || one.eq[1].path != "open" || two.eq[1].path != "score" {
		t.Errorf("%+v, %+v, %+v", base, one, two)
	}
	if base.Reverse(); base.reverse {
		t.Error("Reverse changed its receiver")
	}
}

func TestNormal(t *testing.T) {
	text := "x"
	for _, c := range []struct{ in, want any }{
		{nil, nil}, {true, true}, {"a", "a"}, {3, int64(3)}, {int8(-3), int64(-3)}, {uint64(3), int64(3)}, {Millis(9), int64(9)},
		{level("low"), "low"}, {grade(4), int64(4)}, {time.Second, int64(time.Second)}, {&text, "x"}, {(*string)(nil), nil},
		{"a\xff\xfeb", "a\ufffd\ufffdb"}, {"\x00<>&\u2028", "\x00<>&\u2028"},
	} {
		if got, err := normal(c.in); err != nil || got != c.want {
			t.Errorf("normal(%#v) is %#v, %v; want %#v", c.in, got, err, c.want)
		}
	}
	for _, bad := range []any{1.5, 1e30, uint64(1 << 63), []string{"a"}, map[string]int{}, struct{}{}, func() {}} {
		if got, err := normal(bad); err == nil {
			t.Errorf("normal(%#v) is %#v, want an error", bad, got)
		}
	}
}
