package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"

	"selfie/internal/store/sqlite"
	"selfie/search"
)

// reindexCmd builds this node's search index anew.
type reindexCmd struct{}

// Run removes nothing before the new index is whole.
func (reindexCmd) Run(ctx context.Context, conf *Config) error {
	return withIndex(ctx, conf, func(x *search.Index) error {
		bar := progressbar.Default(-1, "indexing threads")
		last := 0
		err := x.Rebuild(ctx, func(done int) { _ = bar.Add(done - last); last = done })
		_ = bar.Finish()
		n, countErr := x.Count()
		fmt.Printf("\n%d threads are in the index\n", n)
		return errors.Join(err, countErr)
	})
}

// withIndex opens this node's search index, which one process may hold.
func withIndex(ctx context.Context, conf *Config, f func(*search.Index) error) error {
	spare, done := context.WithCancel(ctx)
	defer done()
	go spareMemory(spare)
	return withApp(ctx, conf, func(a *app) (err error) {
		if a.index, err = search.Open(a.people, a.searching()); err != nil {
			return fmt.Errorf("search index (is a server using it? stop it first): %w", err)
		}
		return f(a.index)
	})
}

// rebuildCmd recomputes what is derived.
type rebuildCmd struct{}

// Run writes only what differs; a running server may go on.
func (rebuildCmd) Run(ctx context.Context, conf *Config) error {
	a, err := open(ctx, conf)
	if err != nil {
		return err
	}
	defer a.Close()
	bar := progressbar.Default(-1, "recomputing")
	r, err := a.people.Rebuild(ctx, func(string) { _ = bar.Add(1) })
	points, pointsErr := a.points.Rebuild(ctx, func(string) { _ = bar.Add(1) })
	_ = bar.Finish()
	fmt.Printf("\nRead %d documents, changed %d\n", r.Read+points.Read, r.Changed+points.Changed)
	return errors.Join(err, pointsErr)
}

// checkCmd looks for trouble and fails when it finds some.
type checkCmd struct {
	Retry bool `help:"Hand parked events to their followers again."`
	All   bool `help:"Look for the files of all pictures, not of a sample."`
}

// Run prints one line a finding.
func (c *checkCmd) Run(ctx context.Context, conf *Config) error {
	if _, err := os.Stat(conf.sqlitePath()); conf.Mongo == "" && err == nil {
		if err := sqlite.Check(conf.sqlitePath()); err != nil {
			return fmt.Errorf("the store is damaged; restore a backup: %w", err)
		}
		fmt.Println("store: sound")
	}
	a, err := open(ctx, conf)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.blobs.Check(ctx); err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	fmt.Println("pictures: reachable and writable")
	return errors.Join(c.pictures(ctx, a), c.events(ctx, a), mailCheck(ctx, a))
}

func (c *checkCmd) events(ctx context.Context, a *app) error {
	due, oldest, err := a.relay.Backlog(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("events: %d documents wait", due)
	if due > 0 {
		fmt.Printf(", the oldest since %s", oldest.Time().Format("2006-01-02 15:04:05 UTC"))
	}
	fmt.Println()
	parked := 0
	for cursor := ""; ; {
		page, err := a.relay.Parked(ctx, cursor, 100)
		if err != nil {
			return err
		}
		for _, p := range page.Items {
			parked++
			fmt.Printf("parked: %s for %s of %s %s: %s\n", p.Event.Kind, p.Follower, p.Collection, p.Document, p.Error)
			if c.Retry {
				if err := a.relay.Retry(ctx, p.ID); err != nil {
					return err
				}
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if parked > 0 && !c.Retry {
		return fmt.Errorf("%d events were given up; mend the cause, then run: selfie check --retry", parked)
	}
	return nil
}

func mailCheck(ctx context.Context, a *app) error {
	queued, kept, failed, err := a.inbox.Counts(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("mail: %d queued, %d kept for want of a mail server, %d given up\n", queued, kept, failed)
	return nil
}
