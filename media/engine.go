package media

import (
	"context"
	"io"

	"selfie/internal/fault"
)

// What every engine needs to keep the contract alike.

// CheckPut refuses a Put whose key or size the contract does not allow.
func CheckPut(key string, size int64) error {
	if size < 0 {
		return fault.Field("size", "The size of a blob must be stated.")
	}
	if size > MaxBlob {
		return fault.New(fault.TooLarge, "A blob may have %d MB at most.", MaxBlob/mb)
	}
	return CheckKey(key)
}

// CheckList refuses an after that is no key, and returns limit within 1 to MaxList.
func CheckList(after string, limit int) (int, error) {
	if after != "" {
		if err := CheckKey(after); err != nil {
			return 0, err
		}
	}
	return min(max(limit, 1), MaxList), nil
}

// Exact is a reader that ends well only after exactly the promised bytes.
type Exact struct {
	ctx  context.Context
	r    io.Reader
	left int64
	err  error
}

// ExactReader returns r as a reader of exactly size bytes that stops with ctx.
func ExactReader(ctx context.Context, r io.Reader, size int64) *Exact {
	return &Exact{ctx: ctx, r: r, left: size}
}

// Err returns what ended the reading, if it was not the promised end: the
// context's error or the caller's reader's own, in a fault, or fault.Invalid for
// a wrong size.
func (e *Exact) Err() error { return e.err }

// Read implements io.Reader.
func (e *Exact) Read(b []byte) (int, error) {
	if e.err == nil && e.ctx.Err() != nil {
		e.err = fault.Wrap(e.ctx.Err(), fault.Unavailable, "The upload was cancelled.")
	}
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.r.Read(b)
	e.left -= int64(n)
	switch {
	case e.left < 0 || err == io.EOF && e.left > 0:
		e.err = fault.Field("size", "The blob does not have the size that was stated.")
	case err != nil && err != io.EOF:
		e.err = err
	}
	if e.err != nil {
		return 0, e.err
	}
	return n, err
}
