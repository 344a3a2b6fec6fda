// Package disk keeps blobs as files under one directory, named like their keys.
package disk

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

const (
	tempDir  = ".tmp"        // same file system, so that a rename moves; no key begins with a dot
	leftover = 1 * time.Hour // no Put takes longer: an older temporary file has lost its process
	attempts = 5             // of a Put whose directory a concurrent Delete removes under it
)

// Store implements media.Store over a directory. Several processes may share it.
type Store struct {
	root *os.Root
	now  func() time.Time
}

// Open returns the store in dir, which it creates. It removes the temporary files
// that processes killed in the middle of a Put left behind, if they are older than
// an hour by now, the caller's clock; a nil now is the machine's.
func Open(dir string, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, failed(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failed(err)
	}
	s := &Store{root: root, now: now}
	if err := s.mkdir(tempDir); err != nil {
		return nil, errors.Join(failed(err), root.Close())
	}
	if err := s.sweep(); err != nil {
		return nil, errors.Join(failed(err), root.Close())
	}
	return s, nil
}

// Close releases the directory. Readers that are open stay usable.
func (s *Store) Close() error { return s.root.Close() }

func (s *Store) sweep() error {
	entries, err := s.entries(tempDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // its Put ended in this moment
		}
		if s.now().Sub(info.ModTime()) > leftover {
			if err := s.remove(path.Join(tempDir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Put implements media.Store: a temporary file, synced, renamed into place, and
// every directory on the way to it synced, also those another Put has only just
// made.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, _ string) error {
	if err := media.CheckPut(key, size); err != nil {
		return err
	}
	temp, err := s.writeTemp(ctx, r, size)
	if err != nil {
		return err
	}
	for range attempts {
		if err = s.place(temp, key); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err != nil {
		return errors.Join(failed(err), s.remove(temp))
	}
	return nil
}

// writeTemp writes r to a temporary file and leaves nothing when that fails.
func (s *Store) writeTemp(ctx context.Context, r io.Reader, size int64) (string, error) {
	name := path.Join(tempDir, rand.Text())
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return "", failed(err)
	}
	in := media.ExactReader(ctx, r, size)
	_, err = io.Copy(f, in)
	if in.Err() != nil {
		err = in.Err()
	} else {
		err = failed(errors.Join(err, f.Sync()))
	}
	now := s.now()
	if err = errors.Join(err, failed(f.Close()), failed(s.root.Chtimes(name, now, now))); err != nil {
		return "", errors.Join(err, s.remove(name))
	}
	return name, nil
}

func (s *Store) place(temp, key string) error {
	dir := path.Dir(key)
	if err := s.mkdir(dir); err != nil {
		return err
	}
	if err := s.root.Rename(temp, key); err != nil {
		return err
	}
	for ; dir != "."; dir = path.Dir(dir) {
		if err := s.sync(dir); err != nil {
			return err
		}
	}
	return s.sync(".")
}

func (s *Store) mkdir(dir string) error { return s.root.MkdirAll(dir, 0o750) }

// sync makes dir's entries durable. A directory that is gone again has none.
func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// remove deletes a file or an empty directory that may be gone already.
func (s *Store) remove(name string) error {
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Open implements media.Store.
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, media.Info, error) {
	if err := media.CheckKey(key); err != nil {
		return nil, media.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, media.Info{}, failed(err)
	}
	f, err := s.root.Open(key)
	if absent(err) {
		return nil, media.Info{}, notFound(err)
	}
	if err != nil {
		return nil, media.Info{}, failed(err)
	}
	stat, err := f.Stat()
	if err != nil {
		return nil, media.Info{}, errors.Join(failed(err), f.Close())
	}
	return f, infoOf(key, stat), nil
}

// Stat implements media.Store.
func (s *Store) Stat(ctx context.Context, key string) (media.Info, error) {
	if err := media.CheckKey(key); err != nil {
		return media.Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return media.Info{}, failed(err)
	}
	stat, err := s.root.Stat(key)
	if absent(err) {
		return media.Info{}, notFound(err)
	}
	if err != nil {
		return media.Info{}, failed(err)
	}
	return infoOf(key, stat), nil
}

func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func notFound(err error) error {
	return fault.Wrap(err, fault.NotFound, "This picture does not exist.")
}

func infoOf(key string, stat fs.FileInfo) media.Info {
	return media.Info{Key: key, Size: stat.Size(), Modified: stat.ModTime().UTC()}
}

// Delete implements media.Store. Directories that become empty go too.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := media.CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return failed(err)
	}
	if err := s.remove(key); err != nil {
		return failed(err)
	}
	dir := path.Dir(key)
	for ; dir != "." && s.root.Remove(dir) == nil; dir = path.Dir(dir) {
	}
	return failed(s.sync(dir))
}

// Check implements media.Store.
func (s *Store) Check(ctx context.Context) error {
	const probe = "probe"
	temp, err := s.writeTemp(ctx, strings.NewReader(probe), int64(len(probe)))
	if err != nil {
		return err
	}
	return failed(s.remove(temp))
}

func (s *Store) entries(dir string) ([]fs.DirEntry, error) {
	d, err := s.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := d.ReadDir(-1)
	err = errors.Join(err, d.Close())
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	return entries, err
}

// sortName orders a directory where its keys come, so that "a-b/" precedes "a/".
func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// failed gives err the kind that media.Store promises.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.Wrap(err, fault.Unavailable, "There is no space left for pictures. Tell the people who run this site.")
	default:
		return fault.Wrap(err, fault.Unavailable, "Pictures cannot be stored or read right now. Try again later.")
	}
}
