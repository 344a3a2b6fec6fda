package community

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNearBandsMeet flips up to six bits of any hash: the bands of the one and
// those near the other have one in common.
func TestNearBandsMeet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		h := r.Uint64()
		g := h
		for _, bit := range r.Perm(64)[:r.IntN(alikeBits+1)] {
			g ^= 1 << bit
		}
		mine, near := bandsOf(fmt.Sprintf("%016x", h)), nearBands(fmt.Sprintf("%016x", g))
		if len(mine) != 4 || len(near) != 68 || !slices.ContainsFunc(mine, func(b string) bool { return slices.Contains(near, b) }) {
			t.Fatalf("%016x and %016x share none of %v", h, g, mine)
		}
	}
	for _, bad := range []string{"", "12", "zzzzzzzzzzzzzzzz", "00000000000000000"} {
		if bandsOf(bad) != nil || nearBands(bad) != nil {
			t.Errorf("%q has bands", bad)
		}
	}
}

func TestAlike(t *testing.T) {
	const busy, plain = "f0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0f", "0000000000000000000000000000000000000000000000000000000000000001"
	const farther = "0f0faa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533cc0f0ff0f0aa5533ccf0f0" // 32 bits from busy
	pic := func(hash, dhash, look string, w, h int, text string) *Upload {
		u := &Upload{Hash: hash, DHash: dhash, Look: look, Width: w, Height: h}
		if text != "" {
			u.Reading = &Reading{Text: text}
		}
		return u
	}
	one := pic("a", "f0f0aa5533cc0f0f", busy, 1280, 800, "")
	said := pic("a", "f0f0aa5533cc0f0f", busy, 1280, 800, "Error 0x80070057 the parameter is incorrect")
	blank := pic("a", "0000000000000000", plain, 1280, 800, "")
	for _, c := range []struct {
		name string
		a, b *Upload
		want bool
	}{
		{"the same bytes", blank, pic("a", "ffffffffffffffff", "", 1, 9, "other words than before here"), true},
		{"scaled", one, pic("b", "f0f0aa5533cc0f0e", busy, 640, 400, ""), true},
		{"six bits", one, pic("b", "f0f0aa5533cc0f30", busy, 640, 400, ""), true},
		{"seven bits", one, pic("b", "f0f0aa5533cc0ff8", busy, 640, 400, ""), false},
		{"another shape", one, pic("b", "f0f0aa5533cc0f0f", busy, 800, 800, ""), false},
		{"another look", one, pic("b", "f0f0aa5533cc0f0f", farther, 1280, 800, ""), false},
		{"an old upload without a look", one, pic("b", "f0f0aa5533cc0f0e", "", 1280, 800, ""), true},
		{"an old one farther off", one, pic("b", "f0f0aa5533cc0f30", "", 1280, 800, ""), false},
		{"blank pages", blank, pic("b", "0000000000000000", plain, 1280, 800, ""), false},
		{"one window, the same message", said, pic("b", "f0f0aa5533cc0f0f", busy, 1280, 800, "Error 0x80070057 the parameter is incorrect."), true},
		{"one window, another message", said, pic("b", "f0f0aa5533cc0f0f", busy, 1280, 800, "Update finished, restart the computer now"), false},
		{"blank pages, the same message", pic("a", "0000000000000000", plain, 9, 9, "the licence has expired today"), pic("b", "0000000000000000", plain, 9, 9, "The licence has expired today!"), true},
		{"no hash", one, pic("b", "", "", 1280, 800, ""), false},
	} {
		if got, back := c.a.Alike(c.b), c.b.Alike(c.a); got != c.want || back != c.want {
			t.Errorf("%s: %v, %v, want %v", c.name, got, back, c.want)
		}
	}
}
