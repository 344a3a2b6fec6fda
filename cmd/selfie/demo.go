package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"selfie/community"
	"selfie/community/archive"
	"selfie/internal/demo"
	"selfie/internal/fault"
	"selfie/web"
)

// demoCmd shows the product with a community worth looking at.
type demoCmd struct {
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080" env:"SELFIE_LISTEN"`
	Dump   string `help:"Unpacked Stack Exchange data dump to bring in, in place of the built-in community." type:"existingdir"`
}

// Run builds the community and serves it until it is told to stop. Without
// --data it lives in a temporary directory that goes away at the end.
func (c *demoCmd) Run(ctx context.Context, conf *Config, k *kong.Context) error {
	if conf.Mongo != "" || conf.S3Endpoint != "" {
		return fault.New(fault.Invalid, "The demonstration keeps to a directory of its own: leave --mongo and --s3-endpoint away.")
	}
	ours, drop, err := c.config(conf, given(k, "data"))
	if err != nil {
		return err
	}
	a, err := c.prepare(ctx, ours)
	if err == nil {
		err = errors.Join(c.serve(ctx, a), a.Close())
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil // stopped while building
	}
	return errors.Join(err, drop())
}

// prepare opens the community that the directory holds, and makes it before
// where there is none.
func (c *demoCmd) prepare(ctx context.Context, conf *Config) (*app, error) {
	if _, err := os.Stat(conf.sqlitePath()); errors.Is(err, fs.ErrNotExist) {
		if err := c.make(ctx, conf); err != nil {
			return nil, err
		}
	}
	a, err := open(ctx, conf)
	if err != nil {
		return nil, err
	}
	if err = a.alone(); err == nil {
		err = worthServing(ctx, a)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// A community is built in a folder of the data directory and moved to its place
// when it is whole, the store last: what was interrupted is never served.
const (
	partDir   = "demo.part"
	wholeFile = "whole" // in partDir, once everything is there
)

func (c *demoCmd) make(ctx context.Context, conf *Config) error {
	part := *conf
	part.building = true
	part.Data = filepath.Join(conf.Data, partDir)
	whole := filepath.Join(part.Data, wholeFile)
	if _, err := os.Stat(whole); errors.Is(err, fs.ErrNotExist) {
		if err := c.build(ctx, conf, &part); err != nil {
			return err
		}
		if err := errors.Join(syncFile(part.sqlitePath()), os.WriteFile(whole, nil, 0o600)); err != nil {
			return err
		}
	}
	for _, move := range [][2]string{{part.blobDir(), conf.blobDir()}, {part.sqlitePath(), conf.sqlitePath()}} {
		if err := os.Rename(move[0], move[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.RemoveAll(part.Data)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// build makes the community anew, whatever an earlier try left.
func (c *demoCmd) build(ctx context.Context, conf, part *Config) error {
	if _, err := os.Stat(conf.blobDir()); err == nil {
		return fault.New(fault.Invalid, "%s holds pictures and no store: name an empty directory with --data.", conf.Data)
	}
	if err := dropPart(ctx, part); err != nil {
		return err
	}
	a, err := open(ctx, part)
	if err != nil {
		return err
	}
	if err = a.alone(); err == nil {
		err = c.fill(ctx, a)
	}
	return errors.Join(err, a.Close())
}

// dropPart removes what an interrupted try left, unless one is still at it.
func dropPart(ctx context.Context, part *Config) error {
	if _, err := os.Stat(part.sqlitePath()); errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(part.Data)
	}
	a, err := open(ctx, part)
	if err != nil {
		return err
	}
	if err := errors.Join(a.alone(), a.Close()); err != nil {
		return err
	}
	fmt.Println("The demonstration was stopped before it was whole; it is built anew.")
	return os.RemoveAll(part.Data)
}

// config is the operator's configuration as the demonstration needs it; drop
// removes what shall not outlive it.
func (c *demoCmd) config(conf *Config, kept bool) (ours *Config, drop func() error, err error) {
	o := *conf
	ours, drop = &o, func() error { return nil }
	o.HoldLinks, o.Company = true, demo.Company
	if o.BaseURL == defaultBaseURL {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			return nil, nil, fault.New(fault.Invalid, "The address to listen on is like 127.0.0.1:8080: %v.", err)
		}
		o.BaseURL = "http://localhost:" + port
	}
	if !kept {
		dir, err := os.MkdirTemp("", "selfie-demo-")
		if err != nil {
			return nil, nil, err
		}
		o.Data, drop = dir, func() error { return os.RemoveAll(dir) }
	}
	return ours, drop, nil
}

const defaultBaseURL = "http://localhost:8080"

// given reports whether a setting was set on the command line, in the
// environment or in a file: the default data directory belongs to serve, and
// the demonstration does not touch it.
func given(k *kong.Context, name string) bool {
	for _, p := range k.Path {
		if p.Flag != nil && p.Flag.Name == name {
			return true
		}
	}
	for _, f := range k.Flags() {
		if f.Name == name {
			return slices.ContainsFunc(f.Envs, func(e string) bool { return os.Getenv(e) != "" })
		}
	}
	return false
}

// worthServing refuses a store without threads: a kept demonstration has some.
func worthServing(ctx context.Context, a *app) error {
	list, err := a.people.Threads(ctx, community.System, community.Filter{Sort: community.ByNewest}, "", 1)
	if err == nil && len(list.Items) == 0 {
		err = fault.New(fault.Invalid, "The data directory %s holds a community without a single thread, which is no demonstration. Name an empty directory with --data.", a.conf.Data)
	}
	return err
}

// fill makes the community, or brings the dump in.
func (c *demoCmd) fill(ctx context.Context, a *app) error {
	if c.Dump != "" {
		return c.bring(ctx, a)
	}
	began := time.Now()
	fmt.Println("Building a community …")
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // nothing of it lives long
	clock := demo.NewClock(began.Add(-demo.Length))
	a.db.Now = clock.Now
	err := demo.Build(ctx, demo.Parts{Clock: clock, Relay: a.relay, Community: a.people, Media: a.pics, Points: a.points, Inbox: a.inbox,
		Judges: a.judges, Cases: a.cases, Deflection: a.visits}, began, 1)
	if err == nil {
		fmt.Printf("Done in %.1f s\n", time.Since(began).Seconds())
	}
	return err
}

// bring imports the dump, and makes the members to sign in as beside it.
func (c *demoCmd) bring(ctx context.Context, a *app) error {
	p := newProgress()
	report, err := archive.ImportStackExchange(ctx, a.people, archive.StackExchange{Dir: c.Dump, Progress: p.show})
	if err := imported(ctx, a, p, report, err); err != nil {
		return err
	}
	return demo.Members(ctx, a.people)
}

// serve is serve with the members to sign in as.
func (c *demoCmd) serve(ctx context.Context, a *app) error {
	s := serveCmd{Listen: c.Listen, LimitFactor: 1, demo: demoMembers()}
	fmt.Printf("Sign in with one press at %s/sign-in\n", strings.TrimSuffix(a.conf.BaseURL, "/"))
	return s.serve(ctx, a)
}

func demoMembers() []web.DemoMember {
	var list []web.DemoMember
	for _, l := range demo.Logins() {
		list = append(list, web.DemoMember{Key: l.Key, Name: l.Name, Says: l.Says, Email: l.Email, Password: l.Password})
	}
	return list
}
