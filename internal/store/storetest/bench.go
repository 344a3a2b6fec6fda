package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"selfie/internal/store"
)

// Bench measures what pages and commands are made of: durable inserts by 1 and
// by 32 writers, updates of one document and of many, reads by id, a page of a
// list and an exact count, over 10,000 documents (1,000 when the target is slow).
func Bench(b *testing.B, target Target) {
	engine := target.Open(b)
	b.Cleanup(func() { engine.Close() })
	db := store.Open(engine, newClock().now)
	things := store.Declare[Thing](db, "things", thingIndexes()...)
	if err := db.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	n := target.rounds(10_000)
	inParallel(b, rivals, n, func(i int) error { return things.Insert(b.Context(), benchThing("t", i)) })

	var serial atomic.Int64
	insert := func(int) error { return things.Insert(b.Context(), benchThing("w", int(serial.Add(1)))) }
	update := func(i int) error {
		_, err := things.Update(b.Context(), benchID("t", i%n), func(v *Thing) error { v.Score++; return nil })
		return err
	}
	page := func(i int) error {
		got, err := things.Find(b.Context(), store.Where("space", fmt.Sprint("space", i%10)))
		if err == nil && len(got.Items) != store.DefaultLimit {
			err = fmt.Errorf("a page of %d", len(got.Items))
		}
		return err
	}
	for _, c := range []struct {
		name    string
		workers int
		f       func(int) error
	}{
		{"insert/1 writer", 1, insert},
		{"insert/32 writers", rivals, insert},
		{"update/1 writer", 1, update},
		{"update/32 writers", rivals, update},
		{"get/1 reader", 1, func(i int) error { _, err := things.Get(b.Context(), benchID("t", i%n)); return err }},
		{"get/32 readers", rivals, func(i int) error { _, err := things.Get(b.Context(), benchID("t", i%n)); return err }},
		{"page of 20/1 reader", 1, page},
		{"page of 20/32 readers", rivals, page},
		{"count/1 reader", 1, func(i int) error { _, err := things.Count(b.Context(), store.Where("tags[]", "odd")); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			inParallel(b, c.workers, b.N, c.f)
		})
	}
}

func benchID(prefix string, i int) string { return fmt.Sprintf("%s%08d", prefix, i) }

func benchThing(prefix string, i int) *Thing {
	id := benchID(prefix, i)
	return &Thing{
		Meta: store.Meta{ID: id}, Slug: id, Space: fmt.Sprint("space", i%10), Name: id, Score: int64(i % 97),
		Open: i%3 == 0, Tags: []string{"all", pick(func(int) int { return i % 2 }, "even", "odd")}, Note: "A question of usual length, with what was tried and what was seen.",
	}
}

// inParallel calls f for 0 to n-1, by so many workers.
func inParallel(b *testing.B, workers, n int, f func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
