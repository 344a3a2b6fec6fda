package media_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// own is this very test binary, which plays a rogue when it is started as one.
const own = "/proc/self/exe"

// rogues are decoders that do not keep to what was agreed, by the argument that
// this binary is started with in place of media.DecodeCommand.
var rogues = map[string]func() int{
	"exits":     func() int { return 1 },
	"crashes":   func() int { panic("Secret") },
	"is killed": func() int { return die(64, 64, 100) },
	"says nothing": func() int {
		_, _ = io.Copy(io.Discard, os.Stdin) // what was uploaded is of no interest
		return 0
	},
	"writes rubbish":        func() int { return write(bytes.Repeat([]byte("rubbish"), 1000)) },
	"writes without end":    func() int { return write(pixels('g', 64, 64, 64*64), endless) },
	"writes too little":     func() int { return write(pixels('0', 64, 64, 64*64)) },
	"says it is larger":     func() int { return write(pixels('n', 1<<31, 1<<31, 1000)) },
	"says it is another":    func() int { return write(pixels('g', 32, 128, 64*64)) },
	"of a kind that is not": func() int { return write(pixels('x', 64, 64, 64*64)) },
	"well, and then badly":  func() int { write(pixels('g', 64, 64, 64*64)); return 3 },
	"never ends":            func() int { select {} },
	"never ends its output": func() int { write(pixels('g', 64, 64, 64*64)); select {} },
}

var endless []byte // never equal to what is written

// outside decodes as the program does.
var outside media.Decoders

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if rogue := rogues[os.Args[1]]; rogue != nil {
			os.Exit(rogue())
		}
	}
	dir, err := os.MkdirTemp("", "selfie-decoder-")
	if err != nil {
		panic(err)
	}
	child := []string{filepath.Join(dir, "decoder"), media.DecodeCommand}
	if out, err := exec.Command("go", "build", "-o", child[0], "selfie/media/mediatest/decoder").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%v\n%s", err, out))
	}
	outside = media.Decoders{Child: child}
	pipeline.With(outside)
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// pixels is what a decoder says of a picture, and n bytes of it.
func pixels(kind byte, w, h uint32, n int) []byte {
	return join([]byte("pix1"), []byte{kind, 0, 0, 0}, be32(w, h), make([]byte, n))
}

func write(list ...[]byte) int {
	out := bufio.NewWriter(os.Stdout)
	for _, b := range list {
		_, _ = out.Write(b) // who does not listen, does not
		for b == nil {
			if _, err := out.Write(make([]byte, 1<<16)); err != nil {
				return 0
			}
		}
	}
	_ = out.Flush()
	return 0
}

func die(w, h uint32, n int) int {
	write(pixels('g', w, h, n))
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// tried is what comes of a HEIC whose boxes are right with a decoder.
func tried(t *testing.T, deadline time.Duration, command ...string) (error, string) {
	t.Helper()
	var log bytes.Buffer
	p := media.NewPipeline(media.Limits{Deadline: deadline}).
		With(media.Decoders{Child: command, Log: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := p.Process(t.Context(), bytes.NewReader(heicSeeds()[0]), "")
	return err, log.String()
}

// Whatever a decoder does, it is a sentence for the person and a line for the
// operator.
func TestRogueDecoders(t *testing.T) {
	for name := range rogues {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deadline, says := 5*time.Minute, "could not be read; send it as a JPEG or PNG"
			switch name {
			case "exits":
				says = "damaged"
			case "never ends", "never ends its output":
				deadline, says = 300*time.Millisecond, "too long"
			}
			err, log := tried(t, deadline, own, name)
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Field != "image" || !strings.Contains(f.Public, says) {
				t.Errorf("got %v", err)
			}
			if strings.Count(log, "\n") != 1 || len(log) > 500 {
				t.Errorf("the operator reads %q", log)
			}
		})
	}
}

// A decoder that does not start is nobody's picture's fault.
func TestNoDecoder(t *testing.T) {
	for _, command := range []string{"/nowhere/selfie", t.TempDir()} {
		err, log := tried(t, time.Minute, command, media.DecodeCommand)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.RetryAfter == 0 || f.Public == "" || !strings.Contains(log, "cannot be started") {
			t.Errorf("%s: %v, %q", command, err, log)
		}
	}
	if err, _ := tried(t, time.Minute); !fault.Is(err, fault.Unsupported) {
		t.Errorf("without a decoder: %v", err)
	}
	for _, args := range [][]string{nil, {"heic"}, {"heic", "x", "y"}, {"other", "1", "1"}, {"run", "1", "1", "x", "y"}} {
		if status := media.Child(append([]string{own, media.DecodeCommand}, args...)); status != 2 {
			t.Errorf("%q ends with %d", args, status)
		}
	}
}

// TestGivenUp gives up on decoders that never end: each lets go of its turn, and
// the next one has it.
func TestGivenUp(t *testing.T) {
	p := media.NewPipeline(media.Limits{Deadline: 5 * time.Minute}).With(media.Decoders{Child: []string{own, "never ends"}})
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := p.Process(ctx, bytes.NewReader(heicSeeds()[0]), "")
			if f, ok := fault.As(err); !ok || f.Kind == fault.Internal {
				t.Error(err)
			}
		})
	}
	work.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := p.Process(ctx, bytes.NewReader(heicSeeds()[0]), ""); !fault.Is(err, fault.Invalid) { // no turn would be Unavailable
		t.Error(err)
	}
}

// Several at once have their turns, one after another.
func TestHEICsAtOnce(t *testing.T) {
	data := sample(t, "gray.heic")
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() {
			if _, err := pipeline.Process(t.Context(), bytes.NewReader(data), ""); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
}
