package soak

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/store"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/rt/rttest"
)

// The round trip of a case: asked here, handed over, a ticket there, a post
// more, a private comment and a reply there, solved there, solved here. At each
// request that it makes of Request Tracker, Selfie is killed (SIGKILL) before
// the request arrives, or when it has taken effect and the answer is under way;
// the same is done to Request Tracker. In the end one unmerged ticket carries
// the case, and every post is visible once on both sides.
func TestKillRoundTrip(t *testing.T) {
	beside(t)
	base := prepared(t)
	if !long() {
		w := &walker{t: t, base: base, rt: rttest.Start(t)}
		for _, b := range telling {
			w.run(b)
		}
		return
	}
	first := &walker{t: t, base: base, rt: rttest.Start(t)}
	steps := first.run(blow{}).met
	t.Logf("%d steps", len(steps))
	todo := make(chan blow)
	go func() {
		defer close(todo)
		for _, b := range append(everyBlow(steps), telling...) {
			todo <- b
		}
	}()
	t.Run("each", func(t *testing.T) {
		for i := range 4 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				w := &walker{t: t, base: base, rt: rttest.Start(t)}
				for b := range todo {
					w.run(b)
				}
			})
		}
	})
}

// blow is who dies where; the zero blow disturbs nothing.
type blow struct {
	victim string // "selfie" or "rt"
	when   moment
	at     step
}

func (b blow) String() string {
	if b.victim == "" {
		return "undisturbed"
	}
	return fmt.Sprintf("%s dies %s %s", b.victim, b.when, b.at)
}

// telling are the blows of the short form: the ticket is made and nobody
// knows; a request outlives its sender; a post arrived and nobody knows; the
// reply was met and not taken in yet.
var telling = []blow{
	{"selfie", after, step{"open", "POST /ticket", 1}},
	{"selfie", late, step{"open", "POST /ticket", 1}},
	{"rt", after, step{"add", "POST /ticket/#/correspond", 1}},
	{"selfie", before, step{"reply", "GET /transaction/#/attachments", 1}},
}

func everyBlow(steps []step) (list []blow) {
	for _, s := range steps {
		for _, victim := range []string{"selfie", "rt"} {
			list = append(list, blow{victim, before, s}, blow{victim, after, s})
		}
	}
	return list
}

// prepared makes a data directory with the accounts of the story.
func prepared(t *testing.T) string {
	dir := t.TempDir()
	account(t, in(dir), "customer", "asker")
	account(t, in(dir), "moderator", "moderator")
	return dir
}

// walker tells the story again and again, before one Request Tracker.
type walker struct {
	t    *testing.T
	base string
	rt   *rttest.Server
}

func (w *walker) run(b blow) *gate {
	g := newGate(w.t, w.rt)
	w.t.Run(b.String(), func(t *testing.T) {
		began := time.Now()
		x := newTrip(t, w, g, b)
		x.travel()
		x.swept()
		x.audit(b)
		t.Logf("%.1f s, %d requests", time.Since(began).Seconds(), len(g.met))
	})
	return g
}

// trip is one telling of the story.
type trip struct {
	t     *testing.T
	gate  *gate
	flags []string
	rt    *rttest.Server

	hasty      bool // the agent replies and solves in one go
	guest      *visitor
	server     atomic.Pointer[node]
	nodes      []*node
	links      *store.Collection[desk.Link]
	deliveries *store.Collection[desk.Delivery]

	link                               *desk.Link
	thread                             string
	question, comment, reply, internal string // marks
}

func newTrip(t *testing.T, w *walker, g *gate, b blow) *trip {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(w.base)); err != nil {
		t.Fatal(err)
	}
	x := &trip{t: t, gate: g, rt: w.rt, question: mark(), comment: mark(), reply: mark(), internal: mark(),
		flags: append(in(dir), "--rt-url="+g.site.URL, "--rt-token="+w.rt.Token, "--rt-poll=300ms", "--rt-quiet=3s")}
	x.guest = newVisitor(x.site)
	x.hasty = b.when == late // nothing else falls into that telling
	g.target, g.when = b.at, b.when
	g.kill = func() { x.server.Load().kill() }
	if b.victim == "rt" {
		g.kill = w.rt.Kill
	}
	g.enter("open", func() { x.serve() })
	db := store.Open(openDir(t, dir), nil)
	t.Cleanup(func() { db.Close() })
	x.links = store.Declare[desk.Link](db, "desk_links", store.On("desk", "due"))
	x.deliveries = store.Declare[desk.Delivery](db, "desk_deliveries", store.On("desk", "state", "-created"))
	return x
}

func (x *trip) serve() {
	n := start(x.t, x.flags...)
	x.nodes = append(x.nodes, n)
	x.server.Store(n)
}

func (x *trip) site() string { return x.server.Load().url() }

// until waits for something, and starts again whoever has died.
func (x *trip) until(what string, done func() bool) {
	x.t.Helper()
	eventually(x.t, 3*time.Minute, what, func() bool { x.revive(); return done() })
}

// ends waits for the end of a phase, and for the blow that falls in it.
func (x *trip) ends(what string, done func() bool) {
	x.t.Helper()
	x.until(what, func() bool { return x.gate.over() && x.quiet() && done() })
}

func (x *trip) revive() {
	select {
	case <-x.server.Load().ended:
		x.serve()
	default:
	}
	if x.rt.Down() {
		x.rt.Restart()
	}
}

// quiet reports that nothing waits to be brought from one side to the other.
func (x *trip) quiet() bool {
	n, err := x.deliveries.Count(x.t.Context(), store.Where("desk", "rt").And("state", desk.Pending))
	return err == nil && n == 0
}

func (x *trip) look() *desk.Link {
	l, err := x.links.First(x.t.Context(), store.Where("desk", "rt").Order("due"))
	if err != nil {
		return &desk.Link{}
	}
	x.link = l
	return l
}

// travel is the story.
func (x *trip) travel() {
	asker, moderator := newVisitor(x.site), newVisitor(x.site)
	for v, email := range map[*visitor]string{asker: "asker@example.org", moderator: "moderator@example.org"} {
		x.until(email+" signs in", func() bool {
			ok, err := v.signIn(x.t.Context(), email)
			return ok && err == nil
		})
	}
	agent := x.rt.Person()
	x.gate.enter("open", func() {
		x.revive()
		x.thread = asker.posted(x.t, "/ask", url.Values{"space": {"general"}, "title": {"The light blinks"}, "body": {text(x.question)}, "key": {key()}})
		if p, err := moderator.post(x.t.Context(), "/threads/"+x.thread+"/escalate", url.Values{"why": {"Nobody knows."}}); err != nil || p.status != http.StatusSeeOther {
			x.t.Fatalf("escalating: status %d, %v: %.300s", p.status, err, p.body)
		}
	})
	x.ends("a ticket", func() bool { return x.look().Ticket != "" })
	x.gate.enter("add", func() {
		x.revive()
		asker.posted(x.t, "/posts/question/"+x.thread+"/comments", url.Values{"body": {text(x.comment)}, "key": {key()}})
	})
	x.ends("the comment on the desk", func() bool { return x.onDesk()[x.comment] > 0 })
	x.act("comment", func() error { return agent.Comment(x.link.Ticket, "<p>Not for him: "+x.internal+"</p>") })
	x.ends("two polls", func() bool { return x.gate.polled() > 2 })
	if x.hasty {
		x.act("reply", func() error {
			return errors.Join(agent.Reply(x.link.Ticket, "<p>Please check the fuse of "+x.reply+".</p>"), agent.SetStatus(x.link.Ticket, desk.Solved))
		})
		x.ends("answered and solved here", func() bool { return x.here()[x.reply] > 0 && x.state() == "solved" })
		return
	}
	x.act("reply", func() error { return agent.Reply(x.link.Ticket, "<p>Please check the fuse of "+x.reply+".</p>") })
	x.ends("the official answer, and the ticket waits", func() bool { return x.here()[x.reply] > 0 && x.look().There == desk.Waiting })
	x.act("solve", func() error { return agent.SetStatus(x.link.Ticket, desk.Solved) })
	x.ends("solved here", func() bool { return x.state() == "solved" })
}

func (x *trip) act(phase string, act func() error) {
	x.t.Helper()
	x.gate.enter(phase, func() {
		x.revive()
		if err := act(); err != nil {
			x.t.Fatal(err)
		}
	})
}

// swept lets the sweep look at the ticket. A slow trip may have met it before,
// or find less to look at: blows that fall there are passed over after some polls.
func (x *trip) swept() {
	due := x.look()
	x.until("the time of the sweep", func() bool { return due.Checks > 0 || store.At(time.Now()) > due.Check })
	x.gate.enter("sweep", func() {
		x.revive()
		x.server.Load().stop() // it sweeps when it begins
		x.serve()
	})
	x.until("a sweep", func() bool { return x.look().Checks > 0 && (x.gate.over() || x.gate.polled() > 5) && x.quiet() })
	struck := x.gate.disarm()
	x.until("the end of the blow", func() bool { return !struck || x.gate.over() })
	x.revive()
	switch {
	case struck || x.gate.target == (step{}):
	case x.gate.target.phase == "sweep":
		x.t.Log("passed over: this sweep came early, or needed no such request")
	default:
		x.t.Errorf("no such request was made; there were %v", x.gate.met)
	}
}

// audit looks at both sides in the end.
func (x *trip) audit(b blow) {
	t, tracker := x.t, x.rt.Desk(nil)
	found, err := tracker.Find(t.Context(), x.link.Ref)
	if err != nil || len(found) != 1 || found[0].ID != x.link.Ticket || found[0].Status != desk.Solved {
		t.Errorf("the case %s with ticket %s is carried by %+v, %v", x.link.ID, x.link.Ticket, found, err)
	}
	opened := 1
	if b.when == late {
		opened = 2 // merging keeps what both said
	}
	there, here := x.onDesk(), x.here()
	if there[x.question] != opened || there[x.comment] != 1 || there[x.reply] != 1 || there[x.internal] != 1 {
		t.Errorf("on the desk are: question %d, comment %d, reply %d, private comment %d", there[x.question], there[x.comment], there[x.reply], there[x.internal])
	}
	if here[x.question] != 1 || here[x.comment] != 1 || here[x.reply] != 1 || here[x.internal] != 0 || here["posts"] != 3 {
		t.Errorf("here are: question %d, comment %d, reply %d, private comment %d; %d posts", here[x.question], here[x.comment], here[x.reply], here[x.internal], here["posts"])
	}
	if page := x.guest.sees(t, "/threads/"+x.thread); strings.Contains(page, x.internal) || !strings.Contains(page, x.reply) {
		t.Error("the page shows the private comment, or not the reply")
	}
	if n, err := x.deliveries.Count(t.Context(), store.Where("desk", "rt").And("state", desk.Dead)); err != nil || n > 0 {
		t.Errorf("%d deliveries were given up, %v", n, err)
	}
	x.server.Load().stop()
	must(t, append(x.flags, "check")...)
	for _, n := range x.nodes {
		for _, line := range n.troubles() {
			t.Error(line)
		}
	}
}

// here counts how often each mark stands in a post that a guest can read.
func (x *trip) here() map[string]int {
	counts := map[string]int{}
	var question struct{ Body string }
	x.read("", &question)
	bodies := []string{question.Body}
	for _, kind := range []string{"/answers", "/comments"} {
		var list struct{ Items []struct{ ID, Body string } }
		x.read(kind, &list)
		for _, p := range list.Items {
			bodies = append(bodies, p.Body)
		}
	}
	x.tally(counts, bodies)
	return counts
}

func (x *trip) tally(counts map[string]int, bodies []string) {
	for _, body := range bodies {
		counts["posts"]++
		for _, m := range []string{x.question, x.comment, x.reply, x.internal} {
			if strings.Contains(body, m) {
				counts[m]++
			}
		}
	}
}

func (x *trip) state() string {
	var th struct{ State string }
	x.read("", &th)
	return th.State
}

// read asks the JSON API for what belongs to the thread; nothing while Selfie
// is dead.
func (x *trip) read(path string, into any) {
	if p, err := x.guest.get(x.t.Context(), "/api/v1/threads/"+x.thread+path); err == nil {
		_ = json.Unmarshal([]byte(p.body), into)
	}
}

// onDesk counts how often each mark stands in an entry of the ticket.
func (x *trip) onDesk() map[string]int {
	counts := map[string]int{}
	var history struct{ Items []struct{ ID any } }
	if !x.ask("/ticket/"+x.link.Ticket+"/history?per_page=100", &history) {
		return counts
	}
	var bodies []string
	for _, entry := range history.Items {
		var parts struct{ Items []struct{ Content string } }
		x.ask(fmt.Sprintf("/transaction/%v/attachments?fields=Content&per_page=20", entry.ID), &parts)
		said := ""
		for _, p := range parts.Items {
			said += p.Content
		}
		bodies = append(bodies, said)
	}
	x.tally(counts, bodies)
	return counts
}

// ask reads as the agent, past the gate.
func (x *trip) ask(path string, into any) bool {
	r, err := http.NewRequestWithContext(x.t.Context(), "GET", x.rt.URL+"/REST/2.0"+path, nil)
	if err != nil {
		x.t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+x.rt.Agent)
	resp, err := x.gate.http.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(into) == nil
}
