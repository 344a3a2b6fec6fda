package soak

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is a browser without JavaScript: it has cookies and sends forms.
type visitor struct {
	site  func() string // where the site is just now
	http  *http.Client
	token string // of its forms
}

// newVisitor makes a visitor of a site whose address may change.
func newVisitor(site func() string) *visitor {
	v := &visitor{site: site, http: &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	v.forget()
	return v
}

// page is what came back.
type page struct {
	status   int
	location string
	body     string
}

func (v *visitor) get(ctx context.Context, path string) (page, error) {
	return v.send(ctx, http.MethodGet, path, nil)
}

func (v *visitor) send(ctx context.Context, method, path string, form url.Values) (page, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, v.site()+path, body)
	if err != nil {
		return page{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(r)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return page{resp.StatusCode, resp.Header.Get("Location"), string(b)}, err
}

var tokenOnPage = regexp.MustCompile(`name="csrf" (?:value|content)="([^"]+)"`)

// fetchToken loads a page for the token that its forms carry.
func (v *visitor) fetchToken(ctx context.Context, path string) error {
	p, err := v.get(ctx, path)
	if err != nil {
		return err
	}
	m := tokenOnPage.FindStringSubmatch(p.body)
	if p.status != http.StatusOK || m == nil {
		return fmt.Errorf("%s has no form to send: status %d", path, p.status)
	}
	v.token = m[1]
	return nil
}

// post sends a form. Its error means that nobody knows whether it arrived.
func (v *visitor) post(ctx context.Context, path string, form url.Values) (page, error) {
	form.Set("csrf", v.token)
	return v.send(ctx, http.MethodPost, path, form)
}

// forget makes the visitor a guest again, whatever an earlier answer began.
func (v *visitor) forget() { v.http.Jar, _ = cookiejar.New(nil) }

// signIn signs in; ok is false when the site refuses.
func (v *visitor) signIn(ctx context.Context, email string) (ok bool, err error) {
	v.forget()
	if err := v.fetchToken(ctx, "/sign-in"); err != nil {
		return false, err
	}
	p, err := v.post(ctx, "/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil || p.status != http.StatusSeeOther {
		return false, err
	}
	return true, v.fetchToken(ctx, "/settings")
}

// signUp makes an account; ok is false when the site refuses.
func (v *visitor) signUp(ctx context.Context, name, email string) (ok bool, err error) {
	v.forget()
	if err := v.fetchToken(ctx, "/sign-up"); err != nil {
		return false, err
	}
	p, err := v.post(ctx, "/sign-up", url.Values{"name": {name}, "email": {email}, "password": {password}})
	if err != nil || p.status != http.StatusSeeOther {
		return false, err
	}
	return true, v.fetchToken(ctx, "/settings")
}

// member makes a visitor who is signed in at a node.
func member(tb testing.TB, n *node, email string) *visitor {
	tb.Helper()
	v := newVisitor(n.url)
	if ok, err := v.signIn(tb.Context(), email); err != nil || !ok {
		tb.Fatalf("%s cannot sign in at %s: %v", email, n, err)
	}
	return v
}

// posted sends the form of a new post and returns the post's id.
func (v *visitor) posted(tb testing.TB, path string, form url.Values) string {
	tb.Helper()
	p, err := v.post(tb.Context(), path, form)
	if err != nil || p.status != http.StatusSeeOther {
		tb.Fatalf("%s: status %d, %v: %.300s", path, p.status, err, p.body)
	}
	return postIn(p.location)
}

// postIn reads the id of a new post from where its form led.
func postIn(location string) string {
	if _, id, ok := strings.Cut(location, "#post-"); ok {
		return id
	}
	return strings.TrimPrefix(location, "/threads/")
}

// sees loads a page that has to be there.
func (v *visitor) sees(tb testing.TB, path string) string {
	tb.Helper()
	p, err := v.get(tb.Context(), path)
	if err != nil || p.status != http.StatusOK {
		tb.Fatalf("%s: status %d, %v: %.300s", path, p.status, err, p.body)
	}
	return p.body
}

var nextOnPage = regexp.MustCompile(`<a [^>]*rel="next"[^>]*>`)
var hrefIn = regexp.MustCompile(`href="([^"]+)"`)

// nextIn finds the link to the next page of a list; "" at its end.
func nextIn(body string) string {
	if m := hrefIn.FindStringSubmatch(nextOnPage.FindString(body)); m != nil {
		return html.UnescapeString(m[1])
	}
	return ""
}
