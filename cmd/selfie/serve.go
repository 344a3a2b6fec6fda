package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/media/ocr"
	"selfie/web"
)

// serveCmd runs the server until it is told to stop.
type serveCmd struct {
	Listen         string   `help:"Address to listen on." default:"127.0.0.1:8080" env:"SELFIE_LISTEN"`
	TrustedProxies []string `help:"Proxies whose X-Forwarded-For is believed: addresses or ranges." env:"SELFIE_TRUSTED_PROXIES"`
	LimitFactor    float64  `help:"Multiplies every rate limit; below 0 switches them off." default:"1" env:"SELFIE_LIMIT_FACTOR"`

	demo []web.DemoMember // set in a demonstration
}

// The pace of this node's background work, and the patience of its end.
const (
	flushEvery = time.Minute
	sweepEvery = 6 * time.Hour
	endWithin  = 20 * time.Second
)

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, conf *Config) error {
	a, err := open(ctx, conf)
	if err != nil {
		return err
	}
	if err = a.alone(); err == nil {
		err = c.serve(ctx, a)
	}
	return errors.Join(err, a.Close())
}

func (c *serveCmd) serve(ctx context.Context, a *app) error {
	go spareMemory(ctx)
	if err := a.openIndex(); err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	eyes, seeing := ocr.Open(ctx, ocr.Options{Program: a.conf.OCR, Languages: a.conf.OCRLanguages})
	a.log.Info("text in pictures", "state", seeing.Says, "program", seeing.Program)
	avif := a.findAVIF(ctx)
	links, err := a.links()
	if err != nil {
		return err
	}
	site, err := web.New(web.Config{BaseURL: a.conf.BaseURL, Listen: c.Listen, TrustedProxies: c.TrustedProxies, LimitFactor: c.LimitFactor, Version: version(),
		WidgetOrigins: a.conf.WidgetOrigins, Demo: c.demo != nil, DemoMembers: c.demo, NoMail: a.conf.SMTP == ""},
		web.Parts{Community: a.people, Media: a.pics, Links: links, Search: a.index, Inbox: a.inbox, Standing: a.points, Judges: a.judges, Cases: a.cases, Deflection: a.visits, Saved: a.saved, Synonyms: a.said, Bridge: a.bridge, OCR: seeing, AVIF: avif, Log: a.log})
	if err != nil {
		return err
	}
	a.followPages(site)
	ln, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	stop := a.background(ctx, a.reading(eyes))
	defer stop()
	if err := a.announce(ctx, ln.Addr().String()); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- site.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.log.Info("stopping")
	end, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	return site.Shutdown(end)
}

// followPages lets this node's pages and open streams hear of every change.
func (a *app) followPages(site interface{ Invalidate(thread string) }) {
	r := a.people.Records()
	a.tailer.Follow("pages", nil, func(_ context.Context, changes []outbox.Change) error {
		for _, c := range changes {
			site.Invalidate(threadOf(c))
		}
		return nil
	}, r.Threads.Schema(), r.Answers.Schema(), r.Comments.Schema(), r.Members.Schema(), r.Spaces.Schema(), r.Settings.Schema(), a.cases.Schema(), a.visits.SuggestionSchema())
}

// background runs the relay, the tailer and this node's timers; stop ends
// them and waits.
func (a *app) background(parent context.Context, reading func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(parent)
	work := map[string]func(context.Context) error{
		"relay":  a.relay.Run,
		"tailer": a.tailer.Run,
		"views":  every(flushEvery, a.people.FlushViews),
		"sweep":  every(sweepEvery, a.index.Sweep),
		"ocr":    reading,
	}
	done := make(chan struct{}, len(work))
	for name, run := range work {
		go func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("background work ended", "work", name, "err", err)
			}
			done <- struct{}{}
		}()
	}
	return func() {
		cancel()
		for range work {
			<-done
		}
		end, cancel := context.WithTimeout(context.Background(), endWithin)
		defer cancel()
		if err := a.people.FlushViews(end); err != nil {
			a.log.Warn("last views were not counted", "err", err)
		}
	}
}

// reading is the work of a node that can read the text in pictures; another's
// is none.
func (a *app) reading(eyes *ocr.Tesseract) func(context.Context) error {
	if eyes == nil {
		return func(context.Context) error { return nil }
	}
	open := func(ctx context.Context, key string) (io.ReadCloser, error) {
		blob, _, err := a.pics.OpenKey(ctx, key)
		return blob, err
	}
	w := ocr.NewWorker(a.people, open, eyes, a.log)
	uploads := a.people.Records().Uploads.Schema().Name
	a.db.OnCommit(func(c store.Commit) {
		if c.Collection == uploads {
			w.Wake()
		}
	})
	return w.Run
}

// every runs job each interval until the context ends; a failure is left to
// the next run.
func every(interval time.Duration, job func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		var last error
		for {
			select {
			case <-ctx.Done():
				return last
			case <-tick.C:
				last = job(ctx)
			}
		}
	}
}

// announce says where the server is and, while there is no admin, prints the
// one-time link that makes the first one.
func (a *app) announce(ctx context.Context, addr string) error {
	a.log.Info("serving", "address", addr, "config", a.conf)
	fmt.Fprintf(os.Stdout, "Selfie is at %s\n", a.conf.BaseURL)
	token, needed, err := a.people.SetupToken(ctx)
	if err != nil {
		return err
	}
	if needed {
		fmt.Fprintf(os.Stdout, "Make yourself the first administrator (this link works once): %s/setup?token=%s\n", a.conf.BaseURL, token)
	}
	return nil
}
