package reputation

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"selfie/community"
	"selfie/internal/generate"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/internal/store/sqlite"
)

// benchCommunity is a made community of so many threads on SQLite.
func benchCommunity(b *testing.B, threads int) (*Service, community.Records) {
	b.Helper()
	e, err := sqlite.Open(filepath.Join(b.TempDir(), "selfie.db"))
	if err != nil {
		b.Fatal(err)
	}
	db := store.Open(e, nil)
	b.Cleanup(func() { db.Close() })
	routes := outbox.NewRoutes()
	relay := outbox.NewRelay(db, routes, nil)
	people := community.Open(db, relay, routes, community.Options{})
	rep := Open(db, relay, people, Options{})
	for _, step := range []func(context.Context) error{db.Migrate, people.Start} {
		if err := step(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if err := generate.Community(b.Context(), people, generate.Options{Seed: 1, Threads: threads}, nil); err != nil {
		b.Fatal(err)
	}
	return rep, people.Records()
}

// BenchmarkRebuild computes the reputation of 500 threads, from nothing and
// once more with nothing to do.
func BenchmarkRebuild(b *testing.B) {
	rep, facts := benchCommunity(b, 500)
	votes, err := facts.Votes.Count(b.Context(), store.All())
	if err != nil {
		b.Fatal(err)
	}
	run := func(b *testing.B) {
		for range b.N {
			r, err := rep.Rebuild(b.Context(), nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(r.Changed), "written/op")
			b.ReportMetric(float64(votes), "votes")
		}
	}
	b.Run("from nothing", run)
	b.Run("up to date", run)
}

// BenchmarkVote settles one vote on an answer of a member with a long ledger.
func BenchmarkVote(b *testing.B) {
	rep, facts := benchCommunity(b, 500)
	if _, err := rep.Rebuild(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	best, err := rep.standings.First(b.Context(), store.All().Order("-points"))
	if err != nil {
		b.Fatal(err)
	}
	a, err := facts.Answers.First(b.Context(), store.Where("author", best.Member).Order("-created"))
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		v := &community.Vote{Post: a.ID, Kind: community.AnAnswer, Thread: a.Thread, Author: a.Author, Voter: fmt.Sprint("v", i), Value: 1}
		v.Created = store.At(rep.db.Now()) + store.Millis(i)*86_400_000/100 // a hundred a day
		if err := facts.Votes.Insert(b.Context(), v); err != nil {
			b.Fatal(err)
		}
		if err := rep.settleVote(b.Context(), v.ID); err != nil {
			b.Fatal(err)
		}
	}
}
