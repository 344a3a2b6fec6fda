package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"selfie/internal/store"
)

// Delivery is one event handed to one follower.
type Delivery struct {
	Event             // Owes is empty
	Collection string // of the document that carried the event
	Document   string // its id
}

// Handler is a shared follower. It may run twice, late, or beside itself, and
// reads present state rather than trust the event; it must heed ctx, which ends
// after 30 seconds or when the lease is lost. An error means "try again later"
// unless it is Permanent; a panic counts as an error.
type Handler func(ctx context.Context, d Delivery) error

// The defaults of a relay.
const (
	pollEvery    = 2 * time.Second  // how soon writes of other nodes and retries are found
	callDeadline = 30 * time.Second // of one call of a handler
	workerCount  = 4                // documents served at once
	pageSize     = 100              // documents named by one search for what is due
)

// Relay delivers events to the shared followers, on the node that holds the
// lease. It is wired (Follow, Carry, Every) before Run or Drain; those may then
// be called from several goroutines.
type Relay struct {
	db     *store.DB
	routes *Routes
	log    *slog.Logger
	leases *store.Collection[lease]
	parked *store.Collection[Parked]

	handlers map[string]Handler
	carriers []*carrier
	byName   map[string]*carrier
	jobs     []job

	shaken *shaker      // nil outside of tests
	visits atomic.Int64 // begun in this process; tells a quiet moment from a busy one

	mu    sync.Mutex
	pools map[*pool]bool // those delivering now; a commit wakes them
}

// NewRelay makes a relay and declares its collections, "leases" and "parked".
// A nil log discards.
func NewRelay(db *store.DB, routes *Routes, log *slog.Logger) *Relay {
	r := &Relay{
		db:       db,
		routes:   routes,
		log:      orDiscard(log),
		leases:   store.Declare[lease](db, "leases"),
		parked:   store.Declare[Parked](db, "parked", store.On("-at")),
		handlers: map[string]Handler{},
		byName:   map[string]*carrier{},
		pools:    map[*pool]bool{},
	}
	db.OnCommit(r.wake)
	return r
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// Follow makes h the follower of that name and routes kinds of events to it.
// The name is stored with what is owed: renaming a follower orphans its debts,
// which then fail until they are parked.
func (r *Relay) Follow(name string, h Handler, kinds ...string) {
	if name == "" || r.handlers[name] != nil {
		panic("outbox: follower " + name + " is unnamed or follows twice")
	}
	r.handlers[name] = h
	r.routes.Add(name, kinds...)
}

func (r *Relay) carry(c *carrier) {
	if r.byName[c.schema.Name] != nil {
		panic("outbox: collection " + c.schema.Name + " is carried twice")
	}
	r.byName[c.schema.Name] = c
	r.carriers = append(r.carriers, c)
}

// Run delivers whenever this node holds the lease, until ctx ends; it then
// waits for the calls under way, releases the lease and returns nil. Failures
// of the store are logged and outlived.
func (r *Relay) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := r.hold(ctx, r.lead)
		var held *HeldError
		if err != nil && !errors.As(err, &held) && ctx.Err() == nil {
			r.log.Warn("relay interrupted", "err", err)
		}
		sleep(ctx, pollEvery)
	}
	return nil
}

// lead is the life of a lease holder: jobs, and rounds of delivery woken by
// commits and by the clock.
func (r *Relay) lead(ctx context.Context) error {
	stopJobs := r.startJobs(ctx)
	defer stopJobs()
	p := r.newPool(ctx)
	defer p.close()
	var next time.Time // of a look at everything
	for ctx.Err() == nil {
		look := p.wait(time.Until(next))
		if len(look) == len(r.carriers) {
			next = time.Now().Add(pollEvery)
		}
		if _, err := p.round(look); err != nil && ctx.Err() == nil {
			r.log.Warn("relay cannot search for what is due", "err", err)
		}
	}
	return context.Cause(ctx)
}

// wake tells the delivering pools that a document of a carrier was written.
func (r *Relay) wake(c store.Commit) {
	carrier := r.byName[c.Collection]
	if carrier == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.pools {
		p.poke(carrier)
	}
}

// Backlog counts the documents that are due for delivery now, and tells since
// when the longest waiting one is; 0 when none is.
func (r *Relay) Backlog(ctx context.Context) (due int64, oldest store.Millis, err error) {
	now := store.At(r.db.Now())
	for _, c := range r.carriers {
		n, err := r.db.CountRaw(ctx, c.schema, dueQuery(now))
		if err != nil {
			return 0, 0, err
		}
		due += n
		docs, _, err := r.db.FindRaw(ctx, c.schema, dueQuery(now).Limit(1))
		if err != nil {
			return 0, 0, err
		}
		for _, doc := range docs {
			box, err := store.Decode[Box](doc)
			if err != nil {
				return 0, 0, err
			}
			if oldest == 0 || box.Pending < oldest {
				oldest = box.Pending
			}
		}
	}
	return due, oldest, nil
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
