package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"selfie/internal/store"
	"selfie/internal/store/storetest"
)

// post carries events; fact is what followers make of them.
type post struct {
	store.Meta
	Box
	Text string   `json:"text"`
	Done []string `json:"done,omitempty"` // commands already applied, so that a client may repeat them
}

type fact struct {
	store.Meta
	Box
	By    string `json:"by"`
	Event string `json:"event"`
}

// node is one process over an engine that others may share.
type node struct {
	t      testing.TB
	db     *store.DB
	routes *Routes
	relay  *Relay
	posts  *store.Collection[post]
	facts  *store.Collection[fact]
}

func newNode(t testing.TB, e store.Engine, log *slog.Logger) *node {
	t.Helper()
	n := &node{t: t, db: store.Open(e, nil), routes: NewRoutes()}
	n.posts = store.Declare[post](n.db, "posts", PendingIndex(), ChangedIndex())
	n.facts = store.Declare[fact](n.db, "facts", PendingIndex(), ChangedIndex())
	n.relay = NewRelay(n.db, n.routes, log)
	Carry(n.relay, n.posts)
	Carry(n.relay, n.facts)
	return n
}

// single is a node alone over a fresh engine.
func single(t testing.TB) *node {
	n := newNode(t, storetest.NewNaive(), nil)
	n.migrate()
	return n
}

func (n *node) migrate() {
	n.t.Helper()
	n.must(n.db.Migrate(context.Background()))
}

func (n *node) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) drain() {
	n.t.Helper()
	n.must(n.relay.Drain(context.Background()))
}

// say applies a command to a post, inserting it when it is new: an event of
// each kind, in one write. Repeating a command changes nothing.
func (n *node) say(id, command string, kinds ...string) error {
	_, err := n.posts.Upsert(context.Background(), id, func() *post { return &post{} }, func(p *post) error {
		if slices.Contains(p.Done, command) {
			return store.ErrUnchanged
		}
		p.Done = append(p.Done, command)
		for _, kind := range kinds {
			if !p.Emit(n.routes, id, Event{Kind: kind, At: store.At(n.db.Now()), Post: id}) {
				return errors.New("the box is full")
			}
		}
		return nil
	})
	return err
}

func (n *node) mustSay(id, command string, kinds ...string) {
	n.t.Helper()
	n.must(n.say(id, command, kinds...))
}

func (n *node) post(id string) *post {
	n.t.Helper()
	p, err := n.posts.Get(context.Background(), id)
	n.must(err)
	return p
}

func (n *node) backlog() int64 {
	n.t.Helper()
	due, _, err := n.relay.Backlog(context.Background())
	n.must(err)
	return due
}

// record is what followers heard, in the order in which they were called.
type record struct {
	mu    sync.Mutex
	heard map[string][]string // "follower/document": event ids
}

func (r *record) add(follower string, d Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heard == nil {
		r.heard = map[string][]string{}
	}
	key := follower + "/" + d.Document
	r.heard[key] = append(r.heard[key], d.ID)
}

func (r *record) of(follower, document string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.heard[follower+"/"+document])
}

// follow makes a follower that only listens.
func (r *record) follow(n *node, name string, kinds ...string) {
	n.relay.Follow(name, func(_ context.Context, d Delivery) error {
		r.add(name, d)
		return nil
	}, kinds...)
}

// mortal is an engine whose process dies at its n-th call: the call is done or
// not, nobody hears of it, and every later call fails.
type mortal struct {
	store.Engine
	mu   sync.Mutex
	left int
	done bool // whether the deadly call is performed
}

var errDead = errors.New("the process is dead")

// step tells whether to perform a call and whether to answer it.
func (m *mortal) step() (perform, answer bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left--
	return m.left > 0 || m.left == 0 && m.done, m.left > 0
}

func (m *mortal) died() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left <= 0
}

func live[R any](m *mortal, call func() (R, error)) (R, error) {
	var none R
	perform, answer := m.step()
	if !perform {
		return none, errDead
	}
	r, err := call()
	if !answer {
		return none, errDead
	}
	return r, err
}

func (m *mortal) Get(ctx context.Context, s *store.Schema, id string) (store.Raw, error) {
	return live(m, func() (store.Raw, error) { return m.Engine.Get(ctx, s, id) })
}

func (m *mortal) GetMany(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	return live(m, func() ([]store.Raw, error) { return m.Engine.GetMany(ctx, s, ids) })
}

func (m *mortal) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	_, err := live(m, func() (any, error) { return nil, m.Engine.Insert(ctx, s, doc) })
	return err
}

func (m *mortal) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	_, err := live(m, func() (any, error) { return nil, m.Engine.Update(ctx, s, id, apply) })
	return err
}

func (m *mortal) Delete(ctx context.Context, s *store.Schema, id string, rev int64) error {
	_, err := live(m, func() (any, error) { return nil, m.Engine.Delete(ctx, s, id, rev) })
	return err
}

func (m *mortal) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	return live(m, func() ([]store.Raw, error) { return m.Engine.Find(ctx, s, p) })
}

func (m *mortal) Count(ctx context.Context, s *store.Schema, p store.Plan) (int64, error) {
	return live(m, func() (int64, error) { return m.Engine.Count(ctx, s, p) })
}

// logged collects log records for tests of what operators are told.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }
func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r.Message)
	return nil
}

func (l *logged) has(message string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.lines, message)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func ids(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s.%d", prefix, i+1))
	}
	return out
}
