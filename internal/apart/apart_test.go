package apart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// parts are what this test binary does when it is started with their name.
var parts = map[string]func() int{
	"tells": func() int {
		dir, _ := os.Getwd()
		fmt.Println(os.Environ(), dir)
		list, _ := os.ReadDir("/proc/self/fd")
		for _, f := range list {
			if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); strings.HasSuffix(to, "/secret") {
				fmt.Println(to)
			}
		}
		return 0
	},
	"echoes": func() int { _, _ = io.Copy(os.Stdout, os.Stdin); return 0 },
	"complains": func() int {
		fmt.Fprint(os.Stderr, strings.Repeat("no ", 1000))
		return 3
	},
	"begets": func() int { // and lets its own child hold the pipe
		cmd := exec.Command("/proc/self/exe", "waits")
		cmd.Stdout = os.Stdout
		_ = cmd.Start()
		fmt.Println(cmd.Process.Pid)
		select {}
	},
	"waits": func() int { select {} },
	"says who, and waits": func() int {
		fmt.Println(os.Getpid())
		select {}
	},
	"runs one": func() int {
		_, _ = Run(context.Background(), Job{Command: []string{"/proc/self/exe", "says who, and waits"}}, func(r io.Reader) error {
			_, err := io.Copy(os.Stdout, r)
			return err
		})
		return 0
	},
	"is confined": func() int {
		if err := Confine(Limits{CPU: time.Second}); err != nil {
			fmt.Println(err)
			return 1
		}
		score, _ := os.ReadFile("/proc/self/oom_score_adj")
		limits, _ := os.ReadFile("/proc/self/limits")
		fmt.Printf("%s%s", score, limits)
		return 0
	},
	"spins": func() int {
		_ = Confine(Limits{CPU: time.Second})
		for {
		}
	},
	"grows": func() int {
		if err := GrowBy(128 << 20); err != nil {
			return 1
		}
		var all [][]byte
		for range 64 {
			all = append(all, bytes.Repeat([]byte{1}, 16<<20))
		}
		return len(all)
	},
	"becomes": func() int {
		return Become(Limits{Memory: 1 << 30, File: 1000, CPU: time.Second}, os.Args[2:], nil)
	},
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && parts[os.Args[1]] != nil {
		os.Exit(parts[os.Args[1]]())
	}
	os.Exit(m.Run())
}

// run runs a part to its end.
func run(t *testing.T, j Job, args ...string) (string, End, error) {
	t.Helper()
	var out []byte
	j.Command = append([]string{"/proc/self/exe"}, args...)
	end, err := Run(t.Context(), j, func(r io.Reader) (err error) {
		out, err = io.ReadAll(r)
		return err
	})
	return string(out), end, err
}

func TestRun(t *testing.T) {
	t.Setenv("SECRET", "known")
	f, err := os.Create(t.TempDir() + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if said, _, err := run(t, Job{}, "tells"); said != "[] /\n" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	dir := t.TempDir()
	if said, _, err := run(t, Job{Env: []string{"A=b"}, Dir: dir}, "tells"); said != "[A=b] "+dir+"\n" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	if said, end, err := run(t, Job{Stdin: strings.NewReader("over there")}, "echoes"); said != "over there" || err != nil || end.Peak < 1<<20 {
		t.Errorf("%q, %+v, %v", said, end, err)
	}
	var exit *exec.ExitError
	if _, end, err := run(t, Job{}, "complains"); !errors.As(err, &exit) || exit.ExitCode() != 3 || len(end.Said) != maxSaid {
		t.Errorf("%d bytes, %v", len(end.Said), err)
	}
	if _, err := Run(t.Context(), Job{Command: []string{"/nowhere"}}, nil); !errors.Is(err, ErrNotStarted) {
		t.Error(err)
	}
}

// Who does not want to hear more ends it all.
func TestReadEnds(t *testing.T) {
	enough := errors.New("enough")
	_, err := Run(t.Context(), Job{Command: []string{"/proc/self/exe", "waits"}}, func(io.Reader) error { return enough })
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

// The end of the context kills also what the program began itself, and nothing
// that holds its pipe keeps anyone waiting.
func TestKilledAsAGroup(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var inner int
	_, err := Run(ctx, Job{Command: []string{"/proc/self/exe", "begets"}}, func(r io.Reader) error {
		_, err := fmt.Fscan(r, &inner)
		cancel()
		_, _ = io.ReadAll(r)
		return err
	})
	if !errors.Is(err, context.Canceled) || inner == 0 {
		t.Fatalf("%d, %v", inner, err)
	}
	untilGone(t, inner)
}

// What a server that is killed had begun dies with it.
func TestDiesTogether(t *testing.T) {
	onLinux(t)
	cmd := exec.Command("/proc/self/exe", "runs one")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	var inner int
	if err == nil {
		_, err = fmt.Fscan(out, &inner)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	untilGone(t, inner)
}

func untilGone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || bytes.Contains(status, []byte(") Z ")) { // nobody may have collected it yet
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still there", status)
		}
		runtime.Gosched()
	}
}

func TestConfine(t *testing.T) {
	onLinux(t)
	said, _, err := run(t, Job{}, "is confined")
	if fields := strings.Join(strings.Fields(said), " "); err != nil || !strings.HasPrefix(fields, diesBeforeOthers+" ") ||
		!strings.Contains(fields, "Max cpu time 1 1 ") || !strings.Contains(fields, "Max core file size 0 0 ") || !strings.Contains(fields, "Max open files 64 64 ") {
		t.Errorf("%v: %s", err, said)
	}
	var exit *exec.ExitError
	for _, part := range []string{"spins", "grows"} {
		if _, _, err := run(t, Job{}, part); !errors.As(err, &exit) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestBecome(t *testing.T) {
	onLinux(t)
	if said, _, err := run(t, Job{}, "becomes", "/bin/sh", "-c", "ulimit -v; echo over there"); said != "1048576\nover there\n" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
	dir := t.TempDir()
	if _, _, err := run(t, Job{Dir: dir}, "becomes", "/bin/sh", "-c", "head -c 5000 /dev/zero >large"); err == nil {
		t.Error("a large file was written")
	}
	if _, _, err := run(t, Job{}, "becomes", "/nowhere"); !errors.Is(err, ErrNotStarted) {
		t.Error(err)
	}
}

func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		if os.Getenv("CI") == "true" {
			t.Fatal("processes are limited on Linux only")
		}
		t.Skip("NOT RUN: limits of processes, which are set on Linux only")
	}
}
