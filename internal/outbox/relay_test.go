package outbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

func TestDrainDeliversInOrderAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		r.follow(n, "a", "Posted", "Edited")
		r.follow(n, "b", "Edited")
		n.mustSay("p", "1", "Posted", "Edited")
		n.mustSay("p", "2", "Edited")
		n.mustSay("q", "1", "Ignored")
		before := n.post("p").Changed
		time.Sleep(time.Minute)
		n.drain()
		if got, want := r.of("a", "p"), ids("p", 3); !slices.Equal(got, want) {
			t.Errorf("a heard %v, want %v", got, want)
		}
		if got, want := r.of("b", "p"), []string{"p.2", "p.3"}; !slices.Equal(got, want) {
			t.Errorf("b heard %v, want %v", got, want)
		}
		p := n.post("p")
		if len(p.Outbox) > 0 || p.Pending != 0 || p.Changed != before {
			t.Errorf("the box is %s, changed went from %d to %d", asJSON(p.Box), before, p.Changed)
		}
	})
}

func TestDrainDeliversWhatDeliveriesCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		n.relay.Follow("chain", func(ctx context.Context, d Delivery) error {
			f := &fact{Meta: store.Meta{ID: store.DeriveID("chain", d.ID)}, By: "chain", Event: d.ID}
			f.Emit(n.routes, f.ID, Event{Kind: "Chained", At: d.At})
			_, _, err := n.facts.Put(ctx, f)
			return err
		}, "Posted")
		n.relay.Follow("back", func(ctx context.Context, d Delivery) error {
			return n.say("p", "back", "Edited")
		}, "Chained")
		r.follow(n, "end", "Edited")
		n.mustSay("p", "1", "Posted")
		n.drain()
		if got := r.of("end", "p"); !slices.Equal(got, []string{"p.2"}) {
			t.Errorf("the end of the chain heard %v", got)
		}
	})
}

func TestFailureHoldsUpOnlyItsOwnFollowerAndDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		sick := true
		r.follow(n, "well", "Posted")
		n.relay.Follow("sick", func(_ context.Context, d Delivery) error {
			if sick && d.ID == "p.1" {
				return errors.New("not today")
			}
			r.add("sick", d)
			return nil
		}, "Posted")
		n.mustSay("p", "1", "Posted", "Posted", "Posted")
		n.mustSay("q", "1", "Posted")

		err := n.relay.Drain(t.Context())
		var failed *DrainError
		if !errors.As(err, &failed) || failed.Failed != 1 || !strings.Contains(err.Error(), "not today") {
			t.Errorf("drain says %v", err)
		}
		if got := r.of("well", "p"); !slices.Equal(got, ids("p", 3)) {
			t.Errorf("the other follower heard %v", got)
		}
		if got := r.of("sick", "q"); !slices.Equal(got, ids("q", 1)) {
			t.Errorf("of the other document was heard %v", got)
		}
		if got := r.of("sick", "p"); len(got) > 0 {
			t.Errorf("later events overtook the failed one: %v", got)
		}
		p := n.post("p")
		if d := p.Outbox[0].Owes[0]; d.Tries != 1 || d.Error != "not today" || d.Next <= p.Changed || p.Pending != d.Next {
			t.Errorf("the debt is %s, pending %d", asJSON(d), p.Pending)
		}
		n.drain() // not due: not tried
		sick = false
		time.Sleep(2 * time.Second)
		n.drain()
		if got := r.of("sick", "p"); !slices.Equal(got, ids("p", 3)) {
			t.Errorf("after healing the follower heard %v", got)
		}
	})
}

func TestParking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		var calls atomic.Int64
		var well atomic.Bool
		n.relay.Follow("sick", func(_ context.Context, d Delivery) error {
			if d.ID == "p.1" && !well.Load() {
				calls.Add(1)
				return errors.New("bad " + strings.Repeat("é", 400))
			}
			r.add("sick", d)
			return nil
		}, "Posted")
		n.mustSay("p", "1", "Posted", "Posted")
		began := time.Now()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go n.relay.Run(ctx)
		for calls.Load() < maxTries {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if took := time.Since(began); took < 16*time.Minute || took > 21*time.Minute {
			t.Errorf("parked after %v", took)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if calls.Load() != maxTries {
			t.Errorf("called %d times", calls.Load())
		}
		if got := r.of("sick", "p"); !slices.Equal(got, []string{"p.2"}) {
			t.Errorf("behind the parked event was heard %v", got)
		}
		if p := n.post("p"); p.Pending != 0 || len(p.Outbox) > 0 {
			t.Errorf("the box still holds %s", asJSON(p.Box))
		}

		page, err := n.relay.Parked(ctx, "", 10)
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("parked: %v, %v", page, err)
		}
		parked := page.Items[0]
		if parked.Event.ID != "p.1" || parked.Follower != "sick" || parked.Document != "p" || parked.Collection != "posts" || len(parked.Error) > 510 {
			t.Errorf("parked is %s", asJSON(parked))
		}
		if err := n.relay.Retry(ctx, parked.ID); err == nil || fault.Is(err, fault.NotFound) {
			t.Errorf("a retry that fails says %v", err)
		}
		well.Store(true)
		n.must(n.relay.Retry(ctx, parked.ID))
		if got := r.of("sick", "p"); !slices.Equal(got, []string{"p.2", "p.1"}) {
			t.Errorf("after the retry was heard %v", got)
		}
		if err := n.relay.Retry(ctx, parked.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second retry says %v", err)
		}
	})
}

func TestPermanentAndUnknownAndPanickingFollowers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		n.relay.Follow("strict", func(context.Context, Delivery) error { return Permanent(errors.New("never")) }, "Posted")
		n.relay.Follow("wild", func(context.Context, Delivery) error { panic("ouch") }, "Posted")
		n.relay.Follow("slow", func(ctx context.Context, _ Delivery) error { <-ctx.Done(); return ctx.Err() }, "Posted")
		n.routes.Add("gone", "Posted")
		n.mustSay("p", "1", "Posted")
		if err := n.relay.Drain(t.Context()); err == nil {
			t.Error("drain hides the failures")
		}
		errs := map[string]string{}
		for _, d := range n.post("p").Outbox[0].Owes {
			errs[d.Follower] = d.Error
		}
		for follower, want := range map[string]string{
			"wild": "panicked: ouch", "gone": `no follower is named "gone"`, "slow": "deadline exceeded",
		} {
			if !strings.Contains(errs[follower], want) {
				t.Errorf("%s: the debt says %q", follower, errs[follower])
			}
		}
		page, err := n.relay.Parked(t.Context(), "", 10)
		if err != nil || len(page.Items) != 1 || page.Items[0].Follower != "strict" || page.Items[0].Error != "never" {
			t.Fatalf("parked: %s, %v", asJSON(page.Items), err)
		}
		n.must(n.relay.Dismiss(t.Context(), page.Items[0].ID))
		if err := n.relay.Dismiss(t.Context(), page.Items[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("dismissing twice says %v", err)
		}
		if Permanent(nil) != nil {
			t.Error("Permanent(nil) is an error")
		}
	})
}

func TestRunDeliversACommitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		r.follow(n, "a", "Posted")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- n.relay.Run(ctx) }()
		synctest.Wait()
		time.Sleep(700 * time.Millisecond) // between two polls
		began := time.Now()
		n.mustSay("p", "1", "Posted")
		n.mustSay("p", "2", "Posted")
		synctest.Wait()
		if got := r.of("a", "p"); !slices.Equal(got, ids("p", 2)) || time.Since(began) > 0 {
			t.Errorf("without a tick of the clock was heard %v", got)
		}
		stop()
		n.must(<-ended)
		l, err := n.relay.leases.Get(t.Context(), leaseID)
		if err != nil || l.Holder != "" || l.Term != 1 {
			t.Errorf("after a clean end the lease is %s, %v", asJSON(l), err)
		}
	})
}

func TestWorkersAreBoundedAndNeverShareADocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var mu sync.Mutex
		now, most := map[string]int{}, 0
		n.relay.Follow("slow", func(_ context.Context, d Delivery) error {
			mu.Lock()
			now[d.Document]++
			most = max(most, len(now))
			shared := now[d.Document] > 1
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			if now[d.Document]--; now[d.Document] == 0 {
				delete(now, d.Document)
			}
			if shared {
				t.Errorf("two workers on %s", d.Document)
			}
			return nil
		}, "Posted")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go n.relay.Run(ctx)
		for i := range 5 {
			for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
				n.mustSay(id, string(rune('0'+i)), "Posted")
			}
			time.Sleep(300 * time.Millisecond)
		}
		n.drain() // another holds the lease: waits for it
		if n.backlog() != 0 {
			t.Error("drain returned before the holder had delivered")
		}
		if most != workerCount {
			t.Errorf("%d documents at once, want %d", most, workerCount)
		}
	})
}

func TestBusyDocumentIsFoundAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var heard []time.Time
		n.relay.Follow("slow", func(context.Context, Delivery) error {
			time.Sleep(100 * time.Millisecond)
			heard = append(heard, time.Now())
			return nil
		}, "Posted")
		// A worker that dawdles between its last write and letting go.
		n.db.OnCommit(func(c store.Commit) {
			if c.Collection == "posts" {
				time.Sleep(10 * time.Millisecond)
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go n.relay.Run(ctx)
		synctest.Wait()
		n.mustSay("p", "1", "Posted")
		time.Sleep(50 * time.Millisecond)
		n.mustSay("p", "2", "Posted")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(heard) != 2 || heard[1].Sub(heard[0]) != 110*time.Millisecond {
			t.Errorf("heard at %v", heard)
		}
	})
}

func TestOneHolderDeliversAndAnotherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := storetest.NewNaive()
		engines := []*mortal{{Engine: shared, left: 1 << 40}, {Engine: shared, left: 1 << 40}}
		var nodes []*node
		var records [2]record
		var stops []context.CancelFunc
		for i, e := range engines {
			n := newNode(t, e, nil)
			n.migrate()
			records[i].follow(n, "a", "Posted")
			nodes = append(nodes, n)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			stops = append(stops, stop)
			go n.relay.Run(ctx)
			synctest.Wait()
		}
		nodes[0].mustSay("p", "1", "Posted")
		nodes[1].mustSay("p", "2", "Posted") // found by the holder's poll
		time.Sleep(pollEvery)
		synctest.Wait()
		if a, b := records[0].of("a", "p"), records[1].of("a", "p"); !slices.Equal(a, ids("p", 2)) || len(b) > 0 {
			t.Fatalf("the holder heard %v, the other %v", a, b)
		}

		time.Sleep(time.Minute) // renewals keep the lease
		engines[0].mu.Lock()
		engines[0].left = 0
		engines[0].mu.Unlock()
		died := time.Now()
		nodes[1].mustSay("p", "3", "Posted")
		for len(records[1].of("a", "p")) == 0 {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(died); took < leaseLife-leaseRenew || took > leaseLife+store.MaxSkew+2*pollEvery {
			t.Errorf("took over after %v", took)
		}
		if got := records[1].of("a", "p"); !slices.Equal(got, []string{"p.3"}) {
			t.Errorf("the new holder heard %v", got)
		}

		engines[0].mu.Lock()
		engines[0].left = 1 << 40 // the first is back, and waits
		engines[0].mu.Unlock()
		time.Sleep(time.Minute)
		stops[1]() // a clean end lets it begin at once
		nodes[1].mustSay("p", "4", "Posted")
		time.Sleep(2 * pollEvery)
		if got := records[0].of("a", "p"); !slices.Equal(got, []string{"p.1", "p.2", "p.4"}) {
			t.Errorf("after the release the first heard %v", got)
		}
	})
}

func TestLostLeaseStopsDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var cause error
		calls := 0
		n.relay.Follow("slow", func(ctx context.Context, _ Delivery) error {
			calls++
			if calls == 2 {
				<-ctx.Done()
				cause = context.Cause(ctx)
				return ctx.Err()
			}
			return nil
		}, "Posted")
		n.mustSay("p", "1", "Posted", "Posted", "Posted")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go n.relay.Run(ctx)
		synctest.Wait()
		_, err := n.relay.leases.Update(ctx, leaseID, func(l *lease) error {
			l.grant("usurper", store.At(time.Now().Add(time.Hour)))
			return nil
		})
		n.must(err)
		time.Sleep(leaseRenew + time.Second)
		synctest.Wait()
		if !errors.Is(cause, errLost) || calls != 2 {
			t.Errorf("after the loss: %d calls, the handler's context ended by %v", calls, cause)
		}
		box := n.post("p").Box
		if len(box.Outbox) != 2 || box.Outbox[0].Owes[0].Tries != 0 {
			t.Errorf("done must be struck and the interrupted not be counted: %s", asJSON(box))
		}
	})
}

func TestLeaseEndsWhenTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &mortal{Engine: storetest.NewNaive(), left: 1 << 40}
		n := newNode(t, e, nil)
		n.migrate()
		began := time.Now()
		err := n.relay.hold(t.Context(), func(ctx context.Context) error {
			e.mu.Lock()
			e.left = 0
			e.mu.Unlock()
			<-ctx.Done()
			return context.Cause(ctx)
		})
		if !errors.Is(err, errLost) || time.Since(began) != leaseLife {
			t.Errorf("held for %v, then %v", time.Since(began), err)
		}
	})
}

func TestSkewedHolderIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logged
		n := newNode(t, storetest.NewNaive(), slogOf(&log))
		n.migrate()
		l := &lease{Meta: store.Meta{ID: leaseID}}
		l.grant("ahead", store.At(time.Now().Add(5*time.Second)))
		n.must(n.relay.leases.Insert(t.Context(), l))
		err := n.relay.hold(t.Context(), func(context.Context) error { return nil })
		var held *HeldError
		if !errors.As(err, &held) || held.Holder != "ahead" {
			t.Errorf("hold says %v", err)
		}
		if !log.has("clocks of the nodes differ by more than is allowed") {
			t.Error("no warning")
		}
	})
}

func TestAdmit(t *testing.T) {
	const until = 1_000_000
	skew := millis(store.MaxSkew)
	for _, c := range []struct {
		name   string
		lease  lease
		now    store.Millis
		refuse bool
	}{
		{"fresh", lease{}, until, false},
		{"released", lease{Holder: "", Until: until}, 5, false},
		{"own", lease{Holder: "me", Until: until}, until - 5, false},
		{"other's", lease{Holder: "other", Until: until}, until - 5, true},
		{"other's, at its end by a clock that may be ahead", lease{Holder: "other", Until: until}, until + skew, true},
		{"other's, run out by any clock", lease{Holder: "other", Until: until}, until + skew + 1, false},
	} {
		if err := c.lease.admit(tenant{name: "me"}, c.now); (err != nil) != c.refuse {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := c.lease.admit(tenant{"me", true}, c.now); err != nil {
			t.Errorf("%s, by the only one alive: %v", c.name, err)
		}
	}
}

func TestJobsRunOnTheHolderOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := storetest.NewNaive()
		var runs [2]int
		for i := range runs {
			n := newNode(t, shared, nil)
			n.migrate()
			n.relay.Every("count", time.Minute, func(context.Context) error {
				runs[i]++
				if runs[i] == 2 {
					panic("ouch")
				}
				return errors.New("not well")
			})
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go n.relay.Run(ctx)
			synctest.Wait()
		}
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		if runs != [2]int{11, 0} {
			t.Errorf("runs: %v", runs)
		}
	})
}

func TestSweepRunsEveryJobOnce(t *testing.T) {
	n := single(t)
	var ran []string
	for _, name := range []string{"a", "b"} {
		n.relay.Every(name, time.Hour, func(context.Context) error {
			ran = append(ran, name)
			return errors.New(name + " failed")
		})
	}
	err := n.relay.Sweep(t.Context())
	if !slices.Equal(ran, []string{"a", "b"}) || !strings.Contains(err.Error(), "a failed") || !strings.Contains(err.Error(), "b failed") {
		t.Errorf("ran %v: %v", ran, err)
	}
}

func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		r.follow(n, "a", "Posted")
		if due, oldest, err := n.relay.Backlog(t.Context()); due != 0 || oldest != 0 || err != nil {
			t.Errorf("of nothing: %d, %d, %v", due, oldest, err)
		}
		first := store.At(time.Now())
		n.mustSay("p", "1", "Posted")
		time.Sleep(time.Minute)
		n.mustSay("q", "1", "Posted")
		if due, oldest, err := n.relay.Backlog(t.Context()); due != 2 || oldest != first || err != nil {
			t.Errorf("of two: %d, %d (want %d), %v", due, oldest, first, err)
		}
	})
}

func TestLongBoxIsStruckInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := single(t)
		var r record
		r.follow(n, "a", "Posted")
		kinds := slices.Repeat([]string{"Posted"}, MaxPending)
		n.mustSay("p", "1", kinds...)
		if err := n.say("p", "2", "Posted"); err == nil {
			t.Error("a full box took more")
		}
		n.drain()
		if got := r.of("a", "p"); !slices.Equal(got, ids("p", MaxPending)) {
			t.Errorf("heard %d events: %v", len(got), got)
		}
		if rev := n.post("p").Rev; rev != 1+MaxPending/visitCalls {
			t.Errorf("the document was written %d times", rev)
		}
	})
}
