package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every start and end of a process.
const patience = 60 * time.Second

// node is one running `selfie serve`.
type node struct {
	tb    testing.TB
	cmd   *exec.Cmd
	began time.Time
	addr  string // host:port, once it serves
	log   *logTail
	ended chan struct{} // closed when the process is gone
	exit  error         // valid after ended
	guard *exec.Cmd
}

// start runs a server with the global flags given and returns when it listens.
// It ends with the test.
func start(tb testing.TB, flags ...string) *node {
	tb.Helper()
	n := launch(tb, flags...)
	select {
	case n.addr = <-n.log.serving:
	case <-n.ended:
		tb.Fatalf("the server ended while starting: %v\n%s", n.exit, n.log)
	case <-time.After(patience):
		tb.Fatalf("the server does not listen after %v\n%s", patience, n.log)
	}
	return n
}

// launch starts the process and waits for nothing.
func launch(tb testing.TB, flags ...string) *node {
	tb.Helper()
	n := &node{tb: tb, log: &logTail{serving: make(chan string, 1), said: map[string]bool{}}, ended: make(chan struct{})}
	args := append([]string{"--log-json"}, flags...)
	n.cmd = exec.Command(program(tb), append(args, "--privileges=team", "serve", "--listen=127.0.0.1:0", "--limit-factor=-1")...)
	n.cmd.Env = cleanEnv()
	stderr, err := n.cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	n.began = time.Now()
	if err := n.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	n.watchOver()
	read := make(chan struct{})
	go func() { n.log.read(stderr); close(read) }()
	go func() {
		<-read
		n.exit = n.cmd.Wait()
		close(n.ended)
	}()
	tb.Cleanup(n.kill)
	return n
}

// cleanEnv is the environment without settings of the program's own.
func cleanEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "SELFIE_") {
			env = append(env, e)
		}
	}
	return env
}

// watchOver lets the server die with the test's process, whatever becomes of that.
func (n *node) watchOver() {
	n.guard = exec.Command("sh", "-c", `read -r _; kill -9 "$1"`, "sh", strconv.Itoa(n.cmd.Process.Pid))
	if _, err := n.guard.StdinPipe(); err != nil {
		n.tb.Fatal(err)
	}
	if err := n.guard.Start(); err != nil {
		n.tb.Fatal(err)
	}
}

func (n *node) unwatch() {
	if n.guard != nil {
		_ = n.guard.Process.Kill()
		_ = n.guard.Wait()
		n.guard = nil
	}
}

// kill ends the process as a loss of power would end it, as far as it can tell.
func (n *node) kill() {
	n.unwatch()
	_ = n.cmd.Process.Kill() // it may be gone already
	<-n.ended
}

// stop ends the process as an operator does, and expects it to end well.
func (n *node) stop() {
	n.tb.Helper()
	n.unwatch()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		n.tb.Fatal(err)
	}
	select {
	case <-n.ended:
	case <-time.After(patience):
		n.kill()
		n.tb.Fatalf("the server does not stop\n%s", n.log)
	}
	if n.exit != nil {
		n.tb.Fatalf("the server stopped with: %v\n%s", n.exit, n.log)
	}
}

func (n *node) url() string { return "http://" + n.addr }

// troubles are the lines that the server logged as errors.
func (n *node) troubles() []string {
	n.log.mu.Lock()
	defer n.log.mu.Unlock()
	return n.log.errors
}

// logTail reads a server's log, and keeps its end and its errors.
type logTail struct {
	serving chan string
	mu      sync.Mutex
	last    []string
	errors  []string
	said    map[string]bool
}

// has reports whether the server logged that message.
func (l *logTail) has(msg string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said[msg]
}

func (l *logTail) read(r io.Reader) {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var e struct{ Level, Msg, Address string }
		_ = json.Unmarshal(in.Bytes(), &e) // a panic is no JSON, and is kept as it stands
		if e.Msg == "serving" {
			l.serving <- e.Address
		}
		l.add(in.Text(), e.Msg, e.Level == "ERROR" || e.Level == "")
	}
}

func (l *logTail) add(line, msg string, bad bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said[msg] = true
	if l.last = append(l.last, line); len(l.last) > 60 {
		l.last = l.last[1:]
	}
	if bad && len(l.errors) < 60 {
		l.errors = append(l.errors, line)
	}
}

func (l *logTail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.last, "\n")
}

// command runs a command of the program to its end and returns what it printed.
func command(tb testing.TB, args ...string) (string, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), pick(5*time.Minute, time.Hour))
	defer cancel()
	cmd := exec.CommandContext(ctx, program(tb), args...)
	cmd.Env = cleanEnv()
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		tb.Fatal(err)
	}
	return string(out), err
}

// must runs a command that has to succeed.
func must(tb testing.TB, args ...string) string {
	tb.Helper()
	out, err := command(tb, args...)
	if err != nil {
		tb.Fatalf("selfie %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

const password = "quite a long password of ours"

// account makes an account from the machine and returns its e-mail address.
func account(tb testing.TB, flags []string, role, name string) string {
	tb.Helper()
	email := name + "@example.org"
	must(tb, append(flags, "user", "add", email, "--name="+name, "--role="+role, "--password="+password)...)
	return email
}

// settled waits until the relay has delivered everything.
func settled(tb testing.TB, flags []string) {
	tb.Helper()
	began, first := time.Now(), ""
	tick := time.NewTicker(pick(300*time.Millisecond, 3*time.Second)) // a check reads the whole store
	defer tick.Stop()
	for now := ""; now != "events: 0 documents wait"; <-tick.C {
		out, err := command(tb, append(flags, "check")...)
		if err != nil {
			tb.Fatalf("selfie check: %v\n%s", err, out)
		}
		if now = waiting.FindString(out); first == "" {
			first = now
		}
		if time.Since(began) > pick(2*patience, 20*patience) {
			tb.Fatalf("not every event is delivered: at first %q, now %q", first, now)
		}
	}
	tb.Logf("at first %s; none after %.0f s", first, time.Since(began).Seconds())
}

var waiting = regexp.MustCompile(`events: \d+ documents wait`)

// in names a data directory as a global flag.
func in(dir string) []string { return []string{"--data=" + dir} }

func (n *node) String() string { return fmt.Sprintf("process %d at %s", n.cmd.Process.Pid, n.addr) }
