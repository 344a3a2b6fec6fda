package store

import (
	"encoding/json"
	"math"
	"testing"
)

// TestCompare compares every pair of a list that is written in order.
func TestCompare(t *testing.T) {
	values := []any{
		nil, false, true, int64(math.MinInt64), int64(-1), int64(0), int64(1 << 53), int64(1<<53 + 1), int64(math.MaxInt64),
		"", "\x00", "\x00a", "A", "B", "a", "a\x00", "aa", "b", "é", "\uffff", "\U00010000",
	}
	for i, a := range values {
		for j, b := range values {
			if got := sign(Compare(a, b)); got != sign(i-j) {
				t.Errorf("Compare(%#v, %#v) is %d", a, b, got)
			}
		}
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestLookup(t *testing.T) {
	var tree map[string]json.RawMessage
	if err := json.Unmarshal([]byte(`{"s":"x","n":9223372036854775807,"b":false,"z":null,"o":{"p":{"q":-1},"z":null},"l":[1],"f":1.5,"":"empty","o.p":"dotted"}`), &tree); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"s": "x", "n": int64(math.MaxInt64), "b": false, "z": nil, "absent": nil, "o.p.q": int64(-1), "o.z": nil, "o.z.a": nil,
		"o.absent.a": nil, "s.a": nil, "l.a": nil, "S": nil, "": "empty",
	} {
		if got, err := Lookup(tree, path); err != nil || got != want {
			t.Errorf("at %q stands %#v, %v; want %#v", path, got, err, want)
		}
	}
	for _, path := range []string{"o", "l", "f", "o.p"} {
		if got, err := Lookup(tree, path); err == nil {
			t.Errorf("at %q stands %#v, want an error", path, got)
		}
	}
}
