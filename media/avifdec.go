package media

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"selfie/internal/apart"
)

// AVIF is the program avifdec.
type AVIF struct {
	program string
	turns   bool // it turns pictures itself
}

// AVIFState says whether AVIF is taken, for operators.
type AVIFState struct {
	On      bool
	Program string // its path
	Says    string // one sentence: what decodes, or why nothing does and how to mend it
}

// NoAVIF is the program that takes no AVIF.
const NoAVIF = "off"

const (
	askDecoder  = 10 * time.Second
	staleFolder = time.Hour
)

// lying is a gray AVIF of 4 by 2 pixels that lies on its side, for asking the
// program whether it works and what it does about that.
const lying = "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAPptZXRhAAAAAAAAAChoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAbGli" +
	"YXZpZgAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAEeAAAAGAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAA" +
	"AAEAAGF2MDFDb2xvcgAAAAByaXBycAAAAFJpcGNvAAAAFGlzcGUAAAAAAAAABAAAAAIAAAAOcGl4aQAAAAABCAAAAAxhdjFDgQAc" +
	"AAAAABNjb2xybmNseAABAA0ABoAAAAAJaXJvdAEAAAAYaXBtYQAAAAAAAAABAAEFAQKDBIUAAAAgbWRhdBIACggYBD8sBDQagDIK" +
	"FkAAAQAlaFQYeA=="

// FindAVIF looks for avifdec, "" on PATH, and lets it decode a picture as it will
// later on, started by the command child. It returns nil with a state that is off
// when that does not work. Of the folders in which it works it removes those that
// a server left behind when it was killed.
func FindAVIF(ctx context.Context, child []string, program string) (*AVIF, AVIFState) {
	if program == NoAVIF {
		return nil, AVIFState{Says: "off, as configured: AVIF pictures are refused"}
	}
	path, err := exec.LookPath(cmp.Or(program, "avifdec"))
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil || child == nil {
		return nil, AVIFState{Says: "off: the program avifdec was not found. Install it (libavif-bin), or name its path by --avif"}
	}
	removeStale(os.TempDir())
	ctx, cancel := context.WithTimeout(ctx, askDecoder)
	defer cancel()
	a := &AVIF{program: path}
	version, err := a.ask(ctx, child)
	if err != nil {
		return nil, AVIFState{Program: path, Says: fmt.Sprintf("off: %s does not decode: %v", path, err)}
	}
	return a, AVIFState{On: true, Program: path, Says: "on: avifdec " + version + " decodes AVIF"}
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// ask finds out the program's version and its ways.
func (a *AVIF) ask(ctx context.Context, child []string) (version string, err error) {
	said := &apart.Capped{Room: 200}
	_, err = apart.Run(ctx, apart.Job{Command: []string{a.program, "--version"}}, func(r io.Reader) error {
		_, err := io.Copy(said, r)
		return err
	})
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(lying)
	if err != nil {
		return "", err
	}
	h, err := avifHeader(data)
	if err != nil {
		return "", err
	}
	o := newOutside(Decoders{Child: child, AVIF: a})
	_, err = o.avif(ctx, h, data)
	if errors.Is(err, errHeader) {
		a.turns = true
		_, err = o.avif(ctx, h.upright(), data)
	}
	return cmp.Or(versionNumber.FindString(said.String()), "of an unknown version"), err
}

func removeStale(temp string) {
	list, _ := filepath.Glob(filepath.Join(temp, tempPrefix+"*"))
	for _, dir := range list {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && time.Since(info.ModTime()) > staleFolder {
			_ = os.RemoveAll(dir) // another user's stays
		}
	}
}
