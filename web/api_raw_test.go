package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRawRequests sends bytes that no client library would.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range []struct{ name, raw string }{
		{"an unknown method", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"raw bytes in the path", "GET /threads/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"raw bytes in an API path", "GET /api/v1/threads/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a NUL in the path", "GET /tags/a\x00b HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"no host", "GET / HTTP/1.1\r\n\r\n"},
		{"dots", "GET /static/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"escaped dots", "GET /static/x/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a header without an end", "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 40_000) + "\r\n\r\n"},
		{"a length that is no number", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n{}"},
		{"a length beyond the limit", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{}"},
		{"two lengths", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"},
		{"a broken chunk", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"},
	} {
		status, body := w.raw(r.raw)
		if status >= 500 || status == 200 && strings.Contains(body, "root:") {
			t.Errorf("%s: %d %s", r.name, status, body)
		}
		if status < 400 && r.name != "dots" && r.name != "no host" {
			t.Errorf("%s: %d", r.name, status)
		}
		w.quiet(r.name)
	}
}

// raw writes bytes to the server and reads one response; 499 when the server
// hung up instead.
func (w *world) raw(bytes string) (int, string) {
	w.T.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
	w.OK(err)
	defer conn.Close()
	w.OK(conn.SetDeadline(time.Now().Add(time.Minute)))
	_, _ = fmt.Fprint(conn, bytes) // the server may hang up before the end
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 499, ""
	}
	defer res.Body.Close()
	body := make([]byte, 2000)
	n, _ := res.Body.Read(body)
	return res.StatusCode, string(body[:n])
}
