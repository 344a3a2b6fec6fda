package web

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
)

const (
	maxStreams   = 2000
	maxStreamsIP = 100 // an office behind one address
	heartbeat    = 20 * time.Second
	streamWrite  = 15 * time.Second // a reader that takes longer is gone
)

// LiveHub wakes the open pages of a thread. A wake carries nothing: each page
// reads the present state with its own viewer's rights, so a burst of changes
// costs one look, and nothing can be sent to someone who may not see it.
type LiveHub struct {
	mu     sync.Mutex
	max    int
	total  int
	ips    map[string]int
	byID   map[string]map[*stream]struct{}
	closed chan struct{}
	once   sync.Once
}

type stream struct {
	thread, ip string
	wake       chan struct{}
}

// NewLiveHub makes a hub for at most max streams; 0 means 2000.
func NewLiveHub(max int) *LiveHub {
	if max <= 0 {
		max = maxStreams
	}
	return &LiveHub{max: max, ips: map[string]int{}, byID: map[string]map[*stream]struct{}{}, closed: make(chan struct{})}
}

// Publish says that a thread changed. It never blocks.
func (h *LiveHub) Publish(threadID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for st := range h.byID[threadID] {
		select {
		case st.wake <- struct{}{}:
		default: // already woken, and it has not looked yet
		}
	}
}

// Close ends every stream and refuses new ones.
func (h *LiveHub) Close() { h.once.Do(func() { close(h.closed) }) }

// Streams is the number of open streams.
func (h *LiveHub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

func (h *LiveHub) join(thread, ip string) (*stream, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.closed:
		return nil, false
	default:
	}
	if h.total >= h.max || h.ips[ip] >= maxStreamsIP {
		return nil, false
	}
	st := &stream{thread: thread, ip: ip, wake: make(chan struct{}, 1)}
	if h.byID[thread] == nil {
		h.byID[thread] = map[*stream]struct{}{}
	}
	h.byID[thread][st] = struct{}{}
	h.ips[ip]++
	h.total++
	return st, true
}

func (h *LiveHub) leave(st *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.byID[st.thread], st)
	if len(h.byID[st.thread]) == 0 {
		delete(h.byID, st.thread)
	}
	if h.ips[st.ip]--; h.ips[st.ip] == 0 {
		delete(h.ips, st.ip)
	}
	h.total--
}

// livePart is one piece of the thread page: its element's id, a key that
// changes with what it shows, and its HTML when the page needs it.
type livePart struct {
	ID   string `json:"id"`
	Key  string `json:"key"`
	HTML string `json:"html,omitempty"`
	Say  string `json:"say,omitempty"` // for the screen reader: what is new
}

// liveThread streams changes of a thread to its open page. The first event
// names what the page should show by now, so that it can catch up with whatever
// happened between rendering and connecting; from then on changed parts follow.
func (s *Server) liveThread(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	st, ok := s.live.join(id, rq.ip) // before the look: what changes after it is heard
	if !ok {
		return &fault.Error{Kind: fault.Unavailable, RetryAfter: time.Minute, Public: "Too many pages are open just now. This page shows what is new when you reload it."}
	}
	parts, err := s.liveParts(rq, id)
	if err != nil {
		s.live.leave(st)
		return err
	}
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no") // or a proxy would hold events back
	l := &liveStream{s: s, hub: st, thread: id, token: rq.token, known: map[string]string{}, conn: c.Context().Conn()}
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer s.live.leave(st)
		l.run(w, parts)
	})
	return nil
}

// liveStream lives longer than its request: it holds nothing of fiber's but the
// connection.
type liveStream struct {
	s      *Server
	hub    *stream
	thread string
	token  string
	known  map[string]string // what the page shows: element id -> key
	conn   net.Conn
}

func (l *liveStream) run(w *bufio.Writer, parts []livePart) {
	for i := range parts {
		l.known[parts[i].ID] = parts[i].Key
		parts[i].HTML = ""
	}
	if l.event(w, "state", parts) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-l.s.live.closed:
			return
		case <-l.hub.wake:
			err = l.update(w)
		case <-beat.C:
			err = l.update(w) // access may have been lost without a change of the thread
			if err == nil {
				err = l.write(w, ": still here\n\n")
			}
		}
		if err != nil {
			return
		}
	}
}

// update sends the parts that changed. It fails when the viewer may not read
// the thread any more, and so ends the stream.
func (l *liveStream) update(w *bufio.Writer) error {
	rq, done, err := l.s.freshRequest(l.token, l.hub.ip)
	if err != nil {
		return err
	}
	defer done()
	parts, err := l.s.liveParts(rq, l.thread)
	if err != nil {
		_ = l.event(w, "end", nil)
		return err
	}
	var changed []livePart
	for _, p := range parts {
		if l.known[p.ID] != p.Key {
			l.known[p.ID] = p.Key
			changed = append(changed, p)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return l.event(w, "parts", changed)
}

func (l *liveStream) event(w *bufio.Writer, name string, parts []livePart) error {
	data, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	return l.write(w, fmt.Sprintf("event: %s\ndata: %s\n\n", name, data))
}

// write sends at once. The server's write timeout is for pages; a stream sets
// its own, anew for each event.
func (l *liveStream) write(w *bufio.Writer, text string) error {
	if l.conn != nil {
		if err := l.conn.SetWriteDeadline(time.Now().Add(heartbeat + streamWrite)); err != nil {
			return err
		}
	}
	if _, err := w.WriteString(text); err != nil {
		return err
	}
	return w.Flush()
}

// liveTokens puts form tokens into parts that leave on a stream, where no
// cookie can be given any more; guests' parts have none.
func (s *Server) liveTokens(rq *request, html []byte) ([]byte, error) {
	if rq.token == "" {
		return html, nil
	}
	return s.fillTokens(nil, rq, new(bytes.Buffer), html)
}
