package reputation

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// cause is a shorthand: the n-th cause of the day.
func cause(n int, k Kind, change ...func(*Cause)) *Cause {
	c := &Cause{Meta: store.Meta{ID: fmt.Sprintf("c%04d", n)}, Kind: k, At: store.Millis(n + 1), On: community.AnAnswer}
	c.Verdict = Verdict{Standing: true, Tags: []string{"wifi"}}
	for _, f := range change {
		f(c)
	}
	return c
}

func by(voter string) func(*Cause) { return func(c *Cause) { c.By = voter } }
func struck(why Struck) func(*Cause) {
	return func(c *Cause) { c.Verdict = Verdict{Struck: why} }
}

func many(n int, k Kind) (list []*Cause) {
	for i := range n {
		list = append(list, cause(i, k))
	}
	return list
}

func TestFold(t *testing.T) {
	for name, x := range map[string]struct {
		causes  []*Cause
		counted []int64
		limits  []Limit
		points  int64
		tag     int64
	}{
		"nothing":      {},
		"one vote":     {causes: many(1, AnswerUp), counted: []int64{10}, limits: []Limit{""}, points: 10, tag: 10},
		"every kind":   {[]*Cause{cause(0, QuestionUp), cause(1, QuestionDown), cause(2, AnswerUp), cause(3, AnswerDown), cause(4, Accepted), cause(5, Accepting), cause(6, Verified), cause(7, Helped), cause(8, DownVoting)}, []int64{10, -2, 10, -2, 15, 2, 15, 2, -1}, make([]Limit, 9), 49, 40},
		"struck lines": {[]*Cause{cause(0, AnswerUp, struck(TakenBack)), cause(1, Accepted, struck(Undone))}, []int64{0, 0}, make([]Limit, 2), 0, 0},
		"a struck line takes nothing of the pair limit": {
			append([]*Cause{cause(0, AnswerUp, by("v"), struck(Removed))}, six("v", 1)...), []int64{0, 10, 10, 10, 10, 10, 10}, make([]Limit, 7), 60, 60},
		"the seventh vote of one voter": {
			append(six("v", 0), cause(6, QuestionUp, by("v")), cause(7, AnswerUp, by("w"))), []int64{10, 10, 10, 10, 10, 10, 0, 10},
			[]Limit{"", "", "", "", "", "", PairLimit, ""}, 70, 70},
		"the fourth vote down of one voter": {
			[]*Cause{cause(0, AnswerDown, by("v")), cause(1, AnswerDown, by("v")), cause(2, AnswerDown, by("v")), cause(3, AnswerDown, by("v"))},
			[]int64{-2, -2, -2, 0}, []Limit{"", "", "", PairLimit}, -6, -6},
		"accepts know no pairs and no cap": {many(20, Accepted), repeat(15, 20), make([]Limit, 20), 300, 300},
	} {
		t.Run(name, func(t *testing.T) {
			lines, rest, sums := DefaultRules().Fold(x.causes)
			var counted []int64
			var limits []Limit
			for _, l := range lines {
				counted, limits = append(counted, l.Counted), append(limits, l.Limit)
			}
			if !reflect.DeepEqual(counted, x.counted) || !reflect.DeepEqual(limits, x.limits) || sums.Points != x.points || rest != (Rest{}) {
				t.Errorf("counted %v limited %q in all %d, want %v %q %d", counted, limits, sums.Points, x.counted, x.limits, x.points)
			}
			if x.tag != 0 && (len(sums.Tags) != 1 || sums.Tags[0] != TagScore{"wifi", x.tag}) {
				t.Errorf("tags: %v, want %d", sums.Tags, x.tag)
			}
		})
	}
}

func six(voter string, from int) (list []*Cause) {
	for i := range 6 {
		list = append(list, cause(from+i, AnswerUp, by(voter)))
	}
	return list
}

func repeat(n int64, times int) (list []int64) {
	for range times {
		list = append(list, n)
	}
	return list
}

func TestTheCapCountsGainsInOrder(t *testing.T) {
	causes := many(19, AnswerUp)                                                       // 190
	causes = append(causes, cause(19, Helped), cause(20, Helped), cause(21, Accepted)) // 194 of the cap, and 15 beside it
	causes = append(causes, cause(22, AnswerUp), cause(23, AnswerUp), cause(24, AnswerDown))
	lines, _, sums := DefaultRules().Fold(causes)
	if lines[22].Counted != 6 || lines[22].Limit != DailyLimit || lines[23].Counted != 0 || lines[23].Limit != DailyLimit || lines[24].Counted != -2 {
		t.Errorf("at the cap: %+v", lines[22:])
	}
	if sums.Points != 200+15-2 || sums.Gained != 215 {
		t.Errorf("sums: %+v", sums)
	}
}

func TestAStruckVoteMakesRoomUnderTheCap(t *testing.T) {
	causes := many(21, AnswerUp)
	causes[0].Verdict = Verdict{Struck: TakenBack}
	lines, _, sums := DefaultRules().Fold(causes)
	if sums.Points != 200 || lines[0].Struck != TakenBack || lines[20].Counted != 10 {
		t.Errorf("after a struck vote: %+v", sums)
	}
}

func TestALongDayIsSummedUp(t *testing.T) {
	lines, rest, sums := DefaultRules().Fold(many(MaxLines+40, Accepted))
	if len(lines) != MaxLines || rest != (Rest{40, 600}) || sums.Points != 15*(MaxLines+40) || sums.Accepted != MaxLines+40 {
		t.Errorf("%d lines, rest %+v, sums %+v", len(lines), rest, sums)
	}
}

func TestFoldDependsOnNoOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := []Kind{QuestionUp, AnswerUp, AnswerDown, Accepted, Helped, DownVoting}
	var causes []*Cause
	for i := range 80 {
		c := cause(i, kinds[rng.IntN(len(kinds))], by(fmt.Sprint(rng.IntN(4))))
		c.At = store.Millis(rng.IntN(20)) // many at the same moment
		causes = append(causes, c)
	}
	lines, rest, sums := DefaultRules().Fold(causes)
	for range 50 {
		rng.Shuffle(len(causes), func(i, j int) { causes[i], causes[j] = causes[j], causes[i] })
		l, r, s := DefaultRules().Fold(causes)
		if !reflect.DeepEqual(l, lines) || r != rest || !reflect.DeepEqual(s, sums) {
			t.Fatal("another order of the same causes folds differently")
		}
	}
}

func TestVotersStaySecret(t *testing.T) {
	lines, _, _ := DefaultRules().Fold([]*Cause{cause(0, AnswerUp, by("v")), cause(1, AnswerDown, by("v")), cause(2, Accepted, by("asker"))})
	if lines[0].By != "" || lines[1].By != "" || lines[2].By != "asker" {
		t.Errorf("lines tell who voted: %+v", lines)
	}
}

func TestLevels(t *testing.T) {
	r := DefaultRules()
	for _, x := range []struct {
		points, rate int64
		want         string
	}{
		{-5, 0, "Newcomer"}, {1, 0, "Newcomer"}, {49, 100, "Newcomer"}, {50, 0, "Helper"}, {250, 9, "Helper"}, {250, 10, "Trusted"},
		{1000, 19, "Trusted"}, {1000, 20, "Expert"}, {9999, 24, "Expert"}, {5000, 25, "Champion"},
	} {
		if got := r.LevelOf(x.points, x.rate); got != x.want {
			t.Errorf("%d points at %d%%: %s, want %s", x.points, x.rate, got, x.want)
		}
	}
	if r.total(-40) != 1 || r.total(0) != 1 || r.total(9) != 10 {
		t.Error("totals start at 1 and never fall below")
	}
}

func TestPeriods(t *testing.T) {
	for day, want := range map[string][5]string{
		"2026-03-02": {"2026-W10", "2026-03-02", "2026-03-08", "2026-03", "2026-03-31"},
		"2026-03-01": {"2026-W09", "2026-02-23", "2026-03-01", "2026-03", "2026-03-31"},
		"2027-01-01": {"2026-W53", "2026-12-28", "2027-01-03", "2027-01", "2027-01-31"},
		"2024-02-29": {"2024-W09", "2024-02-26", "2024-03-03", "2024-02", "2024-02-29"},
	} {
		at, err := time.Parse(dayLayout, day)
		if err != nil {
			t.Fatal(err)
		}
		monday, sunday := daysOf(Week, at)
		_, last := daysOf(Month, at)
		got := [5]string{periodOf(Week, at), monday.Format(dayLayout), sunday.Format(dayLayout), periodOf(Month, at), last.Format(dayLayout)}
		if got != want {
			t.Errorf("%s: %v, want %v", day, got, want)
		}
	}
}

func TestStreak(t *testing.T) {
	r := BadgeRule{Streak: 7}
	for name, x := range map[string]struct {
		days []string
		want bool
	}{
		"seven in a row":         {[]string{"2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"}, true},
		"a day without any gain": {[]string{"2026-02-26", "2026-02-27", "2026-02-28", "-2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"}, false},
		"a day is missing":       {[]string{"2026-02-26", "2026-02-27", "2026-02-28", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"}, false},
		"six":                    {[]string{"2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"}, false},
	} {
		var p progress
		for _, d := range x.days {
			gained := int64(10)
			if d[0] == '-' {
				d, gained = d[1:], 0
			}
			p.step(d, Sums{Gained: gained})
		}
		if p.earned(r) != x.want {
			t.Errorf("%s: %v", name, p.earned(r))
		}
	}
}
