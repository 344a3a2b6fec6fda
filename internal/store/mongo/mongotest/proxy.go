package mongotest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
)

// proxy stands before a server that is right about one command at a time only,
// and lets one through at a time, over all its clients: a request takes the
// lane until its answer is read. Greetings, which touch no data and which a
// client may ask the server to hold back, pass beside the lane.
type proxy struct {
	listener net.Listener
	server   string // address
	lane     sync.Mutex

	mu      sync.Mutex
	conns   map[net.Conn]bool
	closed  bool
	serving sync.WaitGroup
}

func newProxy(server string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, server: server, conns: map[net.Conn]bool{}}
	p.serving.Go(p.accept)
	return p, nil
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// close ends all connections and waits until nothing runs.
func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	p.serving.Wait()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.serve(client) })
	}
}

// keep registers a connection to be closed with the proxy.
func (p *proxy) keep(conn net.Conn) (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		conn.Close()
	}
	p.conns[conn] = true
	return func() {
		conn.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, conn)
	}
}

func (p *proxy) serve(client net.Conn) {
	defer p.keep(client)()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer p.keep(server)()
	for {
		request, err := readMessage(client)
		if err != nil {
			return
		}
		if request.isGreeting() {
			err = relay(server, request, client)
		} else {
			err = p.inLane(server, request, client)
		}
		if err != nil {
			return
		}
	}
}

// inLane does one exchange. The answer is read whole before the lane opens and
// before the client, which may be slow or gone, gets any of it.
func (p *proxy) inLane(server io.ReadWriter, request message, client io.Writer) error {
	var answer bytes.Buffer
	if err := p.exchange(server, request, &answer); err != nil {
		return err
	}
	_, err := answer.WriteTo(client)
	return err
}

func (p *proxy) exchange(server io.ReadWriter, request message, answer io.Writer) error {
	p.lane.Lock()
	defer p.lane.Unlock()
	return relay(server, request, answer)
}

var errUnanswered = errors.New("mongotest: a write that asks for no answer cannot be put in line")

// relay sends a request and passes on all that answers it.
func relay(server io.ReadWriter, request message, to io.Writer) error {
	if request.moreToCome() {
		return errUnanswered
	}
	if _, err := server.Write(request); err != nil {
		return err
	}
	for {
		answer, err := readMessage(server)
		if err != nil {
			return err
		}
		if _, err := to.Write(answer); err != nil {
			return err
		}
		if !answer.moreToCome() {
			return nil
		}
	}
}

// message is one message of the MongoDB wire protocol: a header of four
// little-endian 32-bit numbers (length, id, id answered, operation), then, for
// OP_MSG, 32 flag bits and sections, the first of which is the command.
type message []byte

const (
	headerSize = 16
	maxMessage = 48_000_000 // the protocol's own limit

	opQuery = 2004 // an old client's first greeting
	opMsg   = 2013

	flagMoreToCome = 1 << 1
)

func readMessage(from io.Reader) (message, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(header[:])
	if size < headerSize || size > maxMessage {
		return nil, fmt.Errorf("mongotest: a message of %d bytes", size)
	}
	m := make(message, size)
	copy(m, header[:])
	_, err := io.ReadFull(from, m[headerSize:])
	return m, err
}

func (m message) operation() uint32 { return binary.LittleEndian.Uint32(m[12:]) }

func (m message) moreToCome() bool {
	return m.operation() == opMsg && len(m) >= 20 && binary.LittleEndian.Uint32(m[16:])&flagMoreToCome != 0
}

// command is the name of the first field of the first section, when that is
// the command's body: flags, the section's kind 0, the document's size, the
// field's type, its name up to NUL.
func (m message) command() string {
	const name = headerSize + 4 + 1 + 4 + 1
	if m.operation() != opMsg || len(m) <= name || m[headerSize+4] != 0 {
		return ""
	}
	word, _, _ := strings.Cut(string(m[name:min(len(m), name+64)]), "\x00")
	return word
}

func (m message) isGreeting() bool {
	if m.operation() == opQuery {
		return true
	}
	word := m.command()
	return word == "hello" || strings.EqualFold(word, "ismaster")
}
