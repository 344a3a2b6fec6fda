package reputation

import "sync"

// turns lets those who want the same thing computed at once share the work:
// while one run is under way, all who come wait for the next and share that.
type turns[K comparable] struct {
	mu      sync.Mutex
	running map[K]*run
	waiting map[K]*run // not begun yet
}

type run struct {
	done chan struct{}
	err  error
}

func newTurns[K comparable]() *turns[K] {
	return &turns[K]{running: map[K]*run{}, waiting: map[K]*run{}}
}

// Do returns after a run that began after the call did: it has seen whatever
// its caller wrote before.
func (t *turns[K]) Do(key K, compute func() error) error {
	t.mu.Lock()
	if next := t.waiting[key]; next != nil {
		t.mu.Unlock()
		<-next.done
		return next.err
	}
	mine := &run{done: make(chan struct{})}
	if current := t.running[key]; current != nil {
		t.waiting[key] = mine
		t.mu.Unlock()
		<-current.done
		t.mu.Lock()
		delete(t.waiting, key)
	}
	t.running[key] = mine
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		delete(t.running, key)
		t.mu.Unlock()
		close(mine.done)
	}()
	mine.err = compute()
	return mine.err
}
