package rt_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/scene"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
	"selfie/moderation/escalation/desk/rt"
	"selfie/moderation/escalation/desk/rt/rttest"
)

const caseID = "0123456789abcdef"

func TestRequestTrackerKeepsTheContract(t *testing.T) {
	s := rttest.Start(t)
	k := rttest.NewKiller(s, rttest.Before)
	desktest.Run(t, s.Desk(k), s.Person())
	measured(t, s, k)
}

func measured(t *testing.T, s *rttest.Server, k *rttest.Killer) {
	t.Logf("%d calls, %.2f s each, %d kills", k.Calls, k.Took.Seconds()/float64(max(1, k.Calls)), k.Kills)
	if t.Failed() {
		t.Log(s.Log())
	}
}

// TestTheMarkerBacksTheFields makes what a crash of RT can leave: a ticket and a
// post whose custom field was never written.
func TestTheMarkerBacksTheFields(t *testing.T) {
	s := rttest.Start(t)
	d := s.Desk(nil)
	const ref, key = "selfie-lost", "0123456789abcdef"
	ok(t, s.As(s.Token, "POST", "/ticket", map[string]any{
		"Queue": "Community", "Subject": "lost", "ContentType": "text/html",
		"Content": desk.NewTicket{Ref: ref, Opening: desk.Post{HTML: "<p>It blinks.</p>"}}.Body(),
	}))
	found, err := d.Find(t.Context(), ref)
	ok(t, err)
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	again, err := d.Ticket(t.Context(), found[0].ID)
	ok(t, err)
	if again.Ref != ref {
		t.Fatalf("its field was not repaired: %+v", again)
	}
	ok(t, s.As(s.Token, "POST", "/ticket/"+found[0].ID+"/correspond", map[string]any{
		"ContentType": "text/html", "Content": desk.Post{Key: key, HTML: "<p>quoting [ref:other]</p>"}.Body(),
	}))
	if id, err := d.FindPost(t.Context(), found[0].ID, key); err != nil || id == "" {
		t.Fatal(id, err)
	}
	if _, err := d.FindPost(t.Context(), found[0].ID, "other"); !fault.Is(err, fault.NotFound) {
		t.Fatalf("a quoted marker was taken for the post's: %v", err)
	}
}

// TestCheckSaysWhatToRepair: each sentence names the thing.
func TestCheckSaysWhatToRepair(t *testing.T) {
	s := rttest.Start(t)
	ok(t, s.Desk(nil).Check(t.Context()))
	for _, c := range []struct {
		o    rt.Options
		kind fault.Kind
		says string
	}{
		{rt.Options{URL: s.URL, Token: "1-31-ffff"}, fault.Unauthorized, "token"},
		{rt.Options{URL: s.URL, Token: s.Token, Queue: "Elsewhere"}, fault.Forbidden, "Elsewhere"},
		{rt.Options{URL: s.URL, Token: s.Token, Account: "nobody-here"}, fault.Forbidden, "nobody-here"},
		{rt.Options{URL: s.URL, Token: s.Token, Account: "agent1"}, fault.Forbidden, "not that of the account"},
		{rt.Options{URL: s.URL, Token: s.Token, Queue: "General"}, fault.Forbidden, "General"},
	} {
		d, err := rt.New(c.o)
		ok(t, err)
		if f, is := fault.As(d.Check(t.Context())); !is || f.Kind != c.kind || !strings.Contains(f.Public, c.says) {
			t.Errorf("%+v: %v", c.o, f)
		}
	}
	s.Kill()
	if err := s.Desk(nil).Check(t.Context()); !fault.Is(err, fault.Unavailable) || !errors.Is(err, desk.ErrNotSent) {
		t.Errorf("of a dead server: %v", err)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world puts an engine before a server that is started again whenever it is
// found dead.
func world(t *testing.T, s *rttest.Server, k *rttest.Killer) *desktest.World {
	t.Helper()
	clock := desktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	w := desktest.NewWorld(t, scene.SQLite(t), s.Desk(k), s.Person(), clock, time.Minute)
	w.Before = func() {
		if s.Down() {
			s.Restart()
		}
	}
	return w
}

// TestKilledAtEachStep kills the server at the first of each kind of request
// that a case needs, and asks for one ticket with every post once.
func TestKilledAtEachStep(t *testing.T) {
	for _, when := range []rttest.When{rttest.Before, rttest.Written, rttest.After} {
		t.Run(string(when), func(t *testing.T) {
			s := rttest.Start(t)
			k := rttest.NewKiller(s, when)
			w := world(t, s, k)
			desktest.RoundTrip(w, caseID, func(*desktest.Faulty) {
				k.Strike(`^POST .*/ticket$`, `^POST .*/correspond$`, `^POST .*/correspond$`, `^POST .*/comment$`, `^PUT .*/ticket/\d+$`, `^GET .*/transaction/\d+/attachments$`)
			})
			if left := k.Unmet(); len(left) > 0 {
				t.Errorf("no such request was made: %v", left)
			}
			measured(t, s, k)
		})
	}
}

// TestHintsAreSigned lets RT itself tell of an agent's reply, and takes it in
// without waiting for the next poll.
func TestHintsAreSigned(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	hooks := make(chan error, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		hooks <- desk.VerifyHook(secret, r.Header, body, time.Now())
	}))
	defer receiver.Close()
	s := rttest.Start(t)
	s.Kill()
	s.Hook(receiver.URL, secret)
	s.Restart()
	k := rttest.NewKiller(s, rttest.Before)
	w := world(t, s, k)
	w.Round()
	w.Escalate(caseID).Settle()
	for len(hooks) > 0 {
		<-hooks // of the ticket itself
	}
	if err := s.Person().Reply(w.Ticket(caseID).ID, "<p>Try the reset button.</p>"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-hooks:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("no hint came\n%s", s.Log())
	}
	w.Round() // not due: nothing is asked
	w.Heard(caseID)
	if err := w.Engine.Hint(t.Context(), desktest.Connection); err != nil {
		t.Fatal(err)
	}
	w.Round()
	w.Heard(caseID, "reset")
	measured(t, s, k)
}
