// Package media takes pictures in and keeps them.
//
// Pipeline turns whatever a member uploads into clean variants: it believes only
// the bytes, refuses what would cost too much before decoding it, applies the
// orientation and encodes anew, so that camera data, places, comments and hidden
// cargo end here. Store is the contract for keeping blobs, with the engines disk
// and s3. Library joins the two. Who may see a picture is not known here: a blob
// is named by the hash of its content, and callers decide whom they tell.
package media

import (
	"bytes"
	"context"
	"io"

	"selfie/internal/fault"
)

// Picture is what is worth keeping about a stored picture. Hash addresses its
// content; Width and Height are those of the large variant, upright.
type Picture struct {
	Hash     string        `json:"hash"`
	Width    int           `json:"width"`
	Height   int           `json:"height"`
	DHash    DHash         `json:"dhash"`
	Look     Look          `json:"look"`
	Blur     string        `json:"blur,omitempty"`     // a data URI, see Result
	Animated bool          `json:"animated,omitempty"` // the upload moved; its first frame was kept
	Variants []VariantInfo `json:"variants"`           // largest first, at most two
	Source   Source        `json:"source"`
}

// VariantInfo describes one stored variant; Bytes is its size.
type VariantInfo struct {
	Name   string `json:"name"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Type   string `json:"type"`
	Bytes  int    `json:"bytes"`
	Key    string `json:"key"`
}

// Library is a store of processed pictures. It is safe for concurrent use.
type Library struct {
	store    Store
	pipeline *Pipeline
}

// NewLibrary returns a library that keeps in store what pipeline makes.
func NewLibrary(store Store, pipeline *Pipeline) *Library {
	return &Library{store: store, pipeline: pipeline}
}

// Add processes the upload r and stores its variants, the large one last, so that
// a picture which has it is complete. Adding the same picture again stores the
// same blobs again and returns the same hash. name is what the uploader called
// it; it is used in refusals only. Kinds are those of Process and Store.Put.
func (l *Library) Add(ctx context.Context, r io.Reader, name string) (Picture, error) {
	result, err := l.pipeline.Process(ctx, r, name)
	if err != nil {
		return Picture{}, err
	}
	pic := result.picture()
	for i := len(result.Variants) - 1; i >= 0; i-- {
		v := result.Variants[i]
		err := l.store.Put(ctx, pic.Variants[i].Key, bytes.NewReader(v.Bytes), int64(len(v.Bytes)), v.ContentType)
		if err != nil {
			return Picture{}, err
		}
	}
	return pic, nil
}

// Types are the media types of what Add takes.
func (l *Library) Types() []string { return l.pipeline.outside.types() }

func (r Result) picture() Picture {
	pic := Picture{Hash: r.Hash, Width: r.Width, Height: r.Height, DHash: r.DHash, Look: r.Look, Blur: r.Blur, Animated: r.Animated, Source: r.Source}
	for _, v := range r.Variants {
		pic.Variants = append(pic.Variants, VariantInfo{
			Name: v.Name, Width: v.Width, Height: v.Height, Type: v.ContentType,
			Bytes: len(v.Bytes), Key: Key(r.Hash, v.Name, v.Ext),
		})
	}
	return pic
}

// Open returns a variant ("1600", "320", or "full" for the largest there is) of
// the picture with that hash. The caller closes the reader. A hash or variant that
// does not exist, or never could, is fault.NotFound.
func (l *Library) Open(ctx context.Context, hash, variant string) (io.ReadCloser, Info, error) {
	name, known := variantName(variant)
	if !known || !ValidHash(hash) {
		return nil, Info{}, notFound()
	}
	for _, ext := range extensions {
		r, info, err := l.store.Open(ctx, Key(hash, name, ext))
		if !fault.Is(err, fault.NotFound) {
			return r, info, err
		}
	}
	return nil, Info{}, notFound()
}

// OpenKey returns the blob of a VariantInfo's key: one look-up where Open may
// need two.
func (l *Library) OpenKey(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	if _, _, _, ok := ParseKey(key); !ok {
		return nil, Info{}, notFound()
	}
	return l.store.Open(ctx, key)
}

// Delete removes every variant of the picture, the large one first. An absent
// picture is fine.
func (l *Library) Delete(ctx context.Context, hash string) error {
	if !ValidHash(hash) {
		return notFound()
	}
	for _, v := range variants {
		for _, ext := range extensions {
			if err := l.store.Delete(ctx, Key(hash, v.name, ext)); err != nil {
				return err
			}
		}
	}
	return nil
}

func notFound() error { return fault.New(fault.NotFound, "This picture does not exist.") }
