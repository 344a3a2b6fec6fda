package search

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Span is a range of whole numbers, both ends in it; an open end is the least
// or greatest int64. Dates are counted in days since 1970-01-01 UTC.
type Span struct{ From, To int64 }

func (s Span) holds(v int64) bool { return s.From <= v && v <= s.To }

// unit is a kind of numbers that spans are typed in: read gives the first and
// the last number that a value stands for, all of them within most.
type unit struct {
	most  Span
	read  func(string) (Span, bool)
	print func(int64) string
}

// span reads ">5", ">=5", "<5", "<=5", "=5", "5" and "5..9", "5..", "..9". A
// range that runs backwards is turned round.
func (u unit) span(s string) (Span, bool) {
	span, ok := u.compared(s)
	if from, to, cut := strings.Cut(s, ".."); cut {
		span, ok = u.between(strings.TrimSpace(from), strings.TrimSpace(to))
	}
	if span.From != math.MinInt64 {
		span.From = min(max(span.From, u.most.From), u.most.To)
	}
	if span.To != math.MaxInt64 {
		span.To = min(max(span.To, u.most.From), u.most.To)
	}
	return span, ok
}

func (u unit) compared(s string) (Span, bool) {
	n := len(s) - len(strings.TrimLeft(s, "<>="))
	sign := s[:n]
	v, ok := u.read(strings.TrimSpace(s[n:]))
	if !ok {
		return Span{}, false
	}
	switch sign {
	case "", "=", "==":
		return v, true
	case ">":
		return Span{v.To + 1, math.MaxInt64}, true
	case ">=", "=>":
		return Span{v.From, math.MaxInt64}, true
	case "<":
		return Span{math.MinInt64, v.From - 1}, true
	case "<=", "=<":
		return Span{math.MinInt64, v.To}, true
	}
	return Span{}, false
}

func (u unit) between(from, to string) (Span, bool) {
	a, okA := u.read(from)
	b, okB := u.read(to)
	switch {
	case okA && okB && a.From > b.To:
		return Span{b.From, a.To}, true
	case okA && okB:
		return Span{a.From, b.To}, true
	case okA && to == "":
		return Span{a.From, math.MaxInt64}, true
	case okB && from == "":
		return Span{math.MinInt64, b.To}, true
	}
	return Span{}, false
}

// format writes a span so that span reads the same.
func (u unit) format(s Span) string {
	switch {
	case s.From == s.To:
		return u.print(s.From)
	case s.From == math.MinInt64:
		return ".." + u.print(s.To)
	case s.To == math.MaxInt64:
		return u.print(s.From) + ".."
	}
	return u.print(s.From) + ".." + u.print(s.To)
}

// maxNumber bounds the numbers that are read; no score comes near.
const maxNumber = 1_000_000_000

func numbers() unit {
	return unit{Span{-maxNumber, maxNumber}, readNumber, func(n int64) string { return strconv.FormatInt(n, 10) }}
}

func readNumber(s string) (Span, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return Span{n, n}, err == nil && n >= -maxNumber && n <= maxNumber
}

// The days of these years fit 16 bits.
const minYear, maxYear = 1970, 2140

func dates() unit {
	first, last := time.Date(minYear, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(maxYear, 12, 31, 0, 0, 0, 0, time.UTC)
	return unit{Span{dayOf(first), dayOf(last)}, readDate, printDate}
}

// readDate reads a year, a month or a day: "2026", "2026-01", "2026-01-31".
func readDate(s string) (Span, bool) {
	for _, form := range []struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		if t, err := time.Parse(form.layout, s); err == nil && t.Year() >= minYear && t.Year() <= maxYear {
			return Span{dayOf(t), dayOf(t.AddDate(form.years, form.months, form.days)) - 1}, true
		}
	}
	return Span{}, false
}

func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

func printDate(day int64) string { return time.Unix(day*24*60*60, 0).UTC().Format(time.DateOnly) }

// scoreZero is the number that a score of 0 is indexed as.
const scoreZero = 1 << 15

// shift moves a span by n; open ends stay open.
func (s Span) shift(n int64) Span {
	if s.From != math.MinInt64 {
		s.From += n
	}
	if s.To != math.MaxInt64 {
		s.To += n
	}
	return s
}
