package scene

import (
	"context"
	"strings"
	"sync"
	"testing"

	"selfie/internal/store"
	"selfie/internal/store/sqlite"
)

// explained is a SQLite store that asks the database how it serves each shape
// of query it is given, and fails the test on a scan or a sort.
type explained struct {
	*sqlite.Engine
	t    *testing.T
	mu   sync.Mutex
	seen map[string]bool
}

// Explained opens an empty SQLite store whose every query must be a search of
// an index, and counts the shapes it saw.
func Explained(t *testing.T) (e store.Engine, shapes func() int) {
	t.Helper()
	x := &explained{Engine: SQLite(t).(*sqlite.Engine), t: t, seen: map[string]bool{}}
	return x, func() int { x.mu.Lock(); defer x.mu.Unlock(); return len(x.seen) }
}

// Find implements store.Engine.
func (e *explained) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	e.explain(ctx, s, p)
	return e.Engine.Find(ctx, s, p)
}

// Count implements store.Engine.
func (e *explained) Count(ctx context.Context, s *store.Schema, p store.Plan) (int64, error) {
	e.explain(ctx, s, p)
	return e.Engine.Count(ctx, s, p)
}

func (e *explained) explain(ctx context.Context, s *store.Schema, p store.Plan) {
	index := "id"
	if p.Index != nil {
		index = p.Index.Name()
	}
	shape := s.Name + " by " + index
	e.mu.Lock()
	known := e.seen[shape]
	e.seen[shape] = true
	e.mu.Unlock()
	if known {
		return
	}
	lines, err := e.Explain(ctx, s, p)
	if err != nil {
		e.t.Errorf("%s: %v", shape, err)
	}
	for _, l := range lines {
		if !strings.Contains(l, "SEARCH") || strings.Contains(l, "SCAN") || strings.Contains(l, "TEMP B-TREE") {
			e.t.Errorf("%s is served by: %s", shape, l)
		}
	}
}
