package main

import (
	"context"
	"fmt"

	"selfie/community"
	"selfie/media"
)

type mediaRead struct {
	All bool `help:"Pictures that were read before, too: after another language was set."`
}

// Run looks at all uploads once; it may be cut short and run again.
func (c *mediaRead) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		bar := newProgress()
		done, err := a.people.RereadUploads(ctx, community.Rereading{All: c.All, Look: looker(a.pics),
			Note: func(r community.Reread) { bar.show(fmt.Sprintf("%d to be read", r.Queued), r.Looked, -1) }})
		bar.finish()
		fmt.Printf("of %d uploads %d were lined up to be read, and %d got hashes by which the same picture is found\n", done.Looked, done.Queued, done.Hashed)
		if done.Lost > 0 {
			fmt.Printf("%d have no picture any more; selfie check --all names their files\n", done.Lost)
		}
		if err != nil {
			return fmt.Errorf("not finished; run the same command again to go on: %w", err)
		}
		waiting, err := a.people.Unread(ctx)
		if err == nil {
			fmt.Printf("%d pictures wait to be read; a server with tesseract reads them, the latest first, and /admin/checks says how many are left\n", waiting)
		}
		return err
	})
}

// looker computes from a stored picture what an upload knows of how it looks.
func looker(pics *media.Library) func(context.Context, *community.Upload) (dhash, look, blur string, err error) {
	pipeline := media.NewPipeline(media.Limits{}) // what is stored is JPEG or PNG
	return func(ctx context.Context, u *community.Upload) (dhash, look, blur string, err error) {
		r, _, err := pics.OpenKey(ctx, u.Variants[0].Key)
		if err != nil {
			return "", "", "", err
		}
		defer r.Close()
		pic, err := pipeline.Process(ctx, r, u.Name)
		return pic.DHash.String(), pic.Look.String(), pic.Blur, err
	}
}
