package web

import (
	"net/http"
	"strings"
	"testing"
)

func demoHouse(t *testing.T) *house {
	h := newHouse(t, func(c *Config) {
		c.Demo = true
		c.DemoMembers = []DemoMember{
			{Key: "mia", Name: "The asker", Says: "asks questions", Email: "asker@example.org", Password: "correct horse asker"},
			{Key: "ada", Name: "The admin", Says: "runs the place", Email: "admin@example.org", Password: "correct horse admin"},
		}
	})
	h.Actor("asker")
	h.Actor("admin")
	return h
}

func TestDemoSignsInWithOnePress(t *testing.T) {
	h := demoHouse(t)
	r := h.reader()
	p := r.get("/sign-in?next=/spaces").want(http.StatusOK)
	if strings.Contains(p.body, "correct horse") {
		t.Error("a password stands on the page")
	}
	for _, text := range []string{"The asker", "The admin", "runs the place"} {
		if !strings.Contains(p.body, text) {
			t.Errorf("%q is not offered", text)
		}
	}
	p.post("/demo/sign-in", "member", "ada", "next", "/admin").want(http.StatusSeeOther)
	r.get("/admin").want(http.StatusOK)
}

func TestDemoSignInRefuses(t *testing.T) {
	h := demoHouse(t)
	r := h.reader()
	p := r.get("/sign-in").want(http.StatusOK)
	p.post("/demo/sign-in", "member", "nobody").want(http.StatusNotFound)
	r.do(http.MethodPost, "/demo/sign-in", strings.NewReader("member=ada"), "Content-Type", "application/x-www-form-urlencoded").want(http.StatusForbidden)
	away := p.post("/demo/sign-in", "member", "mia", "next", "https://elsewhere.example/").want(http.StatusSeeOther)
	if to := away.header.Get("Location"); to != "/" {
		t.Errorf("signing in leads to %q", to)
	}
}

func TestNoDemoNoOnePressSignIn(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.DemoMembers = []DemoMember{{Key: "ada", Name: "The admin"}} })
	p := h.reader().get("/sign-in").want(http.StatusOK)
	if strings.Contains(p.body, "/demo/") || strings.Contains(p.body, "The admin") {
		t.Error("the sign-in page of a real community offers members of a demonstration")
	}
	p.post("/demo/sign-in", "member", "ada").want(http.StatusNotFound)
}

// TestDemoLetsTryEverybody presses each name several times within a minute, as
// who looks at all roles does; real sign-in stays as slow as it was.
func TestDemoLetsTryEverybody(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Demo, c.LimitFactor = true, 1
		c.DemoMembers = []DemoMember{{Key: "mia", Name: "The asker", Email: "asker@example.org", Password: "correct horse asker"}}
	})
	h.Actor("asker")
	r := h.reader()
	for range 15 {
		r.get("/sign-in").post("/demo/sign-in", "member", "mia").want(http.StatusSeeOther)
		p := r.get("/").want(http.StatusOK)
		p.post("/sign-out").want(http.StatusSeeOther)
	}
	p := r.get("/sign-in").want(http.StatusOK)
	for i := range 7 {
		if q := p.post("/sign-in", "email", "a@example.org", "password", "wrong horse"); (q.status == http.StatusTooManyRequests) != (i == 6) {
			t.Errorf("try %d of a password: status %d", i+1, q.status)
		}
	}
}
