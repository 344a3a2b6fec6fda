package web

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestLockedMeanwhileLosesNothing sends what was being written when a moderator
// locked the thread: each page says why it was refused, and has the text.
func TestLockedMeanwhileLosesNothing(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("helper").Answer("Hold **reset** for ten seconds.").Remark("For ten, not five.").Settled()
	thread, answer := threadURL(h.Thread.ID), "/posts/answer/"+h.Answer_.ID
	const typed = "It took me a quarter of an hour to write this."
	asker, helper := h.member("asker"), h.member("helper")
	comments := asker.get(answer + "/comments").want(http.StatusOK)
	open := asker.get(thread).want(http.StatusOK)
	edit := helper.get(answer + "/edit").want(http.StatusOK)
	remark := helper.get("/posts/comment/" + h.Comment.ID + "/edit").want(http.StatusOK)
	h.As("moderator")
	_, err := h.Svc.SetLock(h.Ctx, h.By, h.Thread.ID, "Let us stop here.")
	h.OK(err)
	for name, p := range map[string]*page{
		"comment":         comments.submit(answer+"/comments", "body", typed),
		"answer":          open.submit(thread+"/answers", "body", typed),
		"edit":            edit.submit(answer+"/edit", "body", typed),
		"edit of comment": remark.submit("/posts/comment/"+h.Comment.ID+"/edit", "body", typed),
	} {
		p.want(http.StatusConflict).sound()
		if !strings.Contains(p.text("", "role", "alert"), "locked") {
			t.Errorf("%s: nothing is said: %s", name, p.text("main"))
		}
		if !p.gives(typed) {
			t.Errorf("%s: the text is gone: %s", name, p.text("main"))
		}
	}
	if p := comments.submit(answer+"/comments", "body", "x"); !p.gives("x") || p.text("", "role", "alert") == "" {
		t.Errorf("a comment that is too short as well: %s", p.text("main"))
	}
}

// gives reports whether a field of the page holds a text.
func (p *page) gives(typed string) bool {
	for _, n := range p.all("textarea") {
		if textOf(n) == typed {
			return true
		}
	}
	return false
}

// TestSecondToDecideIsTold lets two moderators decide on one item: who comes
// second reads who was first and what became of the post, and keeps the words.
func TestSecondToDecideIsTold(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("rude").Answer("Buy another one, you fool.").Settled()
	flag := "/posts/answer/" + h.Answer_.ID + "/flag"
	h.member("witness").get(flag).submit(flag, "reason", "rude").want(http.StatusSeeOther)
	h.Settled()
	first, second := h.member("moderator"), h.member("moderator2")
	item := first.get("/review").want(http.StatusOK).links("/review/")[0]
	late := second.get(item).want(http.StatusOK)
	again := first.get(item).want(http.StatusOK)
	again.submit(item+"/decide", "action", "hide", "reason", "Be friendly, please.").want(http.StatusSeeOther)
	for _, action := range []string{"warn", "suspend", ""} { // an unreadable form is too late as well
		p := late.submit(item+"/decide", "action", action, "reason", "We do not insult here.", "note", "The third time.", "days", "x").want(http.StatusConflict).sound()
		if said := p.text("", "role", "alert"); !strings.Contains(said, "The moderator decided this before you: “Hidden”") {
			t.Errorf("%q: what is said: %q", action, said)
		}
		if !p.gives("We do not insult here.") || !p.gives("The third time.") {
			t.Errorf("%q: the words are gone: %s", action, p.text("main"))
		}
	}
	p := again.submit(item+"/decide", "action", "approve").want(http.StatusConflict).sound().says("!What you typed")
	if said := p.text("", "role", "alert"); !strings.Contains(said, "You decided this already: “Hidden”") {
		t.Errorf("the first is told: %q", said)
	}
}

// TestErrorPagesGiveEveryTextBack sends forms that end on an error page: each
// text that was written stands on it, whatever its field is called.
func TestErrorPagesGiveEveryTextBack(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").Settled()
	thread, flag := threadURL(h.Thread.ID), "/posts/question/"+h.Thread.ID+"/flag"
	moderator, witness, agent := h.member("moderator"), h.member("witness"), h.member("agent")
	managed := moderator.get(thread).want(http.StatusOK)
	for _, path := range []string{thread + "/lock", "/posts/question/" + h.Thread.ID + "/remove"} {
		p := managed.post(path, "reason", "Let us stop\x07 here.").want(http.StatusUnprocessableEntity).sound().says("What you typed")
		if p.text("label", "for", "kept-reason") != "Reason" || !strings.HasPrefix(p.text("textarea", "id", "kept-reason"), "Let us stop") {
			t.Errorf("%s: the reason is gone: %s", path, p.text("main"))
		}
	}
	form, called := witness.get(flag).want(http.StatusOK), agent.get(thread).want(http.StatusOK)
	managed.post("/posts/question/"+h.Thread.ID+"/remove", "reason", "Not a question.").want(http.StatusSeeOther)
	h.Settled()
	if p := form.submit(flag, "reason", "other", "note", "This is my neighbour's address.").want(http.StatusNotFound).sound(); !p.gives("This is my neighbour's address.") {
		t.Errorf("the note is gone: %s", p.text("main"))
	}
	if p := called.post(thread+"/escalate", "why", "She waits for a week.").want(http.StatusConflict).sound(); !p.gives("She waits for a week.") {
		t.Errorf("why an agent is needed is gone: %s", p.text("main"))
	}
	p := form.post(thread+"/me-too", "on", "1", "next", "/x", "password", "correct horse", "token", "t0k3n").sound().says("!What you typed")
	if p.status < 400 || strings.Contains(p.body, "correct horse") || strings.Contains(p.body, "t0k3n") {
		t.Errorf("status %d, or a secret on the page: %s", p.status, p.text("main"))
	}
}

var control = regexp.MustCompile(`<(input|textarea)\b[^>]*>`)

// TestEveryTextFieldIsGivenBack reads the templates: a field that people write in
// is one that error pages give back, or is named here with a reason not to.
func TestEveryTextFieldIsGivenBack(t *testing.T) {
	not := map[string]string{
		"email": "secret", "new_email": "short, and private", "id": "a space's address: short", "stale_after_days": "a number", "position": "a number",
	}
	for _, f := range typedFields {
		not[f.Name] = "given back"
	}
	err := fs.WalkDir(templateFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		source, err := fs.ReadFile(templateFiles, path)
		for _, tag := range control.FindAllString(string(source), -1) {
			name, kind := attribute(tag, "name"), attribute(tag, "type")
			if strings.HasPrefix(tag, "<input") && kind != "" && kind != "text" && kind != "search" || secretField(name) || strings.Contains(name, "{{") {
				continue
			}
			if name != "" && not[name] == "" {
				t.Errorf("%s: %q is lost on an error page", path, name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func attribute(tag, name string) string {
	_, after, _ := strings.Cut(tag, " "+name+`="`)
	v, _, _ := strings.Cut(after, `"`)
	return v
}

// TestEveryTextIsCheckedAlike sends a control character, and a mark that turns
// the direction of writing round, to every form that keeps words: each refuses
// them, and gives the words back.
func TestEveryTextIsCheckedAlike(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").As("rude").Answer("Buy another one, you fool.").Settled()
	thread, post := threadURL(h.Thread.ID), "/posts/answer/"+h.Answer_.ID
	witness, moderator, agent, admin := h.member("witness"), h.member("moderator"), h.member("agent"), h.member("admin")
	witness.get(post+"/flag").submit(post+"/flag", "reason", "rude").want(http.StatusSeeOther)
	agent.get(thread).post(thread+"/escalate", "why", "It needs one.").want(http.StatusSeeOther)
	h.Settled()
	item := moderator.get("/review").want(http.StatusOK).links("/review/")[0]
	desk := agent.get("/desk").want(http.StatusOK).links("/desk/")[0]
	version := attr(moderator.get(item).first("input", "name", "version"), "value")
	for _, c := range []struct {
		who         *reader
		path, field string
		more        []string
	}{
		{witness, thread + "/answers", "body", nil},
		{witness, post + "/comments", "body", nil},
		{witness, post + "/flag", "note", []string{"reason", "other"}},
		{witness, "/saved", "q", nil},
		{moderator, post + "/remove", "reason", nil},
		{moderator, thread + "/lock", "reason", nil},
		{moderator, thread + "/escalate", "why", nil},
		{moderator, item + "/decide", "reason", []string{"action", "hide", "version", version}},
		{moderator, item + "/decide", "note", []string{"action", "approve", "version", version}},
		{agent, desk + "/note", "text", nil},
		{agent, desk + "/hand-back", "reason", nil},
		{admin, "/admin/rules/new", "name", []string{"trigger", "negative", "threshold", "0.5"}},
	} {
		form := c.who.get("/").want(http.StatusOK)
		for _, mark := range []string{"\x07", "\u202e"} {
			p := form.post(c.path, append(c.more, c.field, "This rings "+mark+" a bell")...)
			if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "This rings ") {
				t.Errorf("%s, %s with %q: status %d: %s", c.path, c.field, mark, p.status, p.text("main"))
			}
			p.sound()
		}
	}
}

// TestTooMuchAtOnceSaysWhatHelps announces a form larger than any may be: the page
// names the bound, says how to go on, and knows the member.
func TestTooMuchAtOnceSaysWhatHelps(t *testing.T) {
	h := newHouse(t)
	asker := h.member("asker")
	if hint := asker.get("/ask").want(http.StatusOK).text("p", "id", "ask-body-pictures-hint"); !strings.Contains(hint, "12 MB in all") {
		t.Errorf("the form promises more than can be sent: %q", hint)
	}
	p := asker.announce("/ask", bodyLimit+1)
	p.want(http.StatusRequestEntityTooLarge).sound().says("12 MB in all", "Go back in your browser", "fewer or smaller pictures", "!What you typed")
	if p.first("a", "href", "/sign-in") != nil || !strings.Contains(p.body, "/notifications") {
		t.Errorf("the page takes the member for a guest: %s", p.text("header"))
	}
	h.reader().announce("/ask", bodyLimit+1).want(http.StatusRequestEntityTooLarge).sound()
}

// announce sends the head of a form of so many bytes, and reads what is said to
// that.
func (r *reader) announce(path string, bytes int) *page {
	r.h.T.Helper()
	at, err := url.Parse(r.h.base)
	r.h.OK(err)
	conn, err := net.Dial("tcp", at.Host)
	r.h.OK(err)
	defer conn.Close()
	var jar []string
	for _, c := range r.client.Jar.Cookies(at) {
		jar = append(jar, c.Name+"="+c.Value)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n", path, at.Host, strings.Join(jar, "; "), bytes)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	r.h.OK(err)
	defer res.Body.Close()
	var said strings.Builder
	root, err := html.Parse(io.TeeReader(res.Body, &said))
	r.h.OK(err)
	return &page{r, res.StatusCode, res.Header, said.String(), root}
}
