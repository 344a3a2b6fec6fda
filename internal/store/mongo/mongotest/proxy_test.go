package mongotest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// TestRivalsForOneRevision is what the proxy is for: of many that replace a
// document at one revision, one wins, every time.
func TestRivalsForOneRevision(t *testing.T) {
	const rounds, rivals = 20, 32
	uri := Start(t)
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.Background()) })
	docs := client.Database(Database(t, uri)).Collection("docs")
	if _, err := docs.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "a"}, {Key: "rev", Value: int64(0)}}); err != nil {
		t.Fatal(err)
	}
	for rev := range int64(rounds) {
		var won atomic.Int64
		var wg sync.WaitGroup
		for by := range int32(rivals) {
			wg.Go(func() {
				at := bson.D{{Key: "_id", Value: "a"}, {Key: "rev", Value: rev}}
				next := bson.D{{Key: "_id", Value: "a"}, {Key: "rev", Value: rev + 1}, {Key: "by", Value: by}}
				result, err := docs.ReplaceOne(t.Context(), at, next)
				if err != nil {
					t.Error(err)
					return
				}
				won.Add(result.ModifiedCount)
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("round %d: %d rivals won", rev, won.Load())
		}
	}
}

// fakeServer answers each message with its own body and notes how many
// requests it held at once. An answer waits until hold, when set, lets it go.
type fakeServer struct {
	net.Listener
	now, most atomic.Int64
	parts     int // messages to an answer, all but the last with moreToCome
	hold      map[string]chan struct{}
	arrived   chan string
}

func startFake(t *testing.T, f *fakeServer) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.Listener, f.arrived = l, make(chan string, 1000)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	p, err := newProxy(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close(); l.Close() })
	return p
}

func (f *fakeServer) serve(conn net.Conn) {
	defer conn.Close()
	for {
		m, err := readMessage(conn)
		if err != nil {
			return
		}
		now := f.now.Add(1)
		for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
		}
		f.arrived <- m.command()
		if gate := f.hold[m.command()]; gate != nil {
			<-gate
		}
		f.now.Add(-1)
		for part := range max(1, f.parts) {
			flags := uint32(0)
			if part < f.parts-1 {
				flags = flagMoreToCome
			}
			conn.Write(opMessage(m.command(), flags))
		}
	}
}

// opMessage writes an OP_MSG with the body {command: 1}.
func opMessage(command string, flags uint32) message {
	body, _ := bson.Marshal(bson.D{{Key: command, Value: int32(1)}})
	m := make(message, headerSize, headerSize+5+len(body))
	binary.LittleEndian.PutUint32(m[12:], opMsg)
	m = binary.LittleEndian.AppendUint32(m, flags)
	m = append(append(m, 0), body...)
	binary.LittleEndian.PutUint32(m, uint32(len(m)))
	return m
}

func dial(t *testing.T, p *proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func ask(conn net.Conn, m message, answers int) error {
	if _, err := conn.Write(m); err != nil {
		return err
	}
	for range answers {
		got, err := readMessage(conn)
		if err != nil {
			return err
		}
		if got.command() != m.command() {
			return fmt.Errorf("asked %s, answered %s", m.command(), got.command())
		}
	}
	return nil
}

func TestProxyOneAtATime(t *testing.T) {
	f := &fakeServer{parts: 3}
	p := startFake(t, f)
	var wg sync.WaitGroup
	for range 16 {
		conn := dial(t, p)
		wg.Go(func() {
			for range 20 {
				if err := ask(conn, opMessage("find", 0), 3); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if f.most.Load() != 1 {
		t.Errorf("%d requests at once", f.most.Load())
	}
}

// TestProxyGreetings holds that a greeting neither waits for the lane nor
// takes it.
func TestProxyGreetings(t *testing.T) {
	f := &fakeServer{hold: map[string]chan struct{}{"update": make(chan struct{}), "isMaster": make(chan struct{})}}
	p := startFake(t, f)
	slow, greeter, held := dial(t, p), dial(t, p), dial(t, p)
	done := make(chan error, 2)
	go func() { done <- ask(slow, opMessage("update", 0), 1) }()
	<-f.arrived
	if err := ask(greeter, opMessage("hello", 0), 1); err != nil {
		t.Fatal(err)
	}
	<-f.arrived
	go func() { done <- ask(held, opMessage("isMaster", 0), 1) }()
	<-f.arrived
	close(f.hold["update"])
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := ask(greeter, opMessage("find", 0), 1); err != nil {
		t.Fatal(err)
	}
	close(f.hold["isMaster"])
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestProxyClientGone holds that the lane opens again, once the server has
// answered, when the one who asked has left.
func TestProxyClientGone(t *testing.T) {
	f := &fakeServer{hold: map[string]chan struct{}{"update": make(chan struct{})}}
	p := startFake(t, f)
	gone, other := dial(t, p), dial(t, p)
	if _, err := gone.Write(opMessage("update", 0)); err != nil {
		t.Fatal(err)
	}
	<-f.arrived
	gone.Close()
	answered := make(chan error)
	go func() { answered <- ask(other, opMessage("find", 0), 1) }()
	close(f.hold["update"])
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if f.most.Load() != 1 {
		t.Errorf("%d requests at once", f.most.Load())
	}
}

// TestProxyRefuses holds that what cannot be put in line ends the connection.
func TestProxyRefuses(t *testing.T) {
	p := startFake(t, &fakeServer{})
	for name, m := range map[string][]byte{
		"unanswered write": opMessage("update", flagMoreToCome),
		"too short":        {3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"too long":         {255, 255, 255, 127, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		conn := dial(t, p)
		if _, err := conn.Write(m); err != nil {
			t.Fatal(err)
		}
		if answer, _ := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("%s was answered", name)
		}
		if err := ask(dial(t, p), opMessage("find", 0), 1); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

func TestMessageCommand(t *testing.T) {
	cut := opMessage("find", 0)
	for name, c := range map[string]struct {
		m        message
		command  string
		greeting bool
	}{
		"command":       {opMessage("find", 0), "find", false},
		"hello":         {opMessage("hello", 0), "hello", true},
		"old hello":     {opMessage("ismaster", 0), "ismaster", true},
		"legacy":        {func() message { m := opMessage("x", 0); binary.LittleEndian.PutUint32(m[12:], opQuery); return m }(), "", true},
		"header only":   {cut[:headerSize], "", false},
		"cut in a name": {cut[:headerSize+12], "fi", false},
	} {
		if c.m.command() != c.command || c.m.isGreeting() != c.greeting {
			t.Errorf("%s: %q, greeting %t", name, c.m.command(), c.m.isGreeting())
		}
	}
}
