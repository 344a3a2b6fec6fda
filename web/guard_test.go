package web

import (
	"bytes"
	"errors"
	"math"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
)

func TestForgery(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	vote := "/posts/question/" + h.Thread.ID + "/vote"
	mine, other := h.member("helper"), h.member("someone")
	good := mine.get(threadURL(h.Thread.ID))
	form := func(token string) string { return "value=1&csrf=" + token }
	kind := "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		token  string
		header []string
	}{
		"no token":          {"", nil},
		"garbage":           {"abc", nil},
		"another session's": {other.get("/").token(), nil},
		"another site":      {good.token(), []string{"Sec-Fetch-Site", "cross-site"}},
		"another origin":    {good.token(), []string{"Origin", "https://evil.test"}},
		"no origin at all":  {good.token(), []string{"Origin", "null"}},
	} {
		p := mine.do(http.MethodPost, vote, strings.NewReader(form(c.token)), append(c.header, "Content-Type", kind)...)
		if p.status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, p.status)
		}
		if strings.Contains(name, "another site") && p.first("button", "class", "button") != nil && strings.Contains(p.text("main"), "Send it again") {
			t.Errorf("%s: the other site's form is laid before the member", name)
		}
	}
	good.post(vote, "value", "1").want(http.StatusSeeOther)
}

func TestTextSurvivesALostSession(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night")
	helper := h.member("helper")
	form := helper.get(threadURL(h.Thread.ID)).want(http.StatusOK)
	helper.client.Jar = h.reader().client.Jar // the cookies are gone
	p := form.post(threadURL(h.Thread.ID)+"/answers", "body", "This must not be lost", "key", "k").want(http.StatusUnauthorized)
	carried := attr(p.first("input", "name", "carry.body"), "value")
	if carried != "This must not be lost" || !strings.Contains(p.text("section", "class", "kept-text"), "This must not be lost") {
		t.Fatal("the text is gone")
	}
	back := p.post("/sign-in", "email", "helper@example.org", "password", "correct horse helper", "carry-to", attr(p.first("input", "name", "carry-to"), "value"),
		"carry.body", carried, "carry.key", "k").want(http.StatusOK)
	if back.text("textarea", "name", "body") != "This must not be lost" {
		t.Fatal("the text did not come back")
	}
	back.post(threadURL(h.Thread.ID)+"/answers", "body", carried, "key", "k").want(http.StatusSeeOther)
}

func TestHeaders(t *testing.T) {
	h := newHouse(t)
	p := h.reader().get("/nowhere").want(http.StatusNotFound)
	for name, part := range map[string]string{
		"Content-Security-Policy": "script-src 'self';", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin",
		"Permissions-Policy": "camera=()", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		if !strings.Contains(p.header.Get(name), part) {
			t.Errorf("%s: %q", name, p.header.Get(name))
		}
	}
	if strings.Contains(p.header.Get("Content-Security-Policy"), "unsafe") || p.header.Get("Strict-Transport-Security") != "" {
		t.Error("too lax, or HSTS without TLS")
	}
	secure := newHouse(t, func(c *Config) { c.BaseURL = "https://help.test" })
	q := secure.reader().get("/sign-in").want(http.StatusOK)
	if cookie := q.header.Get("Set-Cookie"); !strings.Contains(strings.ToLower(cookie), "httponly") || !strings.Contains(strings.ToLower(cookie), "secure") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("cookie: %s", cookie)
	}
	if q.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
}

func TestEveryKindHasAnAnswer(t *testing.T) {
	for _, k := range []fault.Kind{fault.Internal, fault.Invalid, fault.Unauthorized, fault.Forbidden, fault.NotFound, fault.Conflict, fault.Gone,
		fault.TooLarge, fault.Unsupported, fault.TooMany, fault.Unavailable} {
		if statusOf[k] < 400 || headline[k] == "" {
			t.Errorf("%s: status %d, headline %q", k, statusOf[k], headline[k])
		}
	}
	if f := asFault(errors.New("secret detail")); f.Kind != fault.Internal || strings.Contains(f.Public, "secret") {
		t.Errorf("internal error: %+v", f)
	}
}

func TestLimits(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLimiter(1, func() time.Time { return now })
	for i := range 6 {
		if err := l.take(limitSignIn, "ip:a"); err != nil {
			t.Fatalf("take %d: %v", i, err)
		}
	}
	err := l.take(limitSignIn, "ip:a")
	f, _ := fault.As(err)
	if f == nil || f.Kind != fault.TooMany || f.RetryAfter <= 0 || f.RetryAfter > 11*time.Second || f.Public == "" {
		t.Fatalf("seventh: %v", err)
	}
	if err := l.take(limitSignIn, "ip:b"); err != nil {
		t.Errorf("another address: %v", err)
	}
	now = now.Add(f.RetryAfter)
	if err := l.take(limitSignIn, "ip:a"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	if err := newLimiter(-1, time.Now).take(limitSignIn, "x"); err != nil {
		t.Errorf("switched off: %v", err)
	}
	for range maxBuckets + 10 {
		_ = l.take(limitVote, "ip:"+strconv.Itoa(l.order.Len()))
	}
	if l.order.Len() > maxBuckets || len(l.at) != l.order.Len() {
		t.Errorf("%d buckets in memory", l.order.Len())
	}
}

func TestRealIP(t *testing.T) {
	trusted, err := parseNets([]string{"10.0.0.0/8", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9", "1.2.3.4", "203.0.113.9"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "1.2.3.4", "1.2.3.4"},
		{"10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"},
		{"10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"},
		{"10.0.0.1", "6.6.6.6, nonsense", "10.0.0.1"},
		{"::1", "2001:db8::5", "2001:db8::5"},
	} {
		if got := realIP(net.ParseIP(c.remote), c.forwarded, trusted); got != c.want {
			t.Errorf("%s behind %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
	if _, err := parseNets([]string{"proxy.example"}); err == nil {
		t.Error("a name is no address")
	}
}

func TestLocalPath(t *testing.T) {
	for path, want := range map[string]string{
		"/threads/x?y#z": "/threads/x?y#z", "//evil.test": "/", "/\\evil.test": "/", "https://evil.test": "/", "": "/", "/a\r\nSet-Cookie: b": "/",
	} {
		if got := localPath(path, "/"); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// TestColoursKeepContrast computes WCAG's contrast of the pairs of tokens that
// the style sheet puts over one another, in both themes.
func TestColoursKeepContrast(t *testing.T) {
	css, err := staticFiles.ReadFile("static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	light := tokens(css[:bytes.Index(css, []byte("prefers-color-scheme: dark"))])
	dark := tokens(css[bytes.Index(css, []byte(`:root[data-theme="dark"]`)):])
	text := []string{"ink/paper", "ink/card", "ink/sunk", "ink-2/paper", "ink-2/card", "ink-2/sunk", "link/paper", "link/card", "link/accent-soft",
		"accent-ink/accent", "good/good-soft", "good/card", "card/good", "warn/warn-soft", "warn/card", "bad/bad-soft", "bad/card", "card/bad", "calm/calm-soft",
		"ink/accent-soft", "ink/warn-soft", "ink/good-soft", "ink/bad-soft", "ink/mark"}
	for name, theme := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, pair := range text {
			over, under, _ := strings.Cut(pair, "/")
			if got := contrast(theme[over], theme[under]); got < 4.5 {
				t.Errorf("%s: %s is %.2f, want 4.5", name, pair, got)
			}
		}
		for _, pair := range []string{"edge/card", "edge/paper", "focus/paper", "focus/card", "accent/paper"} {
			over, under, _ := strings.Cut(pair, "/")
			if got := contrast(theme[over], theme[under]); got < 3 {
				t.Errorf("%s: %s is %.2f, want 3", name, pair, got)
			}
		}
	}
}

var token = regexp.MustCompile(`--([a-z0-9-]+):\s*#([0-9a-f]{6})`)

func tokens(css []byte) map[string]string {
	m := map[string]string{}
	for _, t := range token.FindAllSubmatch(css, -1) {
		if _, set := m[string(t[1])]; !set {
			m[string(t[1])] = string(t[2])
		}
	}
	return m
}

// contrast is WCAG 2.2's contrast ratio of two colours.
func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	if len(hex) != 6 {
		return math.NaN()
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
