package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// home is the directory of an index. Its manifest, a small bbolt file, names
// the generation that serves and is the lock that keeps other processes out.
// Generations are directories beside it; one that the manifest does not name is
// what a crash left.
type home struct {
	dir      string
	manifest *bbolt.DB
}

const (
	manifestFile  = "manifest.bolt"
	generationDir = "generation-"
	lockWait      = 3 * time.Second
)

var bucket, currentKey = []byte("search"), []byte("current")

func openHome(dir string) (*home, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	path := filepath.Join(dir, manifestFile)
	db, err := openManifest(path)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fault.Wrap(err, fault.Unavailable, "The search index in %s is in use by another process. Stop that one first, or let it do the work.", dir)
	}
	if err != nil {
		// Damaged: nothing in it is worth more than what the store holds.
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		if db, err = openManifest(path); err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
	}
	return &home{dir, db}, nil
}

func openManifest(path string) (db *bbolt.DB, err error) {
	err = guarded(func() error {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
		if err != nil {
			return err
		}
		return db.Update(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucketIfNotExists(bucket)
			return err
		})
	})
	if err != nil && db != nil {
		db.Close()
	}
	return db, err
}

// current opens the generation that the manifest names; nil when it names none.
func (h *home) current() (*generation, error) {
	var name string
	err := guarded(func() error {
		return h.manifest.View(func(tx *bbolt.Tx) error {
			name = string(tx.Bucket(bucket).Get(currentKey))
			return nil
		})
	})
	if err != nil || name == "" {
		return nil, err
	}
	if !strings.HasPrefix(name, generationDir) || name != filepath.Base(name) {
		return nil, fmt.Errorf("the manifest names %q", name)
	}
	return openGeneration(h.dir, name)
}

// fresh makes an empty generation that the manifest does not name yet.
func (h *home) fresh(epoch string) (*generation, error) {
	return newGeneration(h.dir, generationDir+store.Token()[:12], epoch)
}

// name makes a generation the one that is opened next time.
func (h *home) name(g *generation) error {
	return h.manifest.Update(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(currentKey, []byte(g.name)) })
}

// clean removes every generation but one.
func (h *home) clean(keep string) error {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), generationDir) && e.Name() != keep {
			err = errors.Join(err, os.RemoveAll(filepath.Join(h.dir, e.Name())))
		}
	}
	return err
}

func (h *home) close() error { return h.manifest.Close() }

// about is what a generation says of itself.
type about struct {
	Version int    `json:"version"` // of the mapping
	Epoch   string `json:"epoch"`   // of the store
}

func (a about) encode() []byte {
	b, _ := json.Marshal(a) // two plain fields
	return b
}
