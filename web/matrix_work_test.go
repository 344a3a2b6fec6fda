package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/moderation"
	"selfie/moderation/escalation"
)

// Who judges posts, and who works on cases.
func judges(s int) [7]int { return [7]int{401, 403, 403, 403, s, 403, s} }
func agents(s int) [7]int { return [7]int{401, 403, 403, 403, 403, s, s} }

// workRows are the routes of moderators, of agents, and of those who rise.
var workRows = []row{
	{route: "GET /posts/:kind/:id/flag", want: members(200)},
	{route: "POST /posts/:kind/:id/flag", form: "reason=spam", want: [7]int{401, 303, 303, 403, 303, 303, 303}},
	{route: "GET /review", want: judges(200)},
	{route: "GET /review/:id", at: "/review/{item}", want: judges(200)},
	{route: "POST /review/:id/claim", at: "/review/{item}/claim", want: judges(303)},
	{route: "POST /review/:id/decide", at: "/review/{item}/decide", form: "version={version}&action=hide&reason=This+is+advertising", want: judges(303)},
	{route: "POST /review/:id/undo", at: "/review/{item}/undo", set: (*stage).decide, want: judges(303)},
	{route: "GET /log", want: all(200)},

	{route: "POST /threads/:id/ask-agent", form: "why=the+shop+is+closed", set: (*stage).waitHour, want: [7]int{401, 403, 303, 403, 403, 403, 403}},
	{route: "POST /threads/:id/escalate", form: "why=needs+an+agent", want: staff(303)},
	{route: "GET /desk", want: agents(200)},
	{route: "GET /desk/:id", at: "/desk/{case}", want: agents(200)},
	{route: "POST /desk/:id/reply", at: "/desk/{case}/reply", form: "body=We+shall+send+you+a+new+one&solves=1", want: agents(303)},
	{route: "POST /desk/:id/note", at: "/desk/{case}/note", form: "text=Called+the+customer", want: agents(303)},
	{route: "POST /desk/:id/:act", at: "/desk/{case}/take", want: agents(303)},
	{route: "GET /admin/rules", want: admins(200)},
	{route: "POST /admin/rules/:id", at: "/admin/rules/{rule}", form: "name=Asked&trigger=asked&minutes=5&hours=0&threshold=0.5&position=7&on=1", want: admins(303)},
	{route: "POST /admin/rules/:id/drop", at: "/admin/rules/{rule}/drop", want: admins(303)},
	{route: "POST /admin/hours", form: "zone=Europe/Berlin&from-1=09:00&to-1=17:30&holidays=2026-12-25", want: admins(303)},

	{route: "GET /admin/synonyms", at: "/admin/synonyms?q=printer", want: admins(200)},
	{route: "POST /admin/synonyms", form: "version=0&groups=printer,+laserjet&act=save", want: admins(303)},
	{route: "GET /api/v1/admin/synonyms", want: admins(200)},
	{route: "PUT /api/v1/admin/synonyms", json: `{"version":0,"groups":[{"words":["printer","laserjet"]}]}`, want: admins(200)},

	{route: "GET /admin/desks", at: "/admin/desks?check=1", want: admins(200)},
	{route: "POST /admin/desks/:id/:act", at: "/admin/desks/nothing/retry", want: [7]int{401, 404, 404, 404, 404, 404, 404}},
	{route: "POST /hooks/desks/:name", at: "/hooks/desks/fake", want: all(401)},

	{route: "PUT /api/v1/threads/:id/flag", json: `{"reason":"spam"}`, want: [7]int{401, 204, 403, 403, 204, 204, 204}},
	{route: "PUT /api/v1/answers/:id/flag", json: `{"reason":"rude"}`, want: [7]int{401, 204, 204, 403, 204, 204, 204}},
	{route: "PUT /api/v1/comments/:id/flag", json: `{"reason":"other","note":"plain to see"}`, want: [7]int{401, 204, 204, 403, 204, 204, 204}},
	{route: "GET /api/v1/review", want: judges(200)},
	{route: "GET /api/v1/review/:id", at: "/api/v1/review/{item}", want: judges(200)},
	{route: "PUT /api/v1/review/:id/claim", at: "/api/v1/review/{item}/claim", want: judges(200)},
	{route: "DELETE /api/v1/review/:id/claim", at: "/api/v1/review/{item}/claim", want: judges(200)},
	{route: "POST /api/v1/review/:id/decision", at: "/api/v1/review/{item}/decision", json: `{"version":{version},"action":"warn","reason":"This is advertising"}`, want: judges(200)},
	{route: "DELETE /api/v1/review/:id/decision", at: "/api/v1/review/{item}/decision", set: (*stage).decide, want: judges(200)},
	{route: "GET /api/v1/log", want: all(200)},

	{route: "GET /api/v1/threads/:id/case", at: "/api/v1/threads/{thread}/case?", want: [7]int{401, 404, 404, 404, 404, 404, 404}},
	{route: "POST /api/v1/threads/:id/ask-agent", json: `{"why":"the shop is closed"}`, set: (*stage).waitHour, want: [7]int{401, 403, 200, 403, 403, 403, 403}},
	{route: "POST /api/v1/threads/:id/escalate", json: `{"why":"needs an agent"}`, want: staff(200)},
	{route: "GET /api/v1/cases", at: "/api/v1/cases?state=working&mine=true", want: agents(200)},
	{route: "GET /api/v1/cases/:id", at: "/api/v1/cases/{case}", want: agents(200)},
	{route: "GET /api/v1/cases/:id/timeline", at: "/api/v1/cases/{case}/timeline", want: agents(200)},
	{route: "POST /api/v1/cases/:id/replies", at: "/api/v1/cases/{case}/replies", json: `{"body":"We shall send you a new one","solves":true}`, want: agents(201)},
	{route: "POST /api/v1/cases/:id/notes", at: "/api/v1/cases/{case}/notes", json: `{"text":"Called the customer"}`, want: agents(204)},
	{route: "POST /api/v1/cases/:id/take", at: "/api/v1/cases/{case}/take", want: agents(200)},
	{route: "POST /api/v1/cases/:id/resolve", at: "/api/v1/cases/{case}/resolve", want: agents(200)},
	{route: "POST /api/v1/cases/:id/reopen", at: "/api/v1/cases/{case}/reopen", want: agents(200)},
	{route: "POST /api/v1/cases/:id/hand-back", at: "/api/v1/cases/{case}/hand-back", json: `{"why":"answered in the community"}`, want: agents(200)},

	{route: "GET /api/v1/members/:id/standing", want: all(200)},
	{route: "GET /api/v1/members/:id/ledger", want: all(200)},
	{route: "GET /api/v1/leaders", at: "/api/v1/leaders?span=week", want: all(200)},

	{route: "GET /members/:id/points", want: all(200)},
	{route: "GET /leaders", want: all(200)},
}

// work makes what a row of moderators or agents is about, and names it.
func (st *stage) work(name string) string {
	st.T.Helper()
	switch name {
	case "item":
		return st.item()
	case "version":
		i, err := st.judges.Item(st.Ctx, community.System, st.item())
		st.OK(err)
		return fmt.Sprint(i.Rev)
	case "rule":
		r, err := st.cases.SaveRule(st.Ctx, community.System, escalation.Rule{Name: "Unanswered", Trigger: escalation.Unanswered, Hours: 2})
		if fault.Is(err, fault.Conflict) {
			return "by_hand" // there are as many as there may be
		}
		st.OK(err)
		return r.ID
	}
	c, err := st.cases.Escalate(st.Ctx, st.Actor("moderator"), st.words["thread"], "needs an agent")
	st.OK(err).Settled()
	return c.ID
}

// item is the review item about the stage's answer, which a colleague flagged.
func (st *stage) item() string {
	st.T.Helper()
	ref := community.Ref{Kind: community.AnAnswer, ID: st.words["answer"]}
	id := store.DeriveID("item", string(ref.Kind), ref.ID)
	_, err := st.judges.Item(st.Ctx, community.System, id)
	if fault.Is(err, fault.NotFound) {
		_, err = st.judges.Flag(st.Ctx, st.Actor("admin2"), ref, moderation.NotAnswer, "plain to see")
	}
	st.OK(err).Settled()
	return id
}

func (st *stage) decide() {
	st.T.Helper()
	id := st.item()
	i, err := st.judges.Item(st.Ctx, community.System, id)
	st.OK(err)
	_, err = st.judges.Decide(st.Ctx, st.Actor("admin2"), id, moderation.Verdict{Action: moderation.Hide, Reason: "This is advertising", Version: i.Rev})
	st.OK(err).Settled()
}

func (st *stage) waitHour() { st.Clock.Advance(time.Hour) }

// signed is a hook as the external desk sends it (Standard Webhooks).
func signed(t *testing.T, secret, body string, at time.Time) sending {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	stamp := fmt.Sprint(at.Unix())
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte("msg_1." + stamp + "." + body))
	return sending{method: http.MethodPost, path: "/hooks/desks/fake", plain: true, body: []byte(body), contentType: "application/json", header: map[string]string{
		"Webhook-Id": "msg_1", "Webhook-Timestamp": stamp, "Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(sum.Sum(nil))}}
}

// TestDeskHooks lets a hook in for its signature alone: no cookie, no form
// token, and nothing of its body is believed.
func TestDeskHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guest := &visitor{name: "guest"}
	now := w.Clock.Now()
	good := signed(t, hookSecret, `{"ticket":7}`, now)
	changed, other := good, good
	changed.body = []byte(`{"ticket":8}`)
	other.path = "/hooks/desks/other"
	for name, c := range map[string]struct {
		send sending
		want int
	}{
		"signed":                {good, 204},
		"changed on the way":    {changed, 401},
		"of an unknown desk":    {other, 404},
		"with another secret":   {signed(t, "whsec_YW5vdGhlci1zZWNyZXQtZW50aXJlbHktMTIz", `{}`, now), 401},
		"of yesterday":          {signed(t, hookSecret, `{}`, now.Add(-24*time.Hour)), 401},
		"not signed":            {sending{method: "POST", path: "/hooks/desks/fake", plain: true}, 401},
		"with rubbish in place": {sending{method: "POST", path: "/hooks/desks/fake", plain: true, body: []byte("rubbish"), header: map[string]string{"Webhook-Signature": "v1,%%%"}}, 401},
	} {
		got := w.do(guest, c.send)
		if got.status != c.want {
			t.Errorf("%s: %d, want %d: %s", name, got.status, c.want, got.body)
		}
		explained(t, name, c.send.path, got)
	}
	w.quiet("hooks")
}
