package sqlite

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

func BenchmarkStore(b *testing.B) { storetest.Bench(b, target()) }

// BenchmarkLarge measures over 100,000 documents of about 1.5 KB with nine indexes.
func BenchmarkLarge(b *testing.B) {
	e, c := notes(b)
	const n = 100_000
	var serial atomic.Int64
	write := func() error {
		i := serial.Add(1)
		v := &note{Meta: store.Meta{ID: fmt.Sprintf("%08d", i)}, Slug: fmt.Sprint(i), Space: fmt.Sprint("space", i%20),
			Score: i * 7919 % 1000, Tags: []string{fmt.Sprint(i % 500), strings.Repeat("a word ", 200)}}
		return c.Insert(b.Context(), v)
	}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for serial.Load() < n && write() == nil {
			}
		})
	}
	wg.Wait()
	b.Run("insert, 1 writer", func(b *testing.B) { repeat(b, write) })
	b.Run("insert, 32 writers", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := write(); err != nil {
					b.Error(err)
				}
			}
		})
	})
	var turn int
	b.Run("get", func(b *testing.B) {
		repeat(b, func() error {
			turn += 7919
			_, err := e.Get(b.Context(), c.Schema(), fmt.Sprintf("%08d", turn%n+1))
			return err
		})
	})
	var cursor string
	b.Run("page of 20", func(b *testing.B) {
		repeat(b, func() error {
			page, err := c.Find(b.Context(), store.Where("space", "space3").After(cursor))
			cursor = page.Next
			return err
		})
	})
	b.Run("count 5,000", func(b *testing.B) {
		repeat(b, func() error { _, err := c.Count(b.Context(), store.Where("space", "space3")); return err })
	})
}

func repeat(b *testing.B, f func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := f(); err != nil {
			b.Fatal(err)
		}
	}
}
