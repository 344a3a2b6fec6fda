// Package apart runs programs outside this process on what strangers sent: in a
// group of their own that is killed as a whole, with nothing inherited, and within
// limits that they take upon themselves before they see a byte.
package apart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Job is one run of a program.
type Job struct {
	Command []string  // the program and its arguments
	Env     []string  // all of its environment
	Dir     string    // where it runs: "/"
	Stdin   io.Reader // nil for nothing
}

// End is what became of a job that was started.
type End struct {
	Peak int64         // bytes of memory at most; 0 where the system does not tell
	CPU  time.Duration // of all its threads
	Said string        // the beginning of its complaints
}

// ErrNotStarted means that the program did not run: what was asked of it is not
// known to be wrong.
var ErrNotStarted = errors.New("the program could not be started")

const (
	notStarted = 127         // the exit status of Become when there is nothing to become
	dieWithin  = time.Second // after being killed, for its pipes to close
	maxSaid    = 400         // bytes
)

// Run runs a job and lets read have what it writes, until that ends or read
// returns; nil reads nothing. What then still runs of it is killed, as all of it
// is when ctx ends. Of several errors the first of these counts: ErrNotStarted,
// ctx's, the *exec.ExitError of a program that ended with a status, and read's
// together with that of one that was killed.
func Run(ctx context.Context, j Job, read func(io.Reader) error) (End, error) {
	within, kill := context.WithCancel(ctx)
	defer kill()
	said := &Capped{Room: maxSaid}
	cmd := exec.CommandContext(within, j.Command[0], j.Command[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stderr = append([]string{}, j.Env...), j.Dir, j.Stdin, said // not nil: that would be our environment
	if cmd.Dir == "" {
		cmd.Dir = string(os.PathSeparator)
	}
	Group(cmd)
	var out io.ReadCloser
	var err error
	if read != nil {
		out, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return End{}, fmt.Errorf("%w: %w", ErrNotStarted, err)
	}
	if read != nil {
		defer context.AfterFunc(within, func() { out.Close() })() // whoever holds it open meanwhile
		if err = read(out); err != nil {
			kill()
		}
	}
	ended := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(ended, &exit) && exit.ExitCode() == notStarted:
		err = fmt.Errorf("%w: %s", ErrNotStarted, said)
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == nil, errors.As(ended, &exit) && exit.ExitCode() > 0: // it knew better why it wrote no more
		err = ended
	case exit != nil:
		err = errors.Join(err, exit)
	}
	return End{peak(cmd.ProcessState), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), said.String()}, err
}

// Group lets the end of the command's context kill all that it started, and it
// die with this process where the system can arrange that.
func Group(cmd *exec.Cmd) {
	cmd.WaitDelay = dieWithin
	inGroup(cmd)
}

// Capped keeps the first bytes written to it, as many as there is Room for, and
// takes the rest.
type Capped struct {
	Room int
	kept []byte
}

// Write implements io.Writer.
func (c *Capped) Write(b []byte) (int, error) {
	c.kept = append(c.kept, b[:min(len(b), c.Room-len(c.kept))]...)
	return len(b), nil
}

// String returns what was kept.
func (c *Capped) String() string { return string(c.kept) }

// Self is the command that starts this very program again, also when its file was
// replaced meanwhile.
func Self() ([]string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil {
		return []string{running}, nil
	}
	path, err := os.Executable()
	return []string{path}, err
}
