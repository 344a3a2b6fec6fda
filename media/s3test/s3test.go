// Package s3test runs a real S3 server, versitygw, for tests.
package s3test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"selfie/media/s3"
)

const (
	version = "v1.8.0"
	module  = "github.com/versity/versitygw/cmd/versitygw"
	bucket  = "selfie-test"
	starts  = 3 // another process may take the free port that was found
	patient = 60 * time.Second
)

// Start runs a server on a free port of the loopback over an empty directory,
// makes a bucket and returns the configuration that reaches it. The server ends
// with the test, and with the test's process whatever becomes of that.
//
// The server is built once for all tests of a user, into the user's cache
// directory. Where it cannot be built the test is skipped as NOT RUN, and fails
// when CI=true.
func Start(tb testing.TB) s3.Config {
	tb.Helper()
	return StartServer(tb).Config
}

// Server is a server that can be killed and started again over what it stored.
type Server struct {
	Config s3.Config

	tb   testing.TB
	bin  string
	dir  string
	stop func()
}

// StartServer is Start for tests that kill the server.
func StartServer(tb testing.TB) *Server {
	tb.Helper()
	bin, err := build()
	if err != nil {
		missing(tb, err)
	}
	for range starts - 1 {
		if s, err := start(tb, bin); err == nil {
			return s
		} else {
			tb.Logf("s3test: starting again: %v", err)
		}
	}
	s, err := start(tb, bin)
	if err != nil {
		tb.Fatalf("s3test: %v", err)
	}
	return s
}

// Kill ends the server with SIGKILL and waits until it is gone.
func (s *Server) Kill() { s.stop() }

// Restart starts a killed server again, at the same address and over the same
// directory.
func (s *Server) Restart() {
	s.tb.Helper()
	for range starts - 1 {
		if s.stop = run(s.tb, s.bin, s.dir, s.Config); healthy(s.tb, s.Config.Endpoint) == nil {
			return
		}
		s.stop()
	}
	s.stop = run(s.tb, s.bin, s.dir, s.Config)
	if err := healthy(s.tb, s.Config.Endpoint); err != nil {
		s.tb.Fatalf("s3test: %v", err)
	}
}

func missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("s3test: the S3 server cannot be built: %v", err)
	}
	tb.Skipf("NOT RUN: S3 suite; install with: CGO_ENABLED=0 go install %s@%s (%v)", module, version, err)
}

// build returns the server's path, building it if no other test has. The lock file
// makes parallel packages wait for the first; it goes with its process.
func build() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "selfie-test", "bin")
	bin := filepath.Join(dir, "versitygw-"+version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(bin+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	return bin, install(dir, bin)
}

// install builds in a directory outside every module and moves the result into
// place, so that a build cut short is never taken for the server.
func install(dir, bin string) error {
	temp, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	cmd := exec.Command(filepath.Join(runtime.GOROOT(), "bin", "go"), "install", "-ldflags=-s -w", module+"@"+version)
	cmd.Dir = temp
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOBIN="+temp, "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go install: %w\n%s", err, lastLines(out))
	}
	return os.Rename(filepath.Join(temp, "versitygw"), bin)
}

func lastLines(out []byte) []byte {
	return out[max(0, len(out)-2000):]
}

func start(tb testing.TB, bin string) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	config := s3.Config{Endpoint: addr, Bucket: bucket, Region: "us-east-1", AccessKey: "selfie", SecretKey: rand.Text()}
	s := &Server{Config: config, tb: tb, bin: bin, dir: tb.TempDir()}
	s.stop = run(tb, bin, s.dir, config)
	if err := healthy(tb, addr); err != nil {
		return nil, err
	}
	store, err := s3.Open(config)
	if err != nil {
		return nil, err
	}
	return s, store.MakeBucket(tb.Context())
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// guard runs the server until its own input ends, which happens when the test
// closes it or dies.
const guard = `"$@" & read -r _; kill -9 $!; wait $!`

// run starts the server; stop kills it and waits, and may be called again.
func run(tb testing.TB, bin, dir string, config s3.Config) (stop func()) {
	var log bytes.Buffer
	cmd := exec.Command("sh", "-c", guard, "sh", bin, "--port", config.Endpoint, "--health", "/health", "--quiet", "posix", dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+config.AccessKey, "ROOT_SECRET_KEY="+config.SecretKey)
	cmd.Stdout, cmd.Stderr = &log, &log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		stdin.Close()
		cmd.Wait() // the server was killed: its status says nothing
	})
	tb.Cleanup(func() {
		stop()
		if tb.Failed() {
			tb.Logf("versitygw: %s", lastLines(log.Bytes()))
		}
	})
	return stop
}

// healthy polls until the server answers.
func healthy(tb testing.TB, addr string) error {
	ctx, cancel := context.WithTimeout(tb.Context(), patient)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(ctx, "http://"+addr+"/health") {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer from %s: %w", addr, ctx.Err())
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
