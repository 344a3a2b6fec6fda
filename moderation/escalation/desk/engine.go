package desk

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Engine brings cases and desks together. All methods may be called
// concurrently; the work itself runs on the holder of the relay's lease.
type Engine struct {
	db         *store.DB
	log        *slog.Logger
	cases      Cases
	o          Options
	desks      map[string]*connection
	links      *store.Collection[Link]
	deliveries *store.Collection[Delivery]
	states     *store.Collection[Health]
}

// connection is one desk with what this process knows of it.
type connection struct {
	name string
	desk Desk

	work    sync.Mutex // one round at a time in this process
	mu      sync.Mutex
	foreign map[string]bool // tickets known to be none of ours
}

// Options are the parts and measures of an engine; zero values get the defaults.
type Options struct {
	Desks    map[string]Desk // by the connection's name: lower-case letters, digits, "-"
	Log      *slog.Logger
	Poll     time.Duration // 15 s: how often a desk is asked for changes when no hint came
	Deadline time.Duration // 30 s: of one call to a desk
	Quiet    time.Duration // 2 min: how long a call without an answer may still take effect
	GiveUp   time.Duration // 24 h: of tries before a delivery is dead
	Keep     time.Duration // 30 d: how long finished deliveries are kept
	Parallel int           // 2: cases of one desk served at once
}

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&o.Poll, 15 * time.Second}, {&o.Deadline, 30 * time.Second}, {&o.Quiet, 2 * time.Minute}, {&o.GiveUp, 24 * time.Hour}, {&o.Keep, 30 * 24 * time.Hour}} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	if o.Parallel <= 0 {
		o.Parallel = 2
	}
}

// How often the lease holder looks for due deliveries and hints, and for what
// the sweep must check.
const (
	tickEvery  = time.Second
	sweepEvery = 30 * time.Second
)

var nameShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`)

// NewEngine makes an engine, declares its collections "desk_links",
// "desk_deliveries" and "desk_health" on db, and puts its work under the
// relay's lease. A bad connection name panics: it is configuration, to be
// checked with ValidName before.
func NewEngine(db *store.DB, relay *outbox.Relay, cases Cases, o Options) *Engine {
	o.fill()
	e := &Engine{
		db: db, log: o.Log, cases: cases, o: o,
		desks:      map[string]*connection{},
		links:      declareLinks(db),
		deliveries: declareDeliveries(db),
		states:     store.Declare[Health](db, "desk_health"),
	}
	for name, d := range o.Desks {
		if !ValidName(name) {
			panic("desk: bad connection name " + name)
		}
		c := &connection{name: name, desk: d, foreign: map[string]bool{}}
		e.desks[name] = c
		relay.Every("desk "+name, tickEvery, func(ctx context.Context) error { return e.tick(ctx, c) })
		relay.Every("desk sweep "+name, sweepEvery, func(ctx context.Context) error { return e.sweep(ctx, c) })
	}
	return e
}

// ValidName tells whether a connection may be called so.
func ValidName(name string) bool { return nameShape.MatchString(name) }

func (e *Engine) now() store.Millis { return store.At(e.db.Now()) }

func (e *Engine) in(d time.Duration) store.Millis { return store.At(e.db.Now().Add(d)) }

// call bounds one call to a desk or to the cases.
func (e *Engine) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.o.Deadline)
}

// tick is one look at a desk: deliver what is due, and poll when it is time.
func (e *Engine) tick(ctx context.Context, c *connection) error {
	h, err := e.health(ctx, c.name)
	if err != nil {
		return err
	}
	if h.pollDue(e.now(), e.o.Poll) {
		if err := e.poll(ctx, c); err != nil {
			return err
		}
	}
	return e.deliver(ctx, c)
}

var refShape = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// Escalate puts a case on a desk: in the end one ticket carries it. It is
// idempotent by case; naming another desk later changes nothing.
func (e *Engine) Escalate(ctx context.Context, desk, caseID string) error {
	if e.desks[desk] == nil {
		return fault.Field("desk", "No desk is connected under the name “%s”.", desk)
	}
	if !refShape.MatchString(caseID) {
		return fault.Field("case", "The id of the case cannot be carried by a ticket.")
	}
	v, err := e.cases.Case(ctx, caseID)
	if err != nil {
		return err
	}
	l := &Link{Meta: store.Meta{ID: caseID}, Desk: desk, Ref: "selfie-" + caseID, Thread: v.Thread, Tickets: []string{}, Created: e.now()}
	l, _, err = e.links.Put(ctx, l)
	if err != nil {
		return err
	}
	d := &Delivery{Case: caseID, Desk: l.Desk, Lane: Out, What: OpenTicket}
	d.ID = deliveryID(d, "")
	return e.add(ctx, d)
}

func deliveryID(d *Delivery, cause string) string {
	return store.DeriveID("desk delivery", d.Desk, d.Case, string(d.Lane), string(d.What), cause)
}

// Outgoing names a post to append.
type Outgoing struct {
	Name     string       // at Cases.Post
	Version  int64        // another version of the same post is appended as a post of its own
	At       store.Millis // orders what waits within a case
	Internal bool         // a note for agents; a desk that keeps none is sent none
}

// Append sends a post of the case's thread to its desk, after those with an
// earlier At that wait. It is idempotent by name and version. NotFound when the
// case is on no desk. A post that comes here after a later one has gone is
// appended late; each carries its time.
func (e *Engine) Append(ctx context.Context, caseID string, p Outgoing) error {
	l, _, err := e.Link(ctx, caseID)
	if err != nil {
		return err
	}
	d := &Delivery{Case: caseID, Desk: l.Desk, Lane: Out, What: SendPost, Post: p.Name, Order: max(1, int64(p.At))}
	if p.Internal {
		d.What = SendNote
	}
	d.ID = deliveryID(d, fmt.Sprintf("%s %d", p.Name, p.Version))
	return e.add(ctx, d)
}

// PushStatus brings the desk to the case's status as it stands when it is the
// delivery's turn. cause makes it idempotent: the id of the event that asks.
// NotFound when the case is on no desk.
func (e *Engine) PushStatus(ctx context.Context, caseID, cause string, at store.Millis) error {
	l, _, err := e.Link(ctx, caseID)
	if err != nil {
		return err
	}
	d := &Delivery{Case: caseID, Desk: l.Desk, Lane: Out, What: SyncStatus, Order: max(1, int64(at))}
	d.ID = deliveryID(d, cause)
	return e.add(ctx, d)
}
