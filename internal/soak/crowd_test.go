package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/store"
)

// written is a post that the site acknowledged. Its mark stands in its text and
// nowhere else.
type written struct {
	kind, id, mark string
	thread, on     string // of answers and comments; on is the post remarked upon
	author         string // e-mail
}

type voteOf struct{ voter, post string }

// crowd is many visitors who write at once, outlive the server, and remember
// everything it acknowledged.
type crowd struct {
	t    *testing.T
	done chan struct{} // closed: finish what is under way, begin nothing

	server  atomic.Pointer[node] // nil while there is none
	acked   atomic.Int64
	retried atomic.Int64 // answers that never came

	mu      sync.Mutex
	posts   []written
	votes   map[voteOf]int
	members []string // newcomers whose sign-up was acknowledged
	wg      sync.WaitGroup
}

func newCrowd(t *testing.T) *crowd {
	return &crowd{t: t, done: make(chan struct{}), votes: map[voteOf]int{}}
}

func (c *crowd) site() string {
	if n := c.server.Load(); n != nil {
		return n.url()
	}
	return "http://127.0.0.1:1" // nobody listens there
}

// finished reports whether nothing new is to be begun.
func (c *crowd) finished() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// await waits a moment for the server to come back.
func (c *crowd) await(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for first := true; first || c.server.Load() == nil; first = false {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// persist sends one form, with its one key, until the site answers.
func (c *crowd) persist(ctx context.Context, v *visitor, path string, form url.Values) (page, bool) {
	for ctx.Err() == nil {
		p, err := v.post(ctx, path, form)
		switch {
		case err != nil || p.status == http.StatusServiceUnavailable:
			c.retried.Add(1)
			c.await(ctx)
		case p.status == http.StatusSeeOther:
			c.acked.Add(1)
			return p, true
		default:
			c.t.Errorf("%s: status %d: %.400s", path, p.status, p.body)
			return p, false
		}
	}
	return page{}, false
}

// enter repeats signing in or up until the site answers, and tries the other
// when it refuses: the answer to a sign-up may have been lost.
func (c *crowd) enter(ctx context.Context, ways ...func() (bool, error)) bool {
	for i := 0; ctx.Err() == nil; i++ {
		ok, err := ways[i%len(ways)]()
		if ok && err == nil {
			return true
		}
		if err == nil && len(ways) == 1 {
			c.t.Error("the site refuses to sign a member in")
			return false
		}
		c.await(ctx)
	}
	return false
}

// agent writes without end.
func (c *crowd) agent(ctx context.Context, email string, r *rand.Rand) {
	v := newVisitor(c.site)
	if !c.enter(ctx, func() (bool, error) { return v.signIn(ctx, email) }) {
		return
	}
	for ok := true; ok && !c.finished(); {
		switch n := r.IntN(20); {
		case n < 4:
			ok = c.ask(ctx, v, email)
		case n < 11:
			ok = c.answer(ctx, v, email, r)
		case n < 16:
			ok = c.remark(ctx, v, email, r)
		default:
			ok = c.vote(ctx, v, email, r)
		}
	}
}

// newcomers sign up one after the other, and each asks one question.
func (c *crowd) newcomers(ctx context.Context) {
	for !c.finished() && ctx.Err() == nil {
		name := "newcomer-" + store.Token()[:10]
		v, email := newVisitor(c.site), name+"@example.org"
		if !c.enter(ctx,
			func() (bool, error) { return v.signUp(ctx, name, email) },
			func() (bool, error) { return v.signIn(ctx, email) }) {
			return
		}
		c.acked.Add(1)
		c.mu.Lock()
		c.members = append(c.members, email)
		c.mu.Unlock()
		if !c.ask(ctx, v, email) {
			return
		}
	}
}

func (c *crowd) ask(ctx context.Context, v *visitor, email string) bool {
	w := written{kind: "question", mark: mark(), author: email}
	p, ok := c.persist(ctx, v, "/ask", url.Values{"space": {"general"}, "title": {"What does the light mean"}, "body": {text(w.mark)}, "key": {key()}})
	w.id = postIn(p.location)
	w.thread = w.id
	return ok && c.note(w)
}

func (c *crowd) answer(ctx context.Context, v *visitor, email string, r *rand.Rand) bool {
	on, found := c.any(r, "question")
	if !found {
		return c.ask(ctx, v, email)
	}
	w := written{kind: "answer", mark: mark(), author: email, thread: on.id, on: on.id}
	p, ok := c.persist(ctx, v, "/threads/"+on.id+"/answers", url.Values{"body": {text(w.mark)}, "key": {key()}})
	w.id = postIn(p.location)
	return ok && c.note(w)
}

func (c *crowd) remark(ctx context.Context, v *visitor, email string, r *rand.Rand) bool {
	on, found := c.any(r, "question", "answer")
	if !found {
		return c.ask(ctx, v, email)
	}
	w := written{kind: "comment", mark: mark(), author: email, thread: on.thread, on: on.id}
	p, ok := c.persist(ctx, v, fmt.Sprintf("/posts/%s/%s/comments", on.kind, on.id), url.Values{"body": {text(w.mark)}, "key": {key()}})
	w.id = postIn(p.location)
	return ok && c.note(w)
}

func (c *crowd) vote(ctx context.Context, v *visitor, email string, r *rand.Rand) bool {
	on, found := c.any(r, "question", "answer")
	if !found || on.author == email {
		return true
	}
	value := r.IntN(3) - 1
	_, ok := c.persist(ctx, v, fmt.Sprintf("/posts/%s/%s/vote", on.kind, on.id), url.Values{"value": {fmt.Sprint(value)}})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.votes[voteOf{email, on.id}] = value
	return ok
}

func (c *crowd) note(w written) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts = append(c.posts, w)
	return true
}

// any returns one of the latest posts of the kinds: hot threads see rivals.
func (c *crowd) any(r *rand.Rand, kinds ...string) (written, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 20 {
		if len(c.posts) == 0 {
			break
		}
		p := c.posts[len(c.posts)-1-r.IntN(min(len(c.posts), 60))]
		for _, k := range kinds {
			if p.kind == k {
				return p, true
			}
		}
	}
	return written{}, false
}

func mark() string { return "zq" + store.Token()[:14] }

func key() string { return store.Token()[:26] }

func text(mark string) string {
	return "The light blinks, and the display shows " + mark + " all the time."
}
