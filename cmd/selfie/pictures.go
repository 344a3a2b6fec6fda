package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"selfie/media"
	"selfie/media/disk"
	"selfie/media/s3"
	"selfie/media/upkeep"
)

// place is where pictures are kept, as --media, --media-fallback and --to name it:
// "disk", "disk:DIR", "s3" or "s3://BUCKET/PREFIX".
type place struct {
	s3     bool
	dir    string    // of a disk
	bucket s3.Config // of S3
}

// String names the place as an operator may write it; it shows no secret.
func (p place) String() string {
	if p.s3 {
		return "s3://" + p.bucket.Bucket + "/" + p.bucket.Prefix + " at " + p.bucket.Endpoint
	}
	return "disk:" + p.dir
}

func (p place) open() (media.Store, error) {
	if p.s3 {
		return s3.Open(p.bucket)
	}
	return disk.Open(p.dir, nil)
}

// placeOf reads the name of a place, with the S3 settings filling in the rest.
func (c *Config) placeOf(name string) (place, error) {
	kind, rest, _ := strings.Cut(name, ":")
	switch kind {
	case "disk":
		return place{dir: cmp.Or(rest, c.blobDir())}, nil
	case "s3":
		p := place{s3: true, bucket: c.s3()}
		if rest != "" {
			bucket, prefix, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
			if prefix != "" && !strings.HasSuffix(prefix, "/") {
				prefix += "/"
			}
			p.bucket.Bucket, p.bucket.Prefix = bucket, prefix
		}
		if p.bucket.Endpoint == "" {
			return p, errors.New("S3 needs --s3-endpoint, --s3-access-key and --s3-secret-key besides the name of the bucket")
		}
		return p, nil
	}
	return place{}, fmt.Errorf("%q is no place for pictures: write disk, disk:DIR, s3 or s3://BUCKET/PREFIX", name)
}

func (c *Config) picturesName() string {
	if c.Media == "" && c.S3Endpoint != "" {
		return "s3"
	}
	return cmp.Or(c.Media, "disk")
}

// picturesPlace is where this deployment keeps pictures, as far as it is well named;
// openBlobs tells when it is not.
func (c *Config) picturesPlace() place {
	p, _ := c.placeOf(c.picturesName())
	return p
}

// openBlobs opens the store that is configured, with what it falls back to.
func (a *app) openBlobs() (media.Store, error) {
	p, err := a.conf.placeOf(a.conf.picturesName())
	if err != nil {
		return nil, err
	}
	now, err := p.open()
	if err != nil || a.conf.MediaFallback == "" {
		return now, err
	}
	q, err := a.conf.placeOf(a.conf.MediaFallback)
	if err != nil {
		return nil, err
	}
	if p == q {
		return nil, fmt.Errorf("pictures cannot fall back to the place where they are, %s", q)
	}
	old, err := q.open()
	return upkeep.NewFallback(now, old), err
}

// sweepLook is how often the one node that works looks whether a daily sweep is due
// or was cut short.
const sweepLook = 10 * time.Minute

// keepPictures makes what looks after the blobs, and lets one node sweep daily.
func (a *app) keepPictures() {
	a.sweep = upkeep.NewSweeper(a.blobs, a.people, time.Now, a.log)
	a.daily = upkeep.NewDaily(a.db, a.sweep)
	a.moves = upkeep.DeclareDoubts(a.db)
	a.relay.Every("pictures", sweepLook, a.daily.Run)
}

// links lets browsers fetch pictures from the object store, where that is asked for;
// else nil.
func (a *app) links() (media.Presigner, error) {
	if !a.conf.S3Presign {
		return nil, nil
	}
	signer, ok := a.blobs.(media.Presigner)
	if !ok || signer.Origin() == "" {
		return nil, errors.New("--s3-presign needs pictures in S3, and the keys to sign with")
	}
	return signer, nil
}

// pipeline makes the pictures that are kept. What needs a decoder of its own is
// decoded by this program, started again.
func (a *app) pipeline() *media.Pipeline {
	own, err := media.Own()
	if err != nil {
		a.log.Error("pictures from iPhones (HEIC) cannot be taken: this program does not find itself", "err", err)
		own = nil
	}
	a.decoders = media.Decoders{Child: own, Log: a.log}
	return media.NewPipeline(media.Limits{}).With(a.decoders)
}

// findAVIF lets AVIF pictures be taken if the program for it is there.
func (a *app) findAVIF(ctx context.Context) media.AVIFState {
	avif, state := media.FindAVIF(ctx, a.decoders.Child, a.conf.AVIF)
	a.log.Info("AVIF pictures", "state", state.Says, "program", state.Program)
	a.decoders.AVIF = avif
	a.making.With(a.decoders)
	return state
}
