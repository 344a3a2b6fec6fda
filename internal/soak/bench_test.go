package soak

import (
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"selfie/internal/generate"
	"selfie/internal/store"
)

// Everything here is measured from outside, on one machine that also runs the
// client: ratios say more than figures.

// BenchmarkServer fills one community and measures it in turn.
func BenchmarkServer(b *testing.B) {
	threads := pick(5_000, 100_000)
	dir := filled(b, threads)
	writer := account(b, in(dir), "agent", "writer-"+store.Token()[:10])
	b.Run("indexing", func(b *testing.B) { benchIndexing(b, dir, threads) })
	b.Run("first page after start", func(b *testing.B) { benchStart(b, dir) })
	s := start(b, in(dir)...)
	member := member(b, s, writer)
	for name, path := range map[string]string{"list": "/", "thread": "/threads/" + generate.ThreadID(seed, 17), "search": "/search?q=router+blinking+red"} {
		b.Run(name+" page/guest", func(b *testing.B) { benchPage(b, s, path, "") })
		b.Run(name+" page/member", func(b *testing.B) { benchPage(b, s, path, cookiesOf(b, member)) })
	}
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("durable posts/%d writers", writers), func(b *testing.B) { benchPosts(b, s, writer, writers, threads) })
	}
	m, _ := memoryOf(s.cmd.Process.Pid)
	b.Logf("the server after all this: %s", m)
}

// benchIndexing makes the whole index in one process.
func benchIndexing(b *testing.B, dir string, threads int) {
	began := time.Now()
	for b.Loop() {
		cmd := exec.Command(program(b), append(in(dir), "reindex")...)
		cmd.Env = cleanEnv()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	b.ReportMetric(float64(threads*b.N)/time.Since(began).Seconds(), "threads/s")
	b.ReportMetric(0, "ns/op")
}

// benchStart starts the server and loads the first page as soon as it listens.
func benchStart(b *testing.B, dir string) {
	var took []time.Duration
	for b.Loop() {
		for range 5 {
			s := start(b, in(dir)...)
			newVisitor(s.url).sees(b, "/")
			took = append(took, time.Since(s.began))
			s.kill()
		}
	}
	b.ReportMetric(float64(median(took).Milliseconds()), "ms")
	b.ReportMetric(0, "ns/op")
}

// perRound is how many requests go to the one server before the other has its
// turn: what else the machine does then meets both.
const perRound = 50

// benchPage loads one page again and again, and as many equal bytes from a
// server that holds them in memory, over one connection each.
func benchPage(b *testing.B, s *node, path, cookies string) {
	page := &loader{url: "http://" + s.addr + path, cookies: cookies}
	body := page.load(b)
	raw := &loader{url: "http://" + startRaw(b, body) + path, cookies: cookies}
	if len(raw.load(b)) != len(body) {
		b.Fatal("the raw server answers something else")
	}
	var ours, theirs []time.Duration
	for b.Loop() {
		for range 8 {
			ours = append(ours, page.times(b, perRound)...)
			theirs = append(theirs, raw.times(b, perRound)...)
		}
	}
	mine, least := median(ours), median(theirs)
	b.ReportMetric(float64(mine.Microseconds()), "µs/page")
	b.ReportMetric(float64(least.Microseconds()), "µs/raw")
	b.ReportMetric(float64(mine)/float64(least), "times-raw")
	b.ReportMetric(float64(len(body)), "bytes")
	b.ReportMetric(0, "ns/op")
}

// loader loads one address over one connection, as a browser asks.
type loader struct {
	url, cookies string
	client       fasthttp.Client
}

func (l *loader) load(tb testing.TB) []byte {
	r, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(r)
	defer fasthttp.ReleaseResponse(resp)
	r.SetRequestURI(l.url)
	r.Header.Set("Accept-Encoding", "br")
	if l.cookies != "" {
		r.Header.Set("Cookie", l.cookies)
	}
	if err := l.client.DoTimeout(r, resp, patience); err != nil || resp.StatusCode() != http.StatusOK {
		tb.Fatalf("%s: status %d, %v", l.url, resp.StatusCode(), err)
	}
	return slices.Clone(resp.Body())
}

func (l *loader) times(tb testing.TB, n int) []time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		l.load(tb)
		took[i] = time.Since(began)
	}
	return took
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func cookiesOf(tb testing.TB, v *visitor) string {
	u, err := url.Parse(v.site())
	if err != nil {
		tb.Fatal(err)
	}
	var list []string
	for _, c := range v.http.Jar.Cookies(u) {
		list = append(list, c.Name+"="+c.Value)
	}
	return strings.Join(list, "; ")
}

// benchPosts sends answers through the form; each is on the disk before it is
// acknowledged.
func benchPosts(b *testing.B, s *node, email string, writers, threads int) {
	crew := make([]*visitor, writers)
	for i := range crew {
		crew[i] = member(b, s, email)
	}
	each, posts := 160/writers+20, 0
	began := time.Now()
	for b.Loop() {
		var wg sync.WaitGroup
		for i, v := range crew {
			wg.Go(func() {
				for n := range each {
					thread := generate.ThreadID(seed, (i*each+n)%threads)
					p, err := v.post(b.Context(), "/threads/"+thread+"/answers", url.Values{"body": {text(mark())}, "key": {key()}})
					if err != nil || p.status != http.StatusSeeOther {
						b.Errorf("status %d, %v", p.status, err)
						return
					}
				}
			})
		}
		wg.Wait()
		posts += writers * each
	}
	b.ReportMetric(float64(posts)/time.Since(began).Seconds(), "posts/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkNodes measures how long after it was sent to one node a post is seen
// live, and found, on the other. Nodes look for each other's writes each 250 ms.
func BenchmarkNodes(b *testing.B) {
	d := deploy(b)
	dir := in(b.TempDir())
	asker := account(b, append(slices.Clone(d.flags), dir...), "agent", "asker")
	helper := account(b, append(slices.Clone(d.flags), dir...), "agent", "helper")
	here, there := d.node(b), d.node(b)
	from, to := member(b, here, helper), member(b, there, asker)
	thread := from.posted(b, "/ask", url.Values{"space": {"general"}, "title": {"What does the light mean"}, "body": {text(mark())}, "key": {key()}})
	var live, found []time.Duration
	b.ResetTimer()
	for b.Loop() {
		for range 10 {
			l, f := crossing(b, from, to, thread)
			live, found = append(live, l), append(found, f)
		}
	}
	b.ReportMetric(float64(median(live).Milliseconds()), "ms/live")
	b.ReportMetric(float64(slices.Max(live).Milliseconds()), "ms/live-worst")
	b.ReportMetric(float64(median(found).Milliseconds()), "ms/found")
	b.ReportMetric(float64(slices.Max(found).Milliseconds()), "ms/found-worst")
	b.ReportMetric(0, "ns/op")
}
