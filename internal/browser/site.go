package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Binary is the product, built once for all tests of a package.
type Binary struct {
	once sync.Once
	dir  string
	err  error
}

// readyMade names a binary to try in place of one built here.
const readyMade = "SELFIE_TEST_BINARY"

func (x *Binary) build() (string, error) {
	if path := os.Getenv(readyMade); path != "" {
		return path, nil
	}
	x.once.Do(func() {
		if x.dir, x.err = os.MkdirTemp("", "selfie-browser-"); x.err != nil {
			return
		}
		args := append([]string{"build", "-o", x.path()}, buildFlags...)
		cmd := exec.Command("go", append(args, "./cmd/selfie")...)
		cmd.Dir = filepath.Dir(filepath.Dir(here()))
		if out, err := cmd.CombinedOutput(); err != nil {
			x.err = fmt.Errorf("building the server: %w\n%s", err, out)
		}
	})
	return x.path(), x.err
}

func (x *Binary) path() string { return filepath.Join(x.dir, "selfie") }

// Close removes the binary.
func (x *Binary) Close() error {
	if x.dir == "" {
		return nil
	}
	return os.RemoveAll(x.dir)
}

// Site is a running server.
type Site struct {
	URL string

	command string        // of the binary: serve or demo
	within  time.Duration // it is to answer after the start

	t      testing.TB
	binary string
	data   string
	listen string
	env    []string
	cmd    *exec.Cmd
	log    *record
	said   *record
	input  io.Closer  // the server ends with it
	ended  chan error // gets the server's end; nil while none runs
}

// Serve starts a server over an empty data directory. Its environment is the
// given one (NAME=value) and none of the caller's settings. The server ends with
// the test, which fails if the server logged an error of its own.
func (x *Binary) Serve(t testing.TB, env ...string) *Site {
	t.Helper()
	return x.site(t, "serve", patience, env)
}

// building is how long the demonstration may take to play its sixty days, on a
// busy machine and under the race detector.
const building = 6 * time.Minute

// Demo is Serve with the demonstration's community.
func (x *Binary) Demo(t testing.TB, env ...string) *Site {
	t.Helper()
	return x.site(t, "demo", building, env)
}

func (x *Binary) site(t testing.TB, command string, within time.Duration, env []string) *Site {
	t.Helper()
	path, err := x.build()
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{command: command, within: within, t: t, binary: path, data: t.TempDir(), env: env, log: &record{}, said: &record{}}
	t.Cleanup(s.end)
	const tries = 3 // another process may take the free port that was found
	for range tries {
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatalf("the server does not start: %v\n%s", err, s.log)
	return nil
}

func (s *Site) start() error {
	if s.listen == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.listen = l.Addr().String()
		l.Close()
	}
	if err := s.run(); err != nil {
		s.listen = ""
		return err
	}
	return nil
}

// guard runs the server until its own input ends, which happens when the test
// closes it or dies.
const guard = `"$@" & read -r _; kill -TERM $!; wait $!`

func (s *Site) run() (err error) {
	s.URL = "http://" + s.listen
	s.cmd = exec.Command("sh", "-c", guard, "sh", s.binary, s.command, "--data", s.data, "--listen", s.listen, "--base-url", s.URL)
	s.cmd.Env = append(clean(os.Environ()), "SELFIE_LIMIT_FACTOR=-1", "SELFIE_PRIVILEGES=team")
	s.cmd.Env = append(s.cmd.Env, s.env...)
	s.cmd.Stderr = s.log
	s.cmd.Stdout = s.said
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(s.cmd, s.ended)
	return s.ready()
}

// clean leaves the caller's own settings of the product out.
func clean(env []string) []string {
	var list []string
	for _, e := range env {
		if !strings.HasPrefix(e, "SELFIE_") {
			list = append(list, e)
		}
	}
	return list
}

// ready waits until the server answers.
func (s *Site) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-s.ended:
			s.ended = nil
			return errors.Join(errors.New("the server ended"), err)
		case <-tick.C:
			if s.healthy(ctx) {
				return nil
			}
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.Stop())
		}
	}
}

var setupLink = regexp.MustCompile(`/setup\?token=\S+`)

// Setup is the address that makes the first administrator, as the server
// prints it.
func (s *Site) Setup(t testing.TB) (link string) {
	t.Helper()
	err := eventually(t.Context(), func() error {
		if link = setupLink.FindString(s.said.String()); link == "" {
			return fmt.Errorf("the server printed no setup link, but: %s", s.said)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func (s *Site) healthy(ctx context.Context) bool {
	rq, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/healthz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(rq)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// Stop ends the server as an operator does, and waits for it.
func (s *Site) Stop() error {
	if s.ended == nil {
		return nil
	}
	if err := s.input.Close(); err != nil {
		return err
	}
	kill := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	err := <-s.ended
	s.ended = nil
	return err
}

// Start runs a stopped server again, on the same address and data.
func (s *Site) Start() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatalf("starting again: %v\n%s", err, s.log)
	}
}

func (s *Site) end() {
	if err := s.Stop(); err != nil {
		s.t.Errorf("stopping the server: %v", err)
	}
	for _, line := range s.log.lines() {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "DATA RACE") || strings.Contains(line, "panic") {
			s.t.Errorf("the server says: %s", line)
		}
	}
	if s.t.Failed() {
		s.t.Logf("the server's log:\n%.6000s", s.log)
	}
}

// record keeps what the server logs.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

// String is everything so far.
func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

func (r *record) lines() []string { return strings.Split(r.String(), "\n") }
