package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sort"
	"strings"
	"testing"

	"selfie/internal/store"
)

// broken is an engine with one fault; a nil method works as Naive's does.
type broken struct {
	*Naive
	get    func(store.Raw) store.Raw
	update func(n *Naive, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error
	insert func(n *Naive, s *store.Schema, doc store.Raw) error
	delete func(n *Naive, s *store.Schema, id string, rev int64) error
	plan   func(*store.Plan)
	found  func([]store.Raw, store.Plan) []store.Raw
	count  func(int64) int64
}

func (b broken) Get(ctx context.Context, s *store.Schema, id string) (store.Raw, error) {
	doc, err := b.Naive.Get(ctx, s, id)
	if b.get != nil && err == nil {
		doc = b.get(doc)
	}
	return doc, err
}

func (b broken) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	if b.insert != nil {
		return b.insert(b.Naive, s, doc)
	}
	return b.Naive.Insert(ctx, s, doc)
}

func (b broken) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	if b.update != nil {
		return b.update(b.Naive, s, id, apply)
	}
	return b.Naive.Update(ctx, s, id, apply)
}

func (b broken) Delete(ctx context.Context, s *store.Schema, id string, rev int64) error {
	if b.delete != nil {
		return b.delete(b.Naive, s, id, rev)
	}
	return b.Naive.Delete(ctx, s, id, rev)
}

func (b broken) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	if b.plan != nil {
		b.plan(&p)
	}
	docs, err := b.Naive.Find(ctx, s, p)
	if b.found != nil {
		docs = b.found(docs, p)
	}
	return docs, err
}

func (b broken) Count(ctx context.Context, s *store.Schema, p store.Plan) (int64, error) {
	n, err := b.Naive.Count(ctx, s, p)
	if b.count != nil {
		n = b.count(n)
	}
	return n, err
}

// force writes the document past every check.
func force(n *Naive, s *store.Schema, doc store.Raw) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.docs[s.Name][doc.ID] = keep(doc)
}

var background = context.Background()

// faults lists engines that break the contract, by the part of the suite that
// must notice.
func faults() map[string]broken {
	shared := map[string][]byte{}
	return map[string]broken{
		"round trip/numbers as floats": {get: func(doc store.Raw) store.Raw {
			var v any
			_ = json.Unmarshal(doc.JSON, &v)
			doc.JSON, _ = json.Marshal(v)
			return doc
		}},
		"round trip/NUL dropped": {get: func(doc store.Raw) store.Raw {
			doc.JSON = bytes.ReplaceAll(doc.JSON, []byte(`\u0000`), nil)
			return doc
		}},
		"round trip/null for an empty list": {get: func(doc store.Raw) store.Raw {
			doc.JSON = bytes.ReplaceAll(doc.JSON, []byte(`[]`), []byte(`null`))
			return doc
		}},
		"bytes/shared": {get: func(doc store.Raw) store.Raw {
			if b, ok := shared[doc.ID]; ok {
				copy(b, doc.JSON)
			}
			shared[doc.ID] = doc.JSON
			return doc
		}},
		"ids/trimmed": {insert: func(n *Naive, s *store.Schema, doc store.Raw) error {
			doc.ID = strings.TrimSpace(doc.ID)
			return n.Insert(background, s, doc)
		}},
		"unique/index named last": {insert: func(n *Naive, s *store.Schema, doc store.Raw) error {
			other := doc
			other.ID += "?" // so that the document's own values count
			if err := n.refuse(s, keep(other)); err != nil {
				return err
			}
			return n.Insert(background, s, doc)
		}},
		"unique/not at update": {update: func(n *Naive, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
			return n.Update(background, s, id, func(old store.Raw) (store.Raw, error) {
				doc, err := apply(old)
				if err == nil {
					force(n, s, doc)
				}
				return doc, err
			})
		}},
		"unique/written before it is refused": {update: func(n *Naive, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
			var doc store.Raw
			err := n.Update(background, s, id, func(old store.Raw) (_ store.Raw, err error) { doc, err = apply(old); return doc, err })
			if err != nil && doc.ID != "" {
				force(n, s, doc)
			}
			return err
		}},
		"update/error wrapped": {update: func(n *Naive, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
			if err := n.Update(background, s, id, apply); err != nil {
				return fmt.Errorf("update: %w", err)
			}
			return nil
		}},
		"update against a peer/lost update": {update: loseUpdates},
		"concurrent/lost update":            {update: loseUpdates},
		"concurrent/id checked, then written": {insert: func(n *Naive, s *store.Schema, doc store.Raw) error {
			if _, err := n.Get(background, s, doc.ID); err == nil {
				return &store.ExistsError{Collection: s.Name, Index: "id"}
			}
			force(n, s, doc)
			return nil
		}},
		"concurrent/context ignored": {delete: func(n *Naive, s *store.Schema, id string, rev int64) error {
			return n.Delete(background, s, id, rev)
		}},
		"delete/any revision": {delete: func(n *Naive, s *store.Schema, id string, rev int64) error {
			return n.Delete(background, s, id, 0)
		}},
		"queries/null in a range": {plan: func(p *store.Plan) { p.Ranged = p.Ranged && p.From != nil }},
		"queries/open bound":      {plan: func(p *store.Plan) { p.To = nil }},
		"queries/one direction":   {plan: func(p *store.Plan) { p.Reverse = false }},
		"queries/sparse forgotten": {plan: func(p *store.Plan) {
			if p.Index != nil && p.Index.Sparse {
				ix := *p.Index
				ix.Sparse = false
				p.Index = &ix
			}
		}},
		"queries/cursor without id": {plan: func(p *store.Plan) {
			if p.After != nil {
				p.After = append(slices.Clone(p.After[:len(p.After)-1]), "")
			}
		}},
		"queries/count by cursor's page": {count: func(n int64) int64 { return min(n, 20) }},
		"list fields/met twice": {found: func(docs []store.Raw, p store.Plan) []store.Raw {
			var out []store.Raw
			for _, doc := range docs {
				out = append(out, doc)
				if len(elementsAt(keep(doc), "tags")) > 3 {
					out = append(out, doc)
				}
			}
			return out[:min(len(out), p.Limit)]
		}},
		"order of values/without case": {found: func(docs []store.Raw, p store.Plan) []store.Raw {
			rest := p.Rest()
			sort.SliceStable(docs, func(i, j int) bool {
				a, aok := valueAt(keep(docs[i]), rest[0].Path).(string)
				b, bok := valueAt(keep(docs[j]), rest[0].Path).(string)
				return aok && bok && (strings.ToLower(a) < strings.ToLower(b)) != rest[0].Desc && !strings.EqualFold(a, b)
			})
			return docs
		}},
		"model/one tag is forgotten": {plan: func(p *store.Plan) {
			if len(p.Eq) == 1 && p.Eq[0] == "X" {
				p.Eq = []any{"x"}
			}
		}},
	}
}

func loseUpdates(n *Naive, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	old, err := n.Get(background, s, id)
	if err != nil {
		return err
	}
	doc, err := apply(old)
	if err == nil {
		force(n, s, doc)
	}
	return err
}

const brokenVar = "STORETEST_FAULT"

// TestFaultsAreFound runs the suite on engines with one fault each, in a
// process of their own, and holds that it fails.
func TestFaultsAreFound(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range faults() {
		t.Run(name, func(t *testing.T) {
			part, _, _ := strings.Cut(name, "/")
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestBroken$/^"+strings.ReplaceAll(part, " ", "_")+"$")
			cmd.Env = append(os.Environ(), brokenVar+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte("--- FAIL: TestBroken/")) {
				t.Errorf("the suite let it pass: %v\n%s", err, out)
			}
		})
	}
}

// TestBroken is the other process of TestFaultsAreFound.
func TestBroken(t *testing.T) {
	fault, ok := faults()[os.Getenv(brokenVar)]
	if !ok {
		return
	}
	target := Target{Open: func(testing.TB) store.Engine { fault.Naive = NewNaive(); return fault }}
	target.Peer = func(_ testing.TB, e store.Engine) store.Engine { return e }
	Run(t, target)
}
