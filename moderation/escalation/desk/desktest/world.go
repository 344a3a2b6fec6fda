package desktest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation/escalation/desk"
)

// Connection is the name under which a World's desk is connected.
const Connection = "test"

// World is an engine around one desk, with a store, a clock that only the story
// moves, and cases. Its process can die and begin anew on the same store.
type World struct {
	*testing.T
	Clock  *scene.Clock
	Desk   *Faulty
	Agent  Agent
	Cases  *Cases
	Engine *desk.Engine
	Before func() // called before each round of work; starts a desk that is down

	store    store.Engine
	deadline time.Duration
	relay    *outbox.Relay
	start    string // cursor of the desk when the story began
	mu       sync.Mutex
	ctx      context.Context // of the engine's process
	die      context.CancelFunc
}

// NewClock makes a story's clock that begins at a time.
func NewClock(at time.Time) *scene.Clock {
	c := &scene.Clock{}
	for now := c.Now(); now.Before(at); now = c.Now() {
		c.Advance(at.Sub(now)) // a Duration holds 292 years
	}
	return c
}

// NewWorld starts an engine. deadline bounds its calls to the desk, in real
// time.
func NewWorld(t *testing.T, e store.Engine, d desk.Desk, agent Agent, clock *scene.Clock, deadline time.Duration) *World {
	t.Helper()
	w := &World{T: t, Clock: clock, Desk: NewFaulty(d), Agent: agent, store: e, deadline: deadline, Before: func() {}}
	w.Cases = NewCases(clock.Now)
	w.Desk.Crash = w.kill
	page, err := d.Changes(t.Context(), "", 100)
	w.ok(err)
	w.start = page.Next
	w.boot()
	t.Cleanup(func() { e.Close() })
	return w
}

func (w *World) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// boot begins the engine's process anew, on the same store.
func (w *World) boot() {
	w.Helper()
	w.Engine, w.relay = w.node()
	w.Cases.push = func(ctx context.Context, id, cause string, at store.Millis) error {
		err := w.Engine.PushStatus(context.WithoutCancel(ctx), id, cause, at)
		if fault.Is(err, fault.NotFound) {
			return nil // the case is on no desk
		}
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ctx, w.die = context.WithCancel(w.Context())
}

// node opens the store once more, with an engine and a relay of its own.
func (w *World) node() (*desk.Engine, *outbox.Relay) {
	w.Helper()
	db := store.Open(w.store, w.Clock.Now)
	relay := outbox.NewRelay(db, outbox.NewRoutes(), nil)
	e := desk.NewEngine(db, relay, w.Cases, desk.Options{
		Desks: map[string]desk.Desk{Connection: w.Desk}, Deadline: w.deadline, Parallel: 1,
	})
	w.ok(db.Migrate(w.Context()))
	return e, relay
}

// Rival begins a second node that takes itself for the holder of the lease, and
// returns its round of work.
func (w *World) Rival() (round func()) {
	_, relay := w.node()
	return func() { w.ok(relay.Sweep(w.Context())) }
}

func (w *World) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.die()
}

// Round lets every job of the engine run once. A process that died meanwhile
// begins anew, and Round tells so.
func (w *World) Round() (died bool) {
	w.Helper()
	w.Before()
	w.mu.Lock()
	ctx := w.ctx
	w.mu.Unlock()
	err := w.relay.Sweep(ctx)
	if ctx.Err() != nil {
		w.boot()
		return true
	}
	w.ok(err)
	return false
}

// maxRounds is far more than any story needs.
const maxRounds = 200

// Settle lets a minute pass between rounds until nothing waits any more and
// two rounds, in which the desk answered, brought nothing new.
func (w *World) Settle() *World {
	w.Helper()
	quiet := 0
	for range maxRounds {
		before := w.Desk.Writes()
		died := w.Round()
		h := w.health()
		if quiet++; died || h.Waiting > 0 || h.Error != "" || w.Desk.Writes() != before {
			quiet = 0
		}
		if quiet == 2 {
			return w
		}
		w.Clock.Advance(time.Minute)
	}
	w.Fatalf("not settled after %d rounds: %+v", maxRounds, w.health())
	return w
}

// Reconcile lets the sweep look at everything, and what it wakes settle.
func (w *World) Reconcile() *World {
	w.Helper()
	w.Clock.Advance(25 * time.Hour)
	return w.Settle()
}

func (w *World) health() desk.Health {
	w.Helper()
	list, err := w.Engine.Desks(w.Context())
	w.ok(err)
	return list[0]
}

// Dead lists the dead letters.
func (w *World) Dead() []*desk.Delivery {
	w.Helper()
	list, _, err := w.Engine.Dead(w.Context(), Connection, "", 100)
	w.ok(err)
	return list
}

// Escalate puts a new case on the desk.
func (w *World) Escalate(id string) *World {
	w.Helper()
	w.Cases.Add(id)
	w.ok(w.Engine.Escalate(w.Context(), Connection, id))
	return w
}

// Post writes a post in the case's thread, which goes to the desk.
func (w *World) Post(id, name string) *World {
	w.Helper()
	return w.send(id, name, false)
}

// Note writes a note for agents.
func (w *World) Note(id, name string) *World {
	w.Helper()
	return w.send(id, name, true)
}

func (w *World) send(id, name string, internal bool) *World {
	w.Helper()
	w.Cases.Write(id, name, "text of "+name)
	w.ok(w.Engine.Append(w.Context(), id, desk.Outgoing{Name: name, At: store.At(w.Clock.Now()), Internal: internal}))
	return w
}

// Turn changes the case's status on the community's side.
func (w *World) Turn(id string, s desk.Status) *World {
	w.Helper()
	w.ok(w.Cases.Turn(w.Context(), id, s))
	return w
}

// Ticket is the one ticket of a case, as the desk itself has it.
func (w *World) Ticket(id string) desk.Ticket {
	w.Helper()
	found, err := w.Desk.Desk.Find(w.Context(), "selfie-"+id)
	w.ok(err)
	if len(found) != 1 {
		w.Fatalf("the case has %d tickets on the desk: %+v", len(found), found)
	}
	return found[0]
}

// Linked is the ticket that the engine takes for the case's.
func (w *World) Linked(id string) desk.Ticket {
	w.Helper()
	l, _, err := w.Engine.Link(w.Context(), id)
	w.ok(err)
	t, err := w.Desk.Desk.Ticket(w.Context(), l.Ticket)
	w.ok(err)
	return t
}

// Appended returns which of the named posts the desk shows, in its order and
// as often as it shows them.
func (w *World) Appended(names ...string) []string {
	w.Helper()
	var got []string
	seen := map[string]bool{}
	for cursor := w.start; ; {
		page, err := w.Desk.Desk.Changes(w.Context(), cursor, 100)
		w.ok(err)
		for _, c := range page.Changes {
			if seen[c.ID] || !c.Own || c.Kind != desk.Replied {
				continue
			}
			seen[c.ID] = true
			e, err := w.Desk.Desk.Read(w.Context(), c)
			w.ok(err)
			for _, n := range names {
				if strings.Contains(e.HTML+e.Text, "text of "+n+"<") {
					got = append(got, n)
				}
			}
		}
		if cursor = page.Next; !page.More {
			return got
		}
	}
}

// Stands fails the test unless case and ticket have this status.
func (w *World) Stands(id string, want desk.Status) *World {
	w.Helper()
	w.Cases.See(id, func(c *Case) {
		if c.View.Status != want {
			w.Fatalf("the case is %s, want %s", c.View.Status, want)
		}
	})
	if t := w.Linked(id); t.Status != want {
		w.Fatalf("the ticket is %s (%s), want %s", t.Status, t.Native, want)
	}
	return w
}

// Heard fails the test unless exactly these texts came in as replies, in order.
func (w *World) Heard(id string, texts ...string) *World {
	w.Helper()
	w.Cases.See(id, func(c *Case) {
		var got []string
		for _, r := range c.Order {
			got = append(got, c.Replies[r].HTML+c.Replies[r].Text)
		}
		if len(got) != len(texts) {
			w.Fatalf("%d replies came in, want %d: %q", len(got), len(texts), got)
		}
		for i := range texts {
			if !strings.Contains(got[i], texts[i]) {
				w.Fatalf("reply %d is %q, want %q", i, got[i], texts[i])
			}
		}
	})
	return w
}

// Whole fails the test unless the desk has one unmerged ticket and shows these
// posts once each, in order, nothing waits and nothing died.
func (w *World) Whole(id string, posts ...string) *World {
	w.Helper()
	w.Ticket(id)
	if got := w.Appended(posts...); !slices.Equal(got, posts) {
		w.Fatalf("the desk shows the posts %q, want %q", got, posts)
	}
	if dead := w.Dead(); len(dead) > 0 {
		w.Fatalf("a delivery died: %+v", *dead[0])
	}
	return w
}

// Silent fails the test when further rounds still write to the desk or turn the
// case: when both sides answer each other's echoes.
func (w *World) Silent(id string) *World {
	w.Helper()
	turns := func() (n int) { w.Cases.See(id, func(c *Case) { n = c.Turns }); return n }
	writes, before := w.Desk.Writes(), turns()
	for range 4 {
		w.Clock.Advance(time.Minute)
		w.Round()
	}
	if w.Desk.Writes() != writes || turns() != before {
		w.Fatalf("an echo: %d writes and %d turns more", w.Desk.Writes()-writes, turns()-before)
	}
	return w
}

// RoundTrip is the whole story of a case: opened with a picture, posts both
// ways, a private comment, solved by the agent, reopened by the customer,
// solved by the asker. spoil is called before it and names what goes wrong.
func RoundTrip(w *World, id string, spoil func(*Faulty)) {
	w.Helper()
	w.Round() // the first poll
	spoil(w.Desk)
	w.Escalate(id).Post(id, "one").Post(id, "two").Note(id, "three").Settle()
	ticket := w.Linked(id).ID
	w.ok(w.Agent.Comment(ticket, "<p>between us</p>"))
	w.ok(w.Agent.Reply(ticket, "<p>Try the <b>reset</b> button.</p>", desk.Attachment{Name: "how.png", Type: "image/png", Data: PNG}))
	w.Settle().Heard(id, "reset")
	w.ok(w.Agent.SetStatus(ticket, desk.Solved))
	w.Settle().Stands(id, desk.Solved)
	w.Post(id, "four").Turn(id, desk.Open).Settle().Stands(id, desk.Open)
	w.ok(w.Agent.Reply(w.Linked(id).ID, "<p>Hold it for ten seconds.</p>"))
	w.Settle()
	w.Turn(id, desk.Solved).Settle()
	w.Reconcile()
	w.Whole(id, "one", "two", "three", "four").Heard(id, "reset", "ten seconds").Stands(id, desk.Solved).Silent(id)
	if left := w.Desk.Unspoiled(); len(left) > 0 {
		w.Fatalf("the story never made these calls: %v", left)
	}
	w.Cases.See(id, func(c *Case) {
		if r := c.Replies[c.Order[0]]; len(r.Attachments) != 1 || string(r.Attachments[0].Data) != string(PNG) || r.Author.Name != w.Agent.Name {
			w.Fatalf("the reply came as %+v", r)
		}
	})
	l, address, err := w.Engine.Link(w.Context(), id)
	w.ok(err)
	if l.Ticket != w.Ticket(id).ID || address != w.Desk.Link(l.Ticket) {
		w.Fatalf("the case links to %q %q", l.Ticket, address)
	}
}
