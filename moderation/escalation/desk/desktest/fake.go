// Package desktest holds every help desk connector to the one contract, and
// the sync engine to its promises.
//
//   - Run is the conformance suite of desk.Desk.
//   - Fake is a desk in memory; Faulty spoils the calls to any desk, real ones
//     too, at chosen places.
//   - World is an engine with a store, a clock and cases around a desk;
//     RoundTrip is the story that every fault must leave whole.
package desktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

// Fake is a help desk in memory that behaves as the contract allows at worst:
// nothing is unique, and posting on a solved ticket reopens it by the system's
// hand.
type Fake struct {
	caps desk.Capabilities
	now  func() time.Time

	mu      sync.Mutex
	tickets []*fakeTicket
	log     []*fakeEntry
}

type fakeTicket struct {
	id, ref, title, body string
	status               desk.Status
	into                 *fakeTicket
	closed               bool // a duplicate that could only be closed
	deleted              bool
}

type fakeEntry struct {
	desk.Change
	ticket *fakeTicket
	body   string
	author desk.Person
	files  []desk.Attachment
}

// NewFake makes a desk with these capabilities. Status names and the name are
// filled in when absent.
func NewFake(caps desk.Capabilities, now func() time.Time) *Fake {
	if caps.Name == "" {
		caps.Name = "Fake"
	}
	if caps.StatusNames == nil {
		caps.StatusNames = map[desk.Status]string{desk.Open: "open", desk.Waiting: "waiting", desk.Solved: "solved"}
	}
	return &Fake{caps: caps, now: now}
}

// Everything is what a desk can do at best.
func Everything() desk.Capabilities {
	return desk.Capabilities{HasKeys: true, HasInternalNotes: true, HasAttachments: true, HasMerge: true}
}

// Capabilities implements desk.Desk.
func (f *Fake) Capabilities() desk.Capabilities { return f.caps }

// Check implements desk.Desk.
func (f *Fake) Check(ctx context.Context) error { return ctx.Err() }

// Link implements desk.Desk.
func (f *Fake) Link(ticket string) string { return "http://desk.test/tickets/" + ticket }

// Find implements desk.Desk.
func (f *Fake) Find(ctx context.Context, ref string) ([]desk.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []desk.Ticket
	for _, t := range f.tickets {
		if t.ref == ref && t.into == nil && !t.closed && !t.deleted {
			found = append(found, t.view())
		}
	}
	return found, ctx.Err()
}

func (t *fakeTicket) view() desk.Ticket {
	return desk.Ticket{ID: t.id, Ref: t.ref, Status: t.status, Native: string(t.status)}
}

// Create implements desk.Desk.
func (f *Fake) Create(ctx context.Context, n desk.NewTicket) (desk.Ticket, error) {
	if ctx.Err() != nil {
		return desk.Ticket{}, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &fakeTicket{id: strconv.Itoa(len(f.tickets) + 1), ref: n.Ref, title: n.Subject(), body: n.Body(), status: desk.Open}
	f.tickets = append(f.tickets, t)
	return t.view(), nil
}

// at finds a ticket, following merges.
func (f *Fake) at(ctx context.Context, id string) (*fakeTicket, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(f.tickets) {
		return nil, fault.New(fault.NotFound, "There is no ticket %s.", id)
	}
	t := f.tickets[n-1]
	for t.into != nil {
		t = t.into
	}
	if t.deleted {
		return nil, fault.New(fault.Gone, "The ticket was deleted.")
	}
	return t, nil
}

// Ticket implements desk.Desk.
func (f *Fake) Ticket(ctx context.Context, id string) (desk.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.at(ctx, id)
	if err != nil {
		return desk.Ticket{}, err
	}
	return t.view(), nil
}

// Merge implements desk.Desk.
func (f *Fake) Merge(ctx context.Context, into, from string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, err := f.at(ctx, into)
	if err != nil {
		return err
	}
	b, err := f.at(ctx, from)
	if err != nil || a == b {
		return err
	}
	if f.caps.HasMerge {
		b.into = a
	} else {
		b.closed, b.status = true, desk.Solved
	}
	return nil
}

// SetStatus implements desk.Desk.
func (f *Fake) SetStatus(ctx context.Context, ticket string, s desk.Status) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.at(ctx, ticket)
	if err != nil {
		return err
	}
	if _, can := f.caps.StatusNames[s]; !can {
		return fault.Field("status", "This desk has no status “%s”.", s)
	}
	f.setStatus(t, s, true)
	return nil
}

func (f *Fake) setStatus(t *fakeTicket, s desk.Status, own bool) {
	if t.status != s {
		t.status = s
		f.record(&fakeEntry{Change: desk.Change{Kind: desk.StatusChanged, Own: own}, ticket: t})
	}
}

func (f *Fake) record(e *fakeEntry) string {
	e.Seq = int64(len(f.log) + 1)
	e.ID, e.Change.Ticket, e.At = fmt.Sprintf("e%d", e.Seq), e.ticket.id, f.now()
	f.log = append(f.log, e)
	return e.ID
}

// Append implements desk.Desk.
func (f *Fake) Append(ctx context.Context, ticket string, p desk.Post) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.at(ctx, ticket)
	if err != nil {
		return "", err
	}
	e := &fakeEntry{Change: desk.Change{Kind: desk.Replied, Public: !p.Internal, Own: true}, ticket: t, body: p.Body(), author: desk.Person{Name: "Selfie"}}
	if f.caps.HasKeys {
		e.Key = p.Key
	}
	for _, a := range p.Attachments {
		a.Data = slices.Clone(a.Data)
		e.files = append(e.files, a)
	}
	id := f.record(e)
	if !p.Internal && t.status == desk.Solved {
		f.setStatus(t, desk.Open, false)
	}
	return id, nil
}

// FindPost implements desk.Desk.
func (f *Fake) FindPost(ctx context.Context, ticket, key string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.at(ctx, ticket); err != nil {
		return "", err
	}
	for _, e := range f.log {
		if e.Own && e.Kind == desk.Replied && (e.Key == key || (!f.caps.HasKeys && strings.Contains(e.body, desk.Marker(key)))) {
			return e.ID, nil
		}
	}
	return "", fault.New(fault.NotFound, "There is no post with that key.")
}

// Changes implements desk.Desk.
func (f *Fake) Changes(ctx context.Context, cursor string, limit int) (desk.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cursor == "" {
		return desk.Page{Next: strconv.Itoa(len(f.log))}, ctx.Err()
	}
	from, err := strconv.Atoi(cursor)
	if err != nil || from < 0 || from > len(f.log) {
		return desk.Page{}, fault.New(fault.Invalid, "This is no cursor of the fake.")
	}
	to := min(from+max(1, limit), len(f.log))
	page := desk.Page{Next: strconv.Itoa(to), More: to < len(f.log)}
	for _, e := range f.log[from:to] {
		page.Changes = append(page.Changes, e.Change)
	}
	return page, ctx.Err()
}

// Read implements desk.Desk.
func (f *Fake) Read(ctx context.Context, c desk.Change) (desk.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.log {
		if e.ID == c.ID && e.Kind == desk.Replied {
			return desk.Entry{Author: e.author, HTML: e.body, Attachments: e.files}, ctx.Err()
		}
	}
	return desk.Entry{}, fault.New(fault.NotFound, "There is no such entry.")
}

// Agent acts as a person at the fake.
func (f *Fake) Agent() Agent {
	say := func(ticket, html string, public bool, files []desk.Attachment) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		t, err := f.at(context.Background(), ticket)
		if err != nil {
			return err
		}
		f.record(&fakeEntry{
			Change: desk.Change{Kind: desk.Replied, Public: public}, ticket: t, body: html, files: files,
			author: desk.Person{Name: "Agent One", Email: "agent1@desk.test"},
		})
		return nil
	}
	return Agent{
		Name: "Agent One", Email: "agent1@desk.test",
		Reply:   func(ticket, html string, files ...desk.Attachment) error { return say(ticket, html, true, files) },
		Comment: func(ticket, html string) error { return say(ticket, html, false, nil) },
		SetStatus: func(ticket string, s desk.Status) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			t, err := f.at(context.Background(), ticket)
			if err != nil {
				return errors.Join(err)
			}
			f.setStatus(t, s, false)
			return nil
		},
		Delete: func(ticket string) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			t, err := f.at(context.Background(), ticket)
			if err == nil {
				t.deleted = true
			}
			return err
		},
	}
}
