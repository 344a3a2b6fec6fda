package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
)

func refusedWith(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Kind != kind || f.Public == "" {
		t.Fatalf("want a %s with a sentence, got %v", kind, err)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRoundTripOverEngines(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		clock := desktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
		f := desktest.NewFake(desktest.Everything(), clock.Now)
		w := desktest.NewWorld(t, fresh(t), f, f.Agent(), clock, time.Minute)
		desktest.RoundTrip(w, caseID, func(f *desktest.Faulty) {
			f.Spoil("Create", 1, desktest.Twice)
			f.Spoil("Append", 2, desktest.LostResponse)
		})
	})
}

func TestEveryQueryIsASearch(t *testing.T) {
	e, shapes := scene.Explained(t)
	clock := desktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	f := desktest.NewFake(desktest.Everything(), clock.Now)
	w := desktest.NewWorld(t, e, f, f.Agent(), clock, time.Minute)
	desktest.RoundTrip(w, caseID, func(*desktest.Faulty) {})
	w.Dead()
	if shapes() < 5 {
		t.Fatalf("only %d shapes of queries were seen", shapes())
	}
}

func TestADeskThatCanDoLittle(t *testing.T) {
	w := world(t, desk.Capabilities{StatusNames: map[desk.Status]string{desk.Open: "open", desk.Solved: "closed"}, MaxBody: 500})
	w.Round()
	w.Desk.Spoil("Create", 1, desktest.Twice)
	w.Desk.Spoil("Append", 2, desktest.LostResponse)
	w.Escalate(caseID).Post(caseID, "one").Note(caseID, "secret").Post(caseID, "two").Settle().Reconcile()
	w.Whole(caseID, "one", "two")
	if got := w.Appended("secret"); len(got) > 0 {
		t.Fatalf("a note went to a desk that keeps none: %v", got)
	}
	w.Turn(caseID, desk.Waiting).Settle().Reconcile()
	w.Silent(caseID) // agreed to differ
	if got := w.Linked(caseID).Status; got != desk.Open {
		t.Fatalf("the desk has no such status, and stands %s", got)
	}
	ok(t, w.Agent.SetStatus(w.Linked(caseID).ID, desk.Solved))
	w.Settle().Stands(caseID, desk.Solved).Silent(caseID)
}

func TestARefusedPostIsADeadLetterAndTheNextGoOn(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Spoil("Append", 1, desktest.Refused)
	w.Desk.Spoil("Append", 2, desktest.Refused)
	w.Escalate(caseID).Post(caseID, "one").Post(caseID, "two").Post(caseID, "three").Settle()
	dead := w.Dead()
	if len(dead) != 2 || dead[0].Case != caseID || dead[0].What != desk.SendPost || !strings.Contains(dead[0].Error, "does not take") {
		t.Fatalf("dead letters: %+v", dead)
	}
	if got := w.Appended("one", "two", "three"); !slices.Equal(got, []string{"three"}) {
		t.Fatalf("appended %q", got)
	}
	slices.SortFunc(dead, func(a, b *desk.Delivery) int { return int(a.Order - b.Order) })
	ok(t, w.Engine.Retry(t.Context(), dead[0].ID))
	ok(t, w.Engine.Dismiss(t.Context(), dead[1].ID))
	w.Settle().Whole(caseID, "three", "one")
	refusedWith(t, w.Engine.Retry(t.Context(), dead[0].ID), fault.Conflict)
	refusedWith(t, w.Engine.Dismiss(t.Context(), dead[1].ID), fault.Conflict)
	refusedWith(t, w.Engine.Retry(t.Context(), "nothing"), fault.NotFound)
	_, _, err := w.Engine.Dead(t.Context(), desktest.Connection, "nonsense", 10)
	refusedWith(t, err, fault.Invalid)
}

func TestPostsWaitForARefusedTicket(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Spoil("Create", 1, desktest.Refused)
	w.Escalate(caseID).Post(caseID, "one")
	for range 5 {
		w.Round()
		w.Clock.Advance(time.Minute)
	}
	dead := w.Dead()
	if len(dead) != 1 || dead[0].What != desk.OpenTicket || w.Desk.Calls("Append") > 0 {
		t.Fatalf("dead letters %+v, %d posts sent", dead, w.Desk.Calls("Append"))
	}
	ok(t, w.Engine.Retry(t.Context(), dead[0].ID))
	w.Settle().Whole(caseID, "one")
}

func TestDismissingATicketDropsItsPosts(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Spoil("Create", 1, desktest.Refused)
	w.Escalate(caseID).Post(caseID, "one").Round()
	ok(t, w.Engine.Dismiss(t.Context(), w.Dead()[0].ID))
	w.Settle()
	list, err := w.Engine.Deliveries(t.Context(), caseID, desk.Out, desk.Dropped)
	ok(t, err)
	if len(list) != 2 || w.Desk.Calls("Append") > 0 {
		t.Fatalf("dropped %d, sent %d", len(list), w.Desk.Calls("Append"))
	}
}

func TestADeskThatIsAwayIsLeftAloneAndThenServed(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Down(true)
	const cases = 20
	for i := range cases {
		w.Escalate(fmt.Sprintf("%s-%d", caseID, i))
	}
	before := w.Desk.All()
	for range 60 {
		w.Round()
		w.Clock.Advance(time.Minute)
	}
	if calls := w.Desk.All() - before; calls > 120 {
		t.Errorf("a desk that is away for an hour was called %d times", calls)
	}
	list, err := w.Engine.Desks(t.Context())
	ok(t, err)
	if h := list[0]; h.ID != desktest.Connection || h.Name == "" || h.Error == "" || h.Waiting != cases || h.Dead != 0 || h.Rest == 0 {
		t.Errorf("its health: %+v", h)
	}
	w.Desk.Down(false)
	w.Clock.Advance(16 * time.Minute)
	w.Settle()
	for i := range cases {
		w.Ticket(fmt.Sprintf("%s-%d", caseID, i))
	}
	if w.Desk.Calls("Create")-w.Desk.Calls("Find") > cases*3 {
		t.Errorf("%d creates", w.Desk.Calls("Create"))
	}
}

func TestADayOfFailuresIsADeadLetter(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	for n := range 1000 {
		w.Desk.Spoil("Create", n+1, desktest.Broken)
	}
	w.Escalate(caseID)
	for range 110 {
		w.Round()
		w.Clock.Advance(15 * time.Minute)
	}
	dead := w.Dead()
	if len(dead) != 1 || dead[0].Tries < 8 {
		t.Fatalf("dead letters: %+v", dead)
	}
	for n := range 1000 {
		w.Desk.Spoil("Create", n+1, "")
	}
	ok(t, w.Engine.Retry(t.Context(), dead[0].ID))
	w.Clock.Advance(16 * time.Minute)
	w.Settle().Whole(caseID)
}

func TestAnOutageOfDaysLosesNothing(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Down(true)
	w.Escalate(caseID).Post(caseID, "one")
	for range 72 {
		w.Round()
		w.Clock.Advance(time.Hour)
	}
	w.Desk.Down(false)
	w.Desk.Spoil("Create", 1, desktest.Broken)
	w.Settle().Whole(caseID, "one")
}

func TestARemovedPostIsNotSent(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Escalate(caseID).Post(caseID, "one").Post(caseID, "two")
	w.Cases.Unwrite(caseID, "one")
	w.Settle().Whole(caseID, "two")
}

func TestAnotherVersionIsAppendedAndARepeatIsNot(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Escalate(caseID).Escalate(caseID).Post(caseID, "one").Post(caseID, "one").Settle()
	ok(t, w.Engine.Append(t.Context(), caseID, desk.Outgoing{Name: "one", Version: 2}))
	w.Settle()
	if got := w.Appended("one"); len(got) != 2 {
		t.Fatalf("appended %q", got)
	}
}

func TestADeletedTicketEndsTheMatter(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Escalate(caseID).Settle()
	ok(t, w.Agent.Delete(w.Ticket(caseID).ID))
	w.Post(caseID, "one").Post(caseID, "two").Settle().Reconcile()
	dead := w.Dead()
	l, address, err := w.Engine.Link(t.Context(), caseID)
	ok(t, err)
	if len(dead) != 1 || !l.Lost || address != "" || w.Desk.Calls("Create") != 1 {
		t.Fatalf("dead %+v, link %+v %q", dead, l, address)
	}
}

// TestAReplyBeforeTheTicketIsKnown: the answer to Create is lost, and an agent
// is quicker than the second look.
func TestAReplyBeforeTheTicketIsKnown(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Spoil("Create", 1, desktest.LostResponse)
	w.Escalate(caseID).Round()
	ok(t, w.Agent.Reply(w.Ticket(caseID).ID, "<p>That was quick.</p>"))
	w.Settle().Heard(caseID, "quick").Whole(caseID)
}

// TestAReplyOnADuplicate: an agent answers on the ticket that is merged away.
func TestAReplyOnADuplicate(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Desk.Spoil("Create", 1, desktest.Twice)
	w.Escalate(caseID).Round()
	found, err := w.Desk.Desk.Find(t.Context(), "selfie-"+caseID)
	ok(t, err)
	for i, f := range found {
		ok(t, w.Agent.Reply(f.ID, fmt.Sprintf("<p>Reply %d.</p>", i)))
	}
	w.Settle().Reconcile().Heard(caseID, "Reply 0", "Reply 1").Whole(caseID)
}

// TestTwoHoldersOfTheLease: in the midst of each call another node does the
// same work. A lease is no fence; the delivery's own document is.
func TestTwoHoldersOfTheLease(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	rival := w.Rival()
	busy := false
	w.Desk.Inside = func(string) {
		if !busy {
			busy = true
			rival()
			busy = false
		}
	}
	w.Escalate(caseID).Post(caseID, "one").Post(caseID, "two").Settle()
	ok(t, w.Agent.Reply(w.Linked(caseID).ID, "<p>Once.</p>"))
	w.Settle().Whole(caseID, "one", "two").Heard(caseID, "Once")
	if n := w.Desk.Calls("Create"); n != 1 {
		t.Fatalf("%d creates", n)
	}
}

func TestForeignTicketsAreAskedForOnce(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	foreign, err := w.Desk.Desk.Create(t.Context(), desk.NewTicket{Ref: "somebody-else", Title: "Printer"})
	ok(t, err)
	for range 5 {
		ok(t, w.Agent.Reply(foreign.ID, "<p>Not ours.</p>"))
		w.Settle()
	}
	if n := w.Desk.Calls("Ticket"); n != 1 {
		t.Fatalf("asked %d times", n)
	}
}

func TestTheCommunityWinsWhenBothMoved(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Escalate(caseID).Settle()
	ok(t, w.Agent.SetStatus(w.Ticket(caseID).ID, desk.Waiting))
	w.Turn(caseID, desk.Solved).Settle().Stands(caseID, desk.Solved).Silent(caseID)
}

func TestCasesThatFailAreAskedAgain(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Escalate(caseID).Settle()
	ticket := w.Ticket(caseID).ID
	w.Cases.Spoil(fault.New(fault.Unavailable, "Busy."))
	ok(t, w.Agent.Reply(ticket, "<p>Once.</p>"))
	w.Settle().Heard(caseID, "Once")
	w.Cases.Spoil(fault.New(fault.Unavailable, "Busy."))
	ok(t, w.Agent.SetStatus(ticket, desk.Solved))
	w.Settle().Stands(caseID, desk.Solved).Silent(caseID)
	w.Cases.Spoil(fault.New(fault.Conflict, "The thread is locked."))
	ok(t, w.Agent.Reply(ticket, "<p>Too late.</p>"))
	w.Settle()
	if dead := w.Dead(); len(dead) != 1 || dead[0].What != desk.TakeReply || dead[0].Lane != desk.In {
		t.Fatalf("dead letters: %+v", dead)
	}
}

func TestAHintPollsAtOnce(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	before := w.Desk.Calls("Changes")
	w.Round()
	if w.Desk.Calls("Changes") != before {
		t.Fatal("polled before its time")
	}
	ok(t, w.Engine.Hint(t.Context(), desktest.Connection))
	ok(t, w.Engine.Hint(t.Context(), desktest.Connection))
	w.Round()
	w.Round()
	if n := w.Desk.Calls("Changes") - before; n != 1 {
		t.Fatalf("a hint made %d polls", n)
	}
	refusedWith(t, w.Engine.Hint(t.Context(), "none"), fault.NotFound)
}

func TestWhatIsUnknownIsRefused(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	refusedWith(t, w.Engine.Escalate(t.Context(), "none", caseID), fault.Invalid)
	refusedWith(t, w.Engine.Escalate(t.Context(), desktest.Connection, "a b"), fault.Invalid)
	refusedWith(t, w.Engine.Escalate(t.Context(), desktest.Connection, caseID), fault.NotFound)
	refusedWith(t, w.Engine.Append(t.Context(), caseID, desk.Outgoing{Name: "x"}), fault.NotFound)
	refusedWith(t, w.Engine.PushStatus(t.Context(), caseID, "e", 1), fault.NotFound)
	refusedWith(t, w.Engine.Check(t.Context(), "none"), fault.NotFound)
	ok(t, w.Engine.Check(t.Context(), desktest.Connection))
	if desk.ValidName("Bad Name") || !desk.ValidName("rt-1") {
		t.Error("names of connections")
	}
}

func TestFinishedDeliveriesAreClearedAway(t *testing.T) {
	w := world(t, desktest.Everything())
	w.Round()
	w.Escalate(caseID).Post(caseID, "one").Settle()
	ok(t, w.Agent.Reply(w.Ticket(caseID).ID, "<p>Once.</p>"))
	w.Settle()
	w.Clock.Advance(31 * 24 * time.Hour)
	w.Round()
	for _, lane := range []desk.Lane{desk.In, desk.Out} {
		if list, err := w.Engine.Deliveries(t.Context(), caseID, lane, desk.Done); err != nil || len(list) > 0 {
			t.Fatalf("%v %+v", err, list)
		}
	}
	w.Settle().Heard(caseID, "Once").Whole(caseID, "one")
}
