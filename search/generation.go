package search

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"selfie/internal/store"
	"selfie/search/quick"
)

// generation is one Bleve index, from its making to its being replaced.
type generation struct {
	name  string // of its directory; "" in memory
	about about
	bleve bleve.Index
	quick *quick.Index // the same documents, to be ranked; nil while they are read
}

// The keys of what a generation keeps beside its documents.
var (
	aboutKey      = []byte("about")
	checkpointKey = []byte("checkpoint")
	syncKey       = []byte("sync")
)

// newGeneration makes an empty generation. Its batches do not wait for the disk,
// which makes filling it several times as fast; it is reopened before it serves.
func newGeneration(dir, name, epoch string) (*generation, error) {
	path := ""
	if name != "" {
		path = filepath.Join(dir, name)
	}
	var b bleve.Index
	err := guarded(func() (err error) {
		b, err = bleve.NewUsing(path, newMapping(), scorch.Name, scorch.Name, map[string]any{"unsafe_batch": true})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search: make an index: %w", err)
	}
	return &generation{name, about{mappingVersion, epoch}, b, quick.New(shape())}, nil
}

// syncWait bounds how long a generation may take to bring what it was given to
// disk: Bleve tries again for ever when the disk is full, without a word.
const syncWait = 2 * time.Minute

// sync returns when all that was written is on disk.
func (g *generation) sync(ctx context.Context) error {
	if g.name == "" {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, syncWait, errors.New("search: the disk does not take the index"))
	defer cancel()
	done := make(chan error, 1)
	batch := g.bleve.NewBatch()
	batch.SetInternal(syncKey, []byte("x"))
	batch.SetPersistedCallback(func(err error) { done <- err })
	if err := g.bleve.Batch(batch); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// reopened closes a generation that is on disk and opens it to serve, with
// batches that wait for the disk.
func (g *generation) reopened(dir string) (*generation, error) {
	if g.name == "" {
		return g, nil
	}
	if err := g.close(); err != nil {
		return nil, err
	}
	opened := &generation{name: g.name, quick: g.quick}
	return opened, opened.open(dir)
}

// finish notes that the generation holds the whole store as of a checkpoint,
// and only then what it is: where Bleve, over a damaged file, goes back to an
// earlier state of the index, one from before this moment is refused.
func (g *generation) finish(mark map[string]store.Millis) error {
	upTo, err := g.checkpoint()
	if err == nil && upTo == nil {
		err = g.saveCheckpoint(mark)
	}
	if err != nil {
		return err
	}
	return g.bleve.SetInternal(aboutKey, g.about.encode())
}

// openGeneration opens what newGeneration made, and refuses what is damaged or
// of another mapping.
func openGeneration(dir, name string) (*generation, error) {
	g := &generation{name: name}
	return g, g.open(dir)
}

func (g *generation) open(dir string) error {
	err := guarded(func() (err error) {
		g.bleve, err = bleve.OpenUsing(filepath.Join(dir, g.name), map[string]any{"bolt_timeout": lockWait.String(), "unsafe_batch": false})
		if err == nil {
			err = g.check()
		}
		return err
	})
	if err != nil && g.bleve != nil {
		_ = guarded(g.bleve.Close)
	}
	return err
}

func (g *generation) check() error {
	raw, err := g.bleve.GetInternal(aboutKey)
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return errors.New("it was not finished")
	}
	if err := json.Unmarshal(raw, &g.about); err != nil {
		return fmt.Errorf("it does not say what it is: %w", err)
	}
	if g.about.Version != mappingVersion {
		return fmt.Errorf("it has mapping %d, and this program reads %d", g.about.Version, mappingVersion)
	}
	if _, err := g.bleve.DocCount(); err != nil {
		return err
	}
	return g.checkFiles()
}

// checkFiles compares each segment with the checksum at its end, which Bleve
// writes and does not read: a flipped bit would else be met as a panic in the
// middle of some search.
func (g *generation) checkFiles() error {
	return reading(g.bleve, func(r index.IndexReader) error {
		snapshot, err := snapshotOf(r)
		if err != nil {
			return err
		}
		for _, s := range snapshot.Segments() {
			if onDisk, ok := s.Segment().(interface{ Path() string }); ok {
				if err := checkFile(onDisk.Path()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func snapshotOf(r index.IndexReader) (*scorch.IndexSnapshot, error) {
	if snapshot, ok := r.(*scorch.IndexSnapshot); ok {
		return snapshot, nil
	}
	return nil, fmt.Errorf("it is of the kind %T", r)
}

// reading calls f with one state of a Bleve index, below its queries.
func reading(b bleve.Index, f func(index.IndexReader) error) error {
	inner, err := b.Advanced()
	if err != nil {
		return err
	}
	r, err := inner.Reader()
	if err != nil {
		return err
	}
	defer r.Close()
	return f(r)
}

func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const tail = 4
	if info.Size() < tail {
		return fmt.Errorf("%s is cut short", path)
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-tail); err != nil {
		return err
	}
	var want uint32
	if err := binary.Read(f, binary.BigEndian, &want); err != nil {
		return err
	}
	if sum.Sum32() != want {
		return fmt.Errorf("%s is damaged: its checksum differs", path)
	}
	return nil
}

// checkpoint is up to where the store was followed into this generation.
func (g *generation) checkpoint() (map[string]store.Millis, error) {
	raw, err := g.bleve.GetInternal(checkpointKey)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	upTo := map[string]store.Millis{}
	return upTo, json.Unmarshal(raw, &upTo)
}

func (g *generation) saveCheckpoint(upTo map[string]store.Millis) error {
	raw, err := json.Marshal(upTo)
	if err != nil {
		return err
	}
	return g.bleve.SetInternal(checkpointKey, raw)
}

func (g *generation) close() error {
	if g == nil {
		return nil
	}
	return guarded(g.bleve.Close)
}
