package outbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"

	"selfie/internal/store"
)

// maxHints bounds the commits of this process that wait to be told; beyond
// them the next scan finds what was dropped.
const maxHints = 10_000

// feed is the place of one local follower in one collection. Only the hints
// are touched by several goroutines.
type feed struct {
	schema *store.Schema
	boxed  bool         // its documents carry boxes
	floor  store.Millis // everything stamped before it was handed over
	mute   store.Millis // what is stamped before it and visible at the first scan is old news
	latest store.Millis // the last stamp handed over
	seen   map[string]state
	seed   maphash.Seed

	mu    sync.Mutex
	hints map[string]bool // ids written by this process
}

// state tells one version of a document from another.
type state struct {
	changed store.Millis
	rev     int64
	print   uint64 // of everything but the revision and the box
}

func newFeed(s *store.Schema) *feed {
	return &feed{schema: s, boxed: declares(s, PendingIndex()), seed: maphash.MakeSeed(), seen: map[string]state{}, hints: map[string]bool{}}
}

func (f *feed) hint(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.hints) < maxHints {
		f.hints[id] = true
	}
}

// takeHints empties the hints, in batches.
func (f *feed) takeHints() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.hints) == 0 {
		return nil
	}
	ids := make([]string, 0, len(f.hints))
	for id := range f.hints {
		ids = append(ids, id)
	}
	clear(f.hints)
	slices.Sort(ids)
	return slices.Collect(slices.Chunk(ids, BatchSize))
}

// fresh turns documents into the changes that the follower has not heard of,
// in the order of (changed, id). A write that only cleared delivered events is
// no change.
func (f *feed) fresh(docs []store.Raw) ([]Change, error) {
	var changes []Change
	for _, doc := range docs {
		m, err := store.Decode[store.Meta](doc)
		if err != nil {
			return nil, fmt.Errorf("outbox: %s: %w", f.schema.Name, err)
		}
		had, ok := f.seen[doc.ID]
		if ok && had.changed == m.Changed && f.same(doc, had) {
			continue
		}
		changes = append(changes, Change{f.schema.Name, doc.ID, m.Changed, doc})
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Changed, b.Changed), strings.Compare(a.ID, b.ID))
	})
	return changes, nil
}

// same compares a version with the one heard under the same stamp.
func (f *feed) same(doc store.Raw, had state) bool {
	if doc.Rev == had.rev {
		return true
	}
	print, err := f.fingerprint(doc)
	return err == nil && print == had.print
}

// fingerprint sums up what a follower may care about.
func (f *feed) fingerprint(doc store.Raw) (uint64, error) {
	var tree map[string]json.RawMessage
	if err := json.Unmarshal(doc.JSON, &tree); err != nil {
		return 0, fmt.Errorf("outbox: document %s: %w", doc.ID, err)
	}
	delete(tree, "rev")
	if f.boxed {
		delete(tree, "outbox")
		delete(tree, "events")
		delete(tree, "pending")
	}
	var h maphash.Hash
	h.SetSeed(f.seed)
	for _, field := range slices.Sorted(maps.Keys(tree)) {
		fmt.Fprintf(&h, "%s:%d:", field, len(tree[field]))
		h.Write(tree[field])
	}
	return h.Sum64(), nil
}

// heard remembers what was handed over and may be met again: what is stamped
// at or behind the floor that the scan under way will reach.
func (f *feed) heard(changes []Change, floor store.Millis) error {
	for _, c := range changes {
		f.latest = max(f.latest, c.Changed)
		if c.Changed < floor {
			continue
		}
		print, err := f.fingerprint(c.Raw)
		if err != nil {
			return err
		}
		f.seen[c.ID] = state{c.Changed, c.Raw.Rev, print}
	}
	return nil
}

// prune ends a scan: what lies before the new floor will not be met again, and
// from now on everything is news.
func (f *feed) prune(floor store.Millis) {
	f.mute = 0
	for id, s := range f.seen {
		if s.changed < floor {
			delete(f.seen, id)
		}
	}
}
