package community

import (
	"context"
	"slices"
	"sync"

	"selfie/internal/store"
)

// glance is what one look at the community has read so far: the few documents
// that every part of a page asks for again.
type glance struct {
	mu       sync.Mutex
	settings looked[Settings]
	spaces   looked[Space]
	threads  looked[Thread]
	members  looked[Member]
	every    []*Space // by position; nil until asked for
}

// looked are documents by id.
type looked[T any] map[string]*T

type glanceKey struct{}

// Glance makes ctx one look at the community, for a request that reads: within
// it the settings, the spaces, and each thread and member asked for by id are
// read once, and everything is judged by that state. What is written meanwhile
// is not seen, so a glance ends with its request, and a request that writes has
// none.
func Glance(ctx context.Context) context.Context {
	return context.WithValue(ctx, glanceKey{}, &glance{
		settings: looked[Settings]{}, spaces: looked[Space]{}, threads: looked[Thread]{}, members: looked[Member]{}})
}

// glanced is the document with that id of the kind that of chooses, read through
// the glance of ctx if there is one. The caller gets a copy.
func glanced[T any](ctx context.Context, id string, of func(*glance) looked[T], read func(context.Context, string) (*T, error)) (*T, error) {
	g, _ := ctx.Value(glanceKey{}).(*glance)
	if g == nil {
		return read(ctx, id)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := of(g)
	v := seen[id]
	if v == nil {
		var err error
		if v, err = read(ctx, id); err != nil {
			return nil, err
		}
		seen[id] = v
	}
	own := *v
	return &own, nil
}

func (s *Service) readThread(ctx context.Context, id string) (*Thread, error) {
	return glanced(ctx, id, func(g *glance) looked[Thread] { return g.threads }, s.threads.Get)
}

func (s *Service) readSpace(ctx context.Context, id string) (*Space, error) {
	return glanced(ctx, id, func(g *glance) looked[Space] { return g.spaces }, s.spaces.Get)
}

func (s *Service) readMember(ctx context.Context, id string) (*Member, error) {
	return glanced(ctx, id, func(g *glance) looked[Member] { return g.members }, s.members.Get)
}

// everySpace lists every space by position.
func (s *Service) everySpace(ctx context.Context) ([]*Space, error) {
	g, _ := ctx.Value(glanceKey{}).(*glance)
	if g == nil {
		return s.findSpaces(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.every == nil {
		list, err := s.findSpaces(ctx)
		if err != nil {
			return nil, err
		}
		g.every = list
	}
	return slices.Clone(g.every), nil
}

func (s *Service) findSpaces(ctx context.Context) ([]*Space, error) {
	p, err := s.spaces.Find(ctx, store.All().Order("position").Limit(MaxSpaces))
	return p.Items, err
}
