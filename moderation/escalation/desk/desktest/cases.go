package desktest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/moderation/escalation/desk"
)

// Cases are the escalation's side in memory: one case a story. As the real side
// does, it asks for a status to be sent whenever the case's own has changed,
// also when the desk changed it.
type Cases struct {
	now  func() time.Time
	push func(ctx context.Context, id, cause string, at store.Millis) error

	mu      sync.Mutex
	cases   map[string]*Case
	spoiled []error // what the next calls of Reply and SetStatus fail with, after their effect
}

// Case is a case as a story sees it.
type Case struct {
	View    desk.CaseView
	Posts   map[string]desk.Content
	Replies map[string]desk.Reply // by id
	Order   []string              // ids of replies as they came
	Turns   int                   // how often the status changed
}

// NewCases makes an empty side.
func NewCases(now func() time.Time) *Cases { return &Cases{now: now, cases: map[string]*Case{}} }

// Add opens a case with its first post.
func (c *Cases) Add(id string) *Case {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := &Case{
		View: desk.CaseView{
			ID: id, Thread: "thread-" + id, Title: "The router blinks red", URL: "http://help.test/threads/" + id,
			Status: desk.Open, Opening: "question", Notice: "PUBLIC: customers read what you reply.",
		},
		Posts: map[string]desk.Content{}, Replies: map[string]desk.Reply{},
	}
	x.Posts["question"] = c.content("Since this morning.")
	c.cases[id] = x
	return x
}

func (c *Cases) content(text string) desk.Content {
	return desk.Content{
		Author: desk.Person{Name: "Ann"}, At: c.now(), URL: "http://help.test/p", HTML: "<p>" + text + "</p>",
		Attachments: []desk.Attachment{{Name: "blink.png", Type: "image/png", Data: PNG}},
	}
}

// Write adds or changes a post.
func (c *Cases) Write(id, name, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cases[id].Posts[name] = c.content(text)
}

// Unwrite removes a post.
func (c *Cases) Unwrite(id, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.cases[id].Posts, name)
}

// Spoil lets the next call of Reply or SetStatus fail after its effect.
func (c *Cases) Spoil(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spoiled = append(c.spoiled, err)
}

func (c *Cases) spoil() error {
	if len(c.spoiled) == 0 {
		return nil
	}
	err := c.spoiled[0]
	c.spoiled = c.spoiled[1:]
	return err
}

// See calls f with the case as it stands.
func (c *Cases) See(id string, f func(*Case)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.cases[id])
}

// Case implements desk.Cases.
func (c *Cases) Case(_ context.Context, id string) (desk.CaseView, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.cases[id]; x != nil {
		return x.View, nil
	}
	return desk.CaseView{}, fault.New(fault.NotFound, "There is no such case.")
}

// Post implements desk.Cases.
func (c *Cases) Post(_ context.Context, id, name string) (desk.Content, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x := c.cases[id]; x != nil {
		if p, ok := x.Posts[name]; ok {
			return p, nil
		}
	}
	return desk.Content{}, fault.New(fault.Gone, "The post was removed.")
}

// Reply implements desk.Cases.
func (c *Cases) Reply(_ context.Context, id string, r desk.Reply) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.cases[id]
	if _, repeated := x.Replies[r.ID]; !repeated {
		x.Replies[r.ID] = r
		x.Order = append(x.Order, r.ID)
	}
	return c.spoil()
}

// SetStatus implements desk.Cases.
func (c *Cases) SetStatus(ctx context.Context, id string, s desk.Status) error {
	if err := c.Turn(ctx, id, s); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spoil()
}

// Turn changes the case's status, as its people do, and asks for it to be sent.
func (c *Cases) Turn(ctx context.Context, id string, s desk.Status) error {
	c.mu.Lock()
	x := c.cases[id]
	changed := x.View.Status != s
	if changed {
		x.View.Status = s
		x.Turns++
	}
	cause := fmt.Sprintf("turn %d", x.Turns)
	c.mu.Unlock()
	if !changed {
		return nil
	}
	return c.push(ctx, id, cause, store.At(c.now()))
}
