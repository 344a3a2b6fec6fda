package media

import "context"

// slots hands out turns to decode. A heavy picture takes all of them, so that the
// largest pictures allowed are never in memory together.
type slots struct {
	turns chan struct{}
	heavy chan struct{} // held by the one caller that may collect all turns
}

func newSlots(n int) *slots {
	return &slots{turns: make(chan struct{}, n), heavy: make(chan struct{}, 1)}
}

// acquire waits for a turn, or for all of them, and returns what gives them back.
func (s *slots) acquire(ctx context.Context, heavy bool) (func(), error) {
	if !heavy {
		if err := take(ctx, s.turns, 1); err != nil {
			return nil, err
		}
		return func() { give(s.turns, 1) }, nil
	}
	if err := take(ctx, s.heavy, 1); err != nil {
		return nil, err
	}
	if err := take(ctx, s.turns, cap(s.turns)); err != nil {
		give(s.heavy, 1)
		return nil, err
	}
	return func() { give(s.turns, cap(s.turns)); give(s.heavy, 1) }, nil
}

// take puts n tokens into c, all or none.
func take(ctx context.Context, c chan struct{}, n int) error {
	for i := range n {
		select {
		case c <- struct{}{}:
		case <-ctx.Done():
			give(c, i)
			return ctx.Err()
		}
	}
	return nil
}

func give(c chan struct{}, n int) {
	for range n {
		<-c
	}
}
