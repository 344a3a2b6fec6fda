// Package rttest runs a real Request Tracker 5 for tests: installed from
// Debian's packages when it is absent and the tests run as root, each server on
// a free port of the loopback with a SQLite database of its own. Nothing of the
// system's configuration is read or changed, and no mail leaves.
package rttest

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"selfie/moderation/escalation/desk/rt"
)

//go:embed install.sh
var installScript string

//go:embed agent.pl
var agentScript string

// The packages' programs.
const (
	serverProgram = "/usr/share/request-tracker5/libexec/rt-server"
	setupProgram  = "/usr/sbin/rt-setup-database"
)

// How long the slow steps may take, generously.
const (
	installWithin = 15 * time.Minute
	prepareWithin = 3 * time.Minute
	startWithin   = 2 * time.Minute
)

// Server is one running RT with a queue "Community", the account "selfie" and
// an agent "agent1".
type Server struct {
	URL   string
	Token string // of the account
	Agent string // token of the agent

	t    testing.TB
	dir  string
	port int

	mu   sync.Mutex
	cmd  *exec.Cmd     // nil when it was killed
	gone chan struct{} // closed when cmd has ended
}

var prepareOnce sync.Mutex

// Start runs a fresh server until the test ends. Where RT is missing and cannot
// be installed the test is skipped, and fails when CI=true.
func Start(t testing.TB) *Server {
	t.Helper()
	need(t)
	pristine := prepare(t)
	s := &Server{t: t, dir: t.TempDir()}
	s.copyFrom(pristine)
	for try := 1; ; try++ {
		s.port = freePort(t)
		s.URL = fmt.Sprintf("http://127.0.0.1:%d", s.port)
		writeSite(t, s.dir, s.port)
		err := s.run()
		if err == nil {
			break
		}
		if try == 3 {
			t.Fatalf("Request Tracker does not start: %v\n%s", err, s.Log())
		}
	}
	t.Cleanup(s.Kill)
	return s
}

func need(t testing.TB) {
	t.Helper()
	if installed() {
		return
	}
	failure := errors.New("it is not installed, and only root can install it")
	if _, err := exec.LookPath("apt-get"); err == nil && os.Getuid() == 0 {
		failure = install(t)
	}
	if installed() {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("Request Tracker is missing: %v", failure)
	}
	t.Skip("NOT RUN: Request Tracker; install with: apt-get install request-tracker5 rt5-db-sqlite rt5-standalone dma")
}

func installed() bool {
	for _, f := range []string{serverProgram, setupProgram} {
		if _, err := os.Stat(f); err != nil {
			return false
		}
	}
	return exec.Command("perl", "-MDBD::SQLite", "-e", "1").Run() == nil
}

func install(t testing.TB) error {
	t.Log("installing Request Tracker from Debian's packages")
	out, err := output(installWithin, nil, "sh", "-c", installScript)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// output runs a command to its end or its time.
func output(within time.Duration, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	late := time.AfterFunc(within, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	err := cmd.Wait()
	return out.String(), err
}

func environment(dir string) []string {
	return []string{"RT_SITE_CONFIG=" + filepath.Join(dir, "site.pm"), "RT_SITE_CONFIG_DIR=" + filepath.Join(dir, "site.d"), "LC_ALL=C.UTF-8"}
}

func writeSite(t testing.TB, dir string, port int) {
	t.Helper()
	for _, sub := range []string{"site.d", "mason", "session"} {
		must(t, os.MkdirAll(filepath.Join(dir, sub), 0o755))
	}
	site := fmt.Sprintf(`
Set($rtname, 'desk.test'); Set($Organization, 'desk.test');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '%[1]s/rt.db');
Set($WebDomain, '127.0.0.1'); Set($WebPort, %[2]d); Set($WebPath, '');
Set($WebBaseURL, 'http://127.0.0.1:%[2]d'); Set($WebURL, 'http://127.0.0.1:%[2]d/');
Set($CanonicalizeRedirectURLs, 0);
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef); Set($LogToSTDERR, 'warning');
Set($Timezone, 'UTC');
Set($BcryptCost, 4); # the default, 12, costs each call 0.3 s of one core
Set($MasonDataDir, '%[1]s/mason'); Set($MasonSessionDir, '%[1]s/session');
1;
`, dir, port)
	must(t, os.WriteFile(filepath.Join(dir, "site.pm"), []byte(site), 0o644))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// prepare makes the database that every server starts from, once for this
// version of RT and of the scripts.
func prepare(t testing.TB) (dir string) {
	t.Helper()
	prepareOnce.Lock()
	defer prepareOnce.Unlock()
	dir = filepath.Join(cacheDir(), "selfie-rttest-"+version(t))
	if _, err := os.Stat(filepath.Join(dir, "tokens")); err == nil {
		return dir
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), "selfie-rttest-")
	must(t, err)
	defer os.RemoveAll(work)
	writeSite(t, work, 80)
	if out, err := output(prepareWithin, environment(work), setupProgram, "--action", "init", "--skip-create", "--dba", "none", "--dba-password", "none"); err != nil {
		t.Fatalf("the database of Request Tracker cannot be made: %v\n%s", err, out)
	}
	tokens := perl(t, work, rt.SetupScript) + perl(t, work, agentScript)
	must(t, os.WriteFile(filepath.Join(work, "tokens"), []byte(tokens), 0o600))
	if err := os.Rename(work, dir); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		t.Fatal(err)
	}
	return dir
}

func cacheDir() string {
	if dir, err := os.UserCacheDir(); err == nil && os.MkdirAll(dir, 0o755) == nil {
		return dir
	}
	return os.TempDir()
}

func version(t testing.TB) string {
	t.Helper()
	info, err := os.Stat(serverProgram)
	must(t, err)
	h := sha256.New()
	fmt.Fprint(h, info.Size(), info.ModTime().Unix(), rt.SetupScript, agentScript)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// perl runs a script against the RT of a directory.
func perl(t testing.TB, dir, script string, env ...string) string {
	t.Helper()
	file := filepath.Join(dir, "script.pl")
	must(t, os.WriteFile(file, []byte(script), 0o600))
	out, err := output(prepareWithin, append(environment(dir), env...), "perl", file)
	if err != nil {
		t.Fatalf("a script for Request Tracker fails: %v\n%s", err, out)
	}
	return out
}

var tokenLine = regexp.MustCompile(`(?m)^(TOKEN|AGENT)=(\S+)$`)

func (s *Server) copyFrom(pristine string) {
	s.t.Helper()
	db, err := os.ReadFile(filepath.Join(pristine, "rt.db"))
	must(s.t, err)
	must(s.t, os.WriteFile(filepath.Join(s.dir, "rt.db"), db, 0o600))
	tokens, err := os.ReadFile(filepath.Join(pristine, "tokens"))
	must(s.t, err)
	for _, m := range tokenLine.FindAllStringSubmatch(string(tokens), -1) {
		if m[1] == "TOKEN" {
			s.Token = m[2]
		} else {
			s.Agent = m[2]
		}
	}
	if s.Token == "" || s.Agent == "" {
		s.t.Fatalf("no tokens in %q", tokens)
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts the server and waits until it answers.
func (s *Server) run() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(serverProgram, "--host", "127.0.0.1", "--port", strconv.Itoa(s.port), "--max-workers", "3")
	cmd.Env = append(os.Environ(), environment(s.dir)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	s.mu.Lock()
	s.cmd, s.gone = cmd, gone
	s.mu.Unlock()
	return s.answers(gone)
}

func (s *Server) answers(gone <-chan struct{}) error {
	client := &http.Client{Timeout: 30 * time.Second}
	deadline := time.After(startWithin)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		resp, err := client.Get(s.URL + "/REST/2.0/rt")
		if err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-gone:
			return errors.New("it ended at once")
		case <-deadline:
			s.Kill()
			return err
		case <-again.C:
		}
	}
}

// Kill ends the server and its workers at once, as kill -9 does, and waits.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.gone
	s.cmd = nil
	s.closed()
}

// closed waits until the last worker is dead: each holds the listening socket.
func (s *Server) closed() {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(startWithin); time.Now().Before(deadline); <-again.C {
		c, err := net.Dial("tcp", address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			c.Close()
		}
	}
}

// Down tells whether the server was killed.
func (s *Server) Down() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd == nil
}

// Restart starts a killed server again, on its port and its data.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatalf("Request Tracker does not start again: %v\n%s", err, s.Log())
	}
}

// Hook lets the server hint at changes. It takes effect at the next start, or
// within a minute.
func (s *Server) Hook(url, secret string) {
	s.t.Helper()
	out := perl(s.t, s.dir, rt.SetupScript, "HOOK_URL="+url, "HOOK_SECRET="+secret)
	if m := tokenLine.FindStringSubmatch(out); m != nil {
		s.Token = m[2]
	}
}

// Log is the end of what the server wrote.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	lines := strings.Split(string(b), "\n")
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}
