package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

func slogOf(h slog.Handler) *slog.Logger { return slog.New(h) }

// tale is a story that several processes tell one after the other, each dying
// somewhere, until one comes to the end.
type tale struct {
	engine store.Engine
	heard  record
	shake  uint64
	flaked atomic.Int64 // tries of the flaky follower, over all processes
}

// process wires a process over the tale's data.
func (s *tale) process(t testing.TB, e store.Engine) *node {
	n := newNode(t, e, nil)
	if s.shake != 0 {
		n.relay.Shake(s.shake)
	}
	inserts := func(name string, kinds ...string) {
		n.relay.Follow(name, func(ctx context.Context, d Delivery) error {
			s.heard.add(name, d)
			f := &fact{Meta: store.Meta{ID: store.DeriveID(name, d.ID)}, By: name, Event: d.ID}
			if d.Kind == "Posted" {
				f.Emit(n.routes, f.ID, Event{Kind: "Noted", At: store.At(n.db.Now())})
			}
			_, _, err := n.facts.Put(ctx, f)
			return err
		}, kinds...)
	}
	inserts("notify", "Posted", "Edited")
	inserts("tally", "Noted")
	n.relay.Follow("flaky", func(ctx context.Context, d Delivery) error {
		if s.flaked.Add(1) < 3 {
			return errors.New("flaky")
		}
		s.heard.add("flaky", d)
		_, _, err := n.facts.Put(ctx, &fact{Meta: store.Meta{ID: store.DeriveID("flaky", d.ID)}, By: "flaky", Event: d.ID})
		return err
	}, "Edited")
	n.relay.Follow("poison", func(context.Context, Delivery) error {
		return Permanent(errors.New("cannot"))
	}, "Closed")
	return n
}

// tell runs the story once; a client repeats a command until it is answered.
func (n *node) tell() error {
	for _, c := range []struct {
		id, command string
		kinds       []string
	}{
		{"p", "1", []string{"Posted"}},
		{"q", "1", []string{"Posted", "Edited"}},
		{"p", "2", []string{"Edited", "Edited", "Closed"}},
	} {
		if err := n.say(c.id, c.command, c.kinds...); err != nil {
			return err
		}
	}
	var failed *DrainError
	for range 4 {
		if err := n.relay.Drain(context.Background()); err != nil && !errors.As(err, &failed) {
			return err
		}
		time.Sleep(time.Minute) // until retries are due
	}
	return nil
}

// outcome lists every fact and parked event, as an order-free sum.
func (n *node) outcome() string {
	var lines []string
	n.must(n.facts.Each(context.Background(), store.All(), func(f *fact) error {
		event := f.Event
		if f.By == "tally" {
			event = "fact" // its id derives from a fact
		}
		lines = append(lines, f.By+" "+event+" owing "+strconv.Itoa(len(f.Outbox)))
		return nil
	}))
	page, err := n.relay.Parked(context.Background(), "", 100)
	n.must(err)
	for _, p := range page.Items {
		lines = append(lines, "parked "+p.Follower+" "+p.Event.ID)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

const wantOutcome = `flaky p.2 owing 0
flaky p.3 owing 0
flaky q.2 owing 0
notify p.1 owing 0
notify p.2 owing 0
notify p.3 owing 0
notify q.1 owing 0
notify q.2 owing 0
parked poison p.4
tally fact owing 0
tally fact owing 0`

// checkOrder asks that of each document each follower first heard the events
// in their order.
func (r *record) checkOrder(t *testing.T) {
	t.Helper()
	for key, events := range r.heard {
		last := 0
		for i, e := range events {
			n, err := strconv.Atoi(e[strings.LastIndex(e, ".")+1:])
			if err != nil {
				t.Fatal(err)
			}
			if first := !slices.Contains(events[:i], e); first && n < last {
				t.Errorf("%s heard %v", key, events)
			}
			last = max(last, n)
		}
	}
}

// TestDeathAtEveryStep kills the process at its k-th call of the store, before
// and after the call is done, for every k until the story survives; then a
// fresh process over the surviving data comes to the same end.
func TestDeathAtEveryStep(t *testing.T) {
	for _, performed := range []bool{false, true} {
		survived := false
		for k := 1; !survived; k++ {
			if k > 2000 {
				t.Fatal("the story does not end")
			}
			t.Run(fmt.Sprintf("%d/%v", k, performed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &tale{engine: storetest.NewNaive()}
					s.process(t, s.engine).migrate()
					m := &mortal{Engine: s.engine, left: k, done: performed}
					err := s.process(t, m).tell()
					survived = !m.died()
					if survived == (err != nil) {
						t.Fatalf("died %v, and the story says %v", m.died(), err)
					}
					n := s.process(t, s.engine)
					n.must(n.tell())
					if got := n.outcome(); got != wantOutcome {
						t.Errorf("in the end there is\n%s\nwant\n%s", got, wantOutcome)
					}
					if n.backlog() != 0 || len(n.post("p").Outbox)+len(n.post("q").Outbox) > 0 {
						t.Error("something is still owed")
					}
					s.heard.checkOrder(t)
				})
			})
			if t.Failed() {
				return
			}
		}
	}
}

func TestShuffledAndRepeatedDeliveriesComeOutTheSame(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		synctest.Test(t, func(t *testing.T) {
			s := &tale{engine: storetest.NewNaive(), shake: seed}
			n := s.process(t, s.engine)
			n.migrate()
			n.must(n.tell())
			if got := n.outcome(); got != wantOutcome {
				t.Errorf("seed %d: in the end there is\n%s\nwant\n%s", seed, got, wantOutcome)
			}
			s.heard.checkOrder(t)
		})
	}
}
