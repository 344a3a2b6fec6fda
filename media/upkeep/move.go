package upkeep

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/media"
)

// copiers is how many blobs are on their way at once: enough to hide the way to an
// object store, few enough for the memory (media.MaxBlob each, at worst).
const copiers = 4

// Doubt is a range of keys, from above After to Until, that a move was copying:
// what stands there may not have been read back. It lasts from before the first
// copy until after the last, so that one who dies leaves it behind.
type Doubt struct {
	store.Meta
	After string `json:"after"`
	Until string `json:"until"` // "" when there is no doubt
}

// Mover copies the blobs of one store to another while both are served.
type Mover struct {
	from, to media.Store
	id       string
	doubts   *store.Collection[Doubt]
}

// DeclareDoubts declares the record of moves on db, the deployment's store.
func DeclareDoubts(db *store.DB) *store.Collection[Doubt] { return store.Declare[Doubt](db, "moves") }

// NewMover returns a mover. name tells this move from others, such as
// "disk to s3://bucket/".
func NewMover(doubts *store.Collection[Doubt], name string, from, to media.Store) *Mover {
	return &Mover{from: from, to: to, id: store.DeriveID("move", name), doubts: doubts}
}

// Moved counts what a move has done.
type Moved struct {
	Looked  int64    // blobs met, in this pass
	Copied  int64    // and read back, in all passes
	Bytes   int64    // in them
	Passes  int      // the last one finds nothing to do
	Damaged []string // keys whose bytes are not what their name says; left alone; the first 100
}

// Options say how to move.
type Options struct {
	Verify bool        // read everything back in the first pass, what stood there before too
	Note   func(Moved) // called after each page; may be nil
}

// Move copies what the other store does not have, reads every copy back and
// compares its SHA-256, and goes on pass by pass until one finds nothing to do.
// What is there already is skipped: it has the name of its content and the same
// size, a Put is visible whole or not at all, and what an earlier move may not have
// read back is copied anew. So a move may be cut short anywhere and run again.
func (m *Mover) Move(ctx context.Context, o Options) (Moved, error) {
	var moved Moved
	for {
		before := moved.Copied
		moved.Looked = 0
		moved.Passes++
		doubt, err := m.doubt(ctx)
		if err != nil {
			return moved, err
		}
		if err := m.pass(ctx, o, doubt, &moved); err != nil {
			return moved, err
		}
		if moved.Copied == before {
			return moved, nil
		}
		o.Verify, moved.Damaged = false, nil
	}
}

func (m *Mover) doubt(ctx context.Context) (*Doubt, error) {
	d, err := m.doubts.Get(ctx, m.id)
	if errors.Is(err, store.ErrNotFound) {
		return &Doubt{}, nil
	}
	return d, err
}

func (m *Mover) note(ctx context.Context, after, until string) error {
	_, err := m.doubts.Upsert(ctx, m.id, func() *Doubt { return &Doubt{} }, func(d *Doubt) error {
		d.After, d.Until = after, until
		return nil
	})
	return err
}

func (m *Mover) pass(ctx context.Context, o Options, doubt *Doubt, moved *Moved) error {
	for after := ""; ; {
		page, err := m.from.List(ctx, after, pageSize)
		if err != nil || len(page) == 0 {
			return err
		}
		last := page[len(page)-1].Key
		have, err := sizes(ctx, m.to, after, last)
		if err != nil {
			return err
		}
		var due []media.Info
		for _, b := range page {
			size, there := have[b.Key]
			doubted := doubt.Until != "" && b.Key > doubt.After && b.Key <= doubt.Until
			if !there || size != b.Size || doubted || o.Verify {
				due = append(due, b)
			}
		}
		if err := m.copyAll(ctx, due, have, o, after, last, moved); err != nil {
			return err
		}
		moved.Looked += int64(len(page))
		if o.Note != nil {
			o.Note(*moved)
		}
		after = last
	}
}

// sizes lists a store from above after to last.
func sizes(ctx context.Context, s media.Store, after, last string) (map[string]int64, error) {
	have := map[string]int64{}
	for after < last {
		page, err := s.List(ctx, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, b := range page {
			if b.Key > last {
				return have, nil
			}
			have[b.Key] = b.Size
		}
		if len(page) < pageSize {
			break
		}
		after = page[len(page)-1].Key
	}
	return have, nil
}

// copyAll copies the due blobs of one page, under a doubt.
func (m *Mover) copyAll(ctx context.Context, due []media.Info, have map[string]int64, o Options, after, last string, moved *Moved) error {
	if len(due) == 0 {
		return nil
	}
	if err := m.note(ctx, after, last); err != nil {
		return err
	}
	var mu sync.Mutex
	var failed error
	work := make(chan media.Info)
	var group sync.WaitGroup
	for range copiers {
		group.Go(func() {
			for b := range work {
				n, err := m.copyOne(ctx, b, o.Verify && have[b.Key] == b.Size)
				mu.Lock()
				moved.count(b, n, err)
				if err != nil && !errors.Is(err, errDamaged) {
					failed = errors.Join(failed, fmt.Errorf("%s: %w", b.Key, err))
				}
				mu.Unlock()
			}
		})
	}
	for _, b := range due {
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop || ctx.Err() != nil {
			break
		}
		work <- b
	}
	close(work)
	group.Wait()
	if err := errors.Join(failed, ctx.Err()); err != nil {
		return err // the doubt stays
	}
	return m.note(ctx, "", "")
}

func (m *Moved) count(b media.Info, copied int64, err error) {
	switch {
	case errors.Is(err, errDamaged) && len(m.Damaged) < 100:
		m.Damaged = append(m.Damaged, b.Key)
	case err == nil && copied >= 0:
		m.Copied++
		m.Bytes += copied
	}
}

var errDamaged = errors.New("upkeep: the blob is not what its name says")

// copyOne copies a blob, reads it back, and returns its size; -1 when there was
// nothing to copy. With compare it looks first whether the copy that is there is
// equal.
func (m *Mover) copyOne(ctx context.Context, b media.Info, compare bool) (int64, error) {
	data, _, err := read(ctx, m.from, b.Key)
	if fault.Is(err, fault.NotFound) {
		return -1, nil // swept since it was listed
	}
	if err != nil {
		return -1, err
	}
	sum := sha256.Sum256(data)
	if !namedWell(b.Key, sum) {
		return -1, errDamaged
	}
	if compare {
		if equal, err := m.holds(ctx, b.Key, sum); err != nil || equal {
			return -1, err
		}
	}
	if err := m.to.Put(ctx, b.Key, bytes.NewReader(data), int64(len(data)), b.ContentType()); err != nil {
		return -1, err
	}
	equal, err := m.holds(ctx, b.Key, sum)
	if err == nil && !equal {
		err = errors.New("the copy reads back as other bytes")
	}
	return int64(len(data)), err
}

func (m *Mover) holds(ctx context.Context, key string, sum [sha256.Size]byte) (bool, error) {
	data, _, err := read(ctx, m.to, key)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && sha256.Sum256(data) == sum, err
}

// namedWell reports whether a blob's bytes may be what its name says: a large
// variant is named by the SHA-256 of its bytes; of others the name says nothing.
func namedWell(key string, sum [sha256.Size]byte) bool {
	hash, variant, _, ok := media.ParseKey(key)
	return !ok || variant != media.Large || hash == hex.EncodeToString(sum[:])
}
