package media

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
	"time"

	"runtime/debug"

	"github.com/gen2brain/heic"

	"selfie/internal/apart"
)

// DecodeCommand is the argument by which this program is started to decode one
// picture and do nothing else. It is not for people.
const DecodeCommand = "decode-picture"

// What the child is asked to do, by its second argument.
const (
	childHEIC = "heic" // memory, seconds: decode standard input
	childRun  = "run"  // memory, seconds, bytes of a file, program and its arguments
)

const (
	statusRefused = 1 // the decoder cannot read the picture
	statusMisused = 2

	maxStill    = 64 << 20 // bytes, far above what an upload may have
	spareSpace  = 256 << 20
	spaceFactor = 3 // address space a byte of memory that is counted: 2.4 was measured, old and new room of the decoder together
)

// IsChild tells a process that was started to decode, by its arguments. Such a one
// must do nothing but exit with what Child returns.
func IsChild(args []string) bool { return len(args) > 1 && args[1] == DecodeCommand }

// Child decodes one picture within limits that it takes upon itself, and returns
// its exit status. It talks to a Pipeline.
func Child(args []string) int {
	if len(args) < 5 {
		return statusMisused
	}
	memory, err := strconv.ParseInt(args[3], 10, 64)
	seconds, err2 := strconv.Atoi(args[4])
	if errors.Join(err, err2) != nil {
		return statusMisused
	}
	limits := apart.Limits{Memory: memory, CPU: time.Duration(seconds) * time.Second}
	switch {
	case args[2] == childHEIC:
		return childDecodes(limits)
	case args[2] == childRun && len(args) > 6:
		if limits.File, err = strconv.ParseInt(args[5], 10, 64); err == nil {
			return apart.Become(limits, args[6:], os.Environ())
		}
	}
	return statusMisused
}

// childDecodes decodes a HEIC. The decoder is made ready first: what it takes by
// itself is no part of what the picture may take.
func childDecodes(l apart.Limits) int {
	out := os.Stdout
	os.Stdout = os.Stderr // for what the decoder says
	err := apart.Confine(apart.Limits{CPU: l.CPU})
	if err == nil {
		heic.Init()
		debug.SetMemoryLimit(l.Memory) // gives back early what the decoder grew out of
		err = apart.GrowBy(spaceFactor*l.Memory + spareSpace)
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(os.Stdin, maxStill))
	}
	var img image.Image
	if err == nil {
		img, err = safeHEIC(bytes.NewReader(data))
	}
	if err == nil {
		err = writePixels(out, img)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return statusRefused
	}
	return 0
}

func safeHEIC(r io.Reader) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("HEIC decoder panicked: %v", p)
		}
	}()
	return heic.Decode(r)
}
