package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"os/exec"
	"strconv"
	"strings"
	"time"
	"unicode"

	"selfie/internal/apart"
	"selfie/internal/fault"
)

// Decoders are what decodes outside this process. A format whose decoder is not
// there is refused with a sentence.
type Decoders struct {
	Child []string     // the command that answers by Child, DecodeCommand included; nil for none
	AVIF  *AVIF        // by FindAVIF; nil for none
	Log   *slog.Logger // for the operator; nil logs nothing
}

// outside decodes one picture at a time in a process of its own, which may take
// hundreds of megabytes, go astray, or never end.
type outside struct {
	Decoders
	turn chan struct{}
}

func newOutside(d Decoders) outside {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return outside{d, make(chan struct{}, 1)}
}

// With lets the pipeline decode by programs outside this process. It must be
// called before the pipeline is used.
func (p *Pipeline) With(d Decoders) *Pipeline {
	p.outside = newOutside(d)
	return p
}

// Own is how this program is started to decode: Decoders.Child.
func Own() ([]string, error) {
	self, err := apart.Self()
	return append(self, DecodeCommand), err
}

// heic decodes a file that heicHeader wrote.
func (o outside) heic(ctx context.Context, h header) (img image.Image, err error) {
	err = o.run(ctx, "HEIC", apart.Job{
		Command: append(o.Child[:len(o.Child):len(o.Child)], childHEIC, strconv.FormatInt(h.outside, 10), seconds(ctx)),
		Stdin:   bytes.NewReader(h.still),
	}, func(r io.Reader) (err error) {
		img, err = readPixels(r, h.width, h.height)
		return err
	})
	if err != nil {
		return nil, err
	}
	return img, nil
}

// run runs a job to its end and says what went wrong: in a fault when it was the
// program that failed.
func (o outside) run(ctx context.Context, what string, j apart.Job, read func(io.Reader) error) error {
	began := time.Now()
	end, err := apart.Run(ctx, j, read)
	if err == nil {
		o.Log.Debug("a picture was decoded apart", "as", what, "took", time.Since(began), "cpu", end.CPU, "peak_mb", end.Peak/mb)
		return nil
	}
	var exit *exec.ExitError
	switch {
	case errors.Is(err, apart.ErrNotStarted):
		o.Log.Error("the program that decodes pictures cannot be started", "as", what, "program", j.Command[0], "err", err)
		return &fault.Error{Kind: fault.Unavailable, RetryAfter: retryAfter, Err: err,
			Public: "Pictures of this kind cannot be read right now. Try again in a moment, or send a JPEG or PNG."}
	case ctx.Err() != nil:
		o.Log.Info("a picture was given up", "as", what, "took", time.Since(began), "err", err)
		return ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == statusRefused:
		o.Log.Info("a picture was refused by its decoder", "as", what, "said", oneLine(end.Said))
		return err // an ordinary damaged one
	}
	o.Log.Warn("the program that decodes pictures failed", "as", what, "err", err, "said", oneLine(end.Said), "cpu", end.CPU, "peak_mb", end.Peak/mb)
	return wrap(err, fault.Invalid, "it could not be read; "+useOther+".")
}

// seconds are what is left until ctx ends, for both processors' worth of work.
func seconds(ctx context.Context) string {
	left := time.Minute
	if end, ok := ctx.Deadline(); ok {
		left = max(time.Until(end), 0)
	}
	return strconv.Itoa(2 * int(1+left/time.Second))
}

// oneLine is the beginning of what a program complained of, fit for a log.
func oneLine(said string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	line = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, line)
	return line[:min(len(line), 120)]
}
