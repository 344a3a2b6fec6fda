package escalation_test

import (
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation/escalation"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/rt/rttest"
)

// TestRequestTracker tells the whole way with the real Request Tracker:
// unanswered, a case, a ticket, the agent's reply there, the official answer
// here, solved in both.
func TestRequestTracker(t *testing.T) {
	server := rttest.Start(t)
	tracker := server.Desk(nil)
	st := &stage{}
	var bridge *escalation.Bridge
	st.Scene = scene.With(t, scene.SQLite(t), community.Options{}, func(db *store.DB, r *outbox.Relay, routes *outbox.Routes, svc *community.Service) {
		st.inbox = notify.Open(db, r, svc, notify.Options{})
		st.esc = escalation.Open(db, r, routes, svc, st.inbox, escalation.Options{Tone: shouting{}, Company: "Lumen Support"})
		bridge = st.esc.Connect(r, nil, "https://help.example", "rt", tracker, desk.Options{})
	})
	st.OK(st.esc.Start(st.Ctx))

	st.As("asker").Ask("No light on the front at all").Settled()
	st.Wait(8*24*time.Hour + time.Hour)
	c := st.open()
	if c == nil {
		t.Fatal("no case")
	}
	ticket := ""
	st.until("a ticket", func() bool {
		l, address, err := bridge.Engine().Link(st.Ctx, c.ID)
		if err == nil && l.Ticket != "" && strings.Contains(address, l.Ticket) {
			ticket = l.Ticket
		}
		return ticket != ""
	})
	st.As("asker").Remark("It also makes a clicking noise.").Settled()
	agent := server.Person()
	st.OK(agent.Comment(ticket, "<p>He is a difficult customer.</p>"))
	st.OK(agent.Reply(ticket, "<p>Please check the <b>fuse</b> behind the small lid.</p>"))
	var answer *community.Answer
	st.until("the agent's answer", func() bool {
		list, err := st.Svc.Answers(st.Ctx, st.Actor("guest"), st.Reload(), "", 10)
		st.OK(err)
		if len(list.Items) > 0 {
			answer = list.Items[0]
		}
		return answer != nil
	})
	if answer.Official != "Lumen Support" || !strings.Contains(answer.Body, "**fuse**") {
		t.Fatalf("the official answer is %q by %q", answer.Body, answer.Official)
	}
	st.OK(agent.SetStatus(ticket, desk.Solved))
	st.until("solved here", func() bool { return st.Reload().Stats.Solved })
	if list, err := st.Svc.Answers(st.Ctx, st.By, st.Thread, "", 10); err != nil || len(list.Items) != 1 {
		t.Fatalf("the thread shows %d answers, %v: the private comment came in, or the reply came twice", len(list.Items), err)
	}
	if st.open() != nil {
		t.Fatal("solved on the desk, and the case is open")
	}
	remote, err := tracker.Ticket(st.Ctx, ticket)
	if st.OK(err); remote.Status != desk.Solved {
		t.Fatalf("the ticket is %s", remote.Status)
	}
	found, err := tracker.Find(st.Ctx, "selfie-"+c.ID)
	if st.OK(err); len(found) != 1 {
		t.Fatalf("%d tickets carry the case", len(found))
	}
}

// until lets time pass, and everything that follows, until something holds.
func (s *stage) until(what string, holds func() bool) {
	s.T.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); {
		if time.Now().After(deadline) {
			s.T.Fatalf("%s did not come", what)
		}
		s.Wait(20 * time.Second)
	}
}
