package web_test

import (
	"fmt"
	"testing"
	"time"
)

// TestAPIOfWork lets programs report, judge, escalate, answer for the company
// and read who earned what.
func TestAPIOfWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asker, helper, moderator, agent, guest := w.visit("asker"), w.visit("helper"), w.visit("moderator"), w.visit("agent"), w.visit("guest")
	var thread, answer struct{ ID string }
	w.api(asker, 201, "POST", "/threads", `{"space":"general","title":"Router blinks red all day","body":"Since this morning."}`, &thread)
	w.api(helper, 201, "POST", "/threads/"+thread.ID+"/answers", `{"body":"Buy another one at my shop."}`, &answer)
	w.api(asker, 204, "PUT", "/answers/"+answer.ID+"/flag", `{"reason":"spam"}`, nil)
	w.Settled()

	var queue struct {
		Items []struct {
			ID, Post string
			Reasons  map[string]int
			Version  int64
		}
	}
	w.api(moderator, 200, "GET", "/review", "", &queue)
	if len(queue.Items) != 1 || queue.Items[0].Post != answer.ID || queue.Items[0].Reasons["spam"] != 1 {
		t.Fatalf("queue: %+v", queue)
	}
	item := queue.Items[0]
	verdict := fmt.Sprintf(`{"action":"hide","reason":"This is advertising.","version":%d}`, item.Version)
	w.api(moderator, 200, "POST", "/review/"+item.ID+"/decision", verdict, nil)
	w.Settled()
	w.api(guest, 404, "GET", "/answers/"+answer.ID, "", nil)
	w.api(moderator, 409, "POST", "/review/"+item.ID+"/decision", verdict, nil)
	w.api(moderator, 200, "DELETE", "/review/"+item.ID+"/decision", "", nil)
	w.Settled()
	w.api(guest, 200, "GET", "/answers/"+answer.ID, "", nil)
	var log struct {
		Items []struct {
			Action string
			By     *struct{}
		}
	}
	w.api(guest, 200, "GET", "/log", "", &log)
	if len(log.Items) != 2 || log.Items[0].By != nil {
		t.Errorf("the public log: %+v", log)
	}

	w.Clock.Advance(time.Hour)
	var status struct{ State, Label string }
	w.api(asker, 200, "POST", "/threads/"+thread.ID+"/ask-agent", `{"why":"nobody knows"}`, &status)
	w.api(helper, 404, "GET", "/threads/"+thread.ID+"/case", "", nil)
	var cases struct {
		Items []struct{ ID, Thread, State string }
	}
	w.api(agent, 200, "GET", "/cases", "", &cases)
	if len(cases.Items) != 1 || cases.Items[0].Thread != thread.ID || status.State != "submitted" {
		t.Fatalf("status %+v, cases %+v", status, cases)
	}
	at := "/cases/" + cases.Items[0].ID
	w.api(agent, 200, "POST", at+"/take", "", nil)
	w.api(agent, 201, "POST", at+"/replies", `{"body":"Hold reset for ten seconds, please.","solves":true}`, nil)
	w.Settled()
	w.api(asker, 200, "GET", "/threads/"+thread.ID+"/case", "", &status)
	var solved struct{ State string }
	w.api(guest, 200, "GET", "/threads/"+thread.ID, "", &solved)
	if status.State != "solved" || solved.State != "solved" {
		t.Errorf("case %+v, thread %+v", status, solved)
	}
	var line struct{ Items []struct{ Kind string } }
	w.api(agent, 200, "GET", at+"/timeline", "", &line)
	if len(line.Items) < 3 {
		t.Errorf("timeline: %+v", line)
	}

	w.api(asker, 200, "PUT", "/answers/"+answer.ID+"/vote", `{"value":1}`, nil)
	w.Settled()
	var standing struct {
		Points int64
		Member struct{ ID string }
	}
	w.api(guest, 200, "GET", "/members/"+w.Actor("helper").ID+"/standing", "", &standing)
	var ledger struct {
		Items []struct{ Lines []struct{ Counted int64 } }
	}
	w.api(guest, 200, "GET", "/members/"+w.Actor("helper").ID+"/ledger", "", &ledger)
	if standing.Points != 11 || len(ledger.Items) != 1 || ledger.Items[0].Lines[0].Counted != 10 {
		t.Errorf("standing %+v, ledger %+v", standing, ledger)
	}
	w.quiet("work")
}
