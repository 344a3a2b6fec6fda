package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"selfie/internal/store"
)

// Naive is a store.Engine in memory, so simple that it can be believed: a map,
// a linear scan and a sort. It is the model that other engines are compared
// with, and serves unit tests of code above the store. It keeps nothing.
type Naive struct {
	mu       sync.Mutex
	docs     map[string]map[string]kept // collection, id
	violated []string                   // every index the last refused write violated
}

// kept is a document with its decoded tree.
type kept struct {
	store.Raw
	tree any
}

func keep(doc store.Raw) kept {
	doc.JSON = bytes.Clone(doc.JSON)
	d := json.NewDecoder(bytes.NewReader(doc.JSON))
	d.UseNumber()
	k := kept{Raw: doc}
	if err := d.Decode(&k.tree); err != nil {
		panic(fmt.Sprintf("storetest: document %s: %v", doc.ID, err))
	}
	return k
}

// copy is the caller's to keep.
func (k kept) copy() store.Raw { return clone(k.Raw) }

// NewNaive makes an empty engine.
func NewNaive() *Naive { return &Naive{docs: map[string]map[string]kept{}} }

// Migrate refuses a unique index that standing documents violate.
func (n *Naive) Migrate(ctx context.Context, schemas []*store.Schema) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range schemas {
		if n.docs[s.Name] == nil {
			n.docs[s.Name] = map[string]kept{}
		}
		for _, doc := range n.docs[s.Name] {
			if err := n.refuse(s, doc); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Get implements store.Engine.
func (n *Naive) Get(ctx context.Context, s *store.Schema, id string) (store.Raw, error) {
	if err := ctx.Err(); err != nil {
		return store.Raw{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	doc, ok := n.docs[s.Name][id]
	if !ok {
		return store.Raw{}, store.ErrNotFound
	}
	return doc.copy(), nil
}

// GetMany implements store.Engine.
func (n *Naive) GetMany(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []store.Raw
	for id, doc := range n.docs[s.Name] {
		if slices.Contains(ids, id) {
			out = append(out, doc.copy())
		}
	}
	return out, ctx.Err()
}

// Insert implements store.Engine.
func (n *Naive) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, taken := n.docs[s.Name][doc.ID]; taken {
		n.violated = []string{"id"}
		return &store.ExistsError{Collection: s.Name, Index: "id"}
	}
	k := keep(doc)
	if err := n.refuse(s, k); err != nil {
		return err
	}
	n.docs[s.Name][doc.ID] = k
	return nil
}

// Update implements store.Engine. No lock is held while apply runs.
func (n *Naive) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	for range 64 {
		old, err := n.Get(ctx, s, id)
		if err != nil {
			return err
		}
		rev := old.Rev
		doc, err := apply(old)
		if err != nil {
			return err
		}
		if done, err := n.replace(s, rev, doc); done || err != nil {
			return err
		}
	}
	return store.ErrBusy
}

func (n *Naive) replace(s *store.Schema, rev int64, doc store.Raw) (bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.docs[s.Name][doc.ID].Rev != rev {
		return false, nil
	}
	k := keep(doc)
	if err := n.refuse(s, k); err != nil {
		return false, err
	}
	n.docs[s.Name][doc.ID] = k
	return true, nil
}

// Delete implements store.Engine.
func (n *Naive) Delete(ctx context.Context, s *store.Schema, id string, rev int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	doc, ok := n.docs[s.Name][id]
	if !ok {
		return store.ErrNotFound
	}
	if rev != 0 && rev != doc.Rev {
		return store.ErrStale
	}
	delete(n.docs[s.Name], id)
	return nil
}

// Find implements store.Engine.
func (n *Naive) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	rest := p.Rest()
	keys := map[string][]any{}
	var out []store.Raw
	for id, doc := range n.docs[s.Name] {
		keys[id] = keyOf(doc, rest)
		if matches(doc, p) && (p.After == nil || before(p.After, keys[id], rest)) {
			out = append(out, doc.copy())
		}
	}
	sort.Slice(out, func(i, j int) bool { return before(keys[out[i].ID], keys[out[j].ID], rest) })
	return out[:min(len(out), p.Limit)], ctx.Err()
}

// Count implements store.Engine.
func (n *Naive) Count(ctx context.Context, s *store.Schema, p store.Plan) (int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var count int64
	for _, doc := range n.docs[s.Name] {
		if matches(doc, p) {
			count++
		}
	}
	return count, ctx.Err()
}

// Close implements store.Engine; it may be repeated.
func (n *Naive) Close() error { return nil }

// refuse says whether another document shares doc's values of a unique index.
func (n *Naive) refuse(s *store.Schema, doc kept) error {
	n.violated = nil
	for _, ix := range s.Indexes {
		if !ix.Unique || !holds(ix, doc) {
			continue
		}
		for id, other := range n.docs[s.Name] {
			if id != doc.ID && holds(ix, other) && slices.Equal(keyOf(doc, ix.Fields), keyOf(other, ix.Fields)) {
				n.violated = append(n.violated, ix.Name())
				break
			}
		}
	}
	if n.violated == nil {
		return nil
	}
	return &store.ExistsError{Collection: s.Name, Index: n.violated[0]}
}

func clone(doc store.Raw) store.Raw {
	doc.JSON = bytes.Clone(doc.JSON)
	return doc
}

func holds(ix store.Index, doc kept) bool {
	return !ix.Sparse || valueAt(doc, ix.Fields[0].Path) != nil
}

func matches(doc kept, p store.Plan) bool {
	if p.Index == nil {
		return true
	}
	if !p.Index.Fields[0].List && !holds(*p.Index, doc) {
		return false
	}
	for i, want := range p.Eq {
		f := p.Index.Fields[i]
		if f.List && !slices.Contains(elementsAt(doc, f.Path), want) || !f.List && valueAt(doc, f.Path) != want {
			return false
		}
	}
	return !p.Ranged || inRange(valueAt(doc, p.Index.Fields[len(p.Eq)].Path), p.From, p.To)
}

func inRange(v, from, to any) bool {
	return v != nil && (from == nil || store.Compare(v, from) >= 0) && (to == nil || store.Compare(v, to) <= 0)
}

func keyOf(doc kept, fields []store.Field) []any {
	key := make([]any, len(fields))
	for i, f := range fields {
		key[i] = valueAt(doc, f.Path)
	}
	return key
}

func before(a, b []any, fields []store.Field) bool {
	for i, f := range fields {
		if d := store.Compare(a[i], b[i]); d != 0 {
			return (d < 0) != f.Desc
		}
	}
	return false
}

// at is what stands at a dotted path; absent is nil.
func at(doc kept, path string) any {
	v := doc.tree
	for name := range strings.SplitSeq(path, ".") {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func valueAt(doc kept, path string) any { return scalar(at(doc, path)) }

func elementsAt(doc kept, path string) []any {
	list, _ := at(doc, path).([]any)
	elements := make([]any, len(list))
	for i, v := range list {
		elements[i] = scalar(v)
	}
	return elements
}

// scalar brings a decoded value to the indexed kinds; others count as absent.
func scalar(v any) any {
	switch v := v.(type) {
	case bool, string:
		return v
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
	}
	return nil
}
