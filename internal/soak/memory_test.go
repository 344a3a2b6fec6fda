package soak

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is what the kernel says of a process, in MiB. File holds what can be
// dropped and read again: mapped index files, the program itself.
type memory struct{ Peak, RSS, Anon, File int }

func (m memory) String() string {
	return fmt.Sprintf("%d MiB resident (%d of its own, %d mapped files), at most %d", m.RSS, m.Anon, m.File, m.Peak)
}

// memoryOf reads the memory of a process; ok is false where there is no /proc,
// or no such process.
func memoryOf(pid int) (m memory, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, false
	}
	for line := range strings.Lines(string(b)) {
		var kb int
		name, rest, _ := strings.Cut(line, ":")
		if _, err := fmt.Sscan(rest, &kb); err != nil {
			continue
		}
		switch name {
		case "VmHWM":
			m.Peak = kb >> 10
		case "VmRSS":
			m.RSS = kb >> 10
		case "RssAnon":
			m.Anon = kb >> 10
		case "RssFile":
			m.File = kb >> 10
		}
	}
	return m, m.RSS > 0
}

// gauge watches the memory of a process while something goes on.
type gauge struct {
	mu   sync.Mutex
	most memory // each part at its own highest
	stop chan struct{}
	done chan struct{}
}

func watchMemory(pid int) *gauge {
	g := &gauge{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(g.done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			g.look(pid)
			select {
			case <-tick.C:
			case <-g.stop:
				return
			}
		}
	}()
	return g
}

func (g *gauge) look(pid int) {
	m, ok := memoryOf(pid)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.most = memory{max(g.most.Peak, m.Peak), max(g.most.RSS, m.RSS), max(g.most.Anon, m.Anon), max(g.most.File, m.File)}
}

// end stops watching and returns the most that was seen.
func (g *gauge) end() memory {
	close(g.stop)
	<-g.done
	return g.most
}

// maxMemory is the promise: the server stays below it, in MiB.
const maxMemory = 300

// within ends the watch of a server, whose mapped files count too.
func (g *gauge) within(t *testing.T, doing string) {
	t.Helper()
	g.keeps(t, doing, func(m memory) int { return m.Peak })
}

// ownWithin ends the watch of a command that reads and writes large files once:
// what it maps of them is the kernel's to drop.
func (g *gauge) ownWithin(t *testing.T, doing string) {
	t.Helper()
	g.keeps(t, doing, func(m memory) int { return m.Anon })
}

func (g *gauge) keeps(t *testing.T, doing string, counted func(memory) int) {
	t.Helper()
	m := g.end()
	t.Logf("memory while %s: %d MiB at most (%d of its own, %d mapped files)", doing, m.Peak, m.Anon, m.File)
	if m.Peak == 0 {
		t.Logf("NOT RUN: memory while %s; this system has no /proc", doing)
	}
	if n := counted(m); n > maxMemory {
		t.Errorf("while %s it took %d MiB; it promises %d", doing, n, maxMemory)
	}
}
