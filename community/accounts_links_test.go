package community

import (
	"strings"
	"sync"
	"testing"
	"time"

	"selfie/internal/fault"
)

var purposes = []LinkPurpose{LinkConfirm, LinkReset, LinkUnsubscribe}

func TestLinksServeOnePurposeAndMember(t *testing.T) {
	h := newHouse(t)
	m, _ := h.join("Ada", "ada@example.com")
	for _, made := range purposes {
		link := h.link(made, m)
		for _, tried := range append(purposes, "") {
			got, err := h.OpenLink(h.ctx, tried, link)
			if tried == made {
				h.must(err)
				same(t, "member", got.ID, m.ID)
				continue
			}
			wantFault(t, err, fault.Gone, "")
		}
	}
}

func TestLinksCannotBeForged(t *testing.T) {
	h := newHouse(t)
	m, _ := h.join("Ada", "ada@example.com")
	other := h.staff("Bob", Customer)
	for _, p := range purposes {
		link := h.link(p, m)
		raw, err := link64.DecodeString(link)
		h.must(err)
		for i := range raw {
			for bit := range 8 {
				forged := append([]byte(nil), raw...)
				forged[i] ^= 1 << bit
				_, err := h.OpenLink(h.ctx, p, link64.EncodeToString(forged))
				wantFault(t, err, fault.Gone, "")
			}
		}
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for i := range link { // the unused bits of the last character too
			forged := []byte(link)
			forged[i] = alphabet[strings.IndexByte(alphabet, link[i])^1]
			_, err := h.OpenLink(h.ctx, p, string(forged))
			wantFault(t, err, fault.Gone, "")
		}
		swapped := append(append([]byte(nil), raw[:len(raw)-len(m.ID)]...), other.ID...)
		for _, forged := range []string{"", link[1:], link[:len(link)-1], link + "A", link + "=", link + "\n", "\r" + link, link + link, " " + link,
			link64.EncodeToString(swapped), strings.Repeat("A", 76), strings.Repeat("A", 1e6), "\x00", "é"} {
			_, err := h.OpenLink(h.ctx, p, forged)
			wantFault(t, err, fault.Gone, "")
		}
	}
}

func TestLinksExpire(t *testing.T) {
	h := newHouse(t)
	m, _ := h.join("Ada", "ada@example.com")
	for _, p := range purposes {
		link := h.link(p, m)
		h.later(time.Hour - time.Millisecond)
		_, err := h.OpenLink(h.ctx, p, link)
		h.must(err)
		h.later(time.Millisecond)
		_, err = h.OpenLink(h.ctx, p, link)
		wantFault(t, err, fault.Gone, "")
	}
	dead, err := h.Link(h.ctx, LinkReset, m, -time.Hour)
	h.must(err)
	_, err = h.OpenLink(h.ctx, LinkReset, dead)
	wantFault(t, err, fault.Gone, "")
}

// TestLinksDieWithWhatTheyAreBoundTo lists which change of the member voids which link.
func TestLinksDieWithWhatTheyAreBoundTo(t *testing.T) {
	for _, c := range []struct {
		change                      string
		apply                       func(*Member)
		confirm, reset, unsubscribe bool // still open
	}{
		{"nothing", func(*Member) {}, true, true, true},
		{"name", func(m *Member) { m.Name = "X" }, true, true, true},
		{"sessions", func(m *Member) { m.Sessions++ }, false, false, true},
		{"password", func(m *Member) { m.Password = "x" }, true, false, true},
		{"confirmed", func(m *Member) { m.Confirmed = 5 }, false, true, true},
		{"address", func(m *Member) { m.EmailKey = "x@example.com" }, false, false, false},
		{"closed", func(m *Member) { m.Closed = 5 }, false, false, false},
	} {
		h := newHouse(t)
		by := h.staff("Ada", Customer)
		_, err := h.members.Update(h.ctx, by.ID, func(m *Member) error { m.Confirmed = 0; return nil })
		h.must(err)
		m := h.fresh(by.ID)
		links := map[LinkPurpose]string{}
		for _, p := range purposes {
			links[p] = h.link(p, m)
		}
		_, err = h.members.Update(h.ctx, m.ID, func(m *Member) error { c.apply(m); return nil })
		h.must(err)
		for p, open := range map[LinkPurpose]bool{LinkConfirm: c.confirm, LinkReset: c.reset, LinkUnsubscribe: c.unsubscribe} {
			if _, err := h.OpenLink(h.ctx, p, links[p]); (err == nil) != open {
				t.Errorf("%s link after a change of %s: %v", p, c.change, err)
			}
		}
	}
}

func TestResetWorksOnce(t *testing.T) {
	h := newHouse(t)
	m, old := h.join("Ada", "ada@example.com")
	link, second := h.link(LinkReset, m), h.link(LinkReset, m)
	_, _, err := h.ResetPassword(h.ctx, link, "short", Device{})
	wantFault(t, err, fault.Invalid, "password")
	var wg sync.WaitGroup
	tokens := make([]string, 4)
	for i := range tokens {
		wg.Go(func() {
			var err error
			if _, tokens[i], err = h.ResetPassword(h.ctx, link, "four blind mice", Device{}); err != nil && !fault.Is(err, fault.Gone) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	token := strings.Join(tokens, "")
	same(t, "signed in by exactly one of four", h.actor(token).ID, m.ID)
	same(t, "old session", h.actor(old), Actor{})
	same(t, "confirmed", h.fresh(m.ID).Confirmed, h.now())
	for _, used := range []string{link, second} {
		_, _, err = h.ResetPassword(h.ctx, used, "five blind mice", Device{})
		wantFault(t, err, fault.Gone, "")
	}
	_, _, err = h.SignIn(h.ctx, "ada@example.com", "four blind mice", Device{})
	h.must(err)
}

func TestConfirmWorksOnce(t *testing.T) {
	h := newHouse(t)
	m, token := h.join("Ada", "ada@example.com")
	link := h.link(LinkConfirm, m)
	_, err := h.Confirm(h.ctx, link)
	h.must(err)
	same(t, "actor", h.actor(token).Confirmed, true)
	_, err = h.Confirm(h.ctx, link)
	wantFault(t, err, fault.Gone, "")
	wantFault(t, h.RequestConfirm(h.ctx, h.actor(token)), fault.Conflict, "")

	wantFault(t, h.ChangeEmail(h.ctx, h.actor(token), "wrong password", "new@example.com"), fault.Invalid, "password")
	h.must(h.ChangeEmail(h.ctx, h.actor(token), goodPassword, "ADA@example.com"))
	same(t, "the same address stays confirmed", h.actor(token).Confirmed, true)
	h.must(h.ChangeEmail(h.ctx, h.actor(token), goodPassword, "New@example.com"))
	same(t, "another does not", h.actor(token).Confirmed, false)
	_, err = h.Confirm(h.ctx, link)
	wantFault(t, err, fault.Gone, "")
	h.must(h.RequestConfirm(h.ctx, h.actor(token)))
	_, err = h.Confirm(h.ctx, h.link(LinkConfirm, h.fresh(m.ID)))
	h.must(err)
}

func TestChangeEmailRefusesTakenAddress(t *testing.T) {
	h := newHouse(t)
	h.join("Ada", "ada@example.com")
	_, token := h.join("Bob", "bob@example.com")
	wantFault(t, h.ChangeEmail(h.ctx, h.actor(token), goodPassword, "Ada@Example.com"), fault.Conflict, "email")
	wantFault(t, h.ChangeEmail(h.ctx, h.actor(token), goodPassword, "ada"), fault.Invalid, "email")
}

func TestUnsubscribeMayBeRepeated(t *testing.T) {
	h := newHouse(t)
	m, token := h.join("Ada", "ada@example.com")
	h.must(h.EditPrefs(h.ctx, h.actor(token), Prefs{MailAnswers: true, Theme: "dark"}))
	link := h.link(LinkUnsubscribe, m)
	for range 2 {
		got, err := h.Unsubscribe(h.ctx, link)
		h.must(err)
		same(t, "prefs", got.Prefs, Prefs{Theme: "dark", NoWeekly: true, NoSaved: true})
	}
	wantFault(t, h.EditPrefs(h.ctx, h.actor(token), Prefs{Theme: "pink"}), fault.Invalid, "theme")
	wantFault(t, h.EditPrefs(h.ctx, Actor{}, Prefs{}), fault.Unauthorized, "")
}

func TestNoLinksWithoutSecret(t *testing.T) {
	h := newHouse(t)
	m, _ := h.join("Ada", "ada@example.com")
	_, err := h.settings.Update(h.ctx, settingsID, func(c *Settings) error { c.Secret = ""; return nil })
	h.must(err)
	if _, err := h.Link(h.ctx, LinkReset, m, time.Hour); err == nil {
		t.Error("signed with an empty secret")
	}
	if _, err := h.OpenLink(h.ctx, LinkReset, strings.Repeat("A", 76)); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("opened with an empty secret: %v", err)
	}
}
