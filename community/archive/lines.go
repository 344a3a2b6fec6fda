package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"slices"

	"selfie/internal/fault"
)

// The bounds of what an import believes: a body of 30,000 runes with its HTML
// takes less than a megabyte.
const (
	maxLine     = 16 << 20 // bytes
	maxManifest = 1 << 20
)

// lineFile writes one file of an export and sums it up.
type lineFile struct {
	file  *os.File
	out   *bufio.Writer
	sum   hash.Hash
	lines int64
	bytes int64
}

func createLines(root *os.Root, name string) (*lineFile, error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	l := &lineFile{file: f, sum: sha256.New()}
	l.out = bufio.NewWriterSize(io.MultiWriter(f, l.sum), 1<<16)
	return l, nil
}

// write appends a document without what belongs to its store.
func (l *lineFile) write(doc any, hidden ...string) error {
	line, err := portable(doc, hidden...)
	if err != nil {
		return err
	}
	l.lines++
	l.bytes += int64(len(line))
	_, err = l.out.Write(line)
	return err
}

func (l *lineFile) close() error {
	return errors.Join(l.out.Flush(), l.file.Sync(), l.file.Close())
}

func (l *lineFile) entry(name string) Entry {
	return Entry{Name: name, Lines: l.lines, Bytes: l.bytes, SHA256: hex.EncodeToString(l.sum.Sum(nil))}
}

// ofStore are the fields that say something about one store and nothing about
// the community.
var ofStore = []string{"rev", "changed", "outbox", "events", "pending"}

// portable is a document as one line: JSON with its keys sorted on every level,
// so that the same document gives the same line from every engine.
func portable(doc any, hidden ...string) ([]byte, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree map[string]any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	for _, key := range slices.Concat(ofStore, hidden) {
		delete(tree, key)
	}
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	err = e.Encode(tree)
	return line.Bytes(), err
}

// readLines calls f with each line of a file as a T. A line that is none is
// fault.Invalid and named.
func readLines[T any](ctx context.Context, root *os.Root, name string, f func(*T) error) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	n := 0
	for lines.Scan() {
		n++
		doc := new(T)
		if err := json.Unmarshal(lines.Bytes(), doc); err != nil {
			return fault.Wrap(err, fault.Invalid, "%s: line %d is damaged.", name, n)
		}
		if err := errors.Join(ctx.Err(), f(doc)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fault.Wrap(err, fault.Invalid, "%s cannot be read on after line %d.", name, n)
	}
	return nil
}

// sumOf reads a whole file and returns its size and SHA-256 in hex.
func sumOf(root *os.Root, name string) (size int64, sum string, err error) {
	f, err := root.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}
