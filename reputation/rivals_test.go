package reputation

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
)

// TestRivals lets many settle the same days at once, while posts come and go:
// whoever writes last must have seen everything.
func TestRivals(t *testing.T) {
	x := tell(t, scene.SQLite(t))
	x.As("asker").Ask("Who is right?").As("helper").Answer("Everyone who looks again.").Settled()
	answer, mod, helper := x.LastAnswer(), x.Actor("moderator"), x.Actor("helper").ID
	votes := x.Svc.Records().Votes
	var wg sync.WaitGroup
	for voter := range 6 {
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
				if err := x.rep.settleVote(x.Ctx, v.ID); err != nil {
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
