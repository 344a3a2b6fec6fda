package browser

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// Person is a member who prepares a story by plain requests, as fast as the
// server takes them; their forms are the pages' own.
type Person struct {
	Name, Email, Password string

	t      testing.TB
	site   *Site
	client *http.Client
}

// Password is long enough, and nobody's.
const Password = "four quiet bicycles"

// Admin makes the first administrator by the setup link.
func (s *Site) Admin(t testing.TB) *Person {
	t.Helper()
	return s.join(t, "Ada Admin", s.Setup(t))
}

// Join makes an account.
func (s *Site) Join(t testing.TB, name string) *Person {
	t.Helper()
	return s.join(t, name, "/sign-up")
}

func (s *Site) join(t testing.TB, name, page string) *Person {
	t.Helper()
	p := s.visitor(t, name)
	p.Submit(page, "/sign-up", url.Values{"name": {name}, "email": {p.Email}, "password": {Password}})
	return p
}

// visitor is a person without an account.
func (s *Site) visitor(t testing.TB, name string) *Person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Person{
		Name: name, Email: strings.ReplaceAll(strings.ToLower(name), " ", ".") + "@example.org", Password: Password,
		t: t, site: s, client: &http.Client{Jar: jar, Timeout: patience},
	}
}

// Get reads a page; it returns its status, its final address and its text.
func (p *Person) Get(path string) (status int, at, body string) {
	p.t.Helper()
	res, err := p.client.Get(p.site.URL + path)
	return p.answer(res, err)
}

func (p *Person) answer(res *http.Response, err error) (status int, at, body string) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, strings.TrimPrefix(res.Request.URL.String(), p.site.URL), string(b)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(csrf|key|setup|place|space|edit)" value="([^"]*)">`)

// Submit sends the form of a page with its hidden fields, and returns the
// address where that led.
func (p *Person) Submit(page, action string, form url.Values) string {
	p.t.Helper()
	status, _, body := p.Get(page)
	if status != http.StatusOK {
		p.t.Fatalf("%s: GET %s: %d", p.Name, page, status)
	}
	start := strings.Index(body, `action="`+action+`"`)
	if start < 0 {
		p.t.Fatalf("%s: no form for %s on %s", p.Name, action, page)
	}
	part, _, _ := strings.Cut(body[start:], "</form>")
	for _, m := range hidden.FindAllStringSubmatch(part, -1) {
		if !form.Has(m[1]) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	status, at, body := p.answer(p.client.PostForm(p.site.URL+action, form))
	if status != http.StatusOK {
		p.t.Fatalf("%s: POST %s: %d\n%s", p.Name, action, status, gist(body))
	}
	return at
}

var complaint = regexp.MustCompile(`(?s)<p class="(?:field-error|note bad|lead)".*?</p>`)

// gist is what a page complains about.
func gist(page string) string { return strings.Join(complaint.FindAllString(page, -1), "\n") }

// Ask asks a question in a space and returns the thread's address.
func (p *Person) Ask(space, title, body string, tags ...string) string {
	p.t.Helper()
	at := p.Submit("/ask", "/ask", url.Values{"title": {title}, "body": {body}, "space": {space}, "tags": {strings.Join(tags, " ")}})
	if !strings.HasPrefix(at, "/threads/") {
		p.t.Fatalf("%s: asking led to %s", p.Name, at)
	}
	return at
}

// Tag brings tags into being, at most five, by using them, and waits until they
// are counted; the person is staff.
func (p *Person) Tag(tags ...string) {
	p.t.Helper()
	p.Ask("general", "Which words sort the questions here?", "Staff begins with these words; others come as they are needed.", tags...)
	err := eventually(p.t.Context(), func() error {
		_, _, page := p.Get("/tags")
		for _, tag := range tags {
			if !strings.Contains(page, `href="/tags/`+tag+`"`) {
				return fmt.Errorf("there is no tag %s", tag)
			}
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// Answer answers a thread.
func (p *Person) Answer(thread, body string) {
	p.t.Helper()
	p.Submit(thread, thread+"/answers", url.Values{"body": {body}})
}

// Space makes a space; the person is an admin. visibility is public, members or
// groups.
func (p *Person) Space(id, name, visibility, groups string) {
	p.t.Helper()
	p.Submit("/admin/spaces/new", "/admin/spaces/new", url.Values{"id": {id}, "name": {name}, "about": {"All about " + name}, "visibility": {visibility}, "groups": {groups}, "position": {"1"}})
}

// Promote gives another member a role; the person is an admin.
func (p *Person) Promote(other *Person, role string) *Person {
	p.t.Helper()
	page := "/admin/members?email=" + url.QueryEscape(other.Email)
	p.Submit(page, p.await(page, regexp.MustCompile(`action="(/admin/members/[^"/]+/role)"`)), url.Values{"role": {role}})
	return other
}

// At is the same person signing in on another server of the same community.
func (p *Person) At(other *Site) *Person {
	p.t.Helper()
	there := other.visitor(p.t, p.Name)
	there.Submit("/sign-in", "/sign-in", url.Values{"email": {p.Email}, "password": {p.Password}})
	return there
}

// As lets the tab's visitor be this person.
func (b *Tab) As(p *Person) *Tab {
	b.t.Helper()
	u, err := url.Parse(p.site.URL)
	b.must(err, "the site's address")
	for _, c := range p.client.Jar.Cookies(u) {
		must(b, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: p.site.URL, HTTPOnly: boolean(true)})
	}
	return b
}

func boolean(v bool) *bool { return &v }

// String names the person in messages.
func (p *Person) String() string { return fmt.Sprintf("%s <%s>", p.Name, p.Email) }

// await reads a page until it has a link that matches, and returns the link.
func (p *Person) await(page string, link *regexp.Regexp) (path string) {
	p.t.Helper()
	err := eventually(p.t.Context(), func() error {
		_, _, body := p.Get(page)
		m := link.FindStringSubmatch(body)
		if m == nil {
			return fmt.Errorf("%s has no link like %s", page, link)
		}
		path = m[1]
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return path
}
