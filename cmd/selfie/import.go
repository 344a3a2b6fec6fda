package main

import (
	"context"
	"fmt"
	"os"

	"selfie/community/archive"
	"selfie/internal/fault"
)

// importCmd brings a community in.
type importCmd struct {
	StackExchange importStackExchange `cmd:"" name:"stackexchange" help:"The unpacked data dump of a Stack Exchange site."`
	Selfie        importSelfie        `cmd:"" name:"selfie" help:"What selfie export wrote."`
}

type importStackExchange struct {
	Dir         string   `arg:"" help:"Folder with Users.xml, Posts.xml and the others." type:"existingdir"`
	Space       string   `help:"Space to import into, made when it does not exist. Without it: one of the site's name."`
	SpaceName   string   `help:"Name of a space that is made."`
	Site        string   `help:"Name of the site, when the folder is called otherwise: router.meta."`
	Host        []string `help:"Another address of the site, whose links become links within the community."`
	FetchImages bool     `help:"Fetch the pictures that posts show from other hosts; without it they become links."`
}

// Run imports the dump and prints what became of it. It may be repeated.
func (c *importStackExchange) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		p := newProgress()
		o := archive.StackExchange{Dir: c.Dir, Site: c.Site, Hosts: c.Host, Space: c.Space, SpaceName: c.SpaceName, Progress: p.show}
		if c.FetchImages {
			a.findAVIF(ctx)
			o.Pictures, o.Library = archive.NewWeb(), a.pics
		}
		report, err := archive.ImportStackExchange(ctx, a.people, o)
		return imported(ctx, a, p, report, err)
	})
}

type importSelfie struct {
	Dir string `arg:"" help:"Folder that selfie export made." type:"existingdir"`
}

// Run imports the export and prints what became of it. It may be repeated.
func (c *importSelfie) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		p := newProgress()
		report, err := archive.Import(ctx, a.people, a.blobs, c.Dir, archive.ImportOptions{Progress: p.show, Others: a.others()})
		return imported(ctx, a, p, report, err)
	})
}

// imported computes the reputation that the import's facts make, which no event
// told of, and prints the report, also of an import that ended early.
func imported(ctx context.Context, a *app, p *progress, report *archive.Report, err error) error {
	if err == nil {
		n := int64(0)
		_, err = a.points.Rebuild(ctx, func(string) { n++; p.show("reputation", n, -1) })
	}
	p.finish()
	printed := report.Print(os.Stdout)
	switch {
	case fault.Is(err, fault.Invalid):
		return err
	case err != nil:
		return fmt.Errorf("the import ended early; run it again to complete it: %w", err)
	}
	fmt.Println("\nDone. A running server shows and indexes what is new by itself; otherwise it does when it starts.")
	return printed
}
