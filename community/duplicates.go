package community

import (
	"context"
	"errors"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// maxChain bounds the duplicates that are followed to a root.
const maxChain = 64

// rootOf follows duplicates to their original. A chain leads to its end; a
// cycle, which rivals can make, to the smallest id in it; a broken link to the
// last thread there is. Everyone therefore comes to the same root.
func (s *Service) rootOf(ctx context.Context, id string) (string, error) {
	var path []string
	at := map[string]int{}
	for range maxChain {
		t, err := s.readThread(ctx, id)
		if errors.Is(err, store.ErrNotFound) && len(path) > 0 {
			return path[len(path)-1], nil
		}
		if err != nil {
			return "", err
		}
		if t.Duplicate == nil {
			return id, nil
		}
		at[id] = len(path)
		path = append(path, id)
		id = t.Duplicate.Of
		if start, again := at[id]; again {
			return smallest(path[start:]), nil
		}
	}
	return id, nil
}

func smallest(ids []string) string {
	least := ids[0]
	for _, id := range ids {
		least = min(least, id)
	}
	return least
}

// Root returns the original of a thread, itself when it is none's duplicate.
// An original that the actor does not see is absent.
func (s *Service) Root(ctx context.Context, by Actor, t *Thread) (*Thread, error) {
	if t.Duplicate == nil {
		return t, nil
	}
	root, err := s.rootOf(ctx, t.ID)
	if err != nil {
		return nil, found(err, "thread")
	}
	if root == t.ID {
		return t, nil
	}
	return s.Thread(ctx, by, root)
}

// MarkDuplicate says that thread was asked before as of. Askers may say it of
// their own question; others by privilege. Me-toos and watchers follow.
func (s *Service) MarkDuplicate(ctx context.Context, by Actor, thread, of string) (*Thread, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	original, _, err := s.threadFor(ctx, by, of)
	if err != nil {
		return nil, fault.Field("of", "There is no such original thread, or it is not open to you. Paste its address or its id.")
	}
	if original.Private || original.Removed != nil {
		return nil, fault.Field("of", "A private or removed thread cannot be the original: others could not read it.")
	}
	root, err := s.rootOf(ctx, of)
	if err != nil {
		return nil, err
	}
	if of == thread || root == thread {
		return nil, fault.Field("of", "These two are already the same question: that one is a duplicate of this one.")
	}
	return s.changeThread(ctx, by, thread, s.mayMark(ctx, by), MarkedDup, func(t *Thread) error {
		if t.Duplicate != nil && t.Duplicate.Of == of {
			return store.ErrUnchanged
		}
		t.Duplicate = &Duplicate{Of: of, By: by.ID, At: s.now()}
		return nil
	})
}

// UndoDuplicate makes the thread a question of its own again; what was carried
// over is taken back.
func (s *Service) UndoDuplicate(ctx context.Context, by Actor, thread string) (*Thread, error) {
	return s.changeThread(ctx, by, thread, s.mayMark(ctx, by), DupUndone, func(t *Thread) error {
		if t.Duplicate == nil {
			return store.ErrUnchanged
		}
		t.Duplicate = nil
		return nil
	})
}

func (s *Service) mayMark(ctx context.Context, by Actor) func(*Thread, *Space) error {
	return func(t *Thread, sp *Space) error {
		if t.Author == by.ID && t.Lock == nil {
			return nil
		}
		return s.may.May(ctx, by, DoMarkDup, sp)
	}
}

// Duplicates lists the threads marked as duplicates of one, that the actor sees.
func (s *Service) Duplicates(ctx context.Context, by Actor, thread string) ([]*Thread, error) {
	p, err := s.threads.Find(ctx, store.Where("duplicate.of", thread).Limit(20))
	if err != nil {
		return nil, err
	}
	return s.onlySeen(ctx, by, p.Items)
}
