package web

import (
	ring "container/list"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
)

// Guests' pages are kept, finished and compressed, for a short while. A kept
// page is used only while its stamp still holds: the generation of what it
// shows, and the revision of every space that guests read, both looked at
// anew on each hit. The short life bounds the age of "5 minutes ago".
const (
	pageLife   = 20 * time.Second
	maxPages   = 1000
	maxKept    = 16 << 20 // bytes over all pages, plain and packed
	maxThreads = 10_000
)

// generations count changes, of single threads and of everything.
type generations struct {
	mu      sync.Mutex
	all     uint64
	floor   uint64 // of the threads that are not listed
	threads map[string]uint64
}

func newGenerations() *generations { return &generations{threads: map[string]uint64{}} }

func (g *generations) bump(thread string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all++
	if thread == "" || len(g.threads) >= maxThreads {
		clear(g.threads)
		g.floor = g.all
	}
	if thread != "" {
		g.threads[thread] = g.all
	}
}

// of is the generation of one thread.
func (g *generations) of(thread string) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, ok := g.threads[thread]; ok {
		return n
	}
	return g.floor
}

// turn counts a change that lists may show.
func (g *generations) turn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all++
}

func (g *generations) now() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}

type keptPage struct {
	url, stamp string
	until      time.Time
	page       *rendered
}

type pageCache struct {
	now   func() time.Time
	mu    sync.Mutex
	bytes int
	order *ring.List // of *keptPage, most recent first
	at    map[string]*ring.Element
}

func newPageCache(now func() time.Time) *pageCache {
	return &pageCache{now: now, order: ring.New(), at: map[string]*ring.Element{}}
}

func (p *pageCache) get(url, stamp string) *rendered {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.at[url]
	if !ok {
		return nil
	}
	k := e.Value.(*keptPage)
	if k.stamp != stamp || p.now().After(k.until) {
		p.drop(e)
		return nil
	}
	p.order.MoveToFront(e)
	return k.page
}

func (p *pageCache) put(url, stamp string, page *rendered) {
	size := page.size()
	if size > maxKept/8 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.at[url]; ok {
		p.drop(e)
	}
	p.at[url] = p.order.PushFront(&keptPage{url, stamp, p.now().Add(pageLife), page})
	p.bytes += size
	for p.order.Len() > maxPages || p.bytes > maxKept {
		p.drop(p.order.Back())
	}
}

func (p *pageCache) drop(e *ring.Element) {
	k := p.order.Remove(e).(*keptPage)
	delete(p.at, k.url)
	p.bytes -= k.page.size()
}

func (r *rendered) size() int { return len(r.plain) + len(r.gzip) + len(r.br) + r.head.size() + 200 }

// stampKey holds a request's stamp in fiber's locals between look-up and keep.
type stampKey struct{}

// cached answers guests from kept pages. The stamp is taken before the page is
// rendered, so that a change in between makes it worthless rather than stale.
func (s *Server) cached(stampOf func(*fiber.Ctx, *request) (string, error), h handler) handler {
	return func(c *fiber.Ctx, rq *request) error {
		if !rq.actor.Guest() || rq.flash != "" || c.Method() != fiber.MethodGet {
			return h(c, rq)
		}
		stamp, err := stampOf(c, rq)
		if err != nil {
			return err
		}
		if page := s.cache.get(c.OriginalURL(), stamp); page != nil {
			c.Status(fiber.StatusOK).Set(fiber.HeaderContentType, contentTypeOf(c.Path()))
			c.Set(fiber.HeaderCacheControl, "public, no-cache")
			return s.deliver(c, page)
		}
		c.Locals(stampKey{}, stamp)
		return h(c, rq)
	}
}

func contentTypeOf(path string) string {
	if strings.HasSuffix(path, ".atom") {
		return atomType
	}
	return "text/html; charset=utf-8"
}

// stamp changes whenever a guest's list may.
func (s *Server) stamp(_ *fiber.Ctx, rq *request) (string, error) {
	spaces, err := s.community.Spaces(rq.ctx, community.Actor{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprint(&b, s.gens.now())
	for _, sp := range spaces {
		fmt.Fprintf(&b, " %s:%d", sp.ID, sp.Rev)
	}
	return b.String(), nil
}

// keep puts a shared page aside, packed once for everyone who follows.
func (s *Server) keep(c *fiber.Ctx, r *rendered) {
	stamp, ok := c.Locals(stampKey{}).(string)
	if !ok {
		return
	}
	if len(r.plain) >= compressFrom {
		r.br, r.gzip = s.keeps.brotli(r.plain), s.keeps.gzip(r.plain)
	}
	s.cache.put(c.OriginalURL(), stamp, r)
}
