// Package mongotest gives tests a server that speaks the MongoDB protocol:
// FerretDB over SQLite files, built from a module of its own, behind a proxy
// that serialises it; and a real MongoDB when the environment names one.
package mongotest

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"selfie/internal/store"
)

// RealServer is the environment variable that names a real MongoDB, as
// mongodb://host/. Tests make databases there and drop them.
const RealServer = "SELFIE_TEST_MONGO"

// Server is a server to run a test on.
type Server struct {
	Name string // for t.Run
	URI  string
	Slow bool // scans where MongoDB would seek
}

// Servers returns the servers at hand: one made for the caller, and the real
// one. Without that the log says what was not run.
func Servers(tb testing.TB) []Server {
	tb.Helper()
	var servers []Server
	if real := os.Getenv(RealServer); real != "" {
		servers = append(servers, Server{"mongodb", real, false})
	} else {
		tb.Logf("NOT RUN: storetest on a real MongoDB; set %s=mongodb://…", RealServer)
	}
	return append(servers, Server{"ferretdb", Start(tb), true})
}

// Start runs an empty FerretDB behind the serialising proxy until the test
// ends, and returns its address. Without the means to build it the test is
// skipped as NOT RUN, and fails where CI=true.
func Start(tb testing.TB) (uri string) {
	tb.Helper()
	p, err := newProxy(startServer(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.close)
	return "mongodb://" + p.addr() + "/?serverMonitoringMode=poll"
}

// startServer runs FerretDB itself and returns its host and port.
func startServer(tb testing.TB) string {
	tb.Helper()
	binary, err := build()
	if err != nil {
		missing(tb, err)
	}
	cmd := exec.Command(binary, tb.TempDir())
	cmd.Dir = tb.TempDir()
	var complaints strings.Builder
	cmd.Stderr = &complaints
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		tb.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, cmd, stdin, &complaints) })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatalf("the server did not say its address: %v", err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "mongodb://"), "/")
}

// stop asks the server to end, and kills it when it does not.
func stop(tb testing.TB, cmd *exec.Cmd, stdin io.Closer, complaints *strings.Builder) {
	stdin.Close()
	kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer kill.Stop()
	cmd.Wait()
	if tb.Failed() && complaints.Len() > 0 {
		tb.Logf("the server says: %.4000s", complaints)
	}
}

func missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatalf("FerretDB cannot be built: %v", err)
	}
	tb.Skipf("NOT RUN: FerretDB cannot be built (%v); try with: cd %s && go build", err, filepath.FromSlash(source))
}

// Database names a database that does not exist yet, and drops it at the end
// of the test.
func Database(tb testing.TB, uri string) string {
	tb.Helper()
	name := "selfie_test_" + store.Token()[:16]
	tb.Cleanup(func() { drop(tb, uri, name) })
	return name
}

func drop(tb testing.TB, uri, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		tb.Errorf("connecting to drop %s failed", name)
		return
	}
	defer client.Disconnect(ctx)
	if err := client.Database(name).RunCommand(ctx, bson.D{{Key: "dropDatabase", Value: 1}}).Err(); err != nil {
		tb.Errorf("dropping %s: %v", name, err)
	}
}
