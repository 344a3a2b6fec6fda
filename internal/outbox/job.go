package outbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

type job struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) error
}

// Every runs a job on the lease holder: when it becomes the holder, and then
// each interval after the last run's end. The job reads present state and does
// what is due, so running it too often is harmless; it must heed ctx.
func (r *Relay) Every(name string, interval time.Duration, run func(ctx context.Context) error) {
	if interval <= 0 {
		panic("outbox: job " + name + " needs an interval")
	}
	r.jobs = append(r.jobs, job{name, interval, run})
}

// Sweep runs every job once, now and here: for commands and tests.
func (r *Relay) Sweep(ctx context.Context) error {
	var errs []error
	for _, j := range r.jobs {
		errs = append(errs, r.runJob(ctx, j))
	}
	return errors.Join(errs...)
}

// startJobs runs the jobs until ctx ends; stop waits for them.
func (r *Relay) startJobs(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, j := range r.jobs {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := r.runJob(ctx, j); err != nil && ctx.Err() == nil {
					r.log.Error("job failed", "job", j.name, "err", err)
				}
				sleep(ctx, j.every)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func (r *Relay) runJob(ctx context.Context, j job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("outbox: job %s panicked: %v\n%s", j.name, p, debug.Stack())
		}
	}()
	if err := j.run(ctx); err != nil {
		return fmt.Errorf("job %s: %w", j.name, err)
	}
	return nil
}
