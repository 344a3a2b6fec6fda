// Package mongo is the store's engine over MongoDB, by its ordinary commands
// only: no transactions, no change streams, no retried writes are relied on,
// so a standalone server, a replica set and a sharded cluster serve alike.
//
// A document is kept as the BSON of its own JSON tree (see encode), so that
// the fields an index names stand where the declaration says.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"selfie/internal/store"
)

// The bounds on waiting: one call, finding a server, and a whole migration,
// which may have to build indexes over much data.
const (
	callDeadline    = store.WriteDeadline
	selectDeadline  = 5 * time.Second
	migrateDeadline = time.Hour
)

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("mongo: the engine is closed")

var errAddress = errors.New("mongo: the database address cannot be read; in its user and password, write each of : / ? # [ ] @ and % as %xx")

// Engine implements store.Engine over one database of a MongoDB server.
type Engine struct {
	client  *driver.Client
	db      *driver.Database
	secrets secrets

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
}

var _ store.Engine = (*Engine)(nil)

// Open connects to the server that a mongodb:// or mongodb+srv:// address
// names and proves that it answers. The address's options hold, except the
// concerns: reads and writes go to the primary and count when a majority has
// them, journaled. No error of the engine shows the address's password.
func Open(ctx context.Context, uri, database string) (*Engine, error) {
	return open(ctx, uri, database, nil)
}

// open is Open with an observer of the commands sent.
func open(ctx context.Context, uri, database string, watch *event.CommandMonitor) (*Engine, error) {
	secrets, whole := secretsOf(uri)
	client, err := driver.Connect(clientOptions(uri, watch))
	if err != nil && !whole {
		return nil, errAddress
	}
	if err != nil {
		return nil, secrets.wrap("the database address", err)
	}
	e := &Engine{client: client, db: client.Database(database), secrets: secrets}
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	if err := client.Ping(ctx, readpref.Primary()); err != nil {
		client.Disconnect(context.Background())
		return nil, secrets.wrap("no answer from the database", err)
	}
	return e, nil
}

func clientOptions(uri string, watch *event.CommandMonitor) *options.ClientOptions {
	journaled := true
	return options.Client().
		SetAppName("selfie").
		SetServerSelectionTimeout(selectDeadline).
		SetConnectTimeout(selectDeadline).
		SetTimeout(callDeadline).
		ApplyURI(uri).
		SetMonitor(watch).
		SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journaled})
}

// Close waits for the calls under way and disconnects. It may be repeated.
func (e *Engine) Close() error {
	e.mu.Lock()
	already := e.closed
	e.closed = true
	e.mu.Unlock()
	if already {
		return nil
	}
	e.calls.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), callDeadline)
	defer cancel()
	return e.secrets.wrap("close", e.client.Disconnect(ctx))
}

// begin admits a call and bounds it; done must be called at its end.
func (e *Engine) begin(ctx context.Context, limit time.Duration) (bounded context.Context, done func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, nil, ErrClosed
	}
	e.calls.Add(1)
	bounded, cancel := context.WithTimeout(ctx, limit)
	return bounded, func() { cancel(); e.calls.Done() }, nil
}

func (e *Engine) collection(s *store.Schema) *driver.Collection { return e.db.Collection(s.Name) }

// fail words an error of the driver; the end of ctx stays visible to errors.Is.
func (e *Engine) fail(ctx context.Context, s *store.Schema, verb string, err error) error {
	if err == nil {
		return nil
	}
	if end := ctx.Err(); end != nil && !errors.Is(err, end) {
		err = fmt.Errorf("%w: %w", end, err)
	}
	return e.secrets.wrap(s.Name+": "+verb, err)
}
