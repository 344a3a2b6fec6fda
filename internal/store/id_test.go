package store

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	var made []string
	for ms := int64(1); ms < 1<<47; ms = ms*3 + 1 {
		made = append(made, NewID(time.UnixMilli(ms)))
	}
	if !slices.IsSorted(made) {
		t.Errorf("ids do not sort by time: %q", made)
	}
	seen := map[string]bool{}
	for range 1000 {
		id := NewID(time.UnixMilli(1_700_000_000_000))
		if len(id) != 16 || strings.Trim(id, "0123456789abcdefghjkmnpqrstvwxyz") != "" || seen[id] {
			t.Fatalf("made %q, seen %t", id, seen[id])
		}
		seen[id] = true
	}
}

func TestDeriveID(t *testing.T) {
	if a, b := DeriveID("a", "b"), DeriveID("a", "b"); a != b || len(a) != 16 {
		t.Errorf("the same cause gave %q and %q", a, b)
	}
	seen := map[string][]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"b", "a"}, {"a\x00b"}} {
		id := DeriveID(parts...)
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q share an id", parts, other)
		}
		seen[id] = parts
	}
	// Stored ids depend on it: it may never change.
	if got, want := DeriveID("vote", "t1", "m1"), "q2xqac2jm46qqcdm"; got != want {
		t.Errorf("derived %q, want %q", got, want)
	}
}

func TestToken(t *testing.T) {
	a, b := Token(), Token()
	if len(a) != 52 || a == b {
		t.Errorf("made %q and %q", a, b)
	}
}

func TestMillis(t *testing.T) {
	if At(time.Time{}) != 0 || !Millis(0).Time().IsZero() {
		t.Error("zero is not never")
	}
	when := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	if got := At(when).Time(); !got.Equal(when.Truncate(time.Millisecond)) || got.Location() != time.UTC {
		t.Errorf("%v became %v", when, got)
	}
}
