package community

import (
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

func TestSignUpThenIn(t *testing.T) {
	h := newHouse(t)
	m, token := h.join(" Ada  Lovelace ", " Ada@Example.com ")
	same(t, "name", m.Name, "Ada Lovelace")
	same(t, "handle", m.Handle, "ada-lovelace")
	same(t, "e-mail", m.Email, "Ada@Example.com")
	same(t, "role", m.Role, Customer)
	same(t, "owes a confirm mail", owes(h.fresh(m.ID), ConfirmRequested), true)
	by := h.actor(token)
	same(t, "actor", []any{by.ID, by.Name, by.Confirmed, by.Session}, []any{m.ID, "Ada Lovelace", false, sessionID(token)})

	again, token2, err := h.SignIn(h.ctx, "ADA@example.COM", goodPassword, Device{})
	h.must(err)
	same(t, "member", again.ID, m.ID)
	h.must(h.SignOut(h.ctx, h.actor(token2)))
	same(t, "signed out", h.actor(token2), Actor{})
	same(t, "the other device", h.actor(token).ID, m.ID)
	h.must(h.SignOut(h.ctx, Actor{}))
}

func TestSignUpRefuses(t *testing.T) {
	h := newHouse(t)
	h.join("Ada", "ada@example.com")
	for _, c := range []struct {
		in    SignUp
		kind  fault.Kind
		field string
	}{
		{SignUp{Name: "A", Email: "b@example.com", Password: goodPassword}, fault.Invalid, "name"},
		{SignUp{Name: strings.Repeat("a", 41), Email: "b@example.com", Password: goodPassword}, fault.Invalid, "name"},
		{SignUp{Name: "Support Team", Email: "b@example.com", Password: goodPassword}, fault.Invalid, "name"},
		{SignUp{Name: "Bob", Email: "b@example", Password: goodPassword}, fault.Invalid, "email"},
		{SignUp{Name: "Bob", Email: "", Password: goodPassword}, fault.Invalid, "email"},
		{SignUp{Name: "Bob", Email: "b@example.com", Password: "short"}, fault.Invalid, "password"},
		{SignUp{Name: "Bob", Email: "b@example.com", Password: "password12345"}, fault.Invalid, "password"},
		{SignUp{Name: "Bob", Email: "bobby.tables@example.com", Password: "Bobby.Tables1"}, fault.Invalid, "password"},
		{SignUp{Name: "Bob", Email: "ADA@example.com", Password: goodPassword}, fault.Conflict, "email"},
		{SignUp{Name: "Bob", Email: "b@example.com", Password: goodPassword, Setup: "wrong"}, fault.Conflict, "setup"},
	} {
		m, token, err := h.SignUp(h.ctx, c.in, Device{})
		wantFault(t, err, c.kind, c.field)
		if m != nil && err == nil || token != "" {
			t.Errorf("%+v: got a member or a token with the fault", c.in)
		}
	}
	_, err := h.EditSettings(h.ctx, System, SettingsEdit{Name: "Acme", SignUp: false, StaleAfter: 1})
	h.must(err)
	_, _, err = h.SignUp(h.ctx, SignUp{Name: "Bob", Email: "b@example.com", Password: goodPassword}, Device{})
	wantFault(t, err, fault.Forbidden, "")
}

func TestSignInTellsNothing(t *testing.T) {
	h := newHouse(t)
	h.join("Ada", "ada@example.com")
	closed, _ := h.join("Bob", "bob@example.com")
	h.must(h.CloseMember(h.ctx, System, closed.ID, false))
	h.staff("Carol", Customer) // has no password
	var first error
	for _, c := range [][2]string{
		{"ada@example.com", "four blind mice"}, {"ada@example.com", ""}, {"ada@example.com", strings.Repeat("x", 5000)},
		{"nobody@example.com", goodPassword}, {"not an address", goodPassword}, {"", ""}, {"bob@example.com", goodPassword},
	} {
		m, token, err := h.SignIn(h.ctx, c[0], c[1], Device{})
		wantFault(t, err, fault.Unauthorized, "")
		if first == nil {
			first = err
		}
		if err == nil || m != nil || token != "" || err.Error() != first.Error() {
			t.Errorf("%v: got %v %q %v, want just %v", c, m, token, err, first)
		}
	}
}

func TestRequestResetTellsNothing(t *testing.T) {
	h := newHouse(t)
	m, _ := h.join("Ada", "ada@example.com")
	h.must(h.RequestReset(h.ctx, "nobody@example.com"))
	for range 3 {
		h.must(h.RequestReset(h.ctx, "ada@example.com"))
	}
	waiting := 0
	for _, e := range h.fresh(m.ID).Outbox {
		if e.Kind == ResetRequested {
			waiting++
		}
	}
	same(t, "reset mails owed after three requests", waiting, 1)
	wantFault(t, h.RequestReset(h.ctx, "ada"), fault.Invalid, "email")
}

func TestPasswordChangeVoidsSessions(t *testing.T) {
	h := newHouse(t)
	m, here := h.join("Ada", "ada@example.com")
	_, there, err := h.SignIn(h.ctx, "ada@example.com", goodPassword, Device{})
	h.must(err)
	by := h.actor(here)

	_, err = h.ChangePassword(h.ctx, by, "wrong password", "four blind mice", Device{})
	wantFault(t, err, fault.Invalid, "old")
	_, err = h.ChangePassword(h.ctx, by, goodPassword, "mice", Device{})
	wantFault(t, err, fault.Invalid, "new")
	_, err = h.ChangePassword(h.ctx, Actor{}, goodPassword, "four blind mice", Device{})
	wantFault(t, err, fault.Unauthorized, "")
	same(t, "still signed in", h.actor(there).ID, m.ID)

	fresh, err := h.ChangePassword(h.ctx, by, goodPassword, "four blind mice", Device{})
	h.must(err)
	same(t, "old sessions", []Actor{h.actor(here), h.actor(there)}, []Actor{{}, {}})
	same(t, "new session", h.actor(fresh).ID, m.ID)
	_, _, err = h.SignIn(h.ctx, "ada@example.com", goodPassword, Device{})
	wantFault(t, err, fault.Unauthorized, "")

	h.must(h.SetPassword(h.ctx, System, m.ID, "five blind mice"))
	same(t, "after the operator", h.actor(fresh), Actor{})
	wantFault(t, h.SetPassword(h.ctx, h.staff("Root", Admin), m.ID, "six blind mice"), fault.Forbidden, "")
}

func TestSessionsSlideAndExpire(t *testing.T) {
	h := newHouse(t)
	m, token := h.join("Ada", "ada@example.com")
	rev := func() int64 {
		x, err := h.sessions.Get(h.ctx, sessionID(token))
		h.must(err)
		return x.Rev
	}
	h.later(59 * time.Minute)
	h.actor(token)
	same(t, "revision within the hour", rev(), int64(1))
	h.later(time.Minute)
	h.actor(token)
	h.actor(token)
	same(t, "revision after the hour", rev(), int64(2))
	same(t, "member seen", h.fresh(m.ID).Seen, h.now())

	h.later(89 * 24 * time.Hour)
	same(t, "within 90 days", h.actor(token).ID, m.ID)
	h.later(90*24*time.Hour - time.Millisecond)
	same(t, "just within 90 more", h.actor(token).ID, m.ID)
	h.later(90 * 24 * time.Hour)
	same(t, "after them", h.actor(token), Actor{})
	for _, nonsense := range []string{"", "x", strings.Repeat("y", 1000), sessionID(token), "\x00", "\xff"} {
		same(t, "token "+nonsense, h.actor(nonsense), Actor{})
	}
}

func TestSessionsListed(t *testing.T) {
	h := newHouse(t)
	_, here := h.join("Ada", "ada@example.com")
	h.later(time.Minute)
	_, there, err := h.SignIn(h.ctx, "ada@example.com", goodPassword, Device{Agent: strings.Repeat("é", 150) + "\n", IP: "2001:db8:1:2::3"})
	h.must(err)
	by := h.actor(here)
	list, err := h.Sessions(h.ctx, by)
	h.must(err)
	same(t, "ids", []string{list[0].ID, list[1].ID}, []string{sessionID(there), sessionID(here)})
	same(t, "shortened", []string{list[0].IP, list[1].IP, list[0].Agent}, []string{"2001:db8:1::/48", "203.0.113.0/24", strings.Repeat("é", 100)})

	_, other := h.join("Bob", "bob@example.com")
	wantFault(t, h.EndSession(h.ctx, h.actor(other), sessionID(here)), fault.NotFound, "")
	wantFault(t, h.EndSession(h.ctx, Actor{}, sessionID(here)), fault.Unauthorized, "")
	h.must(h.EndSession(h.ctx, by, sessionID(there)))
	wantFault(t, h.EndSession(h.ctx, by, sessionID(there)), fault.NotFound, "")
	same(t, "ended", h.actor(there), Actor{})

	_, there, err = h.SignIn(h.ctx, "ada@example.com", goodPassword, Device{})
	h.must(err)
	token, err := h.EndOtherSessions(h.ctx, by)
	h.must(err)
	same(t, "others", []Actor{h.actor(there), h.actor(here)}, []Actor{{}, {}})
	list, err = h.Sessions(h.ctx, h.actor(token))
	h.must(err)
	same(t, "what is left", []any{len(list), list[0].Agent, list[0].IP}, []any{1, "Browser/1", "203.0.113.0/24"})
}

func TestShortIP(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24", "203.0.113.0/24": "203.0.113.0/24",
		"2001:db8:1:2::3": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48", "::1": "::/48", "": "", "here": "", "1.2.3.4:80": "",
	} {
		same(t, in, shortIP(in), want)
	}
}

func TestSetupTokenMakesOneAdministrator(t *testing.T) {
	h := newHouse(t)
	void, needed, err := h.SetupToken(h.ctx)
	h.must(err)
	token, needed2, err := h.SetupToken(h.ctx)
	h.must(err)
	same(t, "needed", []bool{needed, needed2, void != token}, []bool{true, true, true})
	conf, err := h.Settings(h.ctx)
	h.must(err)
	if strings.Contains(conf.Setup, token) || conf.Setup == "" {
		t.Error("the settings hold the token itself, or nothing")
	}
	found := func(email, setup string) (*Member, error) {
		m, _, err := h.SignUp(h.ctx, SignUp{Name: "Administrator", Email: email, Password: goodPassword, Setup: setup}, Device{})
		return m, err
	}
	_, err = found("a@example.com", void)
	wantFault(t, err, fault.Conflict, "setup")
	_, err = found("not an address", token)
	wantFault(t, err, fault.Invalid, "email")

	var wg sync.WaitGroup
	made := make([]*Member, 6)
	for i := range made {
		wg.Go(func() {
			if m, err := found(string(rune('a'+i))+"@example.com", token); err == nil {
				made[i] = m
			} else if !fault.Is(err, fault.Conflict) {
				t.Errorf("rival %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	admins, err := h.admins(h.ctx)
	h.must(err)
	same(t, "administrators", admins, int64(1))
	for _, m := range made {
		if m != nil && (m.Role != Admin || m.Confirmed == 0) {
			t.Errorf("the founder is %+v", m)
		}
	}
	_, err = found("z@example.com", token)
	wantFault(t, err, fault.Conflict, "setup")
	_, needed, err = h.SetupToken(h.ctx)
	h.must(err)
	same(t, "needed once there is one", needed, false)
}

func TestSetupTokenIsVoidOnceAnAdministratorExists(t *testing.T) {
	h := newHouse(t)
	token, _, err := h.SetupToken(h.ctx)
	h.must(err)
	h.staff("Boss", Admin)
	_, _, err = h.SignUp(h.ctx, SignUp{Name: "Bob", Email: "b@example.com", Password: goodPassword, Setup: token}, Device{})
	wantFault(t, err, fault.Conflict, "setup")
}

func TestSuspendedMembersKeepTheirAccountSafe(t *testing.T) {
	h := newHouse(t)
	m, token := h.join("Ada", "ada@example.com")
	h.must(h.Suspend(h.ctx, System, m.ID, h.now()+store.Millis(time.Hour.Milliseconds())))
	by := h.actor(token)
	_, err := h.EditProfile(h.ctx, by, ProfileEdit{Name: "Spam"})
	wantFault(t, err, fault.Forbidden, "")
	_, err = h.ChangePassword(h.ctx, by, goodPassword, "four blind mice", Device{})
	h.must(err)
	h.later(2 * time.Hour)
	_, err = h.EditProfile(h.ctx, by, ProfileEdit{Name: "Ada L"})
	h.must(err)
}
