package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
	"selfie/internal/store/mongo/mongotest"
)

var counters = &store.Schema{Name: "counters", Indexes: []store.Index{store.On("n"), store.OnUniqueSparse("mail")}}

func counter(id string, n int64) store.Raw {
	return store.Raw{ID: id, Rev: 1, JSON: fmt.Appendf(nil, `{"id":%q,"rev":1,"n":%d}`, id, n)}
}

// increment is the update function that must not be applied twice.
func increment(old store.Raw) (store.Raw, error) {
	var v struct {
		ID  string `json:"id"`
		Rev int64  `json:"rev"`
		N   int64  `json:"n"`
	}
	if err := json.Unmarshal(old.JSON, &v); err != nil {
		return store.Raw{}, err
	}
	v.Rev++
	v.N++
	text, err := json.Marshal(v)
	return store.Raw{ID: v.ID, Rev: v.Rev, JSON: text}, err
}

func started(t *testing.T, uri string) *Engine {
	t.Helper()
	e, err := Open(t.Context(), uri, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if err := e.Migrate(t.Context(), []*store.Schema{counters}); err != nil {
		t.Fatal(err)
	}
	return e
}

// cutter passes connections on, and cuts one off in place of the server's
// answer to the command it is armed for.
type cutter struct {
	net.Listener
	server  string
	command atomic.Pointer[string]
	cuts    atomic.Int64
}

func startCutter(t *testing.T, uri string) (*cutter, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	rest, _ := strings.CutPrefix(uri, "mongodb://")
	host, options, _ := strings.Cut(rest, "/")
	c := &cutter{Listener: l, server: host}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	return c, "mongodb://" + l.Addr().String() + "/" + options
}

func (c *cutter) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.server)
	if err != nil {
		return
	}
	defer server.Close()
	var cut atomic.Bool
	go func() {
		defer server.Close()
		buffer := make([]byte, 1<<20)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				return
			}
			if name := c.command.Load(); name != nil && strings.Contains(string(buffer[:n]), "\x02"+*name+"\x00") {
				cut.Store(true)
			}
			server.Write(buffer[:n])
		}
	}()
	buffer := make([]byte, 1<<20)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if cut.Load() {
			c.cuts.Add(1)
			return
		}
		client.Write(buffer[:n])
	}
}

// TestLostAnswer holds that a write whose answer is lost is an error, and is
// not done a second time.
func TestLostAnswer(t *testing.T) {
	uri := mongotest.Start(t)
	direct := started(t, uri)
	c, cutURI := startCutter(t, uri)
	e := started(t, cutURI)
	if err := direct.Insert(t.Context(), counters, counter("a", 0)); err != nil {
		t.Fatal(err)
	}
	losing := func(command string, write func() error) {
		t.Helper()
		c.command.Store(&command)
		before := c.cuts.Load()
		err := write()
		c.command.Store(nil)
		if err == nil || c.cuts.Load() != before+1 {
			t.Errorf("%s: %d cuts, error %v", command, c.cuts.Load()-before, err)
		}
		if err != nil && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "connection") {
			t.Errorf("%s: the loss is reported as %v", command, err)
		}
	}
	runs := 0
	losing("update", func() error {
		return e.Update(t.Context(), counters, "a", func(old store.Raw) (store.Raw, error) { runs++; return increment(old) })
	})
	if got, err := direct.Get(t.Context(), counters, "a"); err != nil || runs != 1 || got.Rev != 2 || !strings.Contains(string(got.JSON), `"n":1`) {
		t.Errorf("after %d runs: %s, %v", runs, got.JSON, err)
	}
	losing("insert", func() error { return e.Insert(t.Context(), counters, counter("b", 5)) })
	if _, err := direct.Get(t.Context(), counters, "b"); err != nil {
		t.Errorf("the document whose insert was lost: %v", err)
	}
	losing("delete", func() error { return e.Delete(t.Context(), counters, "b", 1) })
	if err := e.Update(t.Context(), counters, "a", increment); err != nil {
		t.Errorf("after the losses: %v", err)
	}
}

// TestMigrateAtOnce lets many nodes migrate between two declarations.
func TestMigrateAtOnce(t *testing.T) {
	uri := mongotest.Start(t)
	var nodes []*Engine
	for range 6 {
		nodes = append(nodes, started(t, uri))
	}
	next := &store.Schema{Name: "counters", Indexes: []store.Index{store.On("-n"), store.OnUnique("mail"), store.OnSparse("n")}}
	for _, declared := range []*store.Schema{next, counters, next} {
		var wg sync.WaitGroup
		for _, e := range nodes {
			wg.Go(func() {
				if err := e.Migrate(t.Context(), []*store.Schema{declared}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var want []string
		for _, ix := range declared.Indexes {
			want = append(want, ix.Name())
		}
		got, err := nodes[0].indexNames(t.Context(), declared)
		slices.Sort(got)
		slices.Sort(want)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("indexes %v, %v; want %v", got, err, want)
		}
	}
}

// TestIndexes holds the exact declarations sent to a server with partial indexes.
func TestIndexes(t *testing.T) {
	ix := []store.Index{store.On("a.b", "-c"), store.On("-c"), store.OnUnique("a", "-b"), store.OnSparse("due"), store.OnUniqueSparse("mail"), store.On("tags[]", "n")}
	want := []string{
		`{"a.b":1,"c":-1,"_id":-1}`, `{"c":-1,"_id":-1}`, `{"a":1,"b":-1}`,
		`{"due":1,"_id":1} {"due":{"$exists":true}}`, `{"mail":1} {"mail":{"$exists":true}}`, `{"tags":1,"n":1,"_id":1}`,
	}
	for i := range ix {
		got, err := bson.MarshalExtJSON(keysOf(ix[i]), false, false)
		if err != nil {
			t.Fatal(err)
		}
		text := string(got)
		if partial := partialOf(ix[i]); partial != nil {
			more, _ := bson.MarshalExtJSON(partial, false, false)
			text += " " + string(more)
		}
		if text != want[i] {
			t.Errorf("%s: got %s, want %s", ix[i].Name(), text, want[i])
		}
	}
}

// TestCloseWaits holds that Close lets a write under way end, and that nothing
// starts behind it.
func TestCloseWaits(t *testing.T) {
	uri := mongotest.Start(t)
	e, other := started(t, uri), started(t, uri)
	if err := e.Insert(t.Context(), counters, counter("a", 0)); err != nil {
		t.Fatal(err)
	}
	applying, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- e.Update(t.Context(), counters, "a", func(old store.Raw) (store.Raw, error) {
			close(applying)
			for !isClosed(e) {
				if t.Context().Err() != nil {
					return store.Raw{}, t.Context().Err()
				}
			}
			return increment(old)
		})
	}()
	<-applying
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the write under way: %v", err)
	}
	if got, err := other.Get(t.Context(), counters, "a"); err != nil || got.Rev != 2 {
		t.Errorf("stands at %d, %v", got.Rev, err)
	}
	for name, err := range map[string]error{
		"insert": e.Insert(t.Context(), counters, counter("b", 0)),
		"delete": e.Delete(t.Context(), counters, "a", 0),
		"update": e.Update(t.Context(), counters, "a", increment),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	if err := e.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

func isClosed(e *Engine) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

func TestContextEnds(t *testing.T) {
	e := started(t, mongotest.Start(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err1 := e.Get(ctx, counters, "a")
	_, err2 := e.Find(ctx, counters, store.Plan{Limit: 1})
	for _, err := range []error{err1, err2, e.Insert(ctx, counters, counter("a", 0)), e.Update(ctx, counters, "a", increment), e.Delete(ctx, counters, "a", 0)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}
