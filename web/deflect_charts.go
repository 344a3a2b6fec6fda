package web

import (
	"fmt"
	"strconv"
	"strings"

	"selfie/internal/store"
	"selfie/search/deflection"
)

// The chart's measures, in units of its view box.
const (
	chartWide, chartHigh = 720, 200
	chartLeft, chartFoot = 48, 28
	chartEdge            = 30 // half a date
	chartHead            = 10
)

// band is one colour of the chart: outcomes that mean much the same.
type band struct {
	Key, Label string
	outcomes   []deflection.Outcome
}

var bands = []band{
	{"confirmed", "Said it is solved", []deflection.Outcome{deflection.Confirmed}},
	{"assumed", "Read and left", []deflection.Outcome{deflection.Assumed}},
	{"asked", "Asked all the same", []deflection.Outcome{deflection.Failed, deflection.Ignored, deflection.Revoked}},
	{"left", "Left at once", []deflection.Outcome{deflection.Abandoned}},
}

// chart is the trend, drawn and as a table.
type chart struct {
	Wide, High, Left, Base int
	Bands                  []band
	Bars                   []bar
	Marks                  []mark // numbers beside the axis
	Dates                  []mark // below it
	Rows                   []chartRow
	Weekly                 bool
	Empty                  bool
}

type bar struct {
	Key        string
	X, Y, W, H string
}

type mark struct {
	X, Y int
	Text string
}

type chartRow struct {
	Day    store.Millis
	Counts []int64 // by band
}

// chartOf draws the trend: a bar for each day or week, its bands from the
// bottom up.
func chartOf(f *deflection.Funnel) chart {
	ch := chart{Wide: chartWide, High: chartHigh, Left: chartLeft, Base: chartHigh - chartFoot, Bands: bands, Weekly: f.Days > 1}
	most := int64(0)
	for _, b := range f.Series {
		row := chartRow{Day: b.From}
		sum := int64(0)
		for _, band := range bands {
			n := int64(0)
			for _, o := range band.outcomes {
				n += b.Counts[o]
			}
			row.Counts = append(row.Counts, n)
			sum += n
		}
		ch.Rows = append(ch.Rows, row)
		most = max(most, sum)
	}
	ch.Empty = most == 0
	ch.Dates = datesOf(f.Series)
	ch.draw(niceTop(most))
	return ch
}

func (ch *chart) draw(top int64) {
	step := float64(chartWide-chartLeft) / float64(len(ch.Rows))
	unit := float64(ch.Base-chartHead) / float64(top)
	for i, row := range ch.Rows {
		y := float64(ch.Base)
		for k, n := range row.Counts {
			h := float64(n) * unit
			y -= h
			if n > 0 {
				ch.Bars = append(ch.Bars, bar{bands[k].Key, short(chartLeft + float64(i)*step + step*0.1), short(y), short(step * 0.8), short(h)})
			}
		}
	}
	for _, n := range []int64{0, top / 2, top} {
		if n == 0 || n == top || top%2 == 0 {
			ch.Marks = append(ch.Marks, mark{chartLeft - 6, ch.Base - int(float64(n)*unit), count(n)})
		}
	}
}

// datesOf writes the first, the middle and the last time below the axis, where
// there is room.
func datesOf(series []deflection.Bucket) (list []mark) {
	step := float64(chartWide-chartLeft) / float64(len(series))
	for _, i := range []int{0, len(series) / 2, len(series) - 1} {
		at := mark{X: min(int(chartLeft+(float64(i)+0.5)*step), chartWide-chartEdge), Y: chartHigh - 6, Text: series[i].From.Time().Format("2 Jan")}
		if n := len(list); n == 0 || at.X-list[n-1].X > 2*chartEdge {
			list = append(list, at)
		}
	}
	return list
}

func short(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// niceTop is the end of an axis that n fits under: 1, 2, 4 or 10 times a power
// of ten.
func niceTop(n int64) int64 {
	for p := int64(1); ; p *= 10 {
		for _, f := range []int64{2, 4, 10} {
			if n <= f*p {
				return f * p
			}
		}
	}
}

// step is one stage of the way from a search to a solution.
type step struct {
	Label, Hint string
	Low, High   int64  // visits; they differ where only the visitor knows
	Says        string // the number, or the range
	Share       string // of all who looked
	Y           int    // of the drawing
	W, More     string // widths of the sure part, and of what may be
}

// The measures of the drawn steps, in units of their view box.
const (
	stepWide = 720
	stepHigh = 46
)

// stepsOf is the funnel: looked, was shown something, opened it, and is solved,
// which lies between who said so and who left in silence after reading.
func stepsOf(f *deflection.Funnel) []step {
	shown, all := f.All.Closed(), f.All.Closed()+f.Empty.Closed()
	sure := f.All[deflection.Confirmed]
	list := []step{
		{Label: "Looked for help", Low: all, High: all},
		{Label: "Were shown something", Low: shown, High: shown},
		{Label: "Opened it", Low: f.All.Opened(), High: f.All.Opened()},
		{Label: "Solved without a question", Hint: "said so, to: or left in silence", Low: sure, High: sure + f.All[deflection.Assumed]},
	}
	for i := range list {
		x := &list[i]
		x.Y, x.Says, x.Share = i*stepHigh, count(x.Low), "–"
		if x.High != x.Low {
			x.Says += " – " + count(x.High)
		}
		if all == 0 {
			continue
		}
		x.Share = rangeOf(float64(x.Low)/float64(all), float64(x.High)/float64(all))
		x.W, x.More = short(float64(x.Low)/float64(all)*stepWide), short(float64(x.High)/float64(all)*stepWide)
	}
	return list
}

// rangeOf writes two shares as one range.
func rangeOf(low, high float64) string {
	if percent(low) == percent(high) {
		return percent(low)
	}
	return percent(low) + " – " + percent(high)
}

// trend is the rate over time: a band from what is sure to what may be, and
// within it what is likely.
type trend struct {
	Wide, High, Left, Base int
	Bands                  []string // outlines of the band, one for each unbroken stretch
	Lines                  []string // likely
	Dots                   []dot    // stretches of a single time
	Marks, Dates           []mark
	Rows                   []trendRow
	Empty                  bool
}

type dot struct{ X, Low, High string }

type trendRow struct {
	Day      store.Millis
	Sessions int64
	Rates    deflection.Rates
}

// trendOf draws the rate. A time without visits has none, and breaks the band.
func trendOf(f *deflection.Funnel) trend {
	t := trend{Wide: chartWide, High: chartHigh, Left: chartLeft, Base: chartHigh - chartFoot, Empty: true}
	for _, b := range f.Series {
		r := b.Rates()
		t.Rows = append(t.Rows, trendRow{b.From, r.Sessions, r})
		t.Empty = t.Empty && r.Sessions == 0
	}
	for _, share := range []float64{0, 0.5, 1} {
		t.Marks = append(t.Marks, mark{chartLeft - 6, int(t.y(share)), percent(share)})
	}
	t.Dates = datesOf(f.Series)
	for from := 0; from < len(t.Rows); {
		to := from
		for to < len(t.Rows) && t.Rows[to].Sessions > 0 {
			to++
		}
		t.stretch(from, to)
		from = to + 1
	}
	return t
}

func (t *trend) y(share float64) float64 { return float64(t.Base) - share*float64(t.Base-chartHead) }

func (t *trend) x(i int) float64 {
	return chartLeft + (float64(i)+0.5)*float64(chartWide-chartLeft)/float64(len(t.Rows))
}

// stretch draws the times from one to before another.
func (t *trend) stretch(from, to int) {
	if to-from == 1 {
		r := t.Rows[from].Rates
		t.Dots = append(t.Dots, dot{short(t.x(from)), short(t.y(r.Low)), short(t.y(r.High))})
	}
	if to-from < 2 {
		return
	}
	var up, down, line []string
	for i := from; i < to; i++ {
		r := t.Rows[i].Rates
		at := func(share float64) string { return fmt.Sprint(short(t.x(i)), ",", short(t.y(share))) }
		up, line = append(up, at(r.High)), append(line, at(r.Likely))
		down = append([]string{at(r.Low)}, down...)
	}
	t.Bands = append(t.Bands, strings.Join(append(up, down...), " "))
	t.Lines = append(t.Lines, strings.Join(line, " "))
}
