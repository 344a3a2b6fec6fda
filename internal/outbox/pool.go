package outbox

import (
	"context"
	"sync"
	"time"

	"selfie/internal/store"
)

// target is a document that is due.
type target struct {
	carrier *carrier
	id      string
}

// restAfter keeps a document whose visit failed on the store's side from being
// visited again at once.
const restAfter = 10 * time.Second

// pool serves due documents with a bounded number of workers, never two of
// them on one document.
type pool struct {
	r    *Relay
	ctx  context.Context
	work chan target
	bell chan struct{} // rung when something became due or a worker got free
	wg   sync.WaitGroup

	mu      sync.Mutex
	idle    *sync.Cond
	busy    map[target]bool
	resting map[target]time.Time // until when
	dirty   map[*carrier]bool    // written to since the last look
	trouble trouble
}

func (r *Relay) newPool(ctx context.Context) *pool {
	p := &pool{
		r: r, ctx: ctx,
		work:    make(chan target),
		bell:    make(chan struct{}, 1),
		busy:    map[target]bool{},
		resting: map[target]time.Time{},
		dirty:   map[*carrier]bool{},
	}
	p.idle = sync.NewCond(&p.mu)
	for range workerCount {
		p.wg.Go(func() {
			for t := range p.work {
				p.finish(t, r.visit(ctx, t, &p.trouble))
			}
		})
	}
	r.mu.Lock()
	r.pools[p] = true
	r.mu.Unlock()
	return p
}

// close waits for the visits under way.
func (p *pool) close() {
	p.r.mu.Lock()
	delete(p.r.pools, p)
	p.r.mu.Unlock()
	close(p.work)
	p.wg.Wait()
}

func (p *pool) poke(c *carrier) {
	p.mu.Lock()
	p.dirty[c] = true
	p.mu.Unlock()
	p.ring()
}

func (p *pool) ring() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// wait ends when a carrier was written to, and names those written to; or after
// d, and names all.
func (p *pool) wait(d time.Duration) []*carrier {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.ctx.Done():
		return nil
	case <-t.C:
		return p.r.carriers
	case <-p.bell:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var look []*carrier
	for _, c := range p.r.carriers {
		if p.dirty[c] {
			look = append(look, c)
		}
	}
	clear(p.dirty)
	return look
}

// round walks everything due in the carriers, page by page and in turn, and
// hands it to the workers. It returns how many documents it handed over.
func (p *pool) round(carriers []*carrier) (n int, err error) {
	query := dueQuery(store.At(p.r.db.Now())).Limit(pageSize)
	walks := make(map[*carrier]store.Query, len(carriers))
	for _, c := range carriers {
		walks[c] = query
	}
	for len(walks) > 0 {
		for _, c := range carriers {
			q, ok := walks[c]
			if !ok {
				continue
			}
			docs, next, err := p.r.db.FindRaw(p.ctx, c.schema, q)
			if err != nil {
				return n, err
			}
			if n += p.hand(c, docs); next == "" {
				delete(walks, c)
				continue
			}
			walks[c] = q.After(next)
		}
	}
	return n, nil
}

func (p *pool) hand(c *carrier, docs []store.Raw) (n int) {
	p.r.shaken.shuffle(docs)
	for _, doc := range docs {
		t := target{c, doc.ID}
		if !p.claim(t) {
			continue
		}
		select {
		case p.work <- t:
			n++
		case <-p.ctx.Done():
			p.release(t)
			return n
		}
	}
	return n
}

// claim marks the document as served; false when it is, or is at rest.
func (p *pool) claim(t target) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until, ok := p.resting[t]; ok {
		if time.Now().Before(until) {
			return false
		}
		delete(p.resting, t)
	}
	if p.busy[t] {
		return false
	}
	p.busy[t] = true
	p.r.visits.Add(1)
	return true
}

func (p *pool) release(t target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, t)
	p.idle.Broadcast()
}

// finish ends a visit. What was written to the document meanwhile is looked
// for again; after an error the document rests.
func (p *pool) finish(t target, err error) {
	if err != nil && p.ctx.Err() == nil {
		p.r.log.Warn("relay cannot serve a document", "collection", t.carrier.schema.Name, "id", t.id, "err", err)
		p.mu.Lock()
		p.resting[t] = time.Now().Add(restAfter)
		p.mu.Unlock()
		p.trouble.store(err)
	}
	p.release(t)
	if err == nil {
		p.poke(t.carrier)
	}
}

// quiesce waits until no worker serves a document.
func (p *pool) quiesce() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.busy) > 0 {
		p.idle.Wait()
	}
}
