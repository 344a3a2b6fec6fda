package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
	"selfie/search/deflection"
)

// deflectionCSV answers with one table of the operator's page, for a
// spreadsheet.
func (s *Server) deflectionCSV(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil || !rq.actor.Staff() {
		return errNoPage
	}
	days, err := daysOf(c)
	if err != nil {
		return err
	}
	f, err := s.funnel(rq, days)
	if err != nil {
		return err
	}
	d := &deflectionData{Days: days, Funnel: f}
	if err := s.deflectionNames(rq, d); err != nil {
		return err
	}
	part := c.Query("part", "trend")
	rows := d.table(part, s.base.String())
	if rows == nil {
		return fault.New(fault.Invalid, "There are these tables: trend, outcomes, answers and gaps.")
	}
	body, err := csvOf(rows)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="deflection-%s-%s.csv"`, part, f.To.Time().AddDate(0, 0, -1).Format(time.DateOnly)))
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	return c.Send(body)
}

// table is one part of the report with its head; nil for an unknown one.
func (d *deflectionData) table(part, site string) [][]string {
	switch part {
	case "trend":
		return d.trendTable()
	case "outcomes":
		return d.outcomeTable()
	case "answers":
		rows := [][]string{{"question", "address", "author", "visitors helped"}}
		for _, h := range d.Top {
			rows = append(rows, []string{h.Title, site + h.URL, h.Author.Name, fmt.Sprint(h.Times)})
		}
		return rows
	case "gaps":
		rows := [][]string{{"looked for", "times", "shown nothing", "asked", "to an agent", "did not help", "latest question"}}
		for _, g := range d.Gaps {
			at := ""
			if g.URL != "" {
				at = site + g.URL
			}
			rows = append(rows, []string{g.Query, fmt.Sprint(g.Times), fmt.Sprint(g.Empty), fmt.Sprint(g.Asked), fmt.Sprint(g.Cases), fmt.Sprint(g.Unfit), at})
		}
		return rows
	}
	return nil
}

func (d *deflectionData) trendTable() [][]string {
	head := []string{"from", "days"}
	for _, o := range deflection.Outcomes {
		head = append(head, string(o))
	}
	rows := [][]string{append(head, "rate at least", "likely", "at most")}
	for _, b := range d.Funnel.Series {
		row := []string{b.From.Time().Format(time.DateOnly), fmt.Sprint(int(b.To.Time().Sub(b.From.Time()).Hours() / 24))}
		for _, o := range deflection.Outcomes {
			row = append(row, fmt.Sprint(b.Counts[o]))
		}
		r := b.Rates()
		if r.Sessions == 0 {
			rows = append(rows, append(row, "", "", ""))
			continue
		}
		rows = append(rows, append(row, fraction(r.Low), fraction(r.Likely), fraction(r.High)))
	}
	return rows
}

func (d *deflectionData) outcomeTable() [][]string {
	rows := [][]string{{"surface", "shown something"}}
	for _, o := range deflection.Outcomes {
		rows[0] = append(rows[0], string(o))
	}
	for _, on := range d.Funnel.Surfaces {
		for _, x := range []struct {
			shown  string
			counts deflection.Counts
		}{{"yes", on.Offered}, {"no", on.Empty}} {
			row := []string{string(on.Surface), x.shown}
			for _, o := range deflection.Outcomes {
				row = append(row, fmt.Sprint(x.counts[o]))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func fraction(share float64) string { return fmt.Sprintf("%.4f", share) }

// csvOf writes a table as CSV (RFC 4180), with a mark of its encoding for
// spreadsheets.
func csvOf(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\uFEFF")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = plainCell(cell)
		}
		if err := w.Write(safe); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// plainCell keeps a spreadsheet from taking what a visitor typed for a formula:
// it gets an apostrophe before it (OWASP, CSV injection). Wide signs that some
// programs read as these are taken for them.
func plainCell(s string) string {
	first := strings.TrimLeft(s, " \u00a0\u3000\ufeff\u200b")
	if first != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}
