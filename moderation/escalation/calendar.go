package escalation

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Hours are the business hours of the support team: one document, "hours".
type Hours struct {
	store.Meta
	Zone     string   `json:"zone"`     // IANA name, "Europe/Berlin"
	Days     [7]Shift `json:"days"`     // Sunday first, as time.Weekday
	Holidays []string `json:"holidays"` // "2026-12-25", in the zone; at most 100
}

// Shift is the open part of a day, in minutes after midnight; From = To is closed.
type Shift struct{ From, To int }

const hoursID = "hours"

func defaultHours() *Hours {
	h := &Hours{Meta: store.Meta{ID: hoursID}, Zone: "UTC"}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Days[d] = Shift{9 * 60, 17 * 60}
	}
	return h
}

// Calendar reckons with business hours. It is a value and never changes.
type Calendar struct {
	zone     *time.Location
	days     [7]Shift
	holidays map[string]bool
}

// Calendar prepares the hours for reckoning.
func (h *Hours) Calendar() (Calendar, error) {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return Calendar{}, fault.Field("zone", "There is no time zone %q. Write it like Europe/Berlin.", h.Zone)
	}
	c := Calendar{zone: zone, days: h.Days, holidays: map[string]bool{}}
	open := 0
	for _, d := range h.Days {
		if d.From < 0 || d.To > 24*60 || d.From > d.To {
			return c, fault.Field("days", "A day opens before it closes, between 00:00 and 24:00.")
		}
		open += d.To - d.From
	}
	if open == 0 {
		return c, fault.Field("days", "Open at least one day a week, or no question will ever fall due.")
	}
	for _, day := range h.Holidays {
		c.holidays[day] = true
	}
	return c, nil
}

// maxSpan bounds how far ahead a moment is looked for.
const maxSpan = 2 * 366

// After returns the moment when so much business time has passed since start.
// Days with a change of clocks are reckoned as the clocks on the wall go.
// Beyond two years it gives up and returns that far moment.
func (c Calendar) After(start time.Time, business time.Duration) time.Time {
	at := start.In(c.zone)
	for range maxSpan {
		from, to := c.shift(at)
		if at.Before(from) {
			at = from
		}
		if open := to.Sub(at); open > 0 {
			if business <= open {
				return at.Add(business)
			}
			business -= open
		}
		at = time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, c.zone)
	}
	return at
}

// Between is the business time from one moment to another; 0 when they are
// the other way round.
func (c Calendar) Between(from, to time.Time) time.Duration {
	var sum time.Duration
	at := from.In(c.zone)
	for i := 0; i < maxSpan && at.Before(to); i++ {
		open, shut := c.shift(at)
		if at.After(open) {
			open = at
		}
		if shut.After(to) {
			shut = to
		}
		sum += max(0, shut.Sub(open))
		at = time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, c.zone)
	}
	return sum
}

// shift is when the day of a moment opens and closes.
func (c Calendar) shift(at time.Time) (from, to time.Time) {
	midnight := func(minutes int) time.Time {
		return time.Date(at.Year(), at.Month(), at.Day(), 0, minutes, 0, 0, c.zone)
	}
	day := c.days[at.Weekday()]
	if c.holidays[at.Format(time.DateOnly)] {
		day = Shift{}
	}
	return midnight(day.From), midnight(day.To)
}

// Hours returns the business hours.
func (s *Service) Hours(ctx context.Context) (*Hours, error) { return s.hours.Get(ctx, hoursID) }

var dateOnly = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// SetHours changes the business hours; clocks that run follow within a sweep.
func (s *Service) SetHours(ctx context.Context, by community.Actor, h Hours) (*Hours, error) {
	if err := admin(by); err != nil {
		return nil, err
	}
	if _, err := h.Calendar(); err != nil {
		return nil, err
	}
	if len(h.Holidays) > 100 {
		return nil, fault.Field("holidays", "At most 100 holidays.")
	}
	for _, d := range h.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil || !dateOnly.MatchString(d) {
			return nil, fault.Field("holidays", "Write holidays like 2026-12-25: %q is no date.", d)
		}
	}
	slices.Sort(h.Holidays)
	return s.hours.Update(ctx, hoursID, func(have *Hours) error {
		have.Zone, have.Days, have.Holidays = h.Zone, h.Days, slices.Compact(h.Holidays)
		return nil
	})
}

func (s *Service) calendar(ctx context.Context) (Calendar, error) {
	h, err := s.hours.Get(ctx, hoursID)
	if err != nil {
		return Calendar{}, fmt.Errorf("business hours: %w", err)
	}
	return h.Calendar()
}

func admin(by community.Actor) error {
	if by.IsAdmin() {
		return nil
	}
	return fault.New(fault.Forbidden, "Only an administrator may change this.")
}

func agent(by community.Actor) error {
	if by.Role == community.Agent || by.Role == community.Admin {
		return nil
	}
	return fault.New(fault.Forbidden, "Only agents work on cases.")
}
