// Package scene tells stories with several members, for tests:
//
//	scene.New(t, engine).As("asker").Ask("Router blinks red").As("helper").Answer("Hold reset").As("asker").Accept()
//
// Each step performs a real verb and fails the test at its own line. Steps
// refer to the last thread, answer and comment of the story.
package scene

import (
	"context"
	"sync"
	"testing"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Clock is a clock that only the story moves, and that never stands still:
// each look moves it by a millisecond, so that facts have an order.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the story's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Scene is a community with its cast, and where the story stands.
type Scene struct {
	T     *testing.T
	Ctx   context.Context
	Clock *Clock
	DB    *store.DB
	Relay *outbox.Relay
	Svc   *community.Service

	By      community.Actor // who acts
	Thread  *community.Thread
	Answer_ *community.Answer
	Comment *community.Comment

	cast map[string]community.Actor
}

// Part declares one more part of the product on a scene before it starts.
type Part func(db *store.DB, relay *outbox.Relay, svc *community.Service)

// New starts a story over an engine, with an empty community.
func New(t *testing.T, engine store.Engine, parts ...Part) *Scene {
	t.Helper()
	return With(t, engine, community.Options{}, func(db *store.DB, relay *outbox.Relay, _ *outbox.Routes, svc *community.Service) {
		for _, p := range parts {
			p(db, relay, svc)
		}
	})
}

// With is New for parts that carry events of their own, or that the community
// is given.
func With(t *testing.T, engine store.Engine, o community.Options, parts func(*store.DB, *outbox.Relay, *outbox.Routes, *community.Service)) *Scene {
	t.Helper()
	clock := &Clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	db := store.Open(engine, clock.Now)
	routes := outbox.NewRoutes()
	relay := outbox.NewRelay(db, routes, nil)
	o.CheapPasswords = true
	svc := community.Open(db, relay, routes, o)
	parts(db, relay, routes, svc)
	s := &Scene{T: t, Ctx: context.Background(), Clock: clock, DB: db, Relay: relay, Svc: svc, cast: map[string]community.Actor{}}
	s.OK(db.Migrate(s.Ctx))
	s.OK(svc.Start(s.Ctx))
	t.Cleanup(func() { db.Close() })
	return s
}

// OK fails the test at the caller's line when err is not nil.
func (s *Scene) OK(err error) *Scene {
	s.T.Helper()
	if err != nil {
		s.T.Fatal(err)
	}
	return s
}

// Refused fails the test unless err is a fault of kind with a sentence.
func (s *Scene) Refused(err error, kind fault.Kind) *Scene {
	s.T.Helper()
	if f, ok := fault.As(err); !ok || f.Kind != kind || f.Public == "" {
		s.T.Fatalf("want a refusal of kind %s with a sentence, got: %v", kind, err)
	}
	return s
}

// As lets a member act; at the first mention the member signs up. Names that
// begin with a role ("admin", "agent", "moderator") get it.
func (s *Scene) As(name string) *Scene {
	s.T.Helper()
	if name == "guest" {
		s.By = community.Actor{}
		return s
	}
	if _, known := s.cast[name]; !known {
		s.join(name)
	}
	m, err := s.Svc.Member(s.Ctx, s.cast[name].ID)
	s.OK(err)
	s.By = m.Actor()
	return s
}

func (s *Scene) join(name string) {
	s.T.Helper()
	role := community.Customer
	for _, r := range []community.Role{community.Admin, community.Agent, community.Moderator} {
		if len(name) >= len(r) && name[:len(r)] == string(r) {
			role = r
		}
	}
	m, err := s.Svc.CreateMember(s.Ctx, community.System, community.NewMember{
		Name: "The " + name, Email: name + "@example.org", Password: "correct horse " + name, Role: role,
	})
	s.OK(err)
	s.cast[name] = m.Actor()
}

// Actor returns a member of the cast.
func (s *Scene) Actor(name string) community.Actor {
	s.T.Helper()
	by := s.By
	defer func() { s.By = by }()
	return s.As(name).By
}

// Space adds a space.
func (s *Scene) Space(id string, v community.Visibility, groups ...string) *Scene {
	s.T.Helper()
	_, err := s.Svc.SaveSpace(s.Ctx, community.System, community.SpaceEdit{ID: id, Name: "Space " + id, Visibility: v, Groups: groups, Position: 5, New: true})
	return s.OK(err)
}

// Change alters a draft before it is posted.
type Change func(*community.ThreadDraft)

// In asks in a space.
func In(space string) Change { return func(d *community.ThreadDraft) { d.Space = space } }

// Tagged asks with tags.
func Tagged(tags ...string) Change { return func(d *community.ThreadDraft) { d.Tags = tags } }

// Privately asks for the eyes of staff only.
func Privately() Change { return func(d *community.ThreadDraft) { d.Private = true } }

// Showing asks with uploads.
func Showing(uploads ...string) Change { return func(d *community.ThreadDraft) { d.Images = uploads } }

// Keyed asks with an idempotency key.
func Keyed(key string) Change { return func(d *community.ThreadDraft) { d.Key = key } }

// Ask posts a question in the general space.
func (s *Scene) Ask(title string, changes ...Change) *Scene {
	s.T.Helper()
	d := community.ThreadDraft{Space: "general", Title: title, Body: "It happens since this morning: " + title + "."}
	for _, c := range changes {
		c(&d)
	}
	t, err := s.Svc.Ask(s.Ctx, s.By, d)
	s.OK(err)
	s.Thread = t
	return s
}

// On makes a thread the one the story is about.
func (s *Scene) On(t *community.Thread) *Scene { s.Thread = t; return s }

// Answer answers the thread.
func (s *Scene) Answer(body string) *Scene {
	s.T.Helper()
	a, err := s.Svc.PostAnswer(s.Ctx, s.By, community.AnswerDraft{Thread: s.Thread.ID, Body: body})
	s.OK(err)
	s.Answer_ = a
	return s
}

// Remark comments on the question.
func (s *Scene) Remark(body string) *Scene {
	s.T.Helper()
	c, err := s.Svc.PostComment(s.Ctx, s.By, community.CommentDraft{On: s.Question(), Body: body})
	s.OK(err)
	s.Comment = c
	return s
}

// Question names the thread's question as a post.
func (s *Scene) Question() community.Ref {
	return community.Ref{Kind: community.AQuestion, ID: s.Thread.ID}
}

// LastAnswer names the last answer as a post.
func (s *Scene) LastAnswer() community.Ref {
	return community.Ref{Kind: community.AnAnswer, ID: s.Answer_.ID}
}

// Accept accepts the last answer.
func (s *Scene) Accept() *Scene {
	s.T.Helper()
	_, err := s.Svc.Accept(s.Ctx, s.By, s.Thread.ID, s.Answer_.ID)
	return s.OK(err)
}

// Vote votes on a post.
func (s *Scene) Vote(ref community.Ref, value int64) *Scene {
	s.T.Helper()
	_, err := s.Svc.Vote(s.Ctx, s.By, ref, value)
	return s.OK(err)
}

// MeToo says "same problem here" on the thread.
func (s *Scene) MeToo() *Scene {
	s.T.Helper()
	_, err := s.Svc.SetMeToo(s.Ctx, s.By, s.Thread.ID, true)
	return s.OK(err)
}

// DuplicateOf marks the thread as a duplicate.
func (s *Scene) DuplicateOf(of *community.Thread) *Scene {
	s.T.Helper()
	_, err := s.Svc.MarkDuplicate(s.Ctx, s.By, s.Thread.ID, of.ID)
	return s.OK(err)
}

// Settled lets every follower finish.
func (s *Scene) Settled() *Scene {
	s.T.Helper()
	return s.OK(s.Relay.Drain(s.Ctx))
}

// Wait lets time pass and the timed jobs run.
func (s *Scene) Wait(d time.Duration) *Scene {
	s.T.Helper()
	s.Clock.Advance(d)
	s.OK(s.Relay.Sweep(s.Ctx))
	return s.Settled()
}

// Reload reads the thread again, as the system sees it.
func (s *Scene) Reload() *community.Thread {
	s.T.Helper()
	t, err := s.Svc.Thread(s.Ctx, community.System, s.Thread.ID)
	s.OK(err)
	s.Thread = t
	return t
}

// Sees fails the test unless the actor sees the thread, or does not.
func (s *Scene) Sees(want bool) *Scene {
	s.T.Helper()
	_, err := s.Svc.Thread(s.Ctx, s.By, s.Thread.ID)
	if want {
		return s.OK(err)
	}
	return s.Refused(err, fault.NotFound)
}

// State fails the test unless the thread is in that state.
func (s *Scene) State(want community.State) *Scene {
	s.T.Helper()
	if t := s.Reload(); t.Stats.State != want {
		s.T.Fatalf("thread %q is %s, want %s: %+v", t.Title, t.Stats.State, want, t.Stats)
	}
	return s
}
