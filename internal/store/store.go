// Package store keeps documents: typed collections with declared indexes over
// two equal engines, SQLite (embedded) and MongoDB.
//
// The rules, kept by both engines and proved by storetest:
//
//   - Every command is one atomic write of one document. There are no
//     transactions over several documents.
//   - A replace is guarded by the document's revision. Update reads, applies
//     and replaces, and runs again when a rival was first.
//   - A query is served by one declared index, or it fails with ErrNoIndex: a
//     scan cannot be written.
//   - An acknowledged write survives a crash of the process or the machine.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The errors of the contract; test with errors.Is.
var (
	ErrNotFound = errors.New("store: no such document")
	ErrExists   = errors.New("store: already exists")            // wrapped in *ExistsError, which names the index
	ErrStale    = errors.New("store: the revision has moved on") // Replace and Delete only; Update retries
	ErrNoIndex  = errors.New("store: no declared index serves this query")
	ErrCursor   = errors.New("store: the cursor belongs to another query or is damaged")
	ErrBusy     = errors.New("store: too many rivals for one document")
)

// ErrUnchanged is returned by an Update function to end the update without a
// write. Update then returns the document as it stands, and no error.
var ErrUnchanged = errors.New("store: nothing to change")

// ExistsError says which unique index, or "id", a write violated.
type ExistsError struct{ Collection, Index string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("store: %s: already exists by %s", e.Collection, e.Index)
}

// Is makes errors.Is(err, ErrExists) hold.
func (e *ExistsError) Is(target error) bool { return target == ErrExists }

// WriteDeadline bounds every write from stamping `changed` to acknowledgement.
// Followers that tail by `changed` overlap by more than this plus MaxSkew.
const WriteDeadline = 10 * time.Second

// MaxSkew is how far the clocks of two nodes may lie apart.
const MaxSkew = 2 * time.Second

// Millis is a moment: UTC milliseconds since 1970. Zero means "never".
type Millis int64

// At converts a time to Millis; the zero time becomes 0.
func At(t time.Time) Millis {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Time converts back, in UTC; 0 becomes the zero time.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Meta is embedded in every document. The store owns these fields: callers set
// ID before Insert (or leave it empty for a new one) and nothing else.
type Meta struct {
	ID      string `json:"id"`
	Rev     int64  `json:"rev"`     // guards replaces, and serves nothing else
	Changed Millis `json:"changed"` // moves on every write except Settle; never back within a document
}

// DocMeta gives the store access to the embedded Meta.
func (m *Meta) DocMeta() *Meta { return m }

// Document is what a collection holds: a struct that embeds Meta.
type Document interface{ DocMeta() *Meta }

// Raw is a document as the engines see it: JSON as encoding/json writes it,
// with the id and revision that stand in it.
type Raw struct {
	ID   string
	Rev  int64
	JSON []byte
}

// Engine is the untyped contract of a storage engine. All methods may be
// called concurrently. Bytes passed in are the caller's again on return; bytes
// returned are the caller's to keep. Writes are acknowledged only when durable.
//
// A context's end stops waiting, and may leave a write done or not done.
type Engine interface {
	// Migrate makes the tables and indexes that the schemas declare, in place,
	// and drops the indexes that they no longer declare. It may run on many
	// nodes at once and may be repeated.
	Migrate(ctx context.Context, schemas []*Schema) error

	// Get reads one document, or ErrNotFound.
	Get(ctx context.Context, s *Schema, id string) (Raw, error)

	// GetMany reads up to 1000 documents by id. Absent ones are left out; the
	// order of the result is not defined.
	GetMany(ctx context.Context, s *Schema, ids []string) ([]Raw, error)

	// Insert adds a document: *ExistsError when its id or a unique index is
	// taken, which names the id first, and any one of several indexes.
	Insert(ctx context.Context, s *Schema, doc Raw) error

	// Update reads the document, calls apply, and replaces it if its revision
	// still holds; else it runs again, at most 64 times (then ErrBusy). apply
	// must have no effect outside its argument and its result, must be quick and
	// must not call the store: on SQLite all writes wait for it. An error of
	// apply ends the update and is returned as it is.
	Update(ctx context.Context, s *Schema, id string, apply func(Raw) (Raw, error)) error

	// Delete removes the document at rev: ErrStale when it has moved on,
	// ErrNotFound when it is absent. rev 0 removes any revision.
	Delete(ctx context.Context, s *Schema, id string, rev int64) error

	// Find returns the documents of a plan, in its order, at most Limit.
	Find(ctx context.Context, s *Schema, p Plan) ([]Raw, error)

	// Count counts, exactly, the documents of a plan; order, cursor and limit
	// are ignored.
	Count(ctx context.Context, s *Schema, p Plan) (int64, error)

	// Close waits for writes under way and releases everything.
	Close() error
}

// Commit names a document whose write was acknowledged.
type Commit struct{ Collection, ID string }

// DB is an engine with the collections declared on it, a clock, and the
// listeners that a commit in this process wakes.
type DB struct {
	Engine Engine
	Now    func() time.Time // the injected clock

	mu        sync.RWMutex
	schemas   []*Schema
	listeners []func(Commit)
}

// Open makes a DB over an engine. now is the clock; nil means time.Now.
func Open(e Engine, now func() time.Time) *DB {
	if now == nil {
		now = time.Now
	}
	return &DB{Engine: e, Now: now}
}

// Migrate prepares the engine for every collection declared so far.
func (db *DB) Migrate(ctx context.Context) error { return db.Engine.Migrate(ctx, db.Schemas()) }

// Schemas lists the declared collections, in order of declaration.
func (db *DB) Schemas() []*Schema {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return append([]*Schema(nil), db.schemas...)
}

// OnCommit registers a listener called after each acknowledged write in this
// process. It must return at once: wake something, never work.
func (db *DB) OnCommit(f func(Commit)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.listeners = append(db.listeners, f)
}

func (db *DB) committed(collection, id string) {
	db.mu.RLock()
	listeners := db.listeners
	db.mu.RUnlock()
	for _, f := range listeners {
		f(Commit{collection, id})
	}
}

// Close closes the engine.
func (db *DB) Close() error { return db.Engine.Close() }

func (db *DB) declare(s *Schema) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, have := range db.schemas {
		if have.Name == s.Name {
			panic("store: collection " + s.Name + " is declared twice")
		}
	}
	db.schemas = append(db.schemas, s)
}

// decode reads a document's JSON into v.
func decode(raw Raw, v any) error {
	if err := json.Unmarshal(raw.JSON, v); err != nil {
		return fmt.Errorf("store: document %s: %w", raw.ID, err)
	}
	return nil
}

// IgnoreAbsent is err, or nil when it is ErrNotFound.
func IgnoreAbsent(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
