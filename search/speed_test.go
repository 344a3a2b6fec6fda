package search

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/generate"
	"selfie/internal/store"
	"selfie/search/quick"
)

// The benchmarks below measure search itself, over documents that need no
// store: 170,000 threads (or SELFIE_BENCH_THREADS) of generated text, made once.

const benchBatch = 2000

func benchThreads() int {
	if n, err := strconv.Atoi(os.Getenv("SELFIE_BENCH_THREADS")); err == nil && n > 0 {
		return n
	}
	return 170_000
}

// written yields n documents in batches, as a rebuild has them.
func written(n int, yield func(ids []string, docs map[string]*document)) {
	t := generate.NewTexts(1)
	for from := 0; from < n; from += benchBatch {
		docs := map[string]*document{}
		var ids []string
		for i := from; i < min(from+benchBatch, n); i++ {
			th := &community.Thread{Space: fmt.Sprint("space-", i%5), Title: t.Title(), Tags: []string{"tag-" + strconv.Itoa(i%40)}}
			th.ID, th.Author, th.Created = fmt.Sprintf("thread-%07d", i), fmt.Sprint("member-", i%9000), store.Millis(1_700_000_000_000+i*100_000)
			th.Stats.Shelf, th.Stats.State, th.Stats.Score = community.OnOpen, community.Answered, int64(i%5)
			docs[th.ID] = documentOf(th, content{Title: th.Title, Body: t.Body(), Tags: th.Tags, Tongue: "en"})
			ids = append(ids, th.ID)
		}
		yield(ids, docs)
	}
}

// large is an index of generated threads, and what making it cost.
type large struct {
	g    *generation
	cpu  time.Duration
	heap float64 // MB that stay, for the ranking in memory
}

func makeLarge(dir string) (l *large, err error) {
	l = &large{}
	before := heapMB()
	if l.g, err = newGeneration(dir, "generation", "epoch"); err != nil {
		return nil, err
	}
	r := newReader()
	written(benchThreads(), func(ids []string, docs map[string]*document) {
		l.cpu += cpuOf(func() {
			if err == nil {
				err = l.g.write(r, ids, docs, nil)
			}
		})
	})
	l.cpu += cpuOf(func() {
		err = firstOf(err, l.g.finish(map[string]store.Millis{"threads": 1}), l.g.sync(context.Background()))
	})
	if err != nil {
		return nil, err
	}
	if l.g, err = l.g.reopened(dir); err != nil {
		return nil, err
	}
	l.heap = heapMB() - before
	return l, nil
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// cpuOf is the processor time that f takes, over all threads and with the
// collector's share.
func cpuOf(f func()) time.Duration {
	before := cpuTime()
	f()
	return cpuTime() - before
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLarge reports, over 170,000 threads: what indexing takes (cutting
// into terms, Bleve's files, and the ranking in memory, for threads whose texts
// are given), what opening a lasting index takes, and what queries take.
func BenchmarkLarge(b *testing.B) {
	l, err := makeLarge(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer l.g.close()
	b.Run("Indexing", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(float64(benchThreads())/l.cpu.Seconds(), "threads/cpu-s")
		b.ReportMetric(l.heap, "heap-MB")
	})
	b.Run("Opening", func(b *testing.B) {
		var cpu time.Duration
		for b.Loop() {
			cpu += cpuOf(func() { _, err = l.g.ranked(b.Context()) })
		}
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
	})
	for _, c := range []struct {
		name   string
		body   int // words
		search func(*large, quick.Query) []quick.Hit
		number int
	}{
		{"TitleQuery", 0, inMemory, 1000}, {"LongQuery", 100, inMemory, 1000}, {"FilteredQuery", 0, filteredInMemory, 1000},
		{"SynonymQuery", 0, widened, 1000}, {"NearWords", 0, near, 100},
		{"NewestFiltered", 0, newestInMemory, 1000}, {"Counts", 0, countAll, 300}, {"FilteredCounts", 0, filteredCounted, 300},
	} {
		b.Run(c.name, func(b *testing.B) { l.queries(b, c.body, c.search, c.number) })
	}
}

// queries measures n different ones.
func (l *large) queries(b *testing.B, body int, search func(*large, quick.Query) []quick.Hit, n int) {
	r, texts := newReader(), generate.NewTexts(2)
	may := func(g quick.Group, _ bool) bool { return g.Space != "space-4" && g.Shelf == string(community.OnOpen) }
	var took []time.Duration
	runtime.GC()
	for b.Loop() {
		for range n {
			title, draft := texts.Title(), texts.Words(body)
			took = append(took, cpuOf(func() {
				search(l, quick.Query{Terms: r.asked(title, draft), May: may, Limit: 10, Most: relatedTerms})
			}))
		}
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-cpu-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-cpu-ms")
}

// narrow is a filter of three parts, which about one thread in 70 passes.
func narrow() plan {
	q := Parse("tag:tag-7 is:answered score:>1")
	return plan{query: q, filter: filter{query: q, is: q.Is}, avoid: filter{query: *q.Not}, ranked: true}
}

func narrowed(q quick.Query) quick.Query {
	q.All = narrow().filter.wheres()
	return q
}

func filteredInMemory(l *large, q quick.Query) []quick.Hit { return inMemory(l, narrowed(q)) }

// newestInMemory is a search of filters alone, three pages deep.
func newestInMemory(l *large, q quick.Query) []quick.Hit {
	q = narrowed(q)
	q.Limit = 3 * window
	return l.g.quick.Newest(q, math.MaxInt64)
}

// widened adds four synonyms to a query, two of them phrases.
func widened(l *large, q quick.Query) []quick.Hit {
	for i := range min(2, len(q.Terms)) {
		t := q.Terms[len(q.Terms)-1-i]
		q.Terms = append(q.Terms, quick.Term{Text: q.Terms[0].Text, With: []string{t.Text}, For: []string{t.Text}, Weight: synonymWeight}, quick.Term{Text: t.Text, For: []string{q.Terms[0].Text}, Weight: synonymWeight})
	}
	return inMemory(l, q)
}

func countAll(l *large, q quick.Query) []quick.Hit {
	l.g.quick.Count(q)
	return nil
}

func filteredCounted(l *large, q quick.Query) []quick.Hit {
	l.g.quick.Count(narrowed(q))
	return nil
}

func inMemory(l *large, q quick.Query) []quick.Hit { return l.g.quick.Search(q) }

// near looks for terms like a word of the query.
func near(l *large, q quick.Query) []quick.Hit {
	termsLike(l.g.quick, []string{q.Terms[0].Text}, 2)
	return nil
}
