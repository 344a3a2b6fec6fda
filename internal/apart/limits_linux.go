package apart

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

const (
	maxFiles         = 64 // open at once
	niceness         = 3  // a third of the turns beside one that is busy
	prNoNewPrivs     = 38 // prctl(2)
	priorityOfGroup  = 1  // setpriority(2)
	diesBeforeOthers = "1000"
)

func dieTogether(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// Confine bounds this very process, which must be in a group of its own: also its
// open files and its turn at the processor; it leaves no core behind, and dies
// first where memory runs out.
func Confine(l Limits) error {
	// Two courtesies, which some containers forbid.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte(diesBeforeOthers), 0)
	_ = syscall.Setpriority(priorityOfGroup, 0, niceness)
	errs := []error{limit(syscall.RLIMIT_CORE, 0), limit(syscall.RLIMIT_NOFILE, maxFiles)}
	if l.CPU > 0 {
		errs = append(errs, limit(syscall.RLIMIT_CPU, uint64((l.CPU+time.Second-1)/time.Second)))
	}
	if l.File > 0 {
		errs = append(errs, limit(syscall.RLIMIT_FSIZE, uint64(l.File)))
	}
	if l.Memory > 0 {
		errs = append(errs, limit(syscall.RLIMIT_AS, uint64(l.Memory)))
	}
	return errors.Join(errs...)
}

// GrowBy lets this process take so many bytes of address space beyond what it has.
// (A Go program reserves much more than it uses.)
func GrowBy(more int64) error {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, _, _ := bytes.Cut(data, []byte(" "))
	has, err := strconv.ParseInt(string(pages), 10, 64)
	if err != nil {
		return err
	}
	return limit(syscall.RLIMIT_AS, uint64(has*int64(os.Getpagesize())+more))
}

func limit(what int, most uint64) error {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(what, &now); err != nil {
		return fmt.Errorf("limit %d: %w", what, err)
	}
	most = min(most, now.Max)
	if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("limit %d: %w", what, err)
	}
	return nil
}

// Become turns this process into another program within limits and without any
// way to more rights. It returns only the exit status of one that cannot.
func Become(l Limits, command []string, env []string) int {
	memory := l.Memory
	l.Memory = 0
	err := Confine(l)
	if err == nil {
		_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prNoNewPrivs, 1, 0) // an old kernel lacks it
		if memory > 0 {
			err = limit(syscall.RLIMIT_AS, uint64(memory)) // last: this program has more already
		}
	}
	if err == nil {
		err = syscall.Exec(command[0], command, env)
	}
	fmt.Fprintln(os.Stderr, command[0]+":", err)
	return notStarted
}
