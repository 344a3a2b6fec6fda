package soak

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/generate"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/search"
	"selfie/web"
)

const seed = 20260601

// fill makes a community of n threads in a data directory.
func fill(tb testing.TB, dir string, n int) {
	tb.Helper()
	began := time.Now()
	in := open(tb, openDir(tb, dir))
	ctx := tb.Context()
	o := generate.Options{Seed: seed, Threads: n}
	if err := generate.Community(ctx, in.svc, o, nil); err != nil {
		tb.Fatal(err)
	}
	// What a rebuild would count, without its reading every thread.
	if err := in.svc.RecountTags(ctx, tagsOf(tb, in)); err != nil {
		tb.Fatal(err)
	}
	for i := range max(n/20, 10) {
		if _, err := in.svc.RecountMember(ctx, generate.MemberID(seed, i)); err != nil {
			tb.Fatal(err)
		}
	}
	in.close(tb)
	tb.Logf("%d threads made in %.1f s", n, time.Since(began).Seconds())
}

// keptData names, in the environment, a data directory for the long form that is
// filled once and used again by later runs.
const keptData = "SELFIE_SOAK_DATA"

// filled returns a data directory with a community of n threads and no index.
func filled(tb testing.TB, n int) (dir string) {
	tb.Helper()
	if dir = os.Getenv(keptData); dir == "" || !long() {
		dir = tb.TempDir()
	}
	done := filepath.Join(dir, fmt.Sprintf("filled-%d", n))
	if _, err := os.Stat(done); err != nil {
		fill(tb, dir, n)
		if err := os.WriteFile(done, nil, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "search")); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// tagsOf lists the tags of the first threads; there are few tags.
func tagsOf(tb testing.TB, in *inside) (tags []string) {
	tb.Helper()
	page, err := in.svc.Records().Threads.Find(tb.Context(), store.All().Limit(200))
	if err != nil {
		tb.Fatal(err)
	}
	seen := map[string]bool{}
	for _, t := range page.Items {
		for _, tag := range t.Tags {
			if !seen[tag] {
				seen[tag] = true
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// A community of a hundred thousand threads: the server holds its promises of
// memory and of the first page while it makes its index and while it is read,
// and no page makes the database scan.
func TestSoakScale(t *testing.T) {
	beside(t)
	n := pick(1_000, 100_000)
	dir := filled(t, n)
	whileIndexing(t, dir, n)
	whileBrowsing(t, dir, n)
	reindexing(t, dir, n)
	t.Run("every query explained", func(t *testing.T) { explainPages(t, dir, n) })
	siteMap(t, dir)
}

// whileIndexing starts a server that has no index yet, and reads its pages
// until the index is whole.
func whileIndexing(t *testing.T, dir string, threads int) {
	s := start(t, in(dir)...)
	g := watchMemory(s.cmd.Process.Pid)
	firstPage(t, s)
	v := newVisitor(s.url)
	began, pages := time.Now(), 0
	eventually(t, pick(2*time.Minute, 30*time.Minute), "the index is whole", func() bool {
		pages += browse(t, v, threads, pages)
		return s.log.has("the search index was made from the store")
	})
	t.Logf("%d threads indexed in %.1f s, and %d pages read meanwhile", threads, time.Since(began).Seconds(), pages)
	g.within(t, "indexing and read")
	s.stop()
	quiet(t, s)
}

// whileBrowsing starts a server over a whole index and reads many pages.
func whileBrowsing(t *testing.T, dir string, threads int) {
	s := start(t, in(dir)...)
	g := watchMemory(s.cmd.Process.Pid)
	firstPage(t, s)
	v := newVisitor(s.url)
	pages, began := 0, time.Now()
	for pages < pick(150, 4_000) {
		pages += browse(t, v, threads, pages)
	}
	t.Logf("%d pages read, one after the other, in %.1f s", pages, time.Since(began).Seconds())
	if s.log.has("the search index was made from the store") {
		t.Error("the server made its index again although it was whole")
	}
	g.within(t, "read")
	s.stop()
	quiet(t, s)
}

// siteMap loads the one page that speaks of every thread.
func siteMap(t *testing.T, dir string) {
	s := start(t, in(dir)...)
	began := time.Now()
	newVisitor(s.url).sees(t, "/sitemap.xml")
	t.Logf("the site map took %d ms", time.Since(began).Milliseconds())
	s.stop()
	quiet(t, s)
}

// quiet fails the test when the server logged errors.
func quiet(t *testing.T, s *node) {
	t.Helper()
	for _, line := range s.troubles() {
		t.Errorf("the server logged: %s", line)
	}
}

// firstPage loads the first page as soon as the server listens, and reports how
// long after its start that was.
func firstPage(t *testing.T, s *node) {
	t.Helper()
	newVisitor(s.url).sees(t, "/")
	took := time.Since(s.began)
	t.Logf("first page %d ms after the start of the process", took.Milliseconds())
	if took > 10*time.Second {
		t.Errorf("the first page took %v", took)
	}
}

// lists are the pages that a visitor of a filled community comes by.
var lists = []string{
	"/", "/?show=newest", "/?show=unanswered", "/?show=hot", "/?show=solved", "/?state=needs_answer", "/?state=stale",
	"/spaces", "/spaces/space-1", "/spaces/space-2?show=newest", "/spaces/space-3?show=unanswered", "/spaces/space-4?state=answered",
	"/tags", "/tags/wifi", "/tags/router", "/feed.atom", "/sitemap/space-1.xml",
	"/search?q=router+blinking+red", "/search?q=%22power+cable%22", "/search?q=firmware+tag%3Awifi", "/search?q=vlan-error",
}

// browse reads every list and its second page, and some threads and members
// that depend on turn. It returns how many pages those were.
func browse(t *testing.T, v *visitor, threads, turn int) (pages int) {
	t.Helper()
	for _, path := range lists {
		body := v.sees(t, path)
		pages++
		if next := nextIn(body); next != "" {
			v.sees(t, next)
			pages++
		}
	}
	for i := range 20 {
		n := (turn + i) * 7919
		v.sees(t, "/threads/"+generate.ThreadID(seed, n%threads))
		v.sees(t, "/members/"+generate.MemberID(seed, n%max(threads/20, 10)))
		pages += 2
	}
	return pages
}

// reindexing makes the index anew from the command line.
func reindexing(t *testing.T, dir string, threads int) {
	cmd := exec.Command(program(t), append(in(dir), "reindex")...)
	cmd.Env = cleanEnv()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	g := watchMemory(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("selfie reindex: %v", err)
	}
	took := time.Since(began)
	t.Logf("reindex: %d threads in %.1f s, %.0f a second", threads, took.Seconds(), float64(threads)/took.Seconds())
	g.ownWithin(t, "selfie reindex")
}

// explainPages serves every page from this process over the same data, and lets
// the database explain each of its queries.
func explainPages(t *testing.T, dir string, threads int) {
	e, shapes := scene.ExplainedOver(t, openDir(t, dir))
	in := open(t, e)
	x, err := search.Open(in.svc, search.Options{Dir: filepath.Join(dir, "search")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	site, err := web.New(web.Config{BaseURL: "http://localhost", LimitFactor: -1}, web.Parts{Community: in.svc, Search: x, Inbox: in.inbox})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go site.Serve(ln)
	t.Cleanup(func() { site.Shutdown(context.Background()) })
	guest := newVisitor(func() string { return "http://" + ln.Addr().String() })
	browse(t, guest, threads, 0)
	browse(t, reader(t, in, guest.site), threads, 1)
	in.svc.FlushViews(t.Context())
	t.Logf("%d shapes of queries were explained, none of them scans", shapes())
	if shapes() < 20 {
		t.Error("so few shapes are not all there are")
	}
}

// reader is a member who signs in, looks at everything of their own, and writes.
func reader(t *testing.T, in *inside, site func() string) *visitor {
	t.Helper()
	ctx := t.Context()
	m, err := in.svc.CreateMember(ctx, community.System, community.NewMember{Name: "The reader", Email: store.Token()[:12] + "@example.org", Password: password, Role: community.Admin})
	if err != nil {
		t.Fatal(err)
	}
	v := newVisitor(site)
	if ok, err := v.signIn(ctx, m.Email); err != nil || !ok {
		t.Fatal("the reader cannot sign in", err)
	}
	thread := v.posted(t, "/ask", url.Values{"space": {"space-1"}, "title": {"What does the light mean"}, "body": {text(mark())}, "key": {key()}})
	answer := v.posted(t, "/threads/"+thread+"/answers", url.Values{"body": {text(mark())}, "key": {key()}})
	v.posted(t, "/posts/answer/"+answer+"/comments", url.Values{"body": {text(mark())}, "key": {key()}})
	v.posted(t, "/posts/question/"+generate.ThreadID(seed, 3)+"/vote", url.Values{"value": {"1"}})
	v.posted(t, "/threads/"+generate.ThreadID(seed, 4)+"/me-too", url.Values{"on": {"1"}})
	v.posted(t, "/threads/"+generate.ThreadID(seed, 4)+"/watch", url.Values{"on": {"1"}})
	v.posted(t, "/answers/"+answer+"/accept", url.Values{})
	if err := in.relay.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/notifications", "/settings", "/ask", "/admin", "/admin/members", "/admin/spaces", "/admin/mail", "/admin/checks",
		"/members/" + m.ID, "/posts/question/" + thread + "/history", "/posts/answer/" + answer + "/comments", "/posts/answer/" + answer + "/edit"} {
		v.sees(t, path)
	}
	return v
}
