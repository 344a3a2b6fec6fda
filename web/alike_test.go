package web

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// everyone are readers of different rights, those with more first: what is kept
// of their pages is there when the others come.
var everyone = []string{"admin", "agent", "moderator", "insider", "author", "member", "suspended", "guest"}

// keptTown is a house with readers of every kind, and something for each.
type keptTown struct {
	*house
	readers       map[string]*reader
	open, private *community.Thread
	answer        *community.Answer
	addresses     []string
}

func newKeptTown(t *testing.T) *keptTown {
	k := &keptTown{house: newHouse(t), readers: map[string]*reader{}}
	k.As("admin").Space("second", community.Public).Space("inner", community.Restricted, "gold")
	_, err := k.Svc.SaveSpace(k.Ctx, k.By, community.SpaceEdit{ID: "members", Name: "For members", Visibility: community.MembersOnly, New: true})
	k.OK(err)
	for _, name := range everyone {
		if k.readers[name] = k.reader(); name != "guest" {
			k.readers[name] = k.member(name)
		}
	}
	k.OK(k.Svc.SetGroups(k.Ctx, k.Actor("admin"), k.Actor("insider").ID, []string{"gold"}))
	k.Clock.Advance(48 * time.Hour)
	k.OK(k.Svc.Suspend(k.Ctx, k.Actor("admin"), k.Actor("suspended").ID, store.At(k.Clock.Now().Add(time.Hour*24*365))))
	k.As("author")
	u := k.upload()
	k.open = k.Ask("Router blinks red at night", scene.Tagged("router"), scene.Showing(u.ID)).Thread
	k.private = k.Ask("My invoice says: router blinks red at night", scene.Tagged("router"), scene.Privately()).Thread
	k.As("insider").Ask("The golden router blinks red at night", scene.Tagged("router"), scene.In("inner"))
	k.As("member").Ask("Where members see a router that blinks red", scene.Tagged("router"), scene.In("members"))
	k.answer = k.As("insider").On(k.open).Answer("Hold the reset button for ten seconds.").Remark("Only with the old firmware.").Answer_
	k.Settled()
	k.OK(k.index.Rebuild(k.Ctx, nil)) // for related questions
	k.addresses = []string{"/", "/?show=solved", "/spaces/inner", "/tags/router", threadURL(k.open.ID), threadURL(k.private.ID)}
	return k
}

// pages are what every reader sees; cold: with nothing kept of any page before.
func (k *keptTown) pages(cold bool) map[string]string {
	all := map[string]string{}
	for _, name := range everyone {
		for _, path := range k.addresses {
			if name == "guest" && strings.HasPrefix(path, "/threads/") {
				continue // kept whole, until the server hears of a change
			}
			if cold {
				k.site.cache = newPageCache(k.site.now)
			}
			p := k.readers[name].get(path)
			all[name+" "+path] = fmt.Sprint(p.status, " ", withoutTokens(p.body))
		}
	}
	return all
}

// same compares the pages from what is kept with those from nothing, and keeps
// them for the next change.
func (k *keptTown) same(after string) {
	k.T.Helper()
	k.Settled()
	warm, cold := k.pages(false), k.pages(true)
	k.pages(false)
	for what, body := range cold {
		if warm[what] != body {
			k.T.Errorf("%s: %s is another page from kept parts:\n%s", after, what, difference(warm[what], body))
		}
		who, _, _ := strings.Cut(what, " ")
		if strings.Contains(body, "My invoice") && slices.Contains([]string{"insider", "member", "suspended", "guest"}, who) {
			k.T.Errorf("%s: %s shows a private question", after, what)
		}
	}
	if !strings.Contains(warm["agent /"], "My invoice") {
		k.T.Errorf("%s: an agent's list lacks the private question", after)
	}
	if after == "asking" && !strings.Contains(warm["agent "+threadURL(k.open.ID)], "My invoice") {
		k.T.Error("it is not related to the open one, so that nothing is tried of that")
	}
}

type keptChange struct {
	name string
	do   func() error
}

func (k *keptTown) changes() []keptChange {
	return []keptChange{
		{"an edit", func() error {
			th, err := k.Svc.Thread(k.Ctx, k.Actor("author"), k.open.ID)
			k.OK(err)
			_, err = k.Svc.EditThread(k.Ctx, k.Actor("author"), k.open.ID, th.Edit, community.ThreadDraft{Space: "general", Title: "Router blinks red at night and noon", Body: "It blinks red now, all the time.", Tags: []string{"router"}}, "")
			return err
		}},
		{"a vote", func() error {
			_, err := k.Svc.Vote(k.Ctx, k.Actor("member"), community.Ref{Kind: community.AQuestion, ID: k.open.ID}, 1)
			return err
		}},
		{"a vote on an answer", func() error {
			_, err := k.Svc.Vote(k.Ctx, k.Actor("member"), community.Ref{Kind: community.AnAnswer, ID: k.answer.ID}, 1)
			return err
		}},
		{"an answer that solved it", func() error {
			_, err := k.Svc.Accept(k.Ctx, k.Actor("author"), k.open.ID, k.answer.ID)
			return err
		}},
		{"a me-too", func() error { _, err := k.Svc.SetMeToo(k.Ctx, k.Actor("member"), k.open.ID, true); return err }},
		{"a held post", func() error {
			return k.Svc.Judge(k.Ctx, "", community.Ref{Kind: community.AnAnswer, ID: k.answer.ID}, &community.Removal{Kind: community.Held, At: 1}, func(*community.Removal) bool { return true })
		}},
		{"a hidden question", func() error {
			return k.Svc.Judge(k.Ctx, k.Actor("moderator").ID, community.Ref{Kind: community.AQuestion, ID: k.open.ID}, &community.Removal{Kind: community.Hidden, At: 1}, func(*community.Removal) bool { return true })
		}},
		{"the question back", func() error {
			return k.Svc.Judge(k.Ctx, k.Actor("moderator").ID, community.Ref{Kind: community.AQuestion, ID: k.open.ID}, nil, func(*community.Removal) bool { return true })
		}},
		{"a move", func() error { _, err := k.Svc.Move(k.Ctx, k.Actor("admin"), k.open.ID, "inner"); return err }},
		{"a move back", func() error { _, err := k.Svc.Move(k.Ctx, k.Actor("admin"), k.open.ID, "general"); return err }},
		{"a new name", func() error {
			_, err := k.Svc.EditProfile(k.Ctx, k.Actor("author"), community.ProfileEdit{Name: "Quite Another"})
			return err
		}},
		{"a question made private", func() error { _, err := k.Svc.SetPrivate(k.Ctx, k.Actor("author"), k.open.ID, true); return err }},
		{"and opened", func() error { _, err := k.Svc.SetPrivate(k.Ctx, k.Actor("author"), k.open.ID, false); return err }},
		{"a lock", func() error {
			_, err := k.Svc.SetLock(k.Ctx, k.Actor("moderator"), k.open.ID, "Round in circles.")
			return err
		}},
		{"a space that closes", func() error {
			_, err := k.Svc.SaveSpace(k.Ctx, k.Actor("admin"), community.SpaceEdit{ID: "general", Name: "General", Visibility: community.Restricted, Groups: []string{"gold"}})
			return err
		}},
		{"a member who leaves a group", func() error { return k.Svc.SetGroups(k.Ctx, k.Actor("admin"), k.Actor("insider").ID, nil) }},
		{"a member who becomes staff", func() error { return k.Svc.SetRole(k.Ctx, k.Actor("admin"), k.Actor("author").ID, community.Agent) }},
		{"another name of the site", func() error {
			_, err := k.Svc.EditSettings(k.Ctx, k.Actor("admin"), community.SettingsEdit{Name: "Lumen", Tagline: "Light for all", StaleAfter: 100})
			return err
		}},
		{"an account that is closed", func() error { return k.Svc.CloseMember(k.Ctx, k.Actor("admin"), k.Actor("author").ID, false) }},
	}
}

// A page that is put together from what is kept of others' equals, byte for
// byte, the page that is made with nothing kept: for every kind of reader, and
// after every kind of change, which nobody tells the server of.
func TestPagesFromKeptPartsAreTheSame(t *testing.T) {
	k := newKeptTown(t)
	k.pages(false) // and their words of welcome
	k.same("asking")
	for _, c := range k.changes() {
		k.OK(c.do())
		k.same(c.name)
	}
}

// A member's list is taken from what another's left.
func TestMembersShareAList(t *testing.T) {
	h := newHouse(t)
	h.As("asker").Ask("Router blinks red at night").Settled()
	first, second, agent := h.member("someone"), h.member("helper"), h.member("agent")
	first.get("/").want(200)
	kept := h.site.cache.order.Len()
	second.get("/").want(200)
	if h.site.cache.order.Len() != kept {
		t.Error("two members keep two lists")
	}
	agent.get("/").want(200)
	if h.site.cache.order.Len() != kept+1 {
		t.Error("an agent's list is not one of its own")
	}
}

var oneTimers = regexp.MustCompile(`(name="(csrf|key)"[^>]*(value|content))="[^"]*"`)

func withoutTokens(body string) string { return oneTimers.ReplaceAllString(body, `$1=""`) }

// difference is the first line in which two pages differ.
func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return x[i] + "\n" + y[i]
		}
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}
