package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows one bar a stage on a terminal, and nothing elsewhere.
type progress struct {
	on    bool
	stage string
	bar   *progressbar.ProgressBar
}

func newProgress() *progress { return &progress{on: term.IsTerminal(int(os.Stderr.Fd()))} }

// show moves the bar to done of total; a total of -1 is unknown.
func (p *progress) show(stage string, done, total int64) {
	if !p.on {
		return
	}
	if p.bar == nil || p.stage != stage {
		p.finish()
		p.stage, p.bar = stage, progressbar.NewOptions64(total, progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionSetDescription(stage), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	}
	_ = p.bar.Set64(done) // nothing to do about a terminal that is gone
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
	p.bar = nil
}
