package main

import (
	"context"
	"fmt"
	"os"

	"selfie/community/archive"
)

// exportCmd writes the community as JSON lines, for moving or keeping.
type exportCmd struct {
	Dir       string `arg:"" help:"Folder to make; it must not exist or be empty." type:"path"`
	Passwords bool   `help:"Include password hashes, so that members can sign in where the export is imported. Keep such an export as safe as the store."`
}

// Run makes the export; a server may go on meanwhile.
func (c *exportCmd) Run(ctx context.Context, conf *Config) error {
	if err := emptyDir(c.Dir); err != nil {
		return err
	}
	return withApp(ctx, conf, func(a *app) error {
		p := newProgress()
		report, err := archive.Export(ctx, a.people, a.blobs, c.Dir, archive.ExportOptions{
			Passwords: c.Passwords, Others: a.others(),
			Progress: func(stage string, done int64) { p.show(stage, done, -1) },
		})
		p.finish()
		if err != nil {
			return fmt.Errorf("%s is not a whole export: %w", c.Dir, err)
		}
		return report.Print(os.Stdout)
	})
}
