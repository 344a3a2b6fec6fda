// Package sqlite is the embedded storage engine: one file, opened with
// write-ahead logging and a sync on every commit.
//
// A collection is a table (id, rev, doc). Each indexed path is a VIRTUAL
// generated column over doc, each declared index an ordinary index over such
// columns with the id at its end, each list index a table of its own kept in
// the same transaction. Reads run on a small pool of read-only connections;
// all writes pass through one goroutine that groups them into transactions.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"selfie/internal/store"
)

// The defaults of Open. The file is not mapped: each connection's map counts as
// memory of the process (700 MiB over a file of 640), and reading it was no
// faster than system calls.
const (
	DefaultReaders = 4
	DefaultBatch   = 256
	DefaultBusy    = 5 * time.Second
	DefaultMmap    = 0
)

// Option changes how a file is opened.
type Option func(*options)

type options struct {
	readers int
	batch   int
	busy    time.Duration
	mmap    int64
	sync    string // how a commit is: the pragma's value
}

// Readers sets how many connections read at once.
func Readers(n int) Option { return func(o *options) { o.readers = max(n, 1) } }

// Batch bounds how many writes share one transaction.
func Batch(n int) Option { return func(o *options) { o.batch = max(n, 1) } }

// BusyTimeout sets how long a write waits for another process.
func BusyTimeout(d time.Duration) Option { return func(o *options) { o.busy = d } }

// MmapSize sets how many bytes of the file are read through a memory map; 0 reads
// through system calls.
func MmapSize(n int64) Option { return func(o *options) { o.mmap = n } }

// Unsynced leaves it to the system when a commit reaches the disk: it outlives
// the process and not the machine. For a store that is thrown away unless it is
// finished; whoever finishes it syncs its file after Close.
func Unsynced() Option { return func(o *options) { o.sync = "off" } }

// Engine is a store.Engine over one SQLite file.
type Engine struct {
	path    string
	readers *sql.DB
	writer  *writer

	mu     sync.RWMutex // guards the two caches
	stmts  map[string]*sql.Stmt
	tables map[*store.Schema]*table

	closing  sync.Once
	closeErr error
}

var _ store.Engine = (*Engine)(nil)

// Open opens the file at path and makes it, readable by its owner alone, when it
// is absent; a missing folder is made too. Several processes may have one file
// open on the same machine. A network file system is not supported.
func Open(path string, opts ...Option) (*Engine, error) {
	o := options{readers: DefaultReaders, batch: DefaultBatch, busy: DefaultBusy, mmap: DefaultMmap, sync: "full"}
	for _, set := range opts {
		set(&o)
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	w, err := openWriter(path, o)
	if err != nil {
		return nil, err
	}
	readers, err := openReaders(path, o)
	if err != nil {
		w.drain()
		return nil, errors.Join(err, w.close())
	}
	return &Engine{
		path: path, readers: readers, writer: w,
		stmts: map[string]*sql.Stmt{}, tables: map[*store.Schema]*table{},
	}, nil
}

// Close waits for the writes under way, folds the log into the file and
// releases both. Writes that come later fail with a fault of kind Unavailable.
func (e *Engine) Close() error {
	e.closing.Do(func() {
		e.writer.drain()
		e.closeErr = errors.Join(e.readers.Close(), e.writer.close())
	})
	return e.closeErr
}

// table returns the compiled form of a schema.
func (e *Engine) table(s *store.Schema) *table {
	e.mu.RLock()
	t := e.tables[s]
	e.mu.RUnlock()
	if t != nil {
		return t
	}
	t = compile(s)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tables[s] = t
	return t
}

// reader returns the prepared form of a query for the pool. The shapes of
// queries are bounded by the schemas, so nothing is ever evicted.
func (e *Engine) reader(ctx context.Context, query string) (*sql.Stmt, error) {
	e.mu.RLock()
	stmt := e.stmts[query]
	e.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := e.readers.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if first := e.stmts[query]; first != nil {
		stmt.Close()
		return first, nil
	}
	e.stmts[query] = stmt
	return stmt, nil
}
