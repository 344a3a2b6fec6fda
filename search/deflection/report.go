package deflection

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Counts are attempts by outcome, exactly.
type Counts map[Outcome]int64

// Total counts them all.
func (c Counts) Total() (n int64) {
	for _, x := range c {
		n += x
	}
	return n
}

// Closed counts those whose visit is over.
func (c Counts) Closed() int64 { return c.Total() - c[Ongoing] }

func (c Counts) add(d Counts) {
	for o, n := range d {
		c[o] += n
	}
}

// Rates are shares between 0 and 1, by the formulas beside them. Who leaves in
// silence may be helped or may have given up, so that deflection is a range:
// Low counts who said so, High everyone who opened something and left, Likely
// those in the share in which people who do tell say yes (Confirmation).
type Rates struct {
	Explicit     float64 // confirmed / (confirmed + failed + ignored)
	Spoke        int64   // what Explicit is a share of
	Confirmation float64 // confirmed / (confirmed + failed + revoked): of those who opened something and were heard of
	Heard        int64   // what Confirmation is a share of
	Low          float64 // confirmed / Sessions
	Likely       float64 // (confirmed + assumed × Confirmation) / Sessions
	High         float64 // (confirmed + assumed) / Sessions
	Sessions     int64   // visits that are over and were shown something
}

// RatesOf computes the rates of attempts that were shown something.
func RatesOf(c Counts) Rates {
	r := Rates{Spoke: c[Confirmed] + c[Failed] + c[Ignored], Heard: c[Confirmed] + c[Failed] + c[Revoked], Sessions: c.Closed()}
	r.Explicit = share(float64(c[Confirmed]), r.Spoke)
	r.Confirmation = share(float64(c[Confirmed]), r.Heard)
	r.Low = share(float64(c[Confirmed]), r.Sessions)
	r.Likely = share(float64(c[Confirmed])+float64(c[Assumed])*r.Confirmation, r.Sessions)
	r.High = share(float64(c[Confirmed]+c[Assumed]), r.Sessions)
	return r
}

func share(part float64, of int64) float64 {
	if of == 0 {
		return 0
	}
	return part / float64(of)
}

// SurfaceCounts are the attempts of one surface.
type SurfaceCounts struct {
	Surface Surface
	Offered Counts // were shown something
	Empty   Counts // were shown nothing
	Rates   Rates  // of those offered
}

// Bucket is a stretch of the trend: attempts that were shown something and
// began in it.
type Bucket struct {
	From, To store.Millis // To is not in it
	Counts   Counts
	Usual    Rates // of the whole time
}

// Rates are those of the attempts that began in it. Few are heard of in a day, so
// that who left in silence is counted at the share of the whole time.
func (b Bucket) Rates() Rates {
	r := RatesOf(b.Counts)
	r.Likely = share(float64(b.Counts[Confirmed])+float64(b.Counts[Assumed])*b.Usual.Confirmation, r.Sessions)
	return r
}

// Opened counts the visits that opened something of what was shown.
func (c Counts) Opened() int64 { return c[Confirmed] + c[Assumed] + c[Failed] + c[Revoked] }

// Helper is an answer that solved problems before they were asked.
type Helper struct {
	Thread, Answer, Author string
	Confirmed              int64
}

// Gap is what visitors looked for in vain.
type Gap struct {
	Query string // as typed last
	Times int64
	Empty int64  // of these: nothing was shown
	Asked int64  // of these: asked in the end
	Cases int64  // of these: an agent got it
	Unfit int64  // of these: opened something and said no to it, and was not heard of again
	Last  string // the thread asked last, if any
	At    store.Millis
}

// Funnel is what became of the attempts that began in a time: a cohort by its
// start, however late its outcome came.
type Funnel struct {
	From, To store.Millis // To is not in it
	Surfaces []SurfaceCounts
	All      Counts // were shown something, on any surface
	Empty    Counts // were shown nothing
	Rates    Rates  // of All
	Days     int    // length of a bucket
	Series   []Bucket
	Top      []Helper // most confirmations first, at most 10
	Gaps     []Gap    // most often first, at most 20

	Suggested SuggestionCounts // answers found for questions asked in it, beside all that
}

// The bounds of a report's work.
const (
	day        = 24 * time.Hour
	maxRange   = 366 * day
	maxDaily   = 31   // buckets of a day; more are weeks
	sampleSize = 2000 // latest confirmations, and latest gaps, that are looked through
	topHelpers = 10
	topGaps    = 20
)

// Funnel reports on the attempts that began from `from` to before `to`, at most
// 366 days, to staff. Counts are exact. The answers that helped most and the
// gaps are found among the latest 2000 of each; the answers' numbers are exact.
func (s *Service) Funnel(ctx context.Context, by community.Actor, from, to time.Time) (*Funnel, error) {
	if by.Guest() {
		return nil, fault.New(fault.Unauthorized, "Please sign in first. What you typed is kept.")
	}
	if !by.Staff() {
		return nil, fault.New(fault.NotFound, "There is no such page, or it is not for everyone. Check the address, or search for what you need.")
	}
	if !from.Before(to) || to.Sub(from) > maxRange {
		return nil, fault.Field("from", "Choose a time of at most 366 days that begins before it ends.")
	}
	f := &Funnel{From: store.At(from), To: store.At(to)}
	for _, step := range []func(context.Context, *Funnel) error{s.bySurface, s.byTime, s.helpers, s.gaps, s.suggested} {
		if err := step(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (s *Service) bySurface(ctx context.Context, f *Funnel) (err error) {
	f.All, f.Empty = Counts{}, Counts{}
	for _, on := range Surfaces {
		c := SurfaceCounts{Surface: on}
		if c.Offered, err = s.counts(ctx, store.Where("surface", on).And("offered", true), f.From, f.To); err != nil {
			return err
		}
		if c.Empty, err = s.counts(ctx, store.Where("surface", on).And("offered", false), f.From, f.To); err != nil {
			return err
		}
		c.Rates = RatesOf(c.Offered)
		f.All.add(c.Offered)
		f.Empty.add(c.Empty)
		f.Surfaces = append(f.Surfaces, c)
	}
	f.Rates = RatesOf(f.All)
	return nil
}

func (s *Service) counts(ctx context.Context, of store.Query, from, to store.Millis) (Counts, error) {
	c := Counts{}
	for _, o := range Outcomes {
		n, err := s.attempts.Count(ctx, of.And("outcome", o).Between("started", from, to-1))
		if err != nil {
			return nil, err
		}
		c[o] = n
	}
	return c, nil
}

func (s *Service) byTime(ctx context.Context, f *Funnel) error {
	length := f.To.Time().Sub(f.From.Time())
	if f.Days = 1; length > maxDaily*day {
		f.Days = 7
	}
	for at := f.From; at < f.To; {
		b := Bucket{From: at, To: min(f.To, after(at, time.Duration(f.Days)*day)), Usual: f.Rates}
		var err error
		if b.Counts, err = s.counts(ctx, store.Where("offered", true), b.From, b.To); err != nil {
			return err
		}
		f.Series = append(f.Series, b)
		at = b.To
	}
	return nil
}

// errEnough ends a walk.
var errEnough = errors.New("deflection: enough")

// each walks the latest attempts of a query, sampleSize at most.
func (s *Service) each(ctx context.Context, q store.Query, f func(*Attempt)) error {
	n := 0
	err := s.attempts.Each(ctx, q.Order("-started"), func(a *Attempt) error {
		if n++; n > sampleSize {
			return errEnough
		}
		f(a)
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (s *Service) helpers(ctx context.Context, f *Funnel) error {
	seen := map[string]*Helper{}
	err := s.each(ctx, store.Where("offered", true).And("outcome", Confirmed).Between("started", f.From, f.To-1), func(a *Attempt) {
		if a.Solved == nil || a.Solved.Answer == "" {
			return
		}
		h := seen[a.Solved.Answer]
		if h == nil {
			h = &Helper{Thread: a.Solved.Thread, Answer: a.Solved.Answer, Author: a.Solved.Author}
			seen[a.Solved.Answer] = h
		}
		h.Confirmed++
	})
	if err != nil {
		return err
	}
	list := slices.SortedFunc(maps.Values(seen), func(a, b *Helper) int {
		return cmp.Or(cmp.Compare(b.Confirmed, a.Confirmed), cmp.Compare(a.Answer, b.Answer))
	})
	for _, h := range list[:min(len(list), topHelpers)] {
		q := store.Where("solved.answer", h.Answer).And("outcome", Confirmed).Between("started", f.From, f.To-1)
		if h.Confirmed, err = s.attempts.Count(ctx, q); err != nil {
			return err
		}
		f.Top = append(f.Top, *h)
	}
	return nil
}

func (s *Service) gaps(ctx context.Context, f *Funnel) error {
	seen := map[string]*Gap{}
	err := s.each(ctx, store.Where("gap", true).Between("started", f.From, f.To-1), func(a *Attempt) {
		if a.Live || a.QueryHash == "" {
			return
		}
		g := seen[a.QueryHash]
		if g == nil {
			g = &Gap{Query: a.Query, At: a.Started}
			seen[a.QueryHash] = g
		}
		g.take(a)
	})
	if err != nil {
		return err
	}
	list := slices.SortedFunc(maps.Values(seen), func(a, b *Gap) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.At, a.At), cmp.Compare(a.Query, b.Query))
	})
	for _, g := range list[:min(len(list), topGaps)] {
		f.Gaps = append(f.Gaps, *g)
	}
	return nil
}

func (g *Gap) take(a *Attempt) {
	g.Times++
	if !a.Offered {
		g.Empty++
	}
	if a.Case != "" {
		g.Cases++
	}
	if a.Asked != "" {
		g.Asked++
		if g.Last == "" {
			g.Last = a.Asked
		}
	}
	if a.Offered && a.Asked == "" && a.Case == "" {
		g.Unfit++
	}
}
