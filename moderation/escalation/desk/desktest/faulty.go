package desktest

import (
	"context"
	"sync"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

// Fault is a way in which a call goes wrong.
type Fault string

const (
	LostRequest  Fault = "request lost"          // nothing happens, no answer
	LostResponse Fault = "response lost"         // it happens, no answer
	Broken       Fault = "500"                   // nothing happens, an error that says nothing
	Hang         Fault = "hang"                  // nothing happens, no answer until the deadline
	HangAfter    Fault = "hang after the effect" // it happens, no answer until the deadline
	Late         Fault = "late effect"           // no answer; it happens after the next look found nothing
	Twice        Fault = "done twice"            // something on the way repeats the request
	Busy         Fault = "429"                   // refused for now, with a time to wait
	CrashBefore  Fault = "crash before"          // the engine's process dies before the call
	CrashAfter   Fault = "crash after"           // and after it
)

// Refused is a call that is refused for good; no engine can outlive it.
const Refused Fault = "refused for good"

// OfWrites are what can befall a call that changes a desk and yet leaves a
// story whole; OfReads leaves out what is the same for a call that does not.
var (
	OfWrites = []Fault{LostRequest, LostResponse, Hang, HangAfter, Late, Twice, Busy, CrashBefore, CrashAfter}
	OfReads  = []Fault{LostResponse, Broken, Hang, Busy, CrashBefore, CrashAfter}
)

// Methods are the calls that can be spoiled.
var Methods = []string{"Find", "Create", "Ticket", "Merge", "SetStatus", "Append", "FindPost", "Changes", "Read"}

// Faulty passes calls on to a desk and spoils those that its plan names.
type Faulty struct {
	desk.Desk
	Crash  func()              // ends the engine's process; set by the World
	Inside func(method string) // called in the midst of each call, when set

	mu    sync.Mutex
	plan  map[string]map[int]Fault // by method and number of the call, from 1
	calls map[string]int
	late  []func()
	down  bool
}

// NewFaulty wraps a desk; without a plan it changes nothing.
func NewFaulty(d desk.Desk) *Faulty {
	return &Faulty{Desk: d, Crash: func() {}, plan: map[string]map[int]Fault{}, calls: map[string]int{}}
}

// Spoil lets the n-th call of a method from now on (1 is the next) go wrong.
func (f *Faulty) Spoil(method string, n int, x Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan[method] == nil {
		f.plan[method] = map[int]Fault{}
	}
	f.plan[method][f.calls[method]+n] = x
}

// Down makes every call fail, unsent, until it is up again.
func (f *Faulty) Down(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// Unspoiled lists what is planned and was not met yet.
func (f *Faulty) Unspoiled() (left []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for method, plan := range f.plan {
		for n, x := range plan {
			if n > f.calls[method] {
				left = append(left, string(x)+" of "+method)
			}
		}
	}
	return left
}

// Calls is how often a method was called.
func (f *Faulty) Calls(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[method]
}

// All counts every call.
func (f *Faulty) All() (n int) {
	for _, m := range Methods {
		n += f.Calls(m)
	}
	return n
}

// Writes counts the calls that change a desk.
func (f *Faulty) Writes() int {
	return f.Calls("Create") + f.Calls("Append") + f.Calls("SetStatus") + f.Calls("Merge")
}

func (f *Faulty) next(method string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[method]++
	if f.down {
		return away
	}
	return f.plan[method][f.calls[method]]
}

// release lets the late requests happen.
func (f *Faulty) release() {
	f.mu.Lock()
	late := f.late
	f.late = nil
	f.mu.Unlock()
	for _, do := range late {
		do()
	}
}

const away Fault = "away"

var unanswered = fault.New(fault.Unavailable, "The desk does not answer.")

// through makes one call as the plan has it. act must be repeatable in the
// sense of the desk: twice makes two effects.
func (f *Faulty) through(ctx context.Context, method string, act func(context.Context) error) error {
	x := f.next(method)
	if f.Inside != nil {
		f.Inside(method)
	}
	return f.spoiled(ctx, x, act)
}

func (f *Faulty) spoiled(ctx context.Context, x Fault, act func(context.Context) error) error {
	switch x {
	case away:
		return desk.NothingSent(unanswered)
	case LostRequest:
		return unanswered
	case LostResponse:
		_ = act(ctx)
		return unanswered
	case Broken:
		return fault.New(fault.Unavailable, "The desk answers 500.")
	case Hang:
		<-ctx.Done()
		return ctx.Err()
	case HangAfter:
		_ = act(ctx)
		<-ctx.Done()
		return ctx.Err()
	case Late:
		f.mu.Lock()
		f.late = append(f.late, func() { _ = act(context.WithoutCancel(ctx)) })
		f.mu.Unlock()
		return unanswered
	case Twice:
		_ = act(ctx)
	case Busy:
		e := fault.New(fault.TooMany, "The desk is asked too often.")
		e.RetryAfter = 90 * time.Second
		return e
	case Refused:
		return fault.New(fault.Invalid, "The desk does not take this.")
	case CrashBefore:
		f.Crash()
		return context.Canceled
	case CrashAfter:
		_ = act(ctx)
		f.Crash()
		return context.Canceled
	}
	return act(ctx)
}

// Find implements desk.Desk.
func (f *Faulty) Find(ctx context.Context, ref string) (found []desk.Ticket, err error) {
	err = f.through(ctx, "Find", func(ctx context.Context) (err error) { found, err = f.Desk.Find(ctx, ref); return err })
	f.release()
	return found, err
}

// Create implements desk.Desk.
func (f *Faulty) Create(ctx context.Context, n desk.NewTicket) (t desk.Ticket, err error) {
	err = f.through(ctx, "Create", func(ctx context.Context) (err error) { t, err = f.Desk.Create(ctx, n); return err })
	return t, err
}

// Ticket implements desk.Desk.
func (f *Faulty) Ticket(ctx context.Context, id string) (t desk.Ticket, err error) {
	err = f.through(ctx, "Ticket", func(ctx context.Context) (err error) { t, err = f.Desk.Ticket(ctx, id); return err })
	return t, err
}

// Merge implements desk.Desk.
func (f *Faulty) Merge(ctx context.Context, into, from string) error {
	return f.through(ctx, "Merge", func(ctx context.Context) error { return f.Desk.Merge(ctx, into, from) })
}

// SetStatus implements desk.Desk.
func (f *Faulty) SetStatus(ctx context.Context, ticket string, s desk.Status) error {
	return f.through(ctx, "SetStatus", func(ctx context.Context) error { return f.Desk.SetStatus(ctx, ticket, s) })
}

// Append implements desk.Desk.
func (f *Faulty) Append(ctx context.Context, ticket string, p desk.Post) (id string, err error) {
	err = f.through(ctx, "Append", func(ctx context.Context) (err error) { id, err = f.Desk.Append(ctx, ticket, p); return err })
	return id, err
}

// FindPost implements desk.Desk.
func (f *Faulty) FindPost(ctx context.Context, ticket, key string) (id string, err error) {
	err = f.through(ctx, "FindPost", func(ctx context.Context) (err error) { id, err = f.Desk.FindPost(ctx, ticket, key); return err })
	f.release()
	return id, err
}

// Changes implements desk.Desk.
func (f *Faulty) Changes(ctx context.Context, cursor string, limit int) (page desk.Page, err error) {
	err = f.through(ctx, "Changes", func(ctx context.Context) (err error) { page, err = f.Desk.Changes(ctx, cursor, limit); return err })
	return page, err
}

// Read implements desk.Desk.
func (f *Faulty) Read(ctx context.Context, c desk.Change) (e desk.Entry, err error) {
	err = f.through(ctx, "Read", func(ctx context.Context) (err error) { e, err = f.Desk.Read(ctx, c); return err })
	return e, err
}
