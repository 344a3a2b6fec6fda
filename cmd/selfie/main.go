// Command selfie is the whole product in one binary: it serves a community and
// looks after its data. This package only puts the parts together.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"selfie/internal/fault"
	"selfie/media"
)

type cli struct {
	Config
	File kong.ConfigFlag `name:"config" help:"JSON file with any of these settings." env:"SELFIE_CONFIG"`

	Serve   serveCmd   `cmd:"" help:"Run the server."`
	Demo    demoCmd    `cmd:"" help:"Build a community worth looking at and serve it, in a directory that goes away at the end."`
	Import  importCmd  `cmd:"" help:"Bring in a community: a Stack Exchange dump, or an export of Selfie."`
	Export  exportCmd  `cmd:"" help:"Write everything as JSON lines with the pictures beside."`
	Backup  backupCmd  `cmd:"" help:"Copy the store and the pictures while the server runs."`
	Restore restoreCmd `cmd:"" help:"Bring a backup back into an empty data directory."`
	Reindex reindexCmd `cmd:"" help:"Build this node's search index anew."`
	Media   mediaCmd   `cmd:"" help:"Look after pictures: sweep, move."`
	Search  searchCmd  `cmd:"" help:"Look after search."`
	Rebuild rebuildCmd `cmd:"" help:"Recompute everything derived: counts, states, rendered HTML."`
	Check   checkCmd   `cmd:"" help:"Look for trouble: store, pictures, parked events, unsent mail."`
	User    userCmd    `cmd:"" help:"Make and change accounts from the machine."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	if media.IsChild(os.Args) {
		os.Exit(media.Child(os.Args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("selfie"), kong.Description("Peer support: customers help each other with text and screenshots."),
		kong.Configuration(kong.JSON), kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&c.Config))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "selfie:", explain(err))
		os.Exit(1)
	}
}

// explain shows an operator both the sentence and the cause.
func explain(err error) string {
	if f, ok := fault.As(err); ok && f.Public != "" {
		if f.Err != nil {
			return f.Public + " (" + f.Err.Error() + ")"
		}
		return f.Public
	}
	return err.Error()
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run() error {
	fmt.Println("selfie", version())
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}
