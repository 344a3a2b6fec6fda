package rt_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"selfie/internal/scene"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
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
