package deflection

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestBounds compares with the values of Wilson's interval as printed by others:
// 10 of 10 is 0.7225 to 1, 81 of 263 is 0.2553 to 0.3662 (Newcombe 1998, table I).
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		fit, of   int64
		low, high float64
	}{{10, 10, 0.7225, 1}, {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {0, 0, 0, 1}} {
		low, high := Tally{c.of, c.fit}.Bounds()
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.fit, c.of, low, high, c.low, c.high)
		}
	}
}

// some are judgements of different questions at one likeness.
func some(name string, n int, share int64, fits bool) (list []judged) {
	for i := range n {
		list = append(list, judged{fmt.Sprint(name, i), fromAttempt, share, fits})
	}
	return list
}

func TestCalibrate(t *testing.T) {
	join := func(lists ...[]judged) (all []judged) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for _, c := range []struct {
		name   string
		list   []judged
		proven bool
		at     int64
	}{
		{"nothing is known", nil, false, 0},
		{"too little is known", some("a", 30, 900, true), false, 0},
		{"enough is known", some("a", 60, 900, true), true, 900},
		{"the smallest that holds", join(some("a", 60, 900, true), some("b", 60, 700, true), some("c", 60, 400, false)), true, 700},
		{"some may fail", join(some("a", 90, 900, true), some("b", 6, 900, false)), true, 900},
		{"half may not", join(some("a", 60, 900, true), some("b", 60, 900, false)), false, 0},
		{"the likest are wrong", join(some("a", 60, 900, true), some("b", 60, 950, false)), false, 0},
		{"nothing is like anything", some("a", 60, 0, true), false, 0},
		{"one question, asked a hundred times", make([]judged, 100), false, 0},
	} {
		got := calibrate(c.list)
		if got.Proven != c.proven || c.proven && got.Threshold != c.at {
			t.Errorf("%s: proven %t at %d (%+v), want %t at %d", c.name, got.Proven, got.Threshold, got, c.proven, c.at)
		}
		if got.Proven && !got.Held.proves() {
			t.Errorf("%s: proven by %+v", c.name, got.Held)
		}
	}
}

// TestNearest: while nothing is proven, the page says how far there is to go.
func TestNearest(t *testing.T) {
	few := slices.Concat(some("a", 9, 900, true), some("b", 2, 900, false), some("c", 30, 300, false))
	if at, tally := nearest(few); at != 900 || tally != (Tally{11, 9}) {
		t.Errorf("%d %+v", at, tally)
	}
	if at, tally := nearest(some("a", 30, 900, false)); at != 0 || tally.Judged != 0 {
		t.Errorf("nothing fits, and %d %+v is near", at, tally)
	}
	if c := calibrate(some("a", 30, 900, true)); c.NearAt != 900 || c.Near.Judged == 0 || c.Near.Judged >= minJudged {
		t.Errorf("%+v", c)
	}
	if c := calibrate(some("a", 60, 900, true)); c.NearAt != 0 {
		t.Errorf("what is proven is not near: %+v", c)
	}
}

// TestHeldOutHasTheLastWord: what the learning half promises and the other half
// does not keep, is not believed.
func TestHeldOutHasTheLastWord(t *testing.T) {
	var list []judged
	for i := 0; len(list) < 200; i++ {
		group := fmt.Sprint("question ", i)
		list = append(list, judged{group, fromDuplicate, 800, inFirst(group)})
	}
	c := calibrate(list)
	if c.Threshold != 800 || c.Learned.Fit != c.Learned.Judged || c.Held.Fit != 0 || c.Held.Judged < 50 || c.Proven {
		t.Errorf("%+v", c)
	}
}

func TestOneQuestionCountsOnce(t *testing.T) {
	list := []judged{{"q", fromAttempt, 500, true}, {"q", fromAttempt, 500, true}, {"q", fromAnswer, 500, false}, {"r", fromAttempt, 500, true}, {"r", fromAttempt, 500, false}}
	got := onePerGroup(list)
	if len(got) != 2 || !got[0].fits || got[1].fits {
		t.Errorf("%+v", got)
	}
}
