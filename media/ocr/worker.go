package ocr

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// Shelf is where pictures wait to be read. Several workers, on several nodes,
// may take from one; a picture that a worker took and never gave back waits
// again after a while.
type Shelf interface {
	// NextPicture takes a picture that waits, by its id, and names its blob. The
	// id is "" when none waits.
	NextPicture(ctx context.Context) (id, key string, err error)

	// KeepRead keeps what was read in it, and the same masked, for everyone's
	// eyes. It may be repeated.
	KeepRead(ctx context.Context, id, text, masked string) error

	// Unreadable gives up on it.
	Unreadable(ctx context.Context, id string) error

	// PutBack is for one whose blob could not be had: its turn comes again.
	PutBack(ctx context.Context, id string) error
}

// Blobs opens the blob of a key: media.Library's OpenKey without what is known
// about it.
type Blobs func(ctx context.Context, key string) (io.ReadCloser, error)

// Worker reads pictures in the background, one after another.
type Worker struct {
	shelf  Shelf
	blobs  Blobs
	reader Reader
	log    *slog.Logger
	woken  chan struct{}
}

// NewWorker returns a worker that lets reader read what waits on shelf.
func NewWorker(shelf Shelf, blobs Blobs, reader Reader, log *slog.Logger) *Worker {
	return &Worker{shelf: shelf, blobs: blobs, reader: reader, log: log, woken: make(chan struct{}, 1)}
}

// Wake says that a picture may wait. It never blocks.
func (w *Worker) Wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// lookEvery is how soon pictures that other nodes took in, or lost, are found.
const lookEvery = 5 * time.Second

// Run reads until ctx ends.
func (w *Worker) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := w.Drain(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("pictures are not read", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-w.woken:
		}
	}
}

// Drain reads what waits now, and returns what kept it from going on.
func (w *Worker) Drain(ctx context.Context) error {
	for ctx.Err() == nil {
		id, key, err := w.shelf.NextPicture(ctx)
		if err != nil || id == "" {
			return err
		}
		if err := w.one(ctx, id, key); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// one reads a picture. What may go better later is left on the shelf.
func (w *Worker) one(ctx context.Context, id, key string) error {
	data, err := w.fetch(ctx, key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		// The store of pictures is away, not this picture bad: no try is lost.
		return errors.Join(err, w.shelf.PutBack(context.WithoutCancel(ctx), id))
	}
	text := ""
	if err == nil {
		text, err = w.reader.Read(ctx, data)
	}
	switch {
	case err == nil:
		return w.shelf.KeepRead(ctx, id, text, Mask(text))
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.NotFound):
		w.log.Info("a picture cannot be read", "upload", id, "err", err)
		return w.shelf.Unreadable(ctx, id)
	case fault.Is(err, fault.Unavailable) && ctx.Err() == nil:
		w.log.Info("a picture is left for later", "upload", id, "err", err)
		return nil
	}
	return err
}

func (w *Worker) fetch(ctx context.Context, key string) ([]byte, error) {
	blob, err := w.blobs(ctx, key)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(blob, media.MaxBlob))
	return data, errors.Join(err, blob.Close())
}
