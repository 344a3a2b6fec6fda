package community

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

func TestEditProfile(t *testing.T) {
	h := newHouse(t)
	h.routes.Add("caches", MemberRenamed)
	m, token := h.join("Ada", "ada@example.com")
	h.staff("Grace", Customer)
	by := h.actor(token)
	renames := func() (n int) {
		for _, e := range h.fresh(m.ID).Outbox {
			if e.Kind == MemberRenamed {
				n++
			}
		}
		return n
	}

	got, err := h.EditProfile(h.ctx, by, ProfileEdit{Name: "Ada", About: "I fix *bikes*.\r\n", Location: " Bern "})
	h.must(err)
	same(t, "profile", []string{got.Name, got.Handle, got.About, got.Location}, []string{"Ada", "ada", "I fix *bikes*.", "Bern"})
	if !strings.Contains(got.AboutHTML, "<em>bikes</em>") {
		t.Errorf("about: %s", got.AboutHTML)
	}
	same(t, "renames", renames(), 0)

	got, err = h.EditProfile(h.ctx, by, ProfileEdit{Name: "Grace"})
	h.must(err)
	same(t, "renamed", []string{got.Name, got.Handle, got.About, got.AboutHTML}, []string{"Grace", "grace-2", "", ""})
	same(t, "revision moved by one write each", got.Rev, int64(3))
	same(t, "renames", renames(), 1)

	got, err = h.EditProfile(h.ctx, by, ProfileEdit{Name: "GRACE"})
	h.must(err)
	same(t, "the handle stays while it fits", got.Handle, "grace-2")
}

func TestEditProfileRefuses(t *testing.T) {
	h := newHouse(t)
	_, token := h.join("Ada", "ada@example.com")
	by := h.actor(token)
	for field, e := range map[string]ProfileEdit{
		"name":     {Name: "Moderator"},
		"about":    {Name: "Ada", About: strings.Repeat("x", 2001)},
		"location": {Name: "Ada", Location: "here\nthere"},
	} {
		_, err := h.EditProfile(h.ctx, by, e)
		wantFault(t, err, fault.Invalid, field)
	}
	_, err := h.EditProfile(h.ctx, Actor{}, ProfileEdit{Name: "Ada"})
	wantFault(t, err, fault.Unauthorized, "")
	_, err = h.EditProfile(h.ctx, System, ProfileEdit{Name: "Ada"})
	wantFault(t, err, fault.NotFound, "")
}

// TestStandingNameIsKept: a name that could not be chosen now may stay.
func TestStandingNameIsKept(t *testing.T) {
	h := newHouse(t)
	by := h.staff("Support", Agent)
	h.must(h.SetRole(h.ctx, System, by.ID, Customer))
	got, err := h.EditProfile(h.ctx, by, ProfileEdit{Name: "Support", Location: "Bern"})
	h.must(err)
	same(t, "profile", []string{got.Name, got.Location}, []string{"Support", "Bern"})
}

func TestClosingBlanksEverything(t *testing.T) {
	h := newHouse(t)
	h.routes.Add("caches", MemberRenamed)
	m, token := h.join("Zerubbabel Quux", "zerubbabel@quux.example")
	by := h.actor(token)
	_, err := h.EditProfile(h.ctx, by, ProfileEdit{Name: "Zerubbabel Quuxx", About: "about-zerubbabel", Location: "Quuxtown"})
	h.must(err)
	h.must(h.SetGroups(h.ctx, System, m.ID, []string{"quux-dealers"}))
	link := h.link(LinkReset, h.fresh(m.ID))

	wantFault(t, h.CloseOwn(h.ctx, by, "wrong password", false), fault.Invalid, "password")
	wantFault(t, h.CloseMember(h.ctx, by, m.ID, false), fault.Forbidden, "")
	h.must(h.CloseOwn(h.ctx, by, goodPassword, true))

	closed := h.fresh(m.ID)
	doc, err := json.Marshal(closed)
	h.must(err)
	for _, trace := range []string{"erubbabel", "uux", "argon2", "Bern"} {
		if strings.Contains(string(doc), trace) {
			t.Errorf("%q is left in %s", trace, doc)
		}
	}
	same(t, "shown as", closed.DisplayName(), FormerMember)
	last := closed.Outbox[len(closed.Outbox)-1]
	same(t, "event", []string{last.Kind, string(last.Payload)}, []string{MemberClosed, `{"purge":true}`})

	same(t, "signed out", h.actor(token), Actor{})
	_, err = h.OpenLink(h.ctx, LinkReset, link)
	wantFault(t, err, fault.Gone, "")
	_, err = h.EditProfile(h.ctx, by, ProfileEdit{Name: "Back"})
	wantFault(t, err, fault.Unauthorized, "")
	wantFault(t, h.SetRole(h.ctx, System, m.ID, Agent), fault.Conflict, "")
	wantFault(t, h.SetPassword(h.ctx, System, m.ID, "four blind mice"), fault.Conflict, "")
	_, err = h.MemberByHandle(h.ctx, "zerubbabel-quuxx")
	wantFault(t, err, fault.NotFound, "")
	h.join("Zerubbabel Quux", "zerubbabel@quux.example") // the address is free again
}

func TestClosingAgain(t *testing.T) {
	h := newHouse(t)
	m := h.staff("Ada", Customer)
	h.must(h.CloseMember(h.ctx, System, m.ID, false))
	first := h.fresh(m.ID)
	h.later(time.Hour)
	h.must(h.CloseMember(h.ctx, System, m.ID, false))
	same(t, "again without purge", h.fresh(m.ID).Rev, first.Rev)
	h.must(h.CloseMember(h.ctx, System, m.ID, true))
	again := h.fresh(m.ID)
	same(t, "again with purge", []any{again.Rev, again.Closed}, []any{first.Rev + 1, first.Closed})
	wantFault(t, h.CloseMember(h.ctx, System, "nobody", true), fault.NotFound, "")
}

func TestAfterClose(t *testing.T) {
	h := newHouse(t)
	for i := range 450 { // more than two pages
		h.must(h.sessions.Insert(h.ctx, &Session{Member: who(i), Seen: store.Millis(i)}))
		h.must(h.drafts.Insert(h.ctx, &Draft{Member: who(i), Body: "secret", Updated: store.Millis(i)}))
		h.must(h.history.Insert(h.ctx, &Revision{By: who(i), Title: "T", Body: "secret", Note: "n", Tags: []string{"t"}, At: store.Millis(i / 10)}))
	}
	left := func(member string) (sessions, drafts, texts int64) {
		sessions, err := h.sessions.Count(h.ctx, store.Where("member", member))
		h.must(err)
		drafts, err = h.drafts.Count(h.ctx, store.Where("member", member))
		h.must(err)
		h.must(h.history.Each(h.ctx, store.Where("by", member).Order("-at"), func(r *Revision) error {
			if r.Title+r.Body+r.Note+strings.Join(r.Tags, "") != "" {
				texts++
			}
			return nil
		}))
		return sessions, drafts, texts
	}
	check := func(what, member string, want ...int64) {
		t.Helper()
		a, b, c := left(member)
		same(t, what+": sessions, drafts, texts", []int64{a, b, c}, want)
	}
	h.must(h.afterClose(h.ctx, "gone", false))
	check("without purge", "gone", 0, 0, 405)
	for range 2 {
		h.must(h.afterClose(h.ctx, "gone", true))
		check("with purge", "gone", 0, 0, 0)
	}
	check("others", "here", 45, 45, 45)
}

func who(i int) string {
	if i%10 == 0 {
		return "here"
	}
	return "gone"
}

func TestMembersLookup(t *testing.T) {
	h := newHouse(t)
	a, b := h.staff("Ada", Customer), h.staff("Bob", Customer)
	got, err := h.Members(h.ctx, []string{a.ID, b.ID, a.ID, "", "nobody"})
	h.must(err)
	same(t, "found", []any{len(got), got[a.ID].Name, got[b.ID].Name}, []any{2, "Ada", "Bob"})
	for _, handle := range []string{"", "@", "nobody", strings.Repeat("x", 100), "\x00"} {
		_, err := h.MemberByHandle(h.ctx, handle)
		wantFault(t, err, fault.NotFound, "")
	}
	_, err = h.Member(h.ctx, "nobody")
	wantFault(t, err, fault.NotFound, "")
}
