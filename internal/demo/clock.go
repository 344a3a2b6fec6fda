package demo

import (
	"sync"
	"time"
)

// Clock is the clock of a store whose history is told afterwards: it goes where
// the story is, never back, and a millisecond with each look, so that facts have
// an order. Once live it is the clock on the wall.
type Clock struct {
	mu   sync.Mutex
	at   time.Time
	live bool
}

// NewClock returns a clock that stands at the beginning of a story.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now is the story's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live {
		return time.Now()
	}
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

// Live lets the clock go on as the one on the wall.
func (c *Clock) Live() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = true
}

func (c *Clock) to(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.at) {
		c.at = at
	}
}
