package scene

import (
	"context"
	"fmt"
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
	return ExplainedOver(t, SQLite(t).(*sqlite.Engine))
}

// ExplainedOver is Explained over a store that is there.
func ExplainedOver(t *testing.T, engine *sqlite.Engine) (e store.Engine, shapes func() int) {
	x := &explained{Engine: engine, t: t, seen: map[string]bool{}}
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
	shape := shapeOf(s, p)
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

// shapeOf tells apart what the database may plan apart.
func shapeOf(s *store.Schema, p store.Plan) string {
	index := "id"
	if p.Index != nil {
		index = p.Index.Name()
	}
	return fmt.Sprintf("%s by %s: %d equal, from %t to %t ranged %t, reverse %t, continued %t",
		s.Name, index, len(p.Eq), p.From != nil, p.To != nil, p.Ranged, p.Reverse, p.After != nil)
}
