package escalation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/moderation/escalation"
)

// shouting finds a text negative in the measure of its exclamation marks.
type shouting struct{}

func (shouting) Negative(text string) (float64, []string) {
	return min(1, float64(strings.Count(text, "!"))/4), []string{"!"}
}

type stage struct {
	*scene.Scene
	esc   *escalation.Service
	inbox *notify.Service
}

func start(t *testing.T, e store.Engine) *stage {
	t.Helper()
	st := &stage{}
	st.Scene = scene.With(t, e, community.Options{}, func(db *store.DB, r *outbox.Relay, routes *outbox.Routes, svc *community.Service) {
		st.inbox = notify.Open(db, r, svc, notify.Options{})
		st.esc = escalation.Open(db, r, routes, svc, st.inbox, escalation.Options{Tone: shouting{}, Company: "Lumen Support"})
	})
	st.OK(st.esc.Start(st.Ctx))
	return st
}

// open returns the open case of the story's thread, or nil.
func (s *stage) open() *escalation.Case {
	s.T.Helper()
	c, err := s.esc.OpenCase(s.Ctx, s.Thread.ID)
	s.OK(err)
	return c
}

func TestStories(t *testing.T) {
	stories := map[string]func(*testing.T, store.Engine){
		"unanswered, a case, answered, solved in both": storyUnanswered,
		"answered in time: no case":                    storyInTime,
		"angry words open a case at once":              storyAngry,
		"the asker calls an agent, not before time":    storyAsked,
		"private reply, note, handed back, reopened":   storyPrivate,
		"rivals open one case":                         storyRivals,
	}
	scene.OverEngines(t, func(t *testing.T, fresh func(*testing.T) store.Engine) {
		for name, story := range stories {
			t.Run(name, func(t *testing.T) { story(t, fresh(t)) })
		}
	})
}

// The story begins on Monday 2 March 2026, 09:00 UTC, when the desk opens; 48
// business hours of 8 a day have passed when it opens on Tuesday 10 March.
func storyUnanswered(t *testing.T, e store.Engine) {
	s := start(t, e)
	s.As("asker").Ask("No light on the front at all").Settled()
	s.Wait(7*24*time.Hour + 7*time.Hour) // Monday 16:00: one business hour short
	if s.open() != nil {
		t.Fatal("a case before its time")
	}
	s.Wait(17*time.Hour + time.Minute) // Tuesday, a minute after opening
	c := s.open()
	if c == nil || c.State != escalation.Submitted || c.Cause.Rule != "unanswered" {
		t.Fatalf("the case is %+v", c)
	}
	agent := s.Actor("agent")
	_, err := s.esc.Take(s.Ctx, s.Actor("asker"), c.ID)
	s.Refused(err, fault.Forbidden)
	_, err = s.esc.Take(s.Ctx, agent, c.ID)
	s.OK(err)
	a, err := s.esc.Reply(s.Ctx, agent, c.ID, escalation.Answer{Body: "The fuse is behind the small lid.", Solves: true, Key: "form"})
	s.OK(err).Settled().State(community.Solved)
	if a.Official != "Lumen Support" || s.Thread.Accepted.Answer != a.ID || s.open() != nil {
		t.Fatalf("after the official answer: %+v, %+v", s.Thread.Accepted, s.open())
	}
	again, err := s.esc.Reply(s.Ctx, agent, c.ID, escalation.Answer{Body: "The fuse is behind the small lid.", Solves: true, Key: "form"})
	if s.OK(err); again.ID != a.ID {
		t.Fatal("a repeated form made a second answer")
	}
	status, err := s.esc.StatusFor(s.Ctx, s.Actor("asker"), s.Thread)
	s.OK(err)
	if status == nil || status.State != escalation.Solved {
		t.Fatalf("the asker sees %+v", status)
	}
	if status, err = s.esc.StatusFor(s.Ctx, s.Actor("other"), s.Thread); err != nil || status != nil {
		t.Fatalf("a stranger sees the case: %+v, %v", status, err)
	}
	line, err := s.esc.Timeline(s.Ctx, agent, c.ID, "", 50)
	s.OK(err)
	if len(line.Items) < 3 || line.Items[0].Text != "Opened: Unanswered for 48 business hours" {
		t.Fatalf("the timeline holds %d entries", len(line.Items))
	}
}

func storyInTime(t *testing.T, e store.Engine) {
	s := start(t, e)
	s.As("asker").Ask("How do I rename the wifi?").As("helper").Answer("In the app, under network.").Settled()
	if s.Wait(14 * 24 * time.Hour); s.open() != nil {
		t.Fatal("an answered thread became a case")
	}
	s.As("asker").Remark("That does not work for me.").Settled()
	if s.Wait(14 * 24 * time.Hour); s.open() == nil {
		t.Fatal("an asker left waiting after an unhelpful answer is nobody's case")
	}
}

func storyAngry(t *testing.T, e store.Engine) {
	s := start(t, e)
	s.As("asker").Ask("It broke again").Settled()
	if s.open() != nil {
		t.Fatal("calm words opened a case")
	}
	s.As("helper").Remark("Me too! It is awful! Really! Truly!").Settled()
	if s.open() != nil {
		t.Fatal("somebody else's words opened a case")
	}
	s.As("asker").Remark("Third time this week!! I want my money back!!").Settled()
	c := s.open()
	if c == nil || c.Cause.Trigger != escalation.Negative || len(c.Cause.Words) == 0 || c.Priority < 10 {
		t.Fatalf("angry words made %+v", c)
	}
	if n, _, err := s.inbox.Notices(s.Ctx, s.Actor("asker"), "", 10); err != nil || len(n) == 0 || n[0].Text != "Submitted to support" {
		t.Fatalf("the asker was told %+v, %v", n, err)
	}
}

func storyAsked(t *testing.T, e store.Engine) {
	s := start(t, e)
	s.As("asker").Ask("Please can somebody help me").Settled()
	_, err := s.esc.AskAgent(s.Ctx, s.By, s.Thread.ID, "")
	s.Refused(err, fault.Conflict)
	s.Clock.Advance(31 * time.Minute)
	_, err = s.esc.AskAgent(s.Ctx, s.Actor("other"), s.Thread.ID, "")
	s.Refused(err, fault.Forbidden)
	c, err := s.esc.AskAgent(s.Ctx, s.Actor("asker"), s.Thread.ID, "I have a baby and no phone.")
	s.OK(err)
	again, err := s.esc.AskAgent(s.Ctx, s.Actor("asker"), s.Thread.ID, "")
	if s.OK(err); again.ID != c.ID {
		t.Fatal("pressing again made a second case")
	}
}

func storyPrivate(t *testing.T, e store.Engine) {
	s := start(t, e)
	s.As("asker").Ask("My account shows another's bill").Settled()
	c, err := s.esc.Escalate(s.Ctx, s.Actor("moderator"), s.Thread.ID, "personal data")
	s.OK(err)
	agent := s.Actor("agent")
	a, err := s.esc.Reply(s.Ctx, agent, c.ID, escalation.Answer{Body: "We corrected bill 4711.", Private: true})
	s.OK(err).Settled()
	_, _, err = s.Svc.Answer(s.Ctx, s.Actor("other"), a.ID)
	s.Refused(err, fault.NotFound)
	_, err = s.esc.AddNote(s.Ctx, agent, c.ID, "Their brother shares the account.", "k")
	s.OK(err)
	if c = s.open(); c.State != escalation.Waiting {
		t.Fatalf("after the reply the case is %s", c.State)
	}
	s.As("asker").Remark("It still shows the wrong one.").Settled()
	if c = s.open(); c.State != escalation.Working {
		t.Fatalf("after the customer's word the case is %s", c.State)
	}
	_, err = s.esc.HandBack(s.Ctx, agent, c.ID, "the community knows this one")
	s.OK(err).Settled()
	if s.open() != nil {
		t.Fatal("handed back, and still open")
	}
	if s.Wait(20 * 24 * time.Hour); s.open() != nil {
		t.Fatal("handed back, and escalated again though the customer wrote nothing more")
	}
	_, err = s.esc.Reopen(s.Ctx, agent, c.ID)
	s.OK(err)
	if s.open() == nil {
		t.Fatal("opened again, and not open")
	}
}

func storyRivals(t *testing.T, e store.Engine) {
	s := start(t, e)
	s.As("asker").Ask("Everyone wants this one at once").Settled()
	by := s.Actor("agent")
	ids := make(chan string, 8)
	for range cap(ids) {
		go func() {
			c, err := s.esc.Escalate(context.Background(), by, s.Thread.ID, "")
			if err != nil || c == nil {
				ids <- "failed"
				return
			}
			ids <- c.ID
		}()
	}
	first := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != first || id == "failed" {
			t.Fatalf("rivals opened %s and %s", first, id)
		}
	}
}

func TestCalendar(t *testing.T) {
	h := escalation.Hours{Zone: "Europe/Berlin", Holidays: []string{"2026-04-03", "2026-04-06"}}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Days[d] = escalation.Shift{From: 9 * 60, To: 17 * 60}
	}
	c, err := h.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, time.FixedZone("", 0))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		start string
		hours time.Duration
		want  string // UTC
	}{
		{"2026-03-02 09:00", time.Hour, "2026-03-02 10:00"},
		{"2026-03-02 07:00", time.Hour, "2026-03-02 09:00"}, // before opening (08:00 UTC)
		{"2026-03-06 15:30", time.Hour, "2026-03-09 08:30"}, // over the weekend
		{"2026-03-27 15:30", time.Hour, "2026-03-30 07:30"}, // over the change to summer time
		{"2026-04-02 14:30", time.Hour, "2026-04-07 07:30"}, // over Good Friday and Easter Monday
		{"2026-03-02 08:00", 48 * time.Hour, "2026-03-09 16:00"},
	} {
		got := c.After(at(x.start), x.hours)
		if !got.Equal(at(x.want)) {
			t.Errorf("%s and %s of business: %s, want %s UTC", x.start, x.hours, got.UTC(), x.want)
		}
		if back := c.Between(at(x.start), got); back != x.hours {
			t.Errorf("between %s and %s there are %s of business, want %s", x.start, got, back, x.hours)
		}
	}
	for _, bad := range []escalation.Hours{{Zone: "Mars/Olympus"}, {Zone: "UTC"}, {Zone: "UTC", Days: [7]escalation.Shift{{From: 10, To: 5}}}} {
		if _, err := bad.Calendar(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v makes a calendar: %v", bad, err)
		}
	}
}
