package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/store"
)

const agents, newcomers = 8, 2

// The server is killed (SIGKILL) again and again while many people write, and
// they send again what was not answered. In the end everything acknowledged is
// there once, nothing is there twice, every follower did its work once, and
// what is derived agrees with the facts.
func TestKillServer(t *testing.T) {
	beside(t)
	dir := t.TempDir()
	rounds, seed := pick(5, 200), rand.Uint64()
	t.Logf("%d kills, seed %d", rounds, seed)
	ctx, cancel := context.WithTimeout(t.Context(), pick(5*time.Minute, 90*time.Minute))
	defer cancel()
	c := newCrowd(t)
	c.gather(ctx, in(dir), seed)
	killing(ctx, t, c, dir, rounds, rand.New(rand.NewPCG(seed, 0)))
	n := start(t, in(dir)...)
	c.server.Store(n)
	close(c.done)
	c.wg.Wait()
	t.Logf("%d acknowledged: %d posts, %d standing votes, %d newcomers; %d answers were lost", c.acked.Load(), len(c.posts), len(c.votes), len(c.members), c.retried.Load())
	if t.Failed() || ctx.Err() != nil {
		t.Fatalf("the crowd could not finish: %v\n%s", ctx.Err(), n.log)
	}
	settled(t, in(dir))
	c.findAgain(t, n)
	n.stop()
	quiet(t, n)
	rebuilt(t, dir)
	must(t, append(in(dir), "check")...)
	n = start(t, in(dir)...)
	c.readBack(t, n)
	n.stop()
	quiet(t, n)
	c.audit(t, open(t, openDir(t, dir)))
}

// gather starts the crowd; it waits for a server.
func (c *crowd) gather(ctx context.Context, flags []string, seed uint64) {
	for i := range agents {
		email := account(c.t, flags, "agent", fmt.Sprintf("agent-%d", i))
		c.wg.Go(func() { c.agent(ctx, email, rand.New(rand.NewPCG(seed, uint64(i+1)))) })
	}
	for range newcomers {
		c.wg.Go(func() { c.newcomers(ctx) })
	}
}

// killing runs servers over one directory, each until some number of writes
// more was acknowledged and a moment passed, so that others are under way.
func killing(ctx context.Context, t *testing.T, c *crowd, dir string, rounds int, r *rand.Rand) {
	for round := range rounds {
		n := start(t, in(dir)...)
		target := c.acked.Load() + int64(r.IntN(pick(80, 60)))
		c.server.Store(n)
		late := time.After(time.Minute)
		tick := time.NewTicker(time.Millisecond)
		for c.acked.Load() < target {
			select {
			case <-tick.C:
				continue
			case <-n.ended:
				t.Fatalf("round %d: the server ended by itself: %v\n%s", round, n.exit, n.log)
			case <-late:
				t.Fatalf("round %d: %d writes were not acknowledged in a minute\n%s", round, target, n.log)
			case <-ctx.Done():
				t.Fatalf("round %d: %v", round, ctx.Err())
			}
		}
		tick.Stop()
		<-time.After(time.Duration(r.IntN(20_000)) * time.Microsecond)
		c.server.Store(nil)
		n.kill()
		for _, line := range n.troubles() {
			t.Errorf("round %d: %s", round, line)
		}
	}
}

// readBack reads a sample of what was acknowledged as a visitor does.
func (c *crowd) readBack(t *testing.T, n *node) {
	v := newVisitor(n.url)
	for i, w := range c.posts {
		if i%pick(3, 50) != 0 {
			continue
		}
		path := "/threads/" + w.thread
		if w.kind == "comment" {
			path = fmt.Sprintf("/posts/%s/%s/comments", c.kindOf(w.on), w.on)
		}
		if found := c.occurrences(t, v, path, w); found != 1 {
			t.Errorf("%s %s is %d times on %s", w.kind, w.id, found, path)
		}
	}
}

// findAgain searches for some of what was acknowledged.
func (c *crowd) findAgain(t *testing.T, n *node) {
	v := newVisitor(n.url)
	for _, w := range c.sample(pick(3, 20)) {
		eventually(t, patience, "a search finds "+w.mark, func() bool {
			return strings.Contains(v.sees(t, "/search?q="+w.mark), "/threads/"+w.thread)
		})
	}
}

// occurrences counts a post over all pages of a list.
func (c *crowd) occurrences(t *testing.T, v *visitor, path string, w written) (n int) {
	for next := path; next != ""; {
		body := v.sees(t, next)
		n += strings.Count(body, `id="post-`+w.id+`"`)
		next = nextIn(body)
	}
	return n
}

// sample returns some questions and answers, the last among them.
func (c *crowd) sample(n int) (list []written) {
	for _, w := range slices.Backward(c.posts) {
		if w.kind != "comment" && len(list) < n {
			list = append(list, w)
		}
	}
	return list
}

func (c *crowd) kindOf(id string) string {
	return c.posts[slices.IndexFunc(c.posts, func(w written) bool { return w.id == id })].kind
}

// audit compares the store with what was acknowledged.
func (c *crowd) audit(t *testing.T, in *inside) {
	ids := c.memberIDs(t, in)
	if due, _, err := in.relay.Backlog(t.Context()); err != nil || due != 0 {
		t.Errorf("%d documents wait for the relay (%v)", due, err)
	}
	if parked, err := in.relay.Parked(t.Context(), "", 5); err != nil || len(parked.Items) != 0 {
		t.Errorf("events were given up: %+v (%v)", parked.Items, err)
	}
	c.auditPosts(t, in, ids)
	c.auditVotes(t, in, ids)
	c.auditNotices(t, in, ids)
}

// memberIDs maps the e-mail addresses of all who took part to their ids.
func (c *crowd) memberIDs(t *testing.T, in *inside) map[string]string {
	ids := map[string]string{}
	err := in.svc.Records().Members.Each(t.Context(), store.All(), func(m *community.Member) error {
		if ids[m.Email] != "" {
			t.Errorf("%s signed up twice", m.Email)
		}
		ids[m.Email] = m.ID
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range c.members {
		if ids[email] == "" {
			t.Errorf("the sign-up of %s was acknowledged, and is lost", email)
		}
	}
	return ids
}

// auditPosts holds every post in the store against the acknowledged ones: all
// was repeated until it was acknowledged, so the two are equal.
func (c *crowd) auditPosts(t *testing.T, in *inside, ids map[string]string) {
	stored := map[string][]string{} // mark -> ids
	see := func(id string, p *community.Post) error {
		i := strings.Index(p.Body, "zq")
		if i < 0 {
			t.Errorf("post %s is nobody's: %q", id, p.Body)
			return nil
		}
		m, _, _ := strings.Cut(p.Body[i:], " ")
		stored[m] = append(stored[m], id+" by "+p.Author)
		return nil
	}
	rec, ctx := in.svc.Records(), t.Context()
	err1 := rec.Threads.Each(ctx, store.All(), func(p *community.Thread) error { return see(p.ID, &p.Post) })
	err2 := rec.Answers.Each(ctx, store.All(), func(p *community.Answer) error { return see(p.ID, &p.Post) })
	err3 := rec.Comments.Each(ctx, store.All(), func(p *community.Comment) error { return see(p.ID, &p.Post) })
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	for _, w := range c.posts {
		if have := stored[w.mark]; len(have) != 1 || have[0] != w.id+" by "+ids[w.author] {
			t.Errorf("%s %s was acknowledged once; stored are: %v", w.kind, w.id, have)
		}
		delete(stored, w.mark)
	}
	if len(stored) != 0 {
		t.Errorf("posts that nobody sent to the end are stored: %v", stored)
	}
}

func (c *crowd) auditVotes(t *testing.T, in *inside, ids map[string]string) {
	stored := map[voteOf][]int64{}
	err := in.svc.Records().Votes.Each(t.Context(), store.All(), func(v *community.Vote) error {
		k := voteOf{v.Voter, v.Post}
		stored[k] = append(stored[k], v.Value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range c.votes {
		have := stored[voteOf{ids[k.voter], k.post}]
		if absent := len(have) == 0 && want == 0; !absent && (len(have) != 1 || have[0] != int64(want)) {
			t.Errorf("%s votes %d on %s; stored are: %v", k.voter, want, k.post, have)
		}
	}
}

// auditNotices: nobody is told twice of one thing, and whoever was answered or
// remarked upon by another was told.
func (c *crowd) auditNotices(t *testing.T, in *inside, ids map[string]string) {
	told := map[string]int{}
	for email, id := range ids {
		for cursor, first := "", true; first || cursor != ""; first = false {
			var list []notify.Notice
			var err error
			list, cursor, err = in.inbox.Notices(t.Context(), community.Actor{ID: id, Role: community.Customer}, cursor, 100)
			if err != nil {
				t.Fatalf("notices of %s: %v", email, err)
			}
			for _, n := range list {
				told[id+" of "+n.Post.ID]++
			}
		}
	}
	for k, times := range told {
		if times != 1 {
			t.Errorf("told %d times: %s", times, k)
		}
	}
	authors := map[string]string{}
	for _, w := range c.posts {
		authors[w.id] = w.author
	}
	for _, w := range c.posts {
		if to := authors[w.on]; to != "" && to != w.author && told[ids[to]+" of "+w.id] != 1 {
			t.Errorf("%s was not told of %s %s", to, w.kind, w.id)
		}
	}
	t.Logf("%d notices, one for each cause", len(told))
}
