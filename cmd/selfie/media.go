package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"selfie/community"
	"selfie/internal/store"
	"selfie/media"
	"selfie/media/s3"
	"selfie/media/upkeep"
)

// mediaCmd looks after the files of pictures. A running server may go on beside it.
type mediaCmd struct {
	Sweep mediaSweep `cmd:"" help:"Delete uploads that no post shows, and files that no upload refers to, both after 48 hours. The server does so by itself."`
	Read  mediaRead  `cmd:"" help:"Let the text of pictures be read that never was: of those from before, or from elsewhere. The server reads them in the background."`
	Move  mediaMove  `cmd:"" help:"Copy all pictures to another place while they are served, and read every copy back."`
}

type mediaSweep struct {
	DryRun bool `help:"Delete nothing: list what would go."`
}

// Run sweeps once, from the beginning to the end.
func (c *mediaSweep) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		uploads, err := a.people.SweepUploads(ctx, c.DryRun)
		if err != nil {
			return err
		}
		pass := upkeep.Pass{DryRun: c.DryRun}
		if c.DryRun {
			pass.Each = func(b media.Info) {
				fmt.Printf("would go: %s, %s, from %s\n", b.Key, bytesOf(b.Size), b.Modified.Format("2006-01-02 15:04 UTC"))
			}
		}
		bar := newProgress()
		pass.Page = func(s upkeep.Swept) { bar.show("looking at files", s.Looked, -1) }
		files, err := a.sweep.Sweep(ctx, pass)
		bar.finish()
		c.say(uploads, files)
		return err
	})
}

func (c *mediaSweep) say(u community.UploadsSwept, f upkeep.Swept) {
	gone, aside := "deleted", "set aside, to be deleted by a sweep an hour on"
	if c.DryRun {
		gone, aside = "would be deleted", "would be set aside, and deleted by a sweep an hour on"
	}
	fmt.Printf("uploads that nothing has shown for 48 hours: %d %s; %d %s; %s as sent (%d more stay for a draft or post)\n", u.Removed, gone, u.Aside, aside, bytesOf(u.Bytes), u.Kept)
	fmt.Printf("files that nothing refers to: %d of %d %s, %s\n", f.Removed, f.Looked, gone, bytesOf(f.Bytes))
	if f.Rescued > 0 {
		fmt.Printf("files put back, since somebody uploaded them in that moment: %d\n", f.Rescued)
	}
}

// bytesOf writes a size as people read it.
func bytesOf(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

type mediaMove struct {
	To     string `required:"" help:"Where to: disk, disk:DIR, s3 or s3://BUCKET/PREFIX."`
	From   string `help:"Where from. Without it: where pictures are kept, or the other of disk and s3."`
	Verify bool   `help:"Read back what is there already too, not only what is copied now."`
}

// Run copies until a whole pass finds nothing to do. Cut short, it goes on where it
// was when it is run again.
func (c *mediaMove) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		from, to, err := c.places(conf)
		if err != nil {
			return err
		}
		source, target, err := openBoth(from, to)
		if err != nil {
			return err
		}
		same, err := upkeep.SamePlace(ctx, source, target)
		if err != nil {
			return fmt.Errorf("%s: %w", to, err)
		}
		if same {
			return errSamePlace(from, to)
		}
		bar := newProgress()
		moved, err := upkeep.NewMover(a.moves, from.String()+" to "+to.String(), source, target).Move(ctx, upkeep.Options{
			Verify: c.Verify,
			Note:   func(m upkeep.Moved) { bar.show(fmt.Sprintf("pass %d, %d copied", m.Passes, m.Copied), m.Looked, -1) },
		})
		bar.finish()
		fmt.Printf("copied %d files, %s, and read them back: from %s to %s\n", moved.Copied, bytesOf(moved.Bytes), from, to)
		if err != nil {
			return fmt.Errorf("not finished; run the same command again to go on: %w", err)
		}
		return ended(moved, to)
	})
}

// ended tells how a move that came to its end ended.
func ended(m upkeep.Moved, to place) error {
	if len(m.Damaged) == 0 {
		fmt.Printf("nothing is left to do: all %d files are at %s\n", m.Looked, to)
		return nil
	}
	for _, key := range m.Damaged {
		fmt.Printf("damaged: %s\n", key)
	}
	return errors.New("the files above are not what their names say, and were left; bring them back from a backup and run the same command again")
}

// places finds out where from and where to.
func (c *mediaMove) places(conf *Config) (from, to place, err error) {
	if to, err = conf.placeOf(c.To); err != nil {
		return from, to, err
	}
	names := []string{c.From}
	if c.From == "" {
		names = []string{conf.picturesName(), conf.MediaFallback, "disk", "s3"}
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if from, err = conf.placeOf(name); err != nil && name == c.From {
			return from, to, err
		}
		if err == nil && from != to {
			if from.overlaps(to) {
				err = errSamePlace(from, to)
			}
			return from, to, err
		}
	}
	return from, to, fmt.Errorf("%s is where the pictures are: name another place with --to", to)
}

func errSamePlace(from, to place) error {
	return fmt.Errorf("%s and %s are the same place, or one lies in the other: name another place with --to", from, to)
}

// overlaps reports whether one place is, or lies in, the other, as far as their
// names tell.
func (p place) overlaps(q place) bool {
	if p.s3 != q.s3 {
		return false
	}
	if p.s3 {
		end := func(c s3.Config) string { return strings.ToLower(strings.TrimRight(c.Endpoint, "/")) }
		return end(p.bucket) == end(q.bucket) && p.bucket.Bucket == q.bucket.Bucket &&
			(strings.HasPrefix(p.bucket.Prefix, q.bucket.Prefix) || strings.HasPrefix(q.bucket.Prefix, p.bucket.Prefix))
	}
	a, b := p.folder(), q.folder()
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// folder is where a disk's files are, without links, ending in a separator.
func (p place) folder() string {
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return p.dir
	}
	for rest := ""; ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		if real, err := filepath.EvalSymlinks(dir); err == nil || dir == filepath.Dir(dir) {
			return strings.TrimRight(filepath.Join(cmp.Or(real, dir), rest), string(filepath.Separator)) + string(filepath.Separator)
		}
	}
}

func openBoth(from, to place) (source, target media.Store, err error) {
	source, err1 := from.open()
	target, err2 := to.open()
	return source, target, errors.Join(err1, err2)
}

// sampled is how many uploads a check takes from either end of their order, which is
// by chance for most.
const sampled = 250

// pictures looks whether the files of uploads are there.
func (c *checkCmd) pictures(ctx context.Context, a *app) error {
	var looked, gone int
	err := c.eachUploads(ctx, a, func(batch []*community.Upload) error {
		var keys []string
		for _, u := range batch {
			for _, v := range u.Variants {
				keys = append(keys, v.Key)
			}
		}
		missing, err := upkeep.Missing(ctx, a.blobs, keys)
		for _, key := range missing[:min(len(missing), max(0, 20-gone))] {
			fmt.Printf("pictures: missing: %s\n", key)
		}
		looked, gone = looked+len(keys), gone+len(missing)
		return err
	})
	if err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	fmt.Printf("pictures: of %d files looked for, %d are missing\n", looked, gone)
	if gone > 0 {
		return fmt.Errorf("%d files of pictures are missing; bring back the folder or bucket from a backup", gone)
	}
	return nil
}

// eachUploads hands out a sample of the uploads, or all, in batches.
func (c *checkCmd) eachUploads(ctx context.Context, a *app, f func([]*community.Upload) error) error {
	uploads := a.people.Records().Uploads
	first := store.All().Limit(sampled)
	page, err := uploads.Find(ctx, first)
	if err != nil {
		return err
	}
	if err := f(page.Items); err != nil || page.Next == "" {
		return err
	}
	if !c.All {
		last, err := uploads.Find(ctx, first.Reverse())
		if err != nil {
			return err
		}
		return f(last.Items)
	}
	for page.Next != "" {
		if page, err = uploads.Find(ctx, first.After(page.Next)); err != nil {
			return err
		}
		if err := f(page.Items); err != nil {
			return err
		}
	}
	return nil
}
