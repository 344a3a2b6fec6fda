package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// cast are the roles that every route is tried with, in the order of a row's
// expectations. The owner asked the thread of the scene; the outsider has
// nothing to do with it.
var cast = []string{"guest", "outsider", "owner", "suspended", "moderator", "agent", "admin"}

// row says what one route answers to each role. {words} in path and bodies
// stand for what a stage has at hand.
type row struct {
	route string       // as fiber lists it
	at    string       // path; "" is the route with its usual ids
	form  string       // body of a page's form, as a query string
	json  string       // body of an API request
	pic   string       // field of a form with a picture
	want  [7]int       // by cast
	set   func(*stage) // makes what the row is about
	spend bool         // ends the caller's session
}

// The rows that most routes share.
func all(s int) [7]int     { return [7]int{s, s, s, s, s, s, s} }
func members(s int) [7]int { return [7]int{401, s, s, s, s, s, s} }
func active(s int) [7]int  { return [7]int{401, s, s, 403, s, s, s} }
func staff(s int) [7]int   { return [7]int{401, 403, 403, 403, s, s, s} }
func asker(s int) [7]int   { return [7]int{401, 403, s, 403, s, s, s} }
func others(s int) [7]int  { return [7]int{401, s, 409, 403, s, s, s} } // not the asker
func voter(s int) [7]int   { return [7]int{401, s, 403, 403, s, s, s} }
func admins(s int) [7]int  { return [7]int{401, 404, 404, 404, 404, 404, s} }
func owned(s int) [7]int   { return [7]int{401, 404, s, 403, 404, 404, 404} }

var pageRows = []row{
	{route: "GET /static/:hash/*", at: "/static/old/app.css", want: all(200)},
	{route: "GET /favicon.ico", want: all(200)},
	{route: "GET /healthz", want: all(200)},
	{route: "GET /robots.txt", want: all(200)},
	{route: "GET /manifest.webmanifest", want: all(200)},
	{route: "GET /opensearch.xml", want: all(200)},
	{route: "GET /sitemap.xml", want: all(200)},
	{route: "GET /sitemap/:space", at: "/sitemap/general.xml", want: all(200)},
	{route: "GET /feed.atom", want: all(200)},
	{route: "GET /spaces/:id/feed.atom", want: all(200)},
	{route: "GET /tags/:name/feed.atom", want: all(200)},
	{route: "GET /", want: all(200)},
	{route: "GET /spaces", want: all(200)},
	{route: "GET /spaces/:id", want: all(200)},
	{route: "GET /tags", want: all(200)},
	{route: "GET /tags/:name", want: all(200)},
	{route: "GET /search", at: "/search?q=printer", want: all(200)},
	{route: "GET /members/:id", want: all(200)},
	{route: "GET /@:handle", at: "/@{handle}", want: all(303)},
	{route: "GET /images/:id", at: "/images/{upload}", want: all(200)},
	{route: "GET /images/:id/:size", at: "/images/{upload}/{size}", want: all(200)},
	{route: "GET /threads/:id", want: all(200)},
	{route: "GET /threads/:id/live", want: all(200)},
	{route: "GET /posts/:kind/:id/comments", want: all(200)},
	{route: "GET /posts/:kind/:id/history", want: all(200)},
	{route: "GET /ask", want: all(200)},
	{route: "GET /posts/:kind/:id/edit", want: members(200)},
	{route: "GET /threads/:id/duplicate", want: [7]int{401, 404, 200, 404, 200, 200, 200}},
	{route: "GET /sign-in", want: [7]int{200, 303, 303, 303, 303, 303, 303}},
	{route: "GET /sign-up", want: [7]int{200, 303, 303, 303, 303, 303, 303}},
	{route: "GET /setup", at: "/setup?token=abc", want: all(410)},
	{route: "GET /forgot", want: all(200)},
	{route: "GET /reset", at: "/reset?token={reset}", want: all(200)},
	{route: "GET /confirm", at: "/confirm?token={confirm}", want: all(200)},
	{route: "GET /unsubscribe", at: "/unsubscribe?token={unsubscribe}", want: all(200)},
	{route: "GET /notifications", want: members(200)},
	{route: "GET /settings", want: members(200)},
	{route: "GET /admin", want: admins(200)},
	{route: "GET /admin/spaces", want: admins(200)},
	{route: "GET /admin/spaces/:id", want: admins(200)},
	{route: "GET /admin/members", want: admins(200)},
	{route: "GET /admin/mail", want: admins(200)},
	{route: "GET /admin/checks", want: admins(200)},
	{route: "GET /admin/deflection", want: [7]int{401, 404, 404, 404, 200, 200, 200}},
	{route: "GET /admin/deflection.csv", want: [7]int{401, 404, 404, 404, 200, 200, 200}},
	{route: "GET /admin/deflection/write", want: [7]int{401, 404, 404, 404, 200, 200, 200}},
	{route: "POST /admin/deflection/write", form: "space=general&title=What+nobody+knew+{n}&body=Many+looked+for+it&answer=Here+it+is,+in+full", want: [7]int{401, 404, 404, 404, 303, 303, 303}},

	{route: "GET /privacy", want: all(200)},
	{route: "GET /widget.js", want: all(200)},
	{route: "GET /widget", at: "/widget?q=printer&theme=dark", want: all(200)},
	{route: "GET /admin/widget", want: admins(200)},
	{route: "POST /widget/look", form: "q=printer+jam", want: all(200)},
	{route: "POST /widget/act", form: "act=solved&attempt=unknown&thread={thread}", want: all(410)},
	{route: "POST /widget/go", form: "to=agent&title=printer&attempt=unknown", want: all(303)},

	{route: "POST /ask", form: "space=general&title=Why+does+it+blink+{n}&body=It+blinks+since+this+morning&tags=router", want: active(303)},
	{route: "POST /threads/:id/answers", form: "body=Hold+the+reset+button+down", want: active(303)},
	{route: "POST /posts/:kind/:id/comments", form: "body=Which+one+do+you+mean", want: active(303)},
	{route: "POST /posts/:kind/:id/edit", form: "edit=0&body=Turn+it+off+and+wait+a+minute", want: staff(303)},
	{route: "POST /drafts/drop", form: "place=ask", want: members(303)},
	{route: "POST /drafts", form: "place=ask&body=unfinished", want: members(200)},
	{route: "POST /preview", form: "body=some+**text**", want: active(200)},
	{route: "POST /related", form: "title=printer+jam", want: all(200)},
	{route: "POST /join", form: "carry-to=/ask&carry.title=Why", want: [7]int{200, 303, 303, 303, 303, 303, 303}},
	{route: "POST /deflection/solved", form: "attempt=unknown&thread={thread}", want: [7]int{410, 410, 403, 410, 410, 410, 410}},
	{route: "POST /deflection/not-yet", form: "attempt=unknown&thread={thread}", want: all(410)},
	{route: "POST /threads/:id/suggested", form: "fits=yes", want: [7]int{401, 403, 410, 403, 403, 403, 403}},
	{route: "GET /saved", want: members(200)},
	{route: "POST /saved", form: "q=printer+jam+{n}", want: active(303)},
	{route: "POST /saved/:id/drop", at: "/saved/nothing/drop", want: members(404)},
	{route: "GET /admin/suggested", want: admins(200)},
	{route: "POST /admin/suggested", form: "act=off", want: admins(303)},
	{route: "POST /uploads", pic: "picture", want: active(201)},
	{route: "GET /uploads/known", at: "/uploads/known?sha256={sum}", want: [7]int{401, 404, 404, 403, 404, 404, 404}},
	{route: "GET /uploads/:id/findings", want: [7]int{401, 404, 200, 404, 200, 200, 200}},
	{route: "DELETE /uploads/:id", set: (*stage).unposted, want: [7]int{401, 404, 204, 404, 404, 404, 404}},
	{route: "POST /uploads/:id/alt", form: "alt=a+red+line", want: owned(200)},
	{route: "POST /posts/:kind/:id/vote", form: "value=1", want: active(303)},
	{route: "POST /posts/:kind/:id/remove", form: "reason=spam", want: staff(303)},
	{route: "POST /posts/:kind/:id/restore", form: "", set: (*stage).removeAnswer, want: [7]int{401, 404, 404, 404, 303, 303, 303}},
	{route: "POST /answers/:id/accept", want: asker(303)},
	{route: "POST /answers/:id/unaccept", set: (*stage).accept, want: asker(303)},
	{route: "POST /answers/:id/verify", want: staff(303)},
	{route: "POST /answers/:id/unverify", want: staff(303)},
	{route: "POST /threads/:id/me-too", form: "on=1", want: others(303)},
	{route: "POST /threads/:id/watch", form: "on=1", want: active(303)},
	{route: "POST /threads/:id/lock", form: "reason=getting+heated", want: staff(303)},
	{route: "POST /threads/:id/unlock", want: staff(303)},
	{route: "POST /threads/:id/private", form: "on=1", want: asker(303)},
	{route: "POST /threads/:id/move", form: "space=second", want: staff(303)},
	{route: "POST /threads/:id/duplicate", form: "of={other}", want: asker(303)},
	{route: "POST /threads/:id/undo-duplicate", want: asker(303)},
	{route: "POST /sign-in", form: "email=helper@example.org&password=correct+horse+helper", want: all(303)},
	{route: "POST /sign-out", want: all(303), spend: true},
	{route: "POST /sign-up", form: "name=New+Person&email=new{n}@example.org&password=a+long+enough+phrase", want: all(303)},
	{route: "POST /forgot", form: "email=helper@example.org", want: all(200)},
	{route: "POST /reset", form: "token={reset}&password=yet+another+long+phrase", want: all(303)},
	{route: "POST /confirm", form: "token={confirm}", want: all(303)},
	{route: "POST /confirm/again", want: members(409)},
	{route: "POST /unsubscribe", form: "token={unsubscribe}", want: all(303)},
	{route: "POST /notifications", want: members(303)},
	{route: "POST /settings/profile", form: "name={me}&about=Hello&location=Here", want: active(303)},
	{route: "POST /settings/prefs", form: "mail_answers=1&theme=dark", want: members(303)},
	{route: "POST /settings/password", form: "old_password=wrong&new_password=yet+another+long+phrase", want: members(422)},
	{route: "POST /settings/email", form: "password=wrong&new_email=else{n}@example.org", want: members(422)},
	{route: "POST /settings/session", form: "session={session}", want: [7]int{401, 404, 303, 404, 404, 404, 404}},
	{route: "POST /settings/sessions", want: members(303), spend: true},
	{route: "POST /settings/close", form: "password=wrong", want: members(422)},
	{route: "POST /admin", form: "name=Selfie&tagline=Ask&sign_up=1&stale_after_days=180", want: admins(303)},
	{route: "POST /admin/spaces/:id", form: "name=General&visibility=public&position=0", want: admins(303)},
	{route: "POST /admin/members/:id/role", form: "role=agent", want: admins(303)},
	{route: "POST /admin/members/:id/groups", form: "groups=gold+silver", want: admins(303)},
	{route: "POST /admin/members/:id/suspend", form: "days=3", want: admins(303)},
	{route: "POST /admin/members/:id/close", form: "sure=1", want: admins(303)},
}

var apiRows = []row{
	{route: "GET /api/openapi.json", want: all(200)},
	{route: "GET /api/docs", want: all(200)},
	{route: "GET /api/v1/session", want: all(200)},
	{route: "GET /api/v1/me", want: members(200)},
	{route: "GET /api/v1/me/sessions", want: members(200)},
	{route: "GET /api/v1/me/watching", want: members(200)},
	{route: "GET /api/v1/members/:id", want: all(200)},
	{route: "GET /api/v1/members/:id/threads", want: all(200)},
	{route: "GET /api/v1/members/:id/answers", want: all(200)},
	{route: "GET /api/v1/spaces", want: all(200)},
	{route: "GET /api/v1/spaces/:id", want: all(200)},
	{route: "GET /api/v1/threads", want: all(200)},
	{route: "GET /api/v1/threads/:id", want: all(200)},
	{route: "GET /api/v1/threads/:id/duplicates", want: all(200)},
	{route: "GET /api/v1/threads/:id/related", want: all(200)},
	{route: "GET /api/v1/threads/:id/answers", want: all(200)},
	{route: "GET /api/v1/threads/:id/comments", want: all(200)},
	{route: "GET /api/v1/threads/:id/history", want: all(200)},
	{route: "GET /api/v1/answers/:id", want: all(200)},
	{route: "GET /api/v1/answers/:id/comments", want: all(200)},
	{route: "GET /api/v1/answers/:id/history", want: all(200)},
	{route: "GET /api/v1/comments/:id", want: all(200)},
	{route: "GET /api/v1/comments/:id/history", want: all(200)},
	{route: "GET /api/v1/tags", want: all(200)},
	{route: "GET /api/v1/tags/:name", want: all(200)},
	{route: "GET /api/v1/uploads/:id", want: all(200)},
	{route: "GET /api/v1/uploads/known", at: "/api/v1/uploads/known?sha256={sum}", want: [7]int{401, 404, 404, 403, 404, 404, 404}},
	{route: "GET /api/v1/uploads/:id/findings", want: [7]int{401, 404, 200, 404, 200, 200, 200}},
	{route: "GET /api/v1/drafts/:place", at: "/api/v1/drafts/answer:{thread}", want: members(200)},
	{route: "GET /api/v1/search", at: "/api/v1/search?q=printer", want: all(200)},
	{route: "GET /api/v1/notifications", want: members(200)},
	{route: "GET /api/v1/admin/settings", want: admins(200)},
	{route: "GET /api/v1/admin/spaces", want: admins(200)},
	{route: "GET /api/v1/admin/members", want: admins(200)},
	{route: "GET /api/v1/health", want: all(200)},

	{route: "POST /api/v1/session", json: `{"email":"helper@example.org","password":"correct horse helper"}`, want: all(201)},
	{route: "POST /api/v1/members", json: `{"name":"New Person","email":"api{n}@example.org","password":"a long enough phrase"}`, want: all(201)},
	{route: "POST /api/v1/me/password", json: `{"old":"wrong","new":"yet another long phrase"}`, want: members(422)},
	{route: "POST /api/v1/me/email", json: `{"password":"wrong","email":"x@example.org"}`, want: members(422)},
	{route: "POST /api/v1/me/confirmation", want: members(409)},
	{route: "POST /api/v1/me/close", json: `{"password":"wrong"}`, want: members(422)},
	{route: "POST /api/v1/threads", json: `{"space":"general","title":"Why does it blink {n}","body":"It blinks since this morning"}`, want: active(201)},
	{route: "POST /api/v1/threads/:id/answers", json: `{"body":"Hold the reset button down"}`, want: active(201)},
	{route: "POST /api/v1/threads/:id/comments", json: `{"body":"Which one do you mean"}`, want: active(201)},
	{route: "POST /api/v1/answers/:id/comments", json: `{"body":"Which one do you mean"}`, want: active(201)},
	{route: "POST /api/v1/threads/:id/restore", set: (*stage).removeThread, want: [7]int{401, 404, 403, 403, 204, 204, 204}},
	{route: "POST /api/v1/answers/:id/restore", set: (*stage).removeAnswer, want: [7]int{401, 404, 404, 403, 204, 204, 204}},
	{route: "POST /api/v1/comments/:id/restore", set: (*stage).removeComment, want: [7]int{401, 404, 404, 403, 204, 204, 204}},
	{route: "POST /api/v1/uploads", pic: "picture", want: active(201)},
	{route: "POST /api/v1/preview", json: `{"body":"some **text**"}`, want: active(200)},
	{route: "POST /api/v1/related", json: `{"title":"printer jam"}`, want: all(200)},
	{route: "POST /api/v1/deflection/attempts", json: `{"query":"printer jam"}`, want: all(200)},
	{route: "POST /api/v1/deflection/attempts/:id/opened", at: "/api/v1/deflection/attempts/unknown/opened", json: `{"thread":"{thread}"}`, want: all(410)},
	{route: "POST /api/v1/deflection/attempts/:id/solved", at: "/api/v1/deflection/attempts/unknown/solved", json: `{"thread":"{thread}"}`, want: [7]int{410, 410, 403, 410, 410, 410, 410}},
	{route: "POST /api/v1/deflection/attempts/:id/not-yet", at: "/api/v1/deflection/attempts/unknown/not-yet", json: `{"thread":"{thread}"}`, want: all(410)},
	{route: "POST /api/v1/deflection/attempts/:id/asked", at: "/api/v1/deflection/attempts/unknown/asked", json: `{"thread":"{thread}"}`, want: [7]int{401, 403, 204, 403, 403, 403, 403}},
	{route: "GET /api/v1/threads/:id/suggestion", want: all(404)},
	{route: "PUT /api/v1/threads/:id/suggestion", json: `{"fits":false}`, want: [7]int{401, 403, 410, 403, 403, 403, 403}},
	{route: "GET /api/v1/me/searches", want: members(200)},
	{route: "POST /api/v1/me/searches", json: `{"query":"printer jam {n}"}`, want: active(201)},
	{route: "DELETE /api/v1/me/searches/:id", at: "/api/v1/me/searches/nothing", want: members(404)},
	{route: "GET /api/v1/admin/suggestions", want: admins(200)},
	{route: "PUT /api/v1/admin/suggestions", json: `{"on":false}`, want: admins(200)},
	{route: "POST /api/v1/notifications/seen", json: `{}`, want: members(204)},
	{route: "POST /api/v1/admin/spaces", json: `{"id":"space-{n}","name":"A space","visibility":"public"}`, want: admins(201)},
	{route: "POST /api/v1/admin/members/:id/close", json: `{}`, want: admins(204)},

	{route: "PUT /api/v1/members/:id/suspension", at: "/api/v1/members/{target}/suspension", json: `{"until":"2099-01-01T00:00:00Z"}`, want: [7]int{401, 403, 403, 403, 204, 403, 204}},
	{route: "PUT /api/v1/threads/:id/lock", json: `{"reason":"getting heated"}`, want: staff(200)},
	{route: "PUT /api/v1/threads/:id/space", json: `{"space":"second"}`, want: staff(200)},
	{route: "PUT /api/v1/threads/:id/duplicate", json: `{"of":"{other}"}`, want: asker(200)},
	{route: "PUT /api/v1/threads/:id/accepted", json: `{"answer":"{answer}"}`, want: asker(200)},
	{route: "PUT /api/v1/threads/:id/private", want: asker(200)},
	{route: "PUT /api/v1/threads/:id/me-too", want: others(204)},
	{route: "PUT /api/v1/threads/:id/watch", want: active(204)},
	{route: "PUT /api/v1/threads/:id/vote", json: `{"value":1}`, want: voter(200)},
	{route: "PUT /api/v1/answers/:id/vote", json: `{"value":-1}`, want: active(200)},
	{route: "PUT /api/v1/answers/:id/verified", want: staff(200)},
	{route: "PUT /api/v1/comments/:id/vote", json: `{"value":1}`, want: active(200)},
	{route: "PUT /api/v1/drafts/:place", at: "/api/v1/drafts/ask", json: `{"body":"unfinished"}`, want: members(200)},
	{route: "PUT /api/v1/admin/spaces/:id", json: `{"name":"General","visibility":"public"}`, want: admins(200)},
	{route: "PUT /api/v1/admin/members/:id/role", json: `{"role":"agent"}`, want: admins(204)},
	{route: "PUT /api/v1/admin/members/:id/groups", json: `{"groups":["gold"]}`, want: admins(204)},

	{route: "DELETE /api/v1/session", want: members(204), spend: true},
	{route: "DELETE /api/v1/me/sessions", want: members(200), spend: true},
	{route: "DELETE /api/v1/me/sessions/:id", at: "/api/v1/me/sessions/{session}", want: [7]int{401, 404, 204, 404, 404, 404, 404}},
	{route: "DELETE /api/v1/threads/:id/lock", want: staff(200)},
	{route: "DELETE /api/v1/threads/:id/duplicate", want: asker(200)},
	{route: "DELETE /api/v1/threads/:id/accepted", set: (*stage).accept, want: asker(200)},
	{route: "DELETE /api/v1/threads/:id/private", want: asker(200)},
	{route: "DELETE /api/v1/threads/:id/me-too", want: others(204)},
	{route: "DELETE /api/v1/threads/:id/watch", want: active(204)},
	{route: "DELETE /api/v1/threads/:id", want: [7]int{401, 403, 409, 403, 204, 204, 204}},
	{route: "DELETE /api/v1/answers/:id", want: staff(204)},
	{route: "DELETE /api/v1/answers/:id/verified", want: staff(200)},
	{route: "DELETE /api/v1/comments/:id", want: staff(204)},
	{route: "DELETE /api/v1/drafts/:place", at: "/api/v1/drafts/ask", want: members(204)},

	{route: "PATCH /api/v1/me", json: `{"location":"Here"}`, want: active(200)},
	{route: "PATCH /api/v1/threads/:id", json: `{"edit":0,"title":"Another title {n}"}`, want: asker(200)},
	{route: "PATCH /api/v1/answers/:id", json: `{"edit":0,"body":"Turn it off and wait a minute"}`, want: staff(200)},
	{route: "PATCH /api/v1/comments/:id", json: `{"edit":0,"body":"What does it say"}`, want: staff(200)},
	{route: "DELETE /api/v1/uploads/:id", set: (*stage).unposted, want: [7]int{401, 404, 204, 404, 404, 404, 404}},
	{route: "PATCH /api/v1/uploads/:id", json: `{"alt":"a red line"}`, want: owned(200)},
	{route: "PATCH /api/v1/admin/settings", json: `{"tagline":"Ask"}`, want: admins(200)},
}

func rows() []row { return slices.Concat(pageRows, workRows, apiRows) }

func (r row) method() string { m, _, _ := strings.Cut(r.route, " "); return m }

// path is where the row's request goes, with {words} still in it.
func (r row) path() string {
	if r.at != "" {
		return r.at
	}
	_, path, _ := strings.Cut(r.route, " ")
	for _, usual := range []struct{ route, words string }{
		{"/posts/:kind/:id", "/posts/answer/{answer}"}, {"/admin/members/:id", "/admin/members/{target}"}, {"/threads/:id", "/threads/{thread}"},
		{"/answers/:id", "/answers/{answer}"}, {"/comments/:id", "/comments/{comment}"}, {"/members/:id", "/members/{member}"},
		{"/uploads/:id", "/uploads/{upload}"}, {"/spaces/:id", "/spaces/general"}, {"/tags/:name", "/tags/printer"},
	} {
		path = strings.Replace(path, usual.route, usual.words, 1)
	}
	return path
}

// sending is the row's request, with {words} filled in.
func (r row) sending(st *stage, path string) sending {
	s := sending{method: r.method(), path: st.fill(path), json: st.fill(r.json)}
	if r.pic != "" {
		s.body, s.contentType = picture(r.pic, smallPNG())
	}
	if s.method != http.MethodGet && s.json == "" && s.body == nil && !strings.HasPrefix(path, "/api/") {
		s.form, _ = url.ParseQuery(st.fill(r.form)) // written above
	}
	return s
}

// stage is a thread with everything around it, on which rows play.
type stage struct {
	*world
	words map[string]string
	used  bool // a row changed it
}

// setStage lets the owner ask, the helper answer and remark, all over again.
func setStage(w *world) *stage {
	w.T.Helper()
	w.Clock.Advance(2 * time.Hour) // the day's allowance of questions
	st := &stage{world: w, words: map[string]string{"session": "unknown", "sum": strings.Repeat("0f", 32)}}
	w.As("helper").Ask("Printer prints blank pages " + w.fresh())
	st.words["other"] = w.Thread.ID
	up := w.upload(w.Actor("owner"))
	w.As("owner")
	w.T.Helper()
	st.words["thread"] = st.ask("general", false, up.ID)
	st.words["upload"], st.words["size"] = up.ID, up.Variants[0].Name
	st.addPosts()
	w.Settled()
	st.words["member"], st.words["handle"] = w.idOf("helper"), st.handleOf("helper")
	return st
}

func (st *stage) ask(space string, private bool, images ...string) string {
	st.T.Helper()
	t, err := st.Svc.Ask(st.Ctx, st.By, community.ThreadDraft{
		Space: space, Title: "Printer is jammed again " + st.fresh(), Body: "It makes a noise and then nothing.", Tags: []string{"printer"}, Private: private, Images: images})
	st.OK(err)
	st.Thread = t
	return t.ID
}

// addPosts answers and comments as staff, who may everywhere, or the helper.
func (st *stage) addPosts() {
	st.T.Helper()
	by := "helper"
	if st.Thread.Private || st.Thread.Space != "general" {
		by = "agent2"
	}
	st.As(by).Answer("Turn it off and on again, please.").Remark("What does the display say?")
	st.words["answer"], st.words["comment"] = st.Answer_.ID, st.Comment.ID
}

func (st *stage) handleOf(name string) string {
	m, err := st.Svc.Member(st.Ctx, st.idOf(name))
	st.OK(err)
	return m.Handle
}

func (st *stage) accept() {
	_, err := st.Svc.Accept(st.Ctx, community.System, st.words["thread"], st.words["answer"])
	st.OK(err)
}

func (st *stage) remove(kind community.Kind, word string) {
	st.OK(st.Svc.Remove(st.Ctx, community.System, community.Ref{Kind: kind, ID: st.words[word]}, "spam"))
}

// unposted is a picture of the owner's that no post shows.
func (st *stage) unposted() { st.words["upload"] = st.upload(st.Actor("owner")).ID }

func (st *stage) removeThread()  { st.remove(community.AQuestion, "thread") }
func (st *stage) removeAnswer()  { st.remove(community.AnAnswer, "answer") }
func (st *stage) removeComment() { st.remove(community.AComment, "comment") }

var word = regexp.MustCompile(`\{(\w+)\}`)

// fill puts what is at hand in place of the words; some are made on the spot.
func (st *stage) fill(s string) string {
	return word.ReplaceAllStringFunc(s, func(w string) string {
		name := w[1 : len(w)-1]
		switch name {
		case "n":
			return st.fresh()
		case "me":
			return "Somebody+Else"
		case "target":
			return st.newcomer().ID
		case "reset", "confirm", "unsubscribe":
			link, err := st.Svc.Link(st.Ctx, community.LinkPurpose(name), st.newcomer(), time.Hour)
			st.OK(err)
			return url.QueryEscape(link)
		case "session":
			return st.otherSession()
		case "item", "version", "case", "rule":
			return st.work(name)
		}
		if st.words[name] == "" {
			return w // a brace of JSON
		}
		return st.words[name]
	})
}

func (st *stage) newcomer() *community.Member {
	m, err := st.Svc.CreateMember(st.Ctx, community.System, community.NewMember{Name: "Someone New", Email: "someone" + st.fresh() + "@example.org"})
	st.OK(err)
	return m
}

// otherSession is a second session of the owner.
func (st *stage) otherSession() string {
	v := st.visit("owner")
	by, err := st.Svc.ActorOf(st.Ctx, v.token)
	st.OK(err)
	return by.Session
}

// matrixWorld is a world with the cast signed in.
func matrixWorld(t *testing.T) (*world, map[string]*visitor) {
	t.Helper()
	w := newWorld(t)
	w.Space("second", community.Public)
	w.Space("closed", community.Restricted, "gold")
	for _, name := range []string{"helper", "agent2", "admin2"} {
		w.Actor(name)
	}
	visitors := map[string]*visitor{}
	for _, name := range cast {
		visitors[name] = w.visit(name)
	}
	w.Clock.Advance(48 * time.Hour) // past the narrow limits of a member's first day
	w.OK(w.Svc.Suspend(w.Ctx, community.System, w.idOf("suspended"), store.At(w.Clock.Now().Add(365*24*time.Hour))))
	return w, visitors
}

// TestEveryRouteHasARow fails for a route that nobody thought about.
func TestEveryRouteHasARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	routes := map[string]bool{}
	for _, r := range w.site.App().GetRoutes(true) {
		if r.Method == "HEAD" {
			continue // always beside a GET
		}
		routes[r.Method+" "+r.Path] = true
	}
	known := map[string]bool{}
	for _, r := range rows() {
		if known[r.route] {
			t.Errorf("%s has two rows", r.route)
		}
		known[r.route] = true
	}
	for _, x := range difference(routes, known) {
		t.Errorf("%s has no row in the matrix", x)
	}
	for _, x := range difference(known, routes) {
		t.Errorf("%s is no route any more", x)
	}
}

// TestMatrix tries every route with every role.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	st := setStage(w)
	for _, r := range rows() {
		for i, role := range cast {
			if st.used {
				st = setStage(w)
			}
			if r.set != nil {
				r.set(st)
				st.used = true
			}
			got := w.do(visitors[role], r.sending(st, r.path()))
			name := r.route + " as " + role
			if got.status != r.want[i] {
				t.Errorf("%s: %d, want %d: %s", name, got.status, r.want[i], says(got))
			}
			explained(t, name, r.path(), got)
			w.quiet(name)
			if r.method() != http.MethodGet && got.status < 400 {
				st.used = true
				if r.spend {
					visitors[role] = w.visit(role)
				}
			}
		}
	}
}

// says is the sentence of a refusal.
func says(got answer) string {
	if m := regexp.MustCompile(`<p class="lead">([^<]*)`).FindStringSubmatch(got.body); m != nil {
		return m[1]
	}
	return got.body[:min(len(got.body), 300)]
}

// explained fails for an internal error, and for a refusal without a sentence:
// a problem document from the API and whoever asks for JSON, else a page.
func explained(t *testing.T, name, path string, got answer) {
	t.Helper()
	if got.status == 500 || got.status > 503 {
		t.Errorf("%s: %d: %s", name, got.status, says(got))
	}
	if got.status < 400 {
		return
	}
	if strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && !strings.HasPrefix(path, "/api/") {
		if !strings.Contains(got.body, "<h1") || !strings.Contains(got.body, "<p") {
			t.Errorf("%s: %d: a page without a sentence: %s", name, got.status, says(got))
		}
		return
	}
	var p struct{ Title, Detail string }
	if err := json.Unmarshal([]byte(got.body), &p); got.header.Get("Content-Type") != "application/problem+json" || err != nil || len(p.Detail) < 10 {
		t.Errorf("%s: %d without a problem document: %s %q", name, got.status, got.header.Get("Content-Type"), says(got))
	}
}

// TestMatrixHidesThreads tries every route about a thread, a post or a picture
// on ones that outsiders may not see: for them there is nothing there.
func TestMatrixHidesThreads(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	w.OK(w.Svc.SetGroups(w.Ctx, community.System, w.idOf("owner"), []string{"gold"}))
	for _, hidden := range []struct {
		name, space string
		private     bool
	}{{"private", "general", true}, {"restricted", "closed", false}} {
		st := setStage(w)
		up := w.upload(w.Actor("owner"))
		w.As("owner")
		st.words["thread"] = st.ask(hidden.space, hidden.private, up.ID)
		st.words["upload"] = up.ID
		st.addPosts()
		w.Settled()
		for _, r := range rows() {
			path := r.path()
			if !regexp.MustCompile(`\{(thread|answer|comment|upload)\}`).MatchString(path) || strings.Contains(path, "/drafts/") {
				continue
			}
			for _, role := range []string{"guest", "outsider"} {
				got := w.do(visitors[role], r.sending(st, path))
				name := r.route + " on a " + hidden.name + " thread as " + role
				wanted := got.status == 404 || (role == "guest" && got.status == 401 && r.want[0] == 401)
				if r.route == "POST /threads/:id/move" || strings.HasSuffix(r.route, "/:id/space") {
					wanted = wanted || got.status == 403 // refused for what they are, before the thread is looked at
				}
				if !wanted {
					t.Errorf("%s: %d, want 404: %s", name, got.status, says(got))
				}
				if strings.Contains(got.body, "jammed") || strings.Contains(got.body, "Turn it off") {
					t.Errorf("%s: the answer holds hidden text", name)
				}
				explained(t, name, path, got)
			}
			w.quiet(r.route)
		}
	}
}

// rubbishParts stand in place of every id of a path.
var rubbishParts = []string{
	"nope", "0", "-1", "a%00b", "%ff%fe", "%C3%28", "%F0%9F%92%A9", "..%2f..%2fetc%2fpasswd", "%2e%2e", "%", "%zz", "'%20OR%201=1--", "%3Cscript%3E",
	"{id}", "*", "null", "%0d%0aSet-Cookie:x=1", strings.Repeat("a", 3000),
}

var rubbishQueries = []string{
	"after=rubbish", "after=" + strings.Repeat("Zm9v", 600), "after=%00", "after=%ff", "after=eyJhIjoxfQ", "after=AAAAAAAAAAAAAAAA&limit=-1", "limit=99999999999999999999", "limit=abc", "limit=0",
	"state=rubbish", "sort=rubbish", "show=rubbish", "space=%ff", "tag=%00", "tag=a&state=solved&unanswered=true", "q=%ff%00", "q=" + strings.Repeat("a+", 2000), "q=%22%28%2A%3A%5B",
	"colour=red", "%ff=%ff", "&&&===", "token=%00%ff", "token=a.b.c", "next=//evil.example", "role=king", "email=%ff", "from=%00", "reason=%ff", "reason=" + strings.Repeat("x", 2000),
}

// TestRubbishAddresses tries every route with damaged ids and queries.
func TestRubbishAddresses(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	st := setStage(w)
	params := regexp.MustCompile(`:\w+|\*`)
	for _, r := range rows() {
		_, pattern, _ := strings.Cut(r.route, " ")
		var paths []string
		if params.MatchString(pattern) {
			for _, part := range rubbishParts {
				paths = append(paths, params.ReplaceAllLiteralString(pattern, part))
			}
		}
		if r.method() == http.MethodGet && !strings.HasSuffix(pattern, "/live") {
			for _, q := range rubbishQueries {
				path, _, _ := strings.Cut(st.fill(r.path()), "?")
				paths = append(paths, path+"?"+q)
			}
		}
		for _, role := range []string{"guest", "admin"} {
			for i, path := range paths {
				if role == "guest" && i%3 != 0 {
					continue // the admin comes deeper; guests are mostly turned away
				}
				s := r.sending(st, r.path())
				s.path = path
				harmless(t, w, visitors[role], r, role, s)
			}
		}
	}
}

// harmless sends rubbish: whatever the answer, it is no internal error, says
// what is wrong, and leaves nothing in the log.
func harmless(t *testing.T, w *world, v *visitor, r row, role string, s sending) answer {
	t.Helper()
	got := w.do(v, s)
	about := r.route + " as " + role + ": " + s.method + " " + cut(s.path, 160) + " " + cut(s.json+string(s.body)+s.form.Encode(), 120)
	if got.status >= 500 {
		t.Errorf("%s: %d: %s", about, got.status, says(got))
	}
	explained(t, about, s.path, got)
	w.quiet(about)
	return got
}

func cut(s string, most int) string { return s[:min(len(s), most)] }

var rubbishJSON = []string{
	`null`, `[]`, `7`, `"text"`, `{`, `{}`, `{"a":1}`, `{"body":null}`, `{}{}`, "\x00", "{\"body\":\"\xff\xfe\"}", `{"body":"a\u0000b and more text"}`,
	strings.Repeat(`[`, 20000), strings.Repeat(`{"a":`, 5000), `{"edit":1e999}`, `{"edit":1.5,"value":0.5}`,
}

// rubbishValues stand in place of every field.
var rubbishValues = []string{
	`null`, `7`, `-1`, `1.5`, `1e400`, `true`, `[]`, `{}`, `[[1]]`, `""`, `"x"`, `"a\u0000b"`, `"\ud800"`, `"\u202eabc"`, `9223372036854775808`, `["a",7]`, `["","%ff"]`,
	`"` + strings.Repeat("x", 40_000) + `"`, `["` + strings.Repeat("x", 5000) + `"]`,
}

// TestRubbishBodies tries every route that takes a body with damaged ones:
// none of them may be believed, and none may be the server's fault.
func TestRubbishBodies(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	st := setStage(w)
	for _, r := range rows() {
		if r.method() == http.MethodGet {
			continue
		}
		for _, body := range bodiesFor(r, st) {
			visitors["admin"] = w.awake(visitors["admin"])
			body.method, body.path = r.method(), st.fill(r.path())
			harmless(t, w, visitors["admin"], r, "admin", body)
		}
	}
}

// awake signs in again a visitor whose session a row has ended.
func (w *world) awake(v *visitor) *visitor {
	if by, err := w.Svc.ActorOf(w.Ctx, v.token); err == nil && !by.Guest() {
		return v
	}
	return w.visit(v.name)
}

func bodiesFor(r row, st *stage) (list []sending) {
	_, path, _ := strings.Cut(r.route, " ")
	add := func(contentType, body string) {
		list = append(list, sending{body: []byte(body), contentType: contentType})
	}
	for _, contentType := range []string{"text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "rubbish", "\tapplication/json;;+"} {
		add(contentType, "rubbish")
	}
	add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"../../etc/passwd\"\r\n\r\nnot a picture\r\n--x--\r\n")
	add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n"+string(smallPNG()[:40])+"\r\n--x--\r\n")
	add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"picture\"\r\n\r\ncut off")
	if strings.HasPrefix(path, "/api/") {
		for _, body := range rubbishJSON {
			add("application/json", body)
		}
		return append(list, rubbishFields(r, st)...)
	}
	return append(list, rubbishForms(r, st)...)
}

// rubbishFields damages one field of a good body at a time.
func rubbishFields(r row, st *stage) (list []sending) {
	var good map[string]json.RawMessage
	if json.Unmarshal([]byte(st.fill(r.json)), &good) != nil {
		return nil
	}
	for name := range good {
		for _, value := range rubbishValues {
			body := map[string]json.RawMessage{}
			for n, v := range good {
				body[n] = v
			}
			body[name] = json.RawMessage(value)
			b, err := json.Marshal(body)
			if err == nil {
				list = append(list, sending{json: string(b)})
			}
		}
	}
	return list
}

func rubbishForms(r row, st *stage) (list []sending) {
	good, _ := url.ParseQuery(st.fill(r.form)) // written above
	names := []string{"unknown"}
	for name := range good {
		names = append(names, name)
	}
	for _, name := range names {
		for _, value := range []string{"", "\x00", "\xff\xfe", "-1", "1e9", "99999999999999999999", "‮abc", "<script>", "../../x", strings.Repeat("x", 40_000)} {
			form := url.Values{}
			for n, v := range good {
				form[n] = v
			}
			form.Set(name, value)
			list = append(list, sending{form: form})
		}
		form := url.Values{}
		for n, v := range good {
			form[n] = v
		}
		form[name] = []string{"a", "b", "c"}
		list = append(list, sending{form: form})
	}
	return list
}

// TestForgeriesAndWrongMethods sends what no page and no program of ours sends.
func TestForgeriesAndWrongMethods(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	st := setStage(w)
	owner := visitors["owner"]
	w.formToken(owner)
	for _, r := range rows() {
		path := st.fill(r.path())
		for _, method := range []string{"PUT", "PATCH", "DELETE", "POST", "TRACE", "OPTIONS"} {
			if !routed(w, method, r) {
				got := harmless(t, w, owner, r, "owner", sending{method: method, path: path})
				if got.status < 400 {
					t.Errorf("%s %s: %d", method, path, got.status)
				}
			}
		}
		if r.method() == http.MethodGet || strings.HasPrefix(path, "/hooks/") || strings.HasPrefix(path, "/api/v1/session") || path == "/api/v1/members" || path == "/api/v1/related" {
			continue
		}
		for name, header := range map[string]map[string]string{
			"without a token": {}, "with another's token": {"X-Csrf-Token": csrfOf(w, visitors["outsider"])}, "with rubbish": {"X-Csrf-Token": "AAAA"},
			"from elsewhere": {"X-Csrf-Token": owner.csrf, "Origin": "https://evil.example"}, "cross-site": {"X-Csrf-Token": owner.csrf, "Sec-Fetch-Site": "cross-site"},
		} {
			if strings.HasPrefix(path, "/widget/") && header["Origin"]+header["Sec-Fetch-Site"] == "" {
				continue // in another site's frame there are no cookies: it acts for nobody
			}
			s := r.sending(st, r.path())
			s.plain, s.header = true, header
			if got := harmless(t, w, owner, r, "owner", s); got.status != 403 {
				if !(got.status == 404 && r.want[6] != got.status && strings.Contains(path, "/admin/")) {
					t.Errorf("%s %s: %d, want 403: %s", r.route, name, got.status, says(got))
				}
			}
		}
	}
}

func csrfOf(w *world, v *visitor) string { w.formToken(v); return v.csrf }

// routed reports whether another row serves the same address with a method.
func routed(w *world, method string, r row) bool {
	_, pattern, _ := strings.Cut(r.route, " ")
	for _, x := range w.site.App().GetRoutes(true) {
		if x.Method == method && sameShape(x.Path, pattern) {
			return true
		}
	}
	return false
}

// sameShape reports whether two patterns may match one address.
func sameShape(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] && !strings.HasPrefix(x[i], ":") && !strings.HasPrefix(y[i], ":") {
			return false
		}
	}
	return true
}

// TestDamagedCookies tries cookies and tokens that nobody gave.
func TestDamagedCookies(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	good := visitors["owner"].token
	for _, token := range []string{"x", good[:len(good)-1], good + "A", strings.ToUpper(good), strings.Repeat("a", 5000), "%00", "!#$%&"} {
		v := &visitor{name: "damaged", token: token}
		got := harmless(t, w, v, row{route: "GET /settings"}, "damaged", sending{method: "GET", path: "/settings", plain: true})
		if got.status != 401 && got.status != 431 {
			t.Errorf("the cookie %q: %d", cut(token, 60), got.status)
		}
		got = harmless(t, w, v, row{route: "GET /api/v1/me"}, "damaged", sending{method: "GET", path: "/api/v1/me"})
		if got.status != 401 && got.status != 431 {
			t.Errorf("the token %q: %d", cut(token, 60), got.status)
		}
	}
	for _, name := range []string{"selfie_form", "selfie_flash", "selfie_session"} {
		v := &visitor{name: "damaged", cookies: map[string]string{name: strings.Repeat("rubbish", 20)}}
		if got := harmless(t, w, v, row{route: "GET /"}, "damaged", sending{method: "GET", path: "/"}); got.status != 200 {
			t.Errorf("damaged %s: %d", name, got.status)
		}
	}
	for _, header := range []string{"Bearer", "Basic abc", "Bearer  ", "rubbish", "Bearer " + strings.Repeat("x", 9000)} {
		got := harmless(t, w, &visitor{name: "damaged"}, row{route: "GET /api/v1/me"}, "damaged", sending{method: "GET", path: "/api/v1/me", header: map[string]string{"Authorization": header}})
		if got.status != 401 && got.status != 431 {
			t.Errorf("Authorization %q: %d", cut(header, 40), got.status)
		}
	}
}

// TestReplays sends what was sent before: a form twice, a key twice, a link twice.
func TestReplays(t *testing.T) {
	t.Parallel()
	w, visitors := matrixWorld(t)
	st := setStage(w)
	owner := visitors["owner"]
	form := url.Values{"space": {"general"}, "title": {"Asked once and sent twice"}, "body": {"Why does it blink in red?"}, "key": {"the-key-of-this-form"}}
	first := w.do(owner, sending{method: "POST", path: "/ask", form: form})
	second := w.do(owner, sending{method: "POST", path: "/ask", form: form})
	if first.status != 303 || second.status != 303 || first.header.Get("Location") != second.header.Get("Location") {
		t.Errorf("a form sent twice: %d %s, %d %s", first.status, first.header.Get("Location"), second.status, second.header.Get("Location"))
	}
	link := st.fill("{reset}")
	for i, want := range []int{303, 410} {
		got := harmless(t, w, visitors["guest"], row{route: "POST /reset"}, "guest", sending{method: "POST", path: "/reset",
			form: url.Values{"token": {unescaped(link)}, "password": {"yet another long phrase"}}})
		if got.status != want {
			t.Errorf("reset link, time %d: %d, want %d: %s", i+1, got.status, want, says(got))
		}
	}
	for range 2 {
		w.api(owner, 204, "PUT", "/threads/"+st.words["thread"]+"/watch", "", nil)
	}
	old := w.visit("helper")
	w.api(old, 204, "DELETE", "/session", "", nil)
	if got := w.do(old, sending{method: "POST", path: "/threads/" + st.words["thread"] + "/answers", plain: true,
		header: map[string]string{"Sec-Fetch-Site": "same-origin"}, form: url.Values{"body": {"With a session that ended"}}}); got.status != 401 || !strings.Contains(got.body, "With a session that ended") {
		t.Errorf("a form of an ended session must give back what was typed: %d", got.status)
	}
	w.quiet("replays")
}

func unescaped(s string) string { u, _ := url.QueryUnescape(s); return u }
