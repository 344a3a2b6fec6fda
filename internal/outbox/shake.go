package outbox

import (
	"math/rand/v2"
	"sync"

	"selfie/internal/store"
)

// shaker makes deliveries as untidy as the contract allows.
type shaker struct {
	mu  sync.Mutex
	rng *rand.Rand
}

// Shake makes the relay hand over documents in a random order and call
// followers now and then once or twice more than needed, as crashes do: for
// tests, which must come out the same.
func (r *Relay) Shake(seed uint64) {
	r.shaken = &shaker{rng: rand.New(rand.NewPCG(seed, seed))}
}

func (s *shaker) shuffle(docs []store.Raw) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rng.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
}

// repeats is how often too many a follower is to be called.
func (s *shaker) repeats() int {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(3)
}
