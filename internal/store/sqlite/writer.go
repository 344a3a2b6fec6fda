package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"selfie/internal/store"
)

// writer owns the one connection that writes. Its goroutine takes all operations
// that wait, runs them in one transaction, each in a savepoint of its own, and
// answers after the commit.
//
// No code of a caller runs on that goroutine: an update hands the document to the
// goroutine that called it and waits for the answer. So a panic stays where it
// belongs, and a function that has not returned holds up all writes: one that
// writes to the store waits for itself until its context ends.
type writer struct {
	db    *sql.DB
	tx    *session
	batch int
	ops   chan *op
	done  chan struct{}

	mu     sync.RWMutex // held to send, and to close ops
	closed bool
}

// op is one operation under way.
type op struct {
	ctx    context.Context
	run    func(tx *session, o *op) error
	alone  bool // run makes and ends its own transaction
	ask    chan store.Raw
	answer chan answer
	gone   chan struct{} // closed when the caller stops waiting
	done   chan error    // one value
	err    error
}

type answer struct {
	doc prepared
	err error
}

func openWriter(path string, o options) (*writer, error) {
	db, err := openPool(path, 1, o.writerPragmas())
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	w := &writer{
		db: db, batch: o.batch, ops: make(chan *op, o.batch), done: make(chan struct{}),
		tx: &session{conn: conn, stmts: map[string]*sql.Stmt{}},
	}
	go w.loop()
	return w, nil
}

// do runs an operation and waits for its outcome or the end of ctx. apply answers
// what the operation asks, on this goroutine; nil when it asks nothing.
func (w *writer) do(ctx context.Context, o *op, apply func(store.Raw) answer) error {
	o.ctx, o.done, o.gone = ctx, make(chan error, 1), make(chan struct{})
	if apply != nil {
		o.ask, o.answer = make(chan store.Raw), make(chan answer, 1)
	}
	if err := w.send(ctx, o); err != nil {
		return err
	}
	defer close(o.gone)
	for {
		select {
		case err := <-o.done:
			return err
		case old := <-o.ask:
			o.reply(old, apply)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reply answers even when apply panics or ends its goroutine.
func (o *op) reply(old store.Raw, apply func(store.Raw) answer) {
	a := answer{err: errors.New("sqlite: the update function did not return")}
	defer func() { o.answer <- a }()
	a = apply(old)
}

func (w *writer) send(ctx context.Context, o *op) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.ops <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put asks the caller of an update what to make of a document.
func (o *op) put(old store.Raw) (prepared, error) {
	select {
	case o.ask <- old:
		a := <-o.answer
		return a.doc, a.err
	case <-o.gone:
		return prepared{}, context.Canceled
	}
}

func (w *writer) loop() {
	defer close(w.done)
	for first := range w.ops {
		if first.alone {
			first.finish(first.run(w.tx, first))
			continue
		}
		batch, next := w.gather(first)
		w.commit(batch)
		if next != nil {
			next.finish(next.run(w.tx, next))
		}
	}
}

// gather adds what else waits. It gives way once before it is content, because
// the callers answered last have not yet had a chance to come back. An operation
// that wants to be alone ends the batch.
func (w *writer) gather(first *op) (batch []*op, next *op) {
	batch = append(batch, first)
	yielded := false
	for len(batch) < w.batch {
		select {
		case o, ok := <-w.ops:
			if !ok {
				return batch, nil
			}
			if o.alone {
				return batch, o
			}
			batch = append(batch, o)
		default:
			if yielded {
				return batch, nil
			}
			yielded = true
			runtime.Gosched()
		}
	}
	return batch, nil
}

// commit runs a batch and answers it. When the transaction is lost, so is every
// outcome that was seen inside it.
func (w *writer) commit(batch []*op) {
	lost := w.tx.transact(func() error {
		for _, o := range batch {
			if err := w.step(o); err != nil {
				return err
			}
		}
		return nil
	})
	for _, o := range batch {
		if lost != nil {
			o.err = lost
		}
		o.finish(o.err)
	}
}

func (o *op) finish(err error) { o.done <- err }

// step runs one operation. Its own failure is kept for its caller; an error means
// that the transaction is lost.
func (w *writer) step(o *op) error {
	if o.err = o.ctx.Err(); o.err != nil {
		return nil
	}
	if err := w.tx.exec("SAVEPOINT op"); err != nil {
		return err
	}
	if o.err = o.run(w.tx, o); o.err != nil {
		if err := w.tx.exec("ROLLBACK TO op"); err != nil {
			return errors.Join(o.err, err)
		}
	}
	return w.tx.exec("RELEASE op")
}

// drain stops taking operations and finishes those taken.
func (w *writer) drain() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.ops)
	}
	w.mu.Unlock()
	<-w.done
}

// close folds the log into the file and releases it.
func (w *writer) close() error {
	err := w.tx.script("PRAGMA wal_checkpoint(TRUNCATE)")
	if err != nil {
		err = fmt.Errorf("sqlite: %w", err)
	}
	// What a connection has prepared keeps it open, and its files with it: a process
	// that opens the file anew would share a log of a former name with itself, and
	// with nobody else.
	for _, stmt := range w.tx.stmts {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, w.tx.conn.Close(), w.db.Close())
}
