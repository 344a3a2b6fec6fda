package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

type m = map[string]any

// TestAPIStory lets a program ask, answer, vote, accept, edit and clean up.
func TestAPIStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var session struct {
		Token  string
		Member struct{ ID, Email string }
	}
	guest := w.visit("guest")
	w.api(guest, 201, "POST", "/members", `{"name":"Ada Example","email":"ada@example.org","password":"a long enough phrase"}`, &session)
	asker := &visitor{name: "ada", token: session.Token}
	helper := w.visit("helper")
	staff := w.visit("agent")

	var thread struct {
		ID, HTML, State, Accepted, Title string
		Edit, Score, Answers             int64
		Created                          time.Time
		MyVote                           int64 `json:"my_vote"`
		Rights                           map[string]bool
	}
	body := `{"space":"general","title":"Router blinks red","body":"Since **this morning** it blinks red.","tags":["router"]}`
	first := w.do(asker, sending{method: "POST", path: "/api/v1/threads", json: body, header: map[string]string{"Idempotency-Key": "k1"}})
	again := w.do(asker, sending{method: "POST", path: "/api/v1/threads", json: body, header: map[string]string{"Idempotency-Key": "k1"}})
	w.read(first, 201, &thread)
	id := thread.ID
	w.read(again, 201, &thread)
	if thread.ID != id || !strings.Contains(thread.HTML, "<strong>this morning</strong>") || thread.Created.IsZero() {
		t.Fatalf("asked: %+v, first id %s", thread, id)
	}
	var answer struct {
		ID       string
		Accepted bool
	}
	w.api(helper, 201, "POST", "/threads/"+id+"/answers", `{"body":"Hold reset for ten seconds."}`, &answer)
	w.api(staff, 201, "POST", "/answers/"+answer.ID+"/comments", `{"body":"That works."}`, nil)
	var voted struct{ Score int64 }
	w.api(asker, 200, "PUT", "/answers/"+answer.ID+"/vote", `{"value":1}`, &voted)
	if voted.Score != 1 {
		t.Errorf("score after one vote: %d", voted.Score)
	}
	w.api(asker, 200, "PUT", "/threads/"+id+"/accepted", fmt.Sprintf(`{"answer":%q}`, answer.ID), &thread)
	w.Settled()
	w.api(guest, 200, "GET", "/threads/"+id, "", &thread)
	if thread.State != "solved" || thread.Accepted != answer.ID || thread.Answers != 1 {
		t.Errorf("solved: %+v", thread)
	}
	var answers struct{ Items []struct{ Accepted bool } }
	w.api(guest, 200, "GET", "/threads/"+id+"/answers", "", &answers)
	if len(answers.Items) != 1 || !answers.Items[0].Accepted {
		t.Errorf("answers: %+v", answers)
	}
	var notices struct{ Items []struct{ Kind string } }
	w.api(asker, 200, "GET", "/notifications", "", &notices)
	if len(notices.Items) == 0 || notices.Items[0].Kind == "" {
		t.Errorf("the asker was not told: %+v", notices)
	}
	w.api(asker, 200, "PATCH", "/threads/"+id, `{"edit":0,"title":"Router blinks red and green"}`, &thread)
	if thread.Edit != 1 || thread.Title != "Router blinks red and green" {
		t.Errorf("edited: %+v", thread)
	}
	w.api(asker, 409, "PATCH", "/threads/"+id, `{"edit":0,"title":"Router blinks blue"}`, nil)
	w.Settled()
	var versions struct{ Items []struct{ Title string } }
	w.api(guest, 200, "GET", "/threads/"+id+"/history", "", &versions)
	if len(versions.Items) != 2 || versions.Items[1].Title != "Router blinks red" {
		t.Errorf("history: %+v", versions)
	}
	w.api(asker, 204, "DELETE", "/session", "", nil)
	w.api(asker, 401, "GET", "/me", "", nil)
	w.quiet("story")
}

func (w *world) read(got answer, want int, out any) {
	w.T.Helper()
	if got.status != want {
		w.T.Fatalf("%d, want %d: %s", got.status, want, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), out); err != nil {
		w.T.Fatal(err, got.body)
	}
}

// TestAPIUpload uploads, describes and shows a picture.
func TestAPIUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner, other := w.visit("owner"), w.visit("other")
	body, contentType := picture("picture", smallPNG())
	var up struct {
		ID, Alt string
		Sizes   []struct{ URL, Name string }
	}
	w.read(w.do(owner, sending{method: "POST", path: "/api/v1/uploads", body: body, contentType: contentType}), 201, &up)
	w.api(owner, 200, "PATCH", "/uploads/"+up.ID, `{"alt":"a red line"}`, &up)
	if up.Alt != "a red line" || len(up.Sizes) == 0 {
		t.Errorf("upload: %+v", up)
	}
	w.api(other, 404, "GET", "/uploads/"+up.ID, "", nil)
	var thread struct{ ID, HTML string }
	w.api(owner, 201, "POST", "/threads", fmt.Sprintf(`{"space":"general","title":"What is this line","body":"","images":[%q]}`, up.ID), &thread)
	w.Settled()
	w.api(other, 200, "GET", "/uploads/"+up.ID, "", nil)
	if !strings.Contains(thread.HTML, "/images/"+up.ID) {
		t.Errorf("the picture is not in the post: %s", thread.HTML)
	}
	w.read(w.do(owner, sending{method: "POST", path: "/api/v1/uploads", body: []byte("GIF89a nonsense"), contentType: contentType}), 422, &m{})
	w.quiet("upload")
}

// TestAPIAccount changes what members change about themselves.
func TestAPIAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v, other := w.visit("grace"), w.visit("grace")
	var me struct {
		Name, Email string
		Prefs       struct{ Theme string }
	}
	w.api(v, 200, "PATCH", "/me", `{"name":"Grace Hopper","prefs":{"theme":"dark"}}`, &me)
	if me.Name != "Grace Hopper" || me.Prefs.Theme != "dark" || me.Email != "grace@example.org" {
		t.Errorf("me: %+v", me)
	}
	var token struct{ Token string }
	w.api(v, 422, "POST", "/me/password", `{"old":"wrong","new":"another long phrase"}`, nil)
	w.api(v, 200, "POST", "/me/password", `{"old":"correct horse grace","new":"another long phrase"}`, &token)
	w.api(other, 401, "GET", "/me", "", nil)
	v.token = token.Token
	var sessions struct {
		Items []struct {
			ID   string
			This bool
		}
	}
	w.api(v, 200, "GET", "/me/sessions", "", &sessions)
	if len(sessions.Items) != 1 || !sessions.Items[0].This || sessions.Items[0].ID == token.Token {
		t.Errorf("sessions: %+v", sessions)
	}
	w.api(&visitor{name: "by session id", token: sessions.Items[0].ID}, 401, "GET", "/me", "", nil)
	w.api(v, 204, "POST", "/me/close", `{"password":"another long phrase"}`, nil)
	w.api(v, 401, "GET", "/me", "", nil)
	w.api(w.visit("guest"), 410, "GET", "/members/"+w.idOf("grace"), "", nil)
	w.quiet("account")
}

func (w *world) idOf(name string) string { w.T.Helper(); return w.Actor(name).ID }

// TestAPIPaging walks a list by its cursors, and by its Link headers.
func TestAPIPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.As("agent")
	for i := range 7 {
		w.Ask(fmt.Sprintf("Question number %d", i))
	}
	seen, after, pages := map[string]bool{}, "", 0
	for {
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		got := w.api(w.visit("guest"), 200, "GET", "/threads?sort=newest&limit=3&after="+after, "", &page)
		for _, x := range page.Items {
			if seen[x.ID] {
				t.Errorf("%s is listed twice", x.ID)
			}
			seen[x.ID] = true
		}
		pages++
		if after = page.Next; after == "" {
			break
		}
		if link := got.header.Get("Link"); !strings.Contains(link, `rel="next"`) || !strings.Contains(link, "limit=3") {
			t.Errorf("Link: %s", link)
		}
	}
	if len(seen) != 7 || pages != 3 {
		t.Errorf("%d questions on %d pages", len(seen), pages)
	}
	w.quiet("paging")
}

// TestAPIHeaders tries ETags, HEAD, problems and the two ways to sign in.
func TestAPIHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visit("owner")
	got := w.api(v, 200, "GET", "/spaces", "", nil)
	etag := got.header.Get("ETag")
	again := w.do(v, sending{method: "GET", path: "/api/v1/spaces", header: map[string]string{"If-None-Match": etag}})
	if etag == "" || again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("ETag %q, then %d %q", etag, again.status, again.body)
	}
	if head := w.do(v, sending{method: "HEAD", path: "/api/v1/spaces"}); head.status != 200 || head.header.Get("ETag") != etag || head.body != "" {
		t.Errorf("HEAD: %+v", head)
	}
	browser := &visitor{name: "browser", token: v.token}
	patch := sending{method: "PATCH", path: "/api/v1/me", json: `{"location":"Here"}`, plain: true}
	w.problem(w.do(browser, patch), 403, "")
	var who struct{ CSRF string }
	w.read(w.do(browser, sending{method: "GET", path: "/api/v1/session", plain: true}), 200, &who)
	patch.header = map[string]string{"X-Csrf-Token": who.CSRF}
	w.read(w.do(browser, patch), 200, &m{})
	patch.header["Sec-Fetch-Site"] = "cross-site"
	w.problem(w.do(browser, patch), 403, "")

	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", json: `{"space":"general","title":"x","body":"long enough a body"}`}), 422, "title")
	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", json: `{"space":"general","title":7,"body":"long enough a body"}`}), 422, "title")
	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", json: `{"title":"A fine title","body":"long enough a body"}`}), 422, "space")
	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", json: `{"space":"general","title":"A fine title","body":"x","colour":1}`}), 422, "colour")
	w.problem(w.do(v, sending{method: "GET", path: "/api/v1/threads?colour=red"}), 422, "colour")
	w.problem(w.do(v, sending{method: "GET", path: "/api/v1/threads?limit=1000"}), 422, "limit")
	w.problem(w.do(v, sending{method: "GET", path: "/api/v1/threads?after=rubbish"}), 422, "")
	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", json: `{"space":`}), 400, "")
	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", body: []byte("{}"), contentType: "text/plain"}), 415, "")
	w.problem(w.do(v, sending{method: "POST", path: "/api/v1/threads", json: `{"body":"` + strings.Repeat("x", 600<<10) + `"}`}), 413, "")
	w.problem(w.do(v, sending{method: "DELETE", path: "/api/v1/threads"}), 405, "")
	w.problem(w.do(v, sending{method: "GET", path: "/api/v1/nowhere"}), 404, "")
	w.problem(w.do(w.visit("guest"), sending{method: "GET", path: "/api/v1/me"}), 401, "")
	w.problem(w.do(&visitor{name: "stranger", token: "no-such-token"}, sending{method: "GET", path: "/api/v1/spaces"}), 401, "")
	w.quiet("headers")
}

// problem fails unless the answer is a problem document with that status, a
// sentence, and, when named, the field at fault.
func (w *world) problem(got answer, status int, field string) {
	w.T.Helper()
	var p struct {
		Type, Title, Detail string
		Status              int
		Errors              []struct{ Location, Detail string }
	}
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		w.T.Errorf("%d, not a problem document: %q", got.status, got.body)
		return
	}
	if got.status != status || p.Status != status || p.Type != "about:blank" || p.Title == "" || len(p.Detail) < 12 ||
		!strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
		w.T.Errorf("want a problem with status %d: %d %s %s", status, got.status, got.header.Get("Content-Type"), got.body)
	}
	if field != "" && (len(p.Errors) == 0 || p.Errors[0].Location != field || p.Errors[0].Detail == "") {
		w.T.Errorf("want the field %q to be named: %s", field, got.body)
	}
}

// TestAPIKeepsSecrets looks for addresses, hashes and tokens in what others get.
func TestAPIKeepsSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.As("owner").Ask("Something about a printer").As("helper").Answer("Turn it off and on again.").Settled()
	owner, admin := w.visit("owner"), w.visit("admin")
	for _, v := range []*visitor{w.visit("guest"), w.visit("helper"), admin} {
		for _, path := range []string{"/members/" + w.idOf("owner"), "/threads", "/threads/" + w.Thread.ID, "/threads/" + w.Thread.ID + "/answers", "/threads/" + w.Thread.ID + "/history", "/members/" + w.idOf("owner") + "/threads"} {
			got := w.api(v, 200, "GET", path, "", nil)
			for _, secret := range []string{"@example.org", "argon2", owner.token, "password", "outbox"} {
				if strings.Contains(got.body, secret) {
					t.Errorf("%s as %s holds %q: %s", path, v.name, secret, got.body)
				}
			}
		}
	}
	for _, path := range []string{"/admin/members", "/admin/settings"} {
		got := w.api(admin, 200, "GET", path, "", nil)
		for _, secret := range []string{"argon2", "secret", "owner@example.org"} {
			if strings.Contains(got.body, secret) {
				t.Errorf("%s holds %q: %s", path, secret, got.body)
			}
		}
	}
	w.quiet("secrets")
}
