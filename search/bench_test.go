package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/internal/store/sqlite"
)

// bare opens an index over an empty community, for fuzzing and benchmarks.
func bare(tb testing.TB, dir string) (*Index, *community.Service) {
	tb.Helper()
	engine, err := sqlite.Open(filepath.Join(tb.TempDir(), "selfie.db"))
	if err != nil {
		tb.Fatal(err)
	}
	db := store.Open(engine, nil)
	tb.Cleanup(func() { db.Close() })
	routes := outbox.NewRoutes()
	svc := community.Open(db, outbox.NewRelay(db, routes, nil), routes, community.Options{})
	if err := db.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := svc.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	x, err := Open(svc, Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	<-x.first
	return x, svc
}

// vocabulary draws words as often as people do: the n-th word 1/n times.
type vocabulary struct {
	rnd  *rand.Rand
	zipf *rand.Zipf
}

func newVocabulary() vocabulary {
	rnd := rand.New(rand.NewPCG(1, 2))
	return vocabulary{rnd, rand.NewZipf(rnd, 1.1, 60, 60_000)}
}

func (v vocabulary) text(words int) string {
	list := make([]string, words)
	for i := range list {
		list[i] = "w" + strconv.FormatUint(v.zipf.Uint64(), 36)
	}
	return strings.Join(list, " ")
}

// plant inserts threads with 1.6 answers each, by the bare collections.
func plant(tb testing.TB, svc *community.Service, threads int) {
	tb.Helper()
	v, rec := newVocabulary(), svc.Records()
	workers := make(chan struct{}, 64)
	for i := range threads {
		th := &community.Thread{Space: "general", Title: v.text(8), Tags: []string{"t" + strconv.Itoa(i%40)}}
		th.ID, th.Author, th.HTML = fmt.Sprintf("thread-%07d", i), "someone", "<p>"+v.text(int(math.Exp(v.rnd.NormFloat64()*0.7+4.3)))+"</p>"
		th.Stats.Shelf, th.Stats.State = community.OnOpen, community.Answered
		var answers []*community.Answer
		for j := range v.rnd.IntN(4) {
			a := &community.Answer{Thread: th.ID}
			a.ID, a.Author, a.HTML = fmt.Sprintf("%s-%d", th.ID, j), "other", "<p>"+v.text(60)+"</p>"
			a.Stats.Shelf = community.OnOpen
			answers = append(answers, a)
		}
		workers <- struct{}{}
		go func() {
			defer func() { <-workers }()
			if err := rec.Threads.Insert(tb.Context(), th); err != nil {
				tb.Error(err)
			}
			for _, a := range answers {
				if err := rec.Answers.Insert(tb.Context(), a); err != nil {
					tb.Error(err)
				}
			}
		}()
	}
	for range cap(workers) {
		workers <- struct{}{}
	}
}

// BenchmarkSearch measures over 20,000 threads, or SELFIE_BENCH_THREADS.
func BenchmarkSearch(b *testing.B) {
	threads := 20_000
	if n, err := strconv.Atoi(os.Getenv("SELFIE_BENCH_THREADS")); err == nil {
		threads = n
	}
	x, svc := bare(b, b.TempDir())
	plant(b, svc, threads)
	b.Run("rebuild", func(b *testing.B) {
		for b.Loop() {
			if err := x.Rebuild(b.Context(), nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(threads*b.N)/b.Elapsed().Seconds(), "threads/s")
		b.ReportMetric(heapMB(), "heap-MB")
	})
	v := newVocabulary()
	b.Run("title", func(b *testing.B) {
		quantiles(b, func() error {
			_, _, err := x.Search(b.Context(), community.Actor{}, v.text(8), "", 20)
			return err
		})
	})
	b.Run("related", func(b *testing.B) {
		quantiles(b, func() error {
			_, err := x.Related(b.Context(), community.Actor{}, v.text(8), v.text(100), "", 5)
			return err
		})
	})
	b.Run("sweep", func(b *testing.B) {
		for b.Loop() {
			if err := x.Sweep(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(threads*b.N)/b.Elapsed().Seconds(), "threads/s")
	})
}

func quantiles(b *testing.B, f func() error) {
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}

func heapMB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}
