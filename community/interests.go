package community

import (
	"context"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

func interestID(kind InterestKind, thread, member string) string {
	return store.DeriveID("interest", string(kind), thread, member)
}

// settle recomputes On from what the interest rests on.
func (i *Interest) settle() { i.On = (i.Own || len(i.Via) > 0) && !i.Muted }

// SetMeToo says, or takes back, "same problem here".
func (s *Service) SetMeToo(ctx context.Context, by Actor, thread string, on bool) (*Interest, error) {
	return s.setInterest(ctx, by, MeToo, thread, on)
}

// SetWatch asks to be told about a thread, or not to be.
func (s *Service) SetWatch(ctx context.Context, by Actor, thread string, on bool) (*Interest, error) {
	return s.setInterest(ctx, by, Watching, thread, on)
}

func (s *Service) setInterest(ctx context.Context, by Actor, kind InterestKind, thread string, on bool) (*Interest, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	t, _, err := s.threadFor(ctx, by, thread)
	if err != nil {
		return nil, err
	}
	if kind == MeToo && t.Author == by.ID {
		return nil, fault.New(fault.Conflict, "This is your own question: it counts you already.")
	}
	if t.Removed != nil {
		return nil, fault.New(fault.Conflict, "This thread was removed.")
	}
	fresh := func() *Interest {
		return &Interest{Kind: kind, Thread: thread, Member: by.ID, Created: s.now()}
	}
	id := interestID(kind, thread, by.ID)
	return s.interests.Upsert(ctx, id, fresh, func(i *Interest) error {
		if i.Own == on && i.Muted == (kind == Watching && !on) {
			return store.ErrUnchanged
		}
		i.Own, i.Muted = on, kind == Watching && !on
		i.settle()
		return s.emit(&i.Box, id, outbox.Event{Kind: eventOf(kind), By: by.ID, Thread: thread, Member: by.ID})
	})
}

func eventOf(kind InterestKind) string {
	if kind == MeToo {
		return MeTooed
	}
	return Watched
}

const watchFollower = "watch"

// startWatching is the follower that makes askers, answerers and me-toos
// watch. A member who has said yes or no before is left alone.
func (s *Service) startWatching(ctx context.Context, d outbox.Delivery) error {
	if d.By == "" || d.By == System.ID {
		return nil
	}
	if d.Kind == MeTooed {
		i, err := s.interests.Get(ctx, d.Document)
		if err != nil || !i.Own {
			return store.IgnoreAbsent(err)
		}
	}
	w := &Interest{Meta: store.Meta{ID: interestID(Watching, d.Thread, d.By)}, Kind: Watching, Thread: d.Thread, Member: d.By, Own: true, On: true, Created: d.At}
	if err := s.emit(&w.Box, w.ID, outbox.Event{Kind: Watched, By: d.By, Thread: d.Thread, Member: d.By}); err != nil {
		return err
	}
	_, _, err := s.interests.Put(ctx, w)
	return err
}

// carry brings the own interests of a duplicate to its root, and takes back
// what this thread carried anywhere else. It works from present state alone,
// so it serves marking, undoing, and interests that come later.
func (s *Service) carry(ctx context.Context, thread string) error {
	return s.carryTree(ctx, thread, map[string]bool{})
}

// maxTree bounds the duplicates that one change reaches.
const maxTree = 1000

func (s *Service) carryTree(ctx context.Context, thread string, visited map[string]bool) error {
	if visited[thread] || len(visited) >= maxTree {
		return nil
	}
	visited[thread] = true
	root, err := s.rootOf(ctx, thread)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	for _, kind := range []InterestKind{MeToo, Watching} {
		if err := s.carryKind(ctx, kind, thread, root); err != nil {
			return err
		}
	}
	if err := s.recountThread(ctx, root); err != nil {
		return err
	}
	return s.threads.Each(ctx, store.Where("duplicate.of", thread), func(t *Thread) error {
		return s.carryTree(ctx, t.ID, visited)
	})
}

func (s *Service) carryKind(ctx context.Context, kind InterestKind, thread, root string) error {
	own, err := s.ownInterests(ctx, kind, thread)
	if err != nil {
		return err
	}
	err = s.interests.Each(ctx, store.Where("via[]", thread).And("kind", kind), func(i *Interest) error {
		if i.Thread == root && root != thread && own[i.Member] {
			return nil
		}
		if err := s.setVia(ctx, i, thread, false); err != nil || i.Thread == root {
			return err
		}
		return s.recountThread(ctx, i.Thread)
	})
	if err != nil || root == thread {
		return err
	}
	for member := range own {
		i := &Interest{Meta: store.Meta{ID: interestID(kind, root, member)}, Kind: kind, Thread: root, Member: member, Created: s.now()}
		if err := s.setVia(ctx, i, thread, true); err != nil {
			return err
		}
	}
	return nil
}

// ownInterests lists who stands for a thread themselves; its asker always has
// the problem.
func (s *Service) ownInterests(ctx context.Context, kind InterestKind, thread string) (map[string]bool, error) {
	own := map[string]bool{}
	err := s.interests.Each(ctx, store.Where("thread", thread).And("kind", kind).And("own", true), func(i *Interest) error {
		own[i.Member] = !i.Muted
		return nil
	})
	if err != nil || kind != MeToo {
		return own, err
	}
	t, err := s.threads.Get(ctx, thread)
	if err != nil {
		return own, store.IgnoreAbsent(err)
	}
	if t.Author != "" {
		own[t.Author] = true
	}
	return own, nil
}

func (s *Service) setVia(ctx context.Context, want *Interest, via string, on bool) error {
	_, err := s.interests.Upsert(ctx, want.ID, func() *Interest {
		fresh := *want
		fresh.Meta = store.Meta{ID: want.ID}
		return &fresh
	}, func(i *Interest) error {
		if contains(i.Via, via) == on || (on && len(i.Via) >= MaxVia) {
			return store.ErrUnchanged
		}
		if on {
			i.Via = append(i.Via, via)
		} else {
			i.Via = slices.DeleteFunc(i.Via, func(x string) bool { return x == via })
		}
		i.settle()
		return nil
	})
	return err
}

// Watchers calls f for each member who is to be told about a thread.
func (s *Service) Watchers(ctx context.Context, thread string, f func(member string) error) error {
	q := store.Where("thread", thread).And("kind", Watching).And("on", true)
	return s.interests.Each(ctx, q, func(i *Interest) error { return f(i.Member) })
}

// Mine is what the actor did on a thread.
type Mine struct {
	Votes    map[string]int64 // by post id
	MeToo    bool
	Watching bool
}

// Written is a document that says which followers its writing still owes: a
// thread, an answer.
type Written interface{ EventBox() *outbox.Box }

// Mine reads what the actor did on a thread and on those of its posts. Who asked,
// answered or has the same problem watches from that moment, though it is
// recorded behind the write: read holds what was read before this, and what it
// still owes counts.
func (s *Service) Mine(ctx context.Context, by Actor, thread string, posts []string, read ...Written) (Mine, error) {
	m := Mine{Votes: map[string]int64{}}
	if by.Guest() {
		return m, nil
	}
	ids := make([]string, len(posts))
	for i, p := range posts {
		ids[i] = store.DeriveID("vote", p, by.ID)
	}
	votes, err := s.votes.GetMany(ctx, ids)
	if err != nil {
		return m, err
	}
	for _, v := range votes {
		m.Votes[v.Post] = v.Value
	}
	both, err := s.interests.GetMany(ctx, []string{interestID(MeToo, thread, by.ID), interestID(Watching, thread, by.ID)})
	said := false
	for _, i := range both {
		if i.Kind == Watching {
			m.Watching, said = i.On, true
			continue
		}
		m.MeToo = i.On
		if i.Own {
			read = append(read, i)
		}
	}
	m.Watching = m.Watching || (!said && willWatch(by, read))
	return m, err
}

func willWatch(by Actor, read []Written) bool {
	return slices.ContainsFunc(read, func(d Written) bool { return d.EventBox().Owes(watchFollower, by.ID) })
}
