package upkeep

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// Fallback is a store whose blobs are being moved from another: it writes to the
// new one, and reads what is not there yet from the old one.
type Fallback struct{ now, old media.Store }

// NewFallback returns a store that writes to now and reads from old what now does
// not have. It is a media.Presigner if now is one.
func NewFallback(now, old media.Store) media.Store {
	f := &Fallback{now, old}
	if signer, ok := now.(media.Presigner); ok {
		return presigning{f, signer}
	}
	return f
}

// Put implements media.Store.
func (f *Fallback) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) error {
	return f.now.Put(ctx, key, r, size, contentType)
}

// Open implements media.Store.
func (f *Fallback) Open(ctx context.Context, key string) (io.ReadCloser, media.Info, error) {
	r, info, err := f.now.Open(ctx, key)
	if !fault.Is(err, fault.NotFound) {
		return r, info, err
	}
	return f.old.Open(ctx, key)
}

// Stat implements media.Store.
func (f *Fallback) Stat(ctx context.Context, key string) (media.Info, error) {
	info, err := f.now.Stat(ctx, key)
	if !fault.Is(err, fault.NotFound) {
		return info, err
	}
	return f.old.Stat(ctx, key)
}

// Delete implements media.Store. The old blob goes first, or a move could bring it
// back.
func (f *Fallback) Delete(ctx context.Context, key string) error {
	if err := f.old.Delete(ctx, key); err != nil {
		return err
	}
	return f.now.Delete(ctx, key)
}

// List implements media.Store: what either has, each key once, as the new store
// knows it if it does.
func (f *Fallback) List(ctx context.Context, after string, limit int) ([]media.Info, error) {
	limit, err := media.CheckList(after, limit)
	if err != nil {
		return nil, err
	}
	now, err := f.now.List(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	old, err := f.old.List(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	page := append(now, old...)
	slices.SortStableFunc(page, func(a, b media.Info) int { return cmp.Compare(a.Key, b.Key) })
	page = slices.CompactFunc(page, func(a, b media.Info) bool { return a.Key == b.Key })
	return page[:min(limit, len(page))], nil
}

// Check implements media.Store.
func (f *Fallback) Check(ctx context.Context) error {
	return errors.Join(f.now.Check(ctx), f.old.Check(ctx))
}

// presigning is a Fallback whose new store lets browsers fetch.
type presigning struct {
	*Fallback
	signer media.Presigner
}

// Presign implements media.Presigner for what the new store has.
func (p presigning) Presign(ctx context.Context, key, contentType string, life time.Duration) (link string, until time.Time, err error) {
	if _, err := p.now.Stat(ctx, key); err != nil {
		return "", until, err
	}
	return p.signer.Presign(ctx, key, contentType, life)
}

// Origin implements media.Presigner.
func (p presigning) Origin() string { return p.signer.Origin() }
