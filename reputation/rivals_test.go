package reputation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
)

// TestRivals lets many settle the same days at once, while posts come and go:
// whoever writes last must have seen everything.
func TestRivals(t *testing.T) {
	x := tell(t, scene.SQLite(t))
	x.As("asker").Ask("Who is right?").As("helper").Answer("Everyone who looks again.").Settled()
	answer, mod, helper := x.LastAnswer(), x.Actor("moderator"), x.Actor("helper").ID
	votes := x.Svc.Records().Votes
	var wg sync.WaitGroup
	nodes := []*Service{x.rep, x.elsewhere()}
	for voter := range 6 {
		node := nodes[voter%2]
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(voter)))
			v := &community.Vote{Post: answer.ID, Kind: answer.Kind, Thread: x.Thread.ID, Author: helper, Voter: fmt.Sprint("voter", voter), Created: 1}
			v.ID = fmt.Sprint("vote", voter)
			if err := votes.Insert(x.Ctx, v); err != nil {
				t.Error(err)
				return
			}
			for range 12 {
				value := int64(rng.IntN(3) - 1)
				if _, err := votes.Update(x.Ctx, v.ID, func(v *community.Vote) error { v.Value = value; return nil }); err != nil {
					t.Error(err)
				}
				if err := node.settleVote(x.Ctx, v.ID); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 4 {
			for _, err := range []error{
				x.Svc.Remove(x.Ctx, mod, answer, ""), x.Relay.Drain(x.Ctx),
				x.Svc.Restore(x.Ctx, mod, answer), x.Relay.Drain(x.Ctx),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		}
	})
	wg.Wait()
	x.rebuilt()
}

// elsewhere is the same reputation on another node, which shares no turns.
func (x told) elsewhere() *Service {
	s := *x.rep
	s.settling = newTurns[memberDay]()
	return &s
}

// TestRivalsInTheGap puts a rival exactly between computing and writing.
func TestRivalsInTheGap(t *testing.T) {
	for _, gap := range []string{"rep_causes", "rep_days", "rep_scores", "rep_standings"} {
		for name, rival := range map[string]func(x told, v *community.Vote){
			"the post is removed": func(x told, _ *community.Vote) {
				x.OK(x.Svc.Remove(x.Ctx, x.Actor("moderator"), x.LastAnswer(), ""))
				x.OK(x.elsewhere().onFact(x.Ctx, outbox.Delivery{Event: outbox.Event{Kind: community.PostRemoved, Thread: x.Thread.ID, Post: x.Answer_.ID}}))
			},
			"the vote is taken back": func(x told, v *community.Vote) {
				_, err := x.Svc.Records().Votes.Update(x.Ctx, v.ID, func(v *community.Vote) error { v.Value = 0; return nil })
				x.OK(err)
				x.OK(x.elsewhere().settleVote(x.Ctx, v.ID))
			},
		} {
			t.Run(gap+": "+name, func(t *testing.T) {
				e := &meddled{Engine: scene.SQLite(t)}
				x := tell(t, e)
				x.As("asker").Ask("Who comes first?").As("helper").Answer("Nobody, and all come out the same.")
				x.As("second").Vote(x.LastAnswer(), 1).Settled()
				v := &community.Vote{Post: x.Answer_.ID, Kind: community.AnAnswer, Thread: x.Thread.ID, Author: x.Answer_.Author, Voter: "third", Value: 1, Created: x.Answer_.Created}
				x.OK(x.Svc.Records().Votes.Insert(x.Ctx, v))
				x.As("moderator")
				e.gap, e.rival = gap, func() { rival(x, v) }
				x.OK(x.rep.settleVote(x.Ctx, v.ID))
				if e.rival != nil {
					t.Fatal("the gap never came")
				}
				x.rebuilt() // nobody delivers again
			})
		}
	}
}

// meddled is an engine that lets a rival in once, before a write to gap.
type meddled struct {
	store.Engine
	gap   string
	rival func()
}

func (e *meddled) meddle(s *store.Schema) {
	if rival := e.rival; rival != nil && s.Name == e.gap {
		e.rival = nil
		rival()
	}
}

func (e *meddled) Insert(ctx context.Context, s *store.Schema, doc store.Raw) error {
	e.meddle(s)
	return e.Engine.Insert(ctx, s, doc)
}

func (e *meddled) Update(ctx context.Context, s *store.Schema, id string, apply func(store.Raw) (store.Raw, error)) error {
	e.meddle(s)
	return e.Engine.Update(ctx, s, id, apply)
}

// TestRestoredInTheGap restores a post while its removal is being written down.
func TestRestoredInTheGap(t *testing.T) {
	e := &meddled{Engine: scene.SQLite(t)}
	x := tell(t, e)
	x.As("asker").Ask("Was it removed or not?").As("helper").Answer("It was, and then it was not.")
	x.As("second").Vote(x.LastAnswer(), 1).Settled()
	mod := x.Actor("moderator")
	tell := func(rep *Service, kind string) {
		x.OK(rep.onFact(x.Ctx, outbox.Delivery{Event: outbox.Event{Kind: kind, Thread: x.Thread.ID, Post: x.Answer_.ID}}))
	}
	x.OK(x.Svc.Remove(x.Ctx, mod, x.LastAnswer(), ""))
	e.gap, e.rival = "rep_causes", func() {
		x.OK(x.Svc.Restore(x.Ctx, mod, x.LastAnswer()))
		tell(x.elsewhere(), community.PostRestored)
	}
	tell(x.rep, community.PostRemoved)
	x.has(map[string]int64{"helper": 11})
	x.rebuilt()
}
