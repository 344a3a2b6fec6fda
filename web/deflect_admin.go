package web

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/search/deflection"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

// deflectionData is the operator's page about questions that were not needed.
type deflectionData struct {
	Days   int
	Ranges []tab
	Funnel *deflection.Funnel
	Ask    deflection.SurfaceCounts
	Rows   []outcomeRow
	Widget bool // has attempts
	Chart  chart
	Top    []helperRow
	Gaps   []gapRow
}

// outcomeRow is one outcome over the surfaces.
type outcomeRow struct {
	Label, Hint string
	Key         deflection.Outcome
	Counts      []int64 // by surface: ask, search, and the widget when it is used
	All         int64
	Share       string // of the visits that are over; "" for those that are not
}

// helperRow is an answer that spared questions.
type helperRow struct {
	URL, Title string
	Author     memberView
	Times      int64
}

// gapRow is what was looked for in vain.
type gapRow struct {
	deflection.Gap
	URL string // of the question it ended in; "" for none that the viewer sees
}

var outcomeWords = map[deflection.Outcome][2]string{
	deflection.Confirmed: {"Said it is solved", "A visitor pressed “This solved it”."},
	deflection.Assumed:   {"Read and left", "Opened an answer and did not ask: helped, or gone elsewhere."},
	deflection.Failed:    {"Read and asked", "Opened an answer, and asked all the same or said that it does not help."},
	deflection.Ignored:   {"Asked at once", "Asked without opening what was shown."},
	deflection.Abandoned: {"Left at once", "Opened nothing and did not ask."},
	deflection.Revoked:   {"Came back with it", "Seemed helped, and asked about the same within seven days."},
	deflection.Ongoing:   {"Still looking", "The visit goes on."},
}

// ranges are the times that the page offers, in days.
var ranges = []int{7, 30, 90, 365}

// adminDeflection shows staff what became of those who looked before they asked.
func (s *Server) adminDeflection(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil || !rq.actor.Staff() {
		return errNoPage
	}
	d := &deflectionData{Days: 30}
	if q := c.Query("days"); q != "" {
		n, err := strconv.Atoi(q)
		if err != nil || n < 1 || n > 366 {
			return fault.New(fault.Invalid, "Choose one of the times on the page.")
		}
		d.Days = n
	}
	for _, n := range ranges {
		d.Ranges = append(d.Ranges, tab{Label: rangeLabel(n), URL: fmt.Sprintf("/admin/deflection?days=%d", n), Current: n == d.Days})
	}
	end := s.now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	var err error
	if d.Funnel, err = s.deflection.Funnel(rq.ctx, rq.actor, end.AddDate(0, 0, -d.Days), end); err != nil {
		return err
	}
	d.Ask = d.Funnel.Surfaces[0]
	d.Widget = d.Funnel.Surfaces[2].Offered.Total() > 0
	d.Rows, d.Chart = outcomeRows(d.Funnel, d.Widget), chartOf(d.Funnel)
	if err := s.deflectionNames(rq, d); err != nil {
		return err
	}
	return s.show(c, rq, "deflection", "Questions not needed", d, adminPage)
}

func rangeLabel(days int) string {
	if days == 365 {
		return "A year"
	}
	return fmt.Sprintf("%d days", days)
}

// deflectionNames fills in titles and names, as the viewer sees them.
func (s *Server) deflectionNames(rq *request, d *deflectionData) error {
	var threads, members []string
	for _, h := range d.Funnel.Top {
		threads, members = append(threads, h.Thread), append(members, h.Author)
	}
	for _, g := range d.Funnel.Gaps {
		if g.Last != "" {
			threads = append(threads, g.Last)
		}
	}
	seen, err := s.community.ThreadsByID(rq.ctx, rq.actor, threads)
	if err != nil {
		return err
	}
	known, err := s.peopleOf(rq.ctx, members)
	if err != nil {
		return err
	}
	for _, h := range d.Funnel.Top {
		if t := seen[h.Thread]; t != nil {
			d.Top = append(d.Top, helperRow{threadURL(t.ID) + "#post-" + h.Answer, t.Title, known.of(h.Author), h.Confirmed})
		}
	}
	for _, g := range d.Funnel.Gaps {
		row := gapRow{Gap: g}
		if seen[g.Last] != nil {
			row.URL = threadURL(g.Last)
		}
		d.Gaps = append(d.Gaps, row)
	}
	return nil
}

func outcomeRows(f *deflection.Funnel, widget bool) []outcomeRow {
	var rows []outcomeRow
	for _, o := range deflection.Outcomes {
		r := outcomeRow{Label: outcomeWords[o][0], Hint: outcomeWords[o][1], Key: o, All: f.All[o]}
		for _, on := range f.Surfaces {
			if widget || on.Surface != deflection.OnWidget {
				r.Counts = append(r.Counts, on.Offered[o])
			}
		}
		if o != deflection.Ongoing && f.All.Closed() > 0 {
			r.Share = percent(float64(r.All) / float64(f.All.Closed()))
		}
		rows = append(rows, r)
	}
	return rows
}

// percent writes a share between 0 and 1.
func percent(share float64) string { return fmt.Sprintf("%.0f%%", math.Round(share*100)) }

// The chart's measures, in units of its view box.
const (
	chartWide, chartHigh = 720, 200
	chartLeft, chartFoot = 48, 28
	chartEdge            = 30 // half a date
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
	ch.draw(niceTop(most))
	return ch
}

func (ch *chart) draw(top int64) {
	const head = 10
	step := float64(chartWide-chartLeft) / float64(len(ch.Rows))
	unit := float64(ch.Base-head) / float64(top)
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
	for _, i := range []int{0, len(ch.Rows) / 2, len(ch.Rows) - 1} {
		at := mark{X: min(int(chartLeft+(float64(i)+0.5)*step), chartWide-chartEdge), Y: chartHigh - 6, Text: ch.Rows[i].Day.Time().Format("2 Jan")}
		if n := len(ch.Dates); n == 0 || at.X-ch.Dates[n-1].X > 2*chartEdge {
			ch.Dates = append(ch.Dates, at)
		}
	}
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
