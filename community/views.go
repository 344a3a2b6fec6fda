package community

import (
	"context"
	"sync"

	"selfie/internal/store"
)

// viewBuffer counts readers in memory between flushes; what it holds may be lost.
type viewBuffer struct {
	mu    sync.Mutex
	count map[string]int64
}

// maxBuffered bounds the threads counted between two flushes.
const maxBuffered = 10_000

// CountView notes one reader of a thread.
func (s *Service) CountView(thread string) {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	if s.seen.count == nil {
		s.seen.count = map[string]int64{}
	}
	if _, known := s.seen.count[thread]; known || len(s.seen.count) < maxBuffered {
		s.seen.count[thread]++
	}
}

// FlushViews writes what CountView noted. Each node calls it now and then.
func (s *Service) FlushViews(ctx context.Context) error {
	s.seen.mu.Lock()
	batch := s.seen.count
	s.seen.count = nil
	s.seen.mu.Unlock()
	for thread, n := range batch {
		_, err := s.views.Upsert(ctx, thread, func() *Views { return &Views{} }, func(v *Views) error { v.Count += n; return nil })
		if err != nil {
			return err
		}
		if err := s.recountThread(ctx, thread); err != nil {
			return err
		}
	}
	return nil
}

// countViews reads a thread's views: its own, and those an import brought.
func (s *Service) countViews(ctx context.Context, t *Thread) (int64, error) {
	var n int64
	if t.Origin != nil {
		n = t.Origin.Views
	}
	v, err := s.views.Get(ctx, t.ID)
	if err == nil {
		n += v.Count
	}
	return n, store.IgnoreAbsent(err)
}
