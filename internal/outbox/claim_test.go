package outbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"selfie/internal/store"
	"selfie/internal/store/sqlite"
)

// leadPath, in the environment, makes this test binary the process that holds
// the lease over that file until it is killed.
const leadPath = "SELFIE_TEST_OUTBOX_LEAD"

func TestMain(m *testing.M) {
	if path := os.Getenv(leadPath); path != "" {
		fmt.Fprintln(os.Stderr, lead(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// noon is the moment at which all clocks of these tests stand: no lease ever
// runs out.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// lead holds the lease, emits an event and never delivers it.
func lead(path string) error {
	e, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	n := newNode(quitter{}, e, nil)
	n.db.Now = func() time.Time { return noon }
	n.migrate()
	n.relay.Follow("a", func(ctx context.Context, _ Delivery) error {
		fmt.Println("leading")
		<-ctx.Done()
		return ctx.Err()
	}, "Posted")
	n.mustSay("p", "1", "Posted")
	return n.relay.Run(context.Background())
}

// quitter is the test of a process that has none.
type quitter struct{ testing.TB }

func (quitter) Helper() {}

func (quitter) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	os.Exit(1)
}

// overFile is a node over a file that others may have open.
func overFile(t *testing.T, path string) *node {
	t.Helper()
	e, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	n := newNode(t, e, nil)
	n.db.Now = func() time.Time { return noon }
	n.migrate()
	return n
}

// A process that was killed leaves a lease; the next one over the file delivers
// without a moment having to pass.
func TestKilledHolderIsFollowedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), leadPath+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "leading\n" {
		t.Fatalf("%q, %v", line, err)
	}

	n := overFile(t, path)
	var r record
	r.follow(n, "a", "Posted")
	var held *HeldError
	if err := n.relay.hold(t.Context(), func(context.Context) error { return nil }); !errors.As(err, &held) || held.Holder == "" {
		t.Fatalf("beside a living holder: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	l, err := n.relay.leases.Get(t.Context(), leaseID)
	if err != nil || l.Holder == "" || l.Until <= store.At(noon) {
		t.Fatalf("the dead left the lease %s, %v", asJSON(l), err)
	}
	n.drain()
	if got := r.of("a", "p"); len(got) != 1 {
		t.Errorf("heard %v", got)
	}
	if l, err = n.relay.leases.Get(t.Context(), leaseID); err != nil || l.Holder != "" || l.Term != 2 {
		t.Errorf("then the lease is %s, %v", asJSON(l), err)
	}
}

// Two relays of one process are rivals like two processes.
func TestTwoRelaysOfOneProcessOverOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	one, two := overFile(t, path), overFile(t, path)
	var heard [2]record
	heard[0].follow(one, "a", "Posted")
	heard[1].follow(two, "a", "Posted")
	one.mustSay("p", "1", "Posted")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- one.relay.Run(ctx) }()
	two.drain() // delivers, or waits for the one that does
	if n := len(heard[0].of("a", "p")) + len(heard[1].of("a", "p")); n != 1 {
		t.Errorf("heard %d times", n)
	}
	stop()
	one.must(<-ended)
	one.mustSay("p", "2", "Posted")
	two.drain()
	if got := heard[1].of("a", "p"); len(got) == 0 {
		t.Error("after the other has left, nobody delivers")
	}
}
