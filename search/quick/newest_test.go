package quick

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNewest compares with all of them sorted, whatever order they were put in,
// and after some changed and went.
func TestNewest(t *testing.T) {
	x, rnd := New(twoFields), rand.New(rand.NewPCG(4, 4))
	kept := map[string]Mark{}
	for range 3000 {
		id := fmt.Sprint("d", rnd.IntN(900))
		if rnd.IntN(5) == 0 {
			x.Delete(id)
			delete(kept, id)
			continue
		}
		m := Mark{Group: Group{[]string{"s", "t"}[rnd.IntN(2)], []string{"open", "private"}[rnd.IntN(2)]}, Author: []string{"ann", "bob"}[rnd.IntN(2)],
			Facts: Facts{At: int64(rnd.IntN(200)), Flags: uint16(rnd.IntN(4))}}
		x.Put(Doc{ID: id, Mark: m})
		kept[id] = m
	}
	q := Query{Author: "ann", May: func(g Group, own bool) bool { return g.Space == "s" && (own || g.Shelf == "open") }, All: []Where{{Flags: 1}}}
	for _, c := range []struct {
		limit int
		until int64
	}{{0, 200}, {1, 200}, {7, 200}, {50, 120}, {1000, 77}, {1000, 200}, {9, -1}} {
		var want []string
		for id, m := range kept {
			if m.Group.Space == "s" && (m.Group.Shelf == "open" || m.Author == "ann") && m.Flags&1 != 0 && m.At <= c.until {
				want = append(want, id)
			}
		}
		slices.SortFunc(want, func(a, b string) int { return cmp.Or(cmp.Compare(kept[b].At, kept[a].At), cmp.Compare(b, a)) })
		want = want[:min(c.limit, len(want))]
		q.Limit = c.limit
		var got []string
		for _, h := range x.Newest(q, c.until) {
			got = append(got, h.ID)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d until %d: %v, want %v", c.limit, c.until, got, want)
		}
	}
}
