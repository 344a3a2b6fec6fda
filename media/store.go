package media

import (
	"context"
	"io"
	"time"
)

// MaxBlob is the largest blob a Store takes, in bytes. Engines may hold one
// blob of this size in memory while they write it.
const MaxBlob = 64 << 20

// Info describes one stored blob. Modified is when it was last put (UTC), by the
// clock of the engine: the disk's, or the object store's.
type Info struct {
	Key      string
	Size     int64
	Modified time.Time
}

// ContentType returns the media type that the key's extension names.
func (i Info) ContentType() string { return TypeOf(i.Key) }

// Store keeps blobs under keys of the grammar that CheckKey states. The blobs
// it is made for are content-addressed: whoever puts one key again puts the same
// bytes.
//
// Kinds. A key outside the grammar, or a size that the reader does not keep, is
// fault.Invalid; a size above MaxBlob is fault.TooLarge; an absent key on Open or
// Stat is fault.NotFound; a full disk, a missing bucket, a refused credential or a server
// that stays silent is fault.Unavailable. A cancelled or expired context and a
// failure of the caller's reader can be found in the chain with errors.Is.
//
// Concurrency. Every method may be called by any number of goroutines and of
// processes that share the directory or bucket.
//
// Repeats. Every method may be repeated. A Put over an existing key replaces it
// in one step, readers in between see one whole blob or the other, and Modified
// moves to now, so that a sweeper which spares young blobs spares it.
//
// Bytes. Put reads r to its end and keeps nothing of it after returning; it does
// not close r. The reader that Open returns belongs to the caller, who closes it,
// and must be read while Open's context lives.
type Store interface {
	// Put stores size bytes of r under key. The blob is visible whole or not at
	// all; once Put has returned nil it survives the death of the process and, as
	// far as the engine's medium promises, of the machine.
	Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) error

	// Open returns the blob's bytes and what is known about it.
	Open(ctx context.Context, key string) (io.ReadCloser, Info, error)

	// Stat returns what is known about a blob; an absent key is fault.NotFound.
	Stat(ctx context.Context, key string) (Info, error)

	// Delete removes the blob. An absent key is fine.
	Delete(ctx context.Context, key string) error

	// List returns up to limit blobs (1 to 1000) with keys above after, in byte
	// order of their keys; fewer than limit means the end. A walk that passes the
	// last key on as after sees every blob that exists throughout exactly once,
	// whatever others put or delete meanwhile.
	List(ctx context.Context, after string, limit int) ([]Info, error)

	// Check reports why blobs could not be written now, by writing one and
	// removing it; List never shows it.
	Check(ctx context.Context) error
}

// MaxList is the largest page List returns.
const MaxList = 1000

// MaxPresign is the longest life of an address that Presign returns.
const MaxPresign = time.Minute

// Presigner is a Store whose blobs browsers may fetch themselves.
type Presigner interface {
	// Presign returns an address that gives the blob to whoever has it, again and
	// again until its life (a second to MaxPresign) ends, as contentType and shown
	// in place; and when that is. Nothing in it can be altered. It need not know
	// whether the blob is there; a store which finds that it is not says
	// fault.NotFound.
	Presign(ctx context.Context, key, contentType string, life time.Duration) (link string, until time.Time, err error)

	// Origin is where those addresses lead, as a content security policy names it:
	// "https://pictures.example.com".
	Origin() string
}
