package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
)

// cloister is a community of many secrets: a word of its own for each post, so
// that whatever comes up can be told apart.
type cloister struct {
	*wordy
	rnd     *rand.Rand
	threads []*community.Thread
	answers []*community.Answer
	codes   map[string]string // a word of letters alone, by the id of the post that has it
}

// code is a word that is written like no other.
func (c *cloister) code() string {
	b := make([]byte, 12)
	for i := range b {
		b[i] = byte('a' + c.rnd.IntN(26))
	}
	return string(b)
}

var askers = []string{"asker", "other", "agent1", "agent2"}

func newCloister(t *testing.T, seed uint64) *cloister {
	c := &cloister{wordy: newWordy(t), rnd: rand.New(rand.NewPCG(seed, 7)), codes: map[string]string{}}
	var said []string
	c.Space("club", community.MembersOnly).Space("vault", community.Restricted, "gold")
	for i := range 24 {
		who := askers[i%2]
		if i >= 4 {
			who = askers[2+i%2]
		}
		space := []string{"general", "club", "vault"}[c.rnd.IntN(3)]
		if i < 4 && space == "vault" {
			space = "general"
		}
		changes := []scene.Change{scene.In(space), scene.Tagged("shared")}
		if c.rnd.IntN(3) == 0 {
			changes = append(changes, scene.Privately())
		}
		code := c.code()
		c.as(who).asked(fmt.Sprintf("Router secret%dt", i), fmt.Sprintf("The router shows secret%db today: %s.", i, code), changes...)
		c.threads = append(c.threads, c.Thread)
		c.codes[c.Thread.ID] = code
		said = append(said, fmt.Sprintf("alias%d => secret%dt", i, i))
		for j := range c.rnd.IntN(3) {
			code := c.code()
			c.as("agent1").Answer(fmt.Sprintf("Reset the router with secret%da%d please: %s.", i, j, code))
			c.answers = append(c.answers, c.Answer_)
			c.codes[c.Answer_.ID] = code
		}
	}
	c.says(said...)
	return c
}

// stir changes who may see what, at random; what is refused stays as it is.
func (c *cloister) stir() {
	by := c.Actor("admin")
	t := c.threads[c.rnd.IntN(len(c.threads))]
	a := c.answers[c.rnd.IntN(len(c.answers))]
	ref := community.Ref{Kind: community.AQuestion, ID: t.ID}
	switch c.rnd.IntN(8) {
	case 0:
		_ = c.Svc.Remove(c.Ctx, by, ref, "")
	case 1:
		_ = c.Svc.Restore(c.Ctx, by, ref)
	case 2, 3:
		_ = c.Svc.Remove(c.Ctx, by, community.Ref{Kind: community.AnAnswer, ID: a.ID}, "")
	case 4:
		_ = c.Svc.Restore(c.Ctx, by, community.Ref{Kind: community.AnAnswer, ID: a.ID})
	case 5:
		_, _ = c.Svc.SetPrivate(c.Ctx, by, t.ID, c.rnd.IntN(2) == 0)
	case 6:
		_, _ = c.Svc.Move(c.Ctx, by, t.ID, []string{"general", "club", "vault"}[c.rnd.IntN(3)])
	case 7:
		v := []community.Visibility{community.Public, community.MembersOnly, community.Restricted}[c.rnd.IntN(3)]
		_, err := c.Svc.SaveSpace(c.Ctx, community.System, community.SpaceEdit{ID: "club", Name: "Club", Visibility: v, Groups: []string{"silver"}, Position: 6})
		c.OK(err)
	}
}

func (c *cloister) actors() map[string]community.Actor {
	gold := c.Actor("member")
	gold.Groups = []string{"gold"}
	return map[string]community.Actor{
		"guest": {}, "member": c.Actor("member"), "gold": gold, "asker": c.Actor("asker"), "other": c.Actor("other"),
		"agent1": c.Actor("agent1"), "moderator": c.Actor("moderator"), "admin": c.Actor("admin"),
	}
}

// expected are the threads that an actor must find by a word in all of them.
func (c *cloister) expected(by community.Actor) (ids []string) {
	for _, t := range c.threads {
		if t, err := c.Svc.Thread(c.Ctx, by, t.ID); err == nil && indexed(t) {
			ids = append(ids, t.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// TestNobodyFindsWhatTheyMayNotSee: after any change, before and after the
// index knows of it, no hit, snippet, page, count, word offered instead, synonym
// or related thread gives away what the actor may not read; and once it knows,
// everything else is found.
func TestNobodyFindsWhatTheyMayNotSee(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := newCloister(t, seed)
			for range 3 {
				c.caughtUp()
				c.check(true)
				for range 6 {
					c.stir()
				}
				c.check(false)
			}
		})
	}
}

func (c *cloister) check(caughtUp bool) {
	c.T.Helper()
	for name, by := range c.actors() {
		c.By = by
		want := c.expected(by)
		for _, q := range []string{"router", "secret tag:shared router", `"router shows"`, "space:vault", "is:unanswered", "-zebra"} {
			got := c.judged(name, q, want)
			if caughtUp && q == "router" && !slices.Equal(got, want) {
				c.T.Fatalf("%s finds %d of %d", name, len(got), len(want))
			}
		}
		c.checkSecrets(name, want)
		c.checkNear(name, want)
		for _, q := range []string{"router", "router tag:shared -is:stale", "space:club", `"router shows"`, "is:unanswered -zebra", "alias3 alias4 alias5 alias6"} {
			c.checkCounts(name, q, want)
		}
		list, err := c.Index.Related(c.Ctx, by, "Router", "The router shows", "", 20)
		c.OK(err)
		for _, t := range list {
			if !slices.Contains(want, t.ID) {
				c.T.Fatalf("%s is told of %q as related", name, t.Title)
			}
		}
	}
}

// judged checks every hit of a query against what the service lets the actor read.
func (c *cloister) judged(name, q string, want []string) (ids []string) {
	c.T.Helper()
	cursor := ""
	for {
		hits, next, err := c.Index.Search(c.Ctx, c.By, q, cursor, 4)
		c.OK(err)
		if next != "" && len(hits) < 4 {
			c.T.Fatalf("%s, %q: a short page of %d promises more", name, q, len(hits))
		}
		for _, h := range hits {
			if !slices.Contains(want, h.Thread.ID) {
				c.T.Fatalf("%s finds %q by %q", name, h.Thread.Title, q)
			}
			if h.Answer != "" {
				a, _, err := c.Svc.Answer(c.Ctx, c.By, h.Answer)
				if err != nil || a.Removed != nil {
					c.T.Fatalf("%s is shown the answer %s by %q: %v", name, h.Answer, q, err)
				}
			}
			c.checkSnippet(name, h)
			ids = append(ids, h.Thread.ID)
		}
		if cursor = next; next == "" {
			slices.Sort(ids)
			return ids
		}
	}
}

// checkSnippet: no removed answer's word is in it.
func (c *cloister) checkSnippet(name string, h Hit) {
	c.T.Helper()
	for _, a := range c.answers {
		word := secretOf(a.Body)
		if a.Thread != h.Thread.ID || !strings.Contains(string(h.Snippet), word) {
			continue
		}
		if now, err := c.Svc.Records().Answers.Get(c.Ctx, a.ID); err != nil || now.Removed != nil {
			c.T.Fatalf("%s reads %q of a removed answer", name, word)
		}
	}
}

func secretOf(body string) string {
	return body[strings.Index(body, "secret"):strings.Index(body, " please")]
}

// checkSecrets asks for each secret word itself: that it is found at all says
// that it is there.
func (c *cloister) checkSecrets(name string, want []string) {
	c.T.Helper()
	for _, t := range c.threads {
		word := strings.Fields(t.Title)[1]
		if hits := c.all(word); len(hits) > 0 && !slices.Contains(want, t.ID) {
			c.T.Fatalf("%s learns of %q", name, word)
		}
		alias := "alias" + strings.Trim(word, "secrt")
		if hits := c.all(alias); len(hits) > 0 && !slices.Contains(want, t.ID) {
			c.T.Fatalf("%s learns of %q by %q", name, word, alias)
		}
	}
	for _, a := range c.answers {
		hits := c.all(secretOf(a.Body))
		if len(hits) == 0 {
			continue
		}
		now, err := c.Svc.Records().Answers.Get(c.Ctx, a.ID)
		if c.OK(err); now.Removed != nil || !slices.Contains(want, a.Thread) {
			c.T.Fatalf("%s learns of %q", name, secretOf(a.Body))
		}
	}
}

// checkNear mistypes words: what is offered instead says that it is there.
func (c *cloister) checkNear(name string, want []string) {
	c.T.Helper()
	ask := func(code string, visible bool) {
		typo := code[:5] + code[6:]
		r, err := c.Index.Look(c.Ctx, c.By, Request{Query: typo})
		if c.OK(err); (r.Instead != "" || len(r.Hits) > 0) && !visible {
			c.T.Fatalf("%s is offered %q for %q", name, r.Instead, typo)
		}
	}
	for range 3 {
		t := c.threads[c.rnd.IntN(len(c.threads))]
		ask(c.codes[t.ID], slices.Contains(want, t.ID))
		a := c.answers[c.rnd.IntN(len(c.answers))]
		now, err := c.Svc.Records().Answers.Get(c.Ctx, a.ID)
		c.OK(err)
		ask(c.codes[a.ID], now.Removed == nil && slices.Contains(want, a.Thread))
	}
}

// checkCounts holds what is counted against what is found.
func (c *cloister) checkCounts(name, q string, want []string) {
	c.T.Helper()
	r, err := c.Index.Look(c.Ctx, c.By, Request{Query: q, Facets: true, Literal: true})
	if c.OK(err); r.Facets == nil {
		return
	}
	may := map[Facet]int{}
	for _, id := range want {
		t, err := c.Svc.Thread(c.Ctx, c.By, id)
		c.OK(err)
		count(may, t)
	}
	for _, f := range slices.Concat(r.Facets.Spaces, r.Facets.Tags, r.Facets.States) {
		if most := may[Facet{Key: f.Key, Value: f.Value}]; f.Count > most {
			c.T.Fatalf("%s, %q: %d are counted as %s:%s, and %d may be read", name, q, f.Count, f.Key, f.Value, most)
		}
	}
	if r.Facets.Counted > len(want) {
		c.T.Fatalf("%s, %q: %d are counted, and %d may be read", name, q, r.Facets.Counted, len(want))
	}
	if q == "router" && (r.Facets.Counted != len(want) || r.Facets.Partial) {
		c.T.Fatalf("%s, %q: %d are counted of %d", name, q, r.Facets.Counted, len(want))
	}
}
