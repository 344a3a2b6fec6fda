package web

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/search"
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
	Places []string // heads of the outcomes' columns
	Steps  []step
	Chart  chart
	Trend  trend
	Top    []helperRow
	Gaps   []gapRow
}

// outcomeRow is one outcome over the surfaces.
type outcomeRow struct {
	Label, Hint string
	Key         deflection.Outcome
	Counts      []int64 // by surface: ask, search, and others where they are used
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
	URL   string            // of the question it ended in; "" for none that the viewer sees
	Since *community.Thread // what is found now, and was not when it was last looked for; nil is nothing
}

// SinceURL is where Since is read.
func (g gapRow) SinceURL() string { return threadURL(g.Since.ID) }

// Came says what came of a gap, without what never happened.
func (g gapRow) Came() (list []string) {
	for _, x := range []struct {
		n    int64
		says string
	}{{g.Empty, "shown nothing"}, {g.Unfit, "did not help"}, {g.Asked, "asked"}, {g.Cases, "to an agent"}} {
		if x.n > 0 {
			list = append(list, fmt.Sprintf("%s %d×", x.says, x.n))
		}
	}
	return list
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
	days, err := daysOf(c)
	if err != nil {
		return err
	}
	d := &deflectionData{Days: days}
	for _, n := range ranges {
		d.Ranges = append(d.Ranges, tab{Label: rangeLabel(n), URL: fmt.Sprintf("/admin/deflection?days=%d", n), Current: n == d.Days})
	}
	if d.Funnel, err = s.funnel(rq, days); err != nil {
		return err
	}
	d.Ask = d.Funnel.Surfaces[0]
	used := usedSurfaces(d.Funnel)
	for _, on := range used {
		d.Places = append(d.Places, surfaceWords[on.Surface])
	}
	d.Rows, d.Steps, d.Chart, d.Trend = outcomeRows(d.Funnel, used), stepsOf(d.Funnel), chartOf(d.Funnel), trendOf(d.Funnel)
	if err := s.deflectionNames(rq, d); err != nil {
		return err
	}
	return s.show(c, rq, "deflection", "Questions not needed", d, adminPage)
}

// daysOf is the time that the page is about: 30 days unless it says another.
func daysOf(c *fiber.Ctx) (int, error) {
	q := c.Query("days")
	if q == "" {
		return 30, nil
	}
	n, err := strconv.Atoi(q)
	if err != nil || n < 1 || n > 366 {
		return 0, fault.New(fault.Invalid, "Choose one of the times on the page.")
	}
	return n, nil
}

// funnel reports on the last days, today among them.
func (s *Server) funnel(rq *request, days int) (*deflection.Funnel, error) {
	end := s.now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	return s.deflection.Funnel(rq.ctx, rq.actor, end.AddDate(0, 0, -days), end)
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
		if row.Since, err = s.answeredSince(rq, g); err != nil {
			return err
		}
		d.Gaps = append(d.Gaps, row)
	}
	return nil
}

// sinceFound bounds what is looked through for an answer to a gap.
const sinceFound = 3

// answeredSince finds a question with an answer that fits what was looked for in
// vain, and came after that.
func (s *Server) answeredSince(rq *request, g deflection.Gap) (*community.Thread, error) {
	if s.search == nil {
		return nil, nil
	}
	found, err := s.search.Look(rq.ctx, rq.actor, search.Request{Query: g.Query, Limit: sinceFound, Literal: true})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Unavailable) {
		return nil, nil
	}
	for _, h := range found.Hits {
		if h.Thread.Created > g.At && h.Thread.Stats.Answers > 0 {
			return h.Thread, nil
		}
	}
	return nil, err
}

var surfaceWords = map[deflection.Surface]string{
	deflection.OnAsk: "Asking", deflection.OnSearch: "Searching", deflection.OnWidget: "Widget", deflection.OnAPI: "API",
}

// usedSurfaces leaves out the widget and the API where nobody uses them.
func usedSurfaces(f *deflection.Funnel) []deflection.SurfaceCounts {
	var list []deflection.SurfaceCounts
	for _, on := range f.Surfaces {
		if on.Surface == deflection.OnAsk || on.Surface == deflection.OnSearch || on.Offered.Total() > 0 {
			list = append(list, on)
		}
	}
	return list
}

func outcomeRows(f *deflection.Funnel, used []deflection.SurfaceCounts) []outcomeRow {
	var rows []outcomeRow
	for _, o := range deflection.Outcomes {
		r := outcomeRow{Label: outcomeWords[o][0], Hint: outcomeWords[o][1], Key: o, All: f.All[o]}
		for _, on := range used {
			r.Counts = append(r.Counts, on.Offered[o])
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
