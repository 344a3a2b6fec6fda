package desk

import "testing"

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		agreed, there, ours, theirs Status
		want                        side
	}{
		{Open, Open, Open, Open, neither},
		{Open, Open, Solved, Open, theDesk},
		{Open, Open, Open, Solved, theCase},
		{Open, Open, Solved, Solved, neither},
		{Open, Open, Waiting, Open, theDesk},
		{Open, Open, Waiting, Solved, theCase}, // replied and solved in one go
		{Waiting, Waiting, Open, Solved, theDesk},
		{Solved, Solved, Open, Waiting, theDesk},
		{Waiting, Open, Waiting, Open, neither}, // agreed to differ
		{Waiting, Open, Waiting, Solved, theCase},
		{Waiting, Open, Open, Open, neither},
		{Waiting, Open, Solved, Open, theDesk},
		{"", "", Open, Open, neither},
	} {
		if got := merge(c.agreed, c.there, c.ours, c.theirs); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
