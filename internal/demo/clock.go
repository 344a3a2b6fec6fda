package demo

import (
	"sync"
	"time"
)

// Clock is the clock of a store whose history is told afterwards: it goes where
// the story is, never back, and a millisecond with each look, so that facts have
// an order.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that stands at the beginning of a story.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now is the story's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *Clock) to(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.at) {
		c.at = at
	}
}
