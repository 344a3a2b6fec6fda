// Package search finds threads by their words and by their likeness.
//
// An index is a local copy of the store, one document a thread, kept on each
// node: it follows the store's changes, may be thrown away at any time, and is
// made again from the store. What a query finds is loaded from the store and
// judged there for the actor and the query, so that an index which lags, or
// was restored, never shows what is not to be seen.
//
// Bleve keeps what lasts: a record of each thread's terms and what each counts,
// and the words of titles and tags. The records are read into memory when the
// index is opened (search/quick), and there threads are ranked, filtered and
// counted. Bleve finds them itself only while that reading takes too long.
//
// The parts, for those who deepen them: mapping.go (what is indexed, and the
// weights), query.go (the language), plan.go (what a query asks), rank.go (what
// counts beside the words), snippet.go, related.go.
package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/search/synonyms"
	"selfie/search/words"
)

// Options are the parts an Index is given.
type Options struct {
	Dir   string       // where it is kept; "" keeps it in memory
	Log   *slog.Logger // nil discards
	Cases Cases        // nil: is:escalated finds nothing

	Synonyms *synonyms.Service // nil: words stand for themselves alone
	Clicks   Clicks            // nil: nothing is learned from visitors
	Notes    *Notes            // nil: what is learned is forgotten when the index is closed
}

// Index is the search index of one node. All methods may be called concurrently.
type Index struct {
	svc   *community.Service
	rec   community.Records
	log   *slog.Logger
	home  *home // nil in memory
	text  reader
	cases Cases

	synonyms *synonyms.Service
	clicks   Clicks
	notes    *Notes
	forgets  learnt // in place of notes; only keepLinked and Learn use it, with learning held
	learning sync.Mutex
	lexicon  atomic.Pointer[lexicon]

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	turn  chan struct{} // held by the one rebuild
	write sync.Mutex    // held by the one writer; taken before mu

	mu       sync.RWMutex // guards what follows; readers hold it while they use a generation
	live     *generation  // serves; nil while there is none fit to serve
	building *generation  // is being filled, and told of changes as live is
	fit      bool         // live is whole and of the store's epoch
	doubted  time.Time    // when live was last given up
	closed   bool
	yield    context.CancelFunc // ends the rebuild that heal began

	loading   chan struct{} // closed when the ranking of the index that was opened is read; nil when none was
	relinks   chan struct{} // tells keepLinked of a new generation
	first     chan struct{} // closed when there was a fit index for the first time
	firstOnce sync.Once
}

// doubtEvery bounds how often a failing index is made again by itself.
const doubtEvery = 10 * time.Minute

// Open opens the index in its directory, or makes one. The service must have
// been started. An index that is absent, damaged, of another mapping or of
// another epoch of the store is made again in the background; meanwhile the old
// one serves, if it is whole and of this mapping, or what there is of the new one. A directory that another process
// holds is a fault of kind Unavailable.
func Open(svc *community.Service, o Options) (*Index, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	x := &Index{
		svc: svc, rec: svc.Records(), log: o.Log, text: newReader(), cases: o.Cases, synonyms: o.Synonyms, clicks: o.Clicks, notes: o.Notes,
		turn: make(chan struct{}, 1), first: make(chan struct{}), relinks: make(chan struct{}, 1),
	}
	x.text.tongues, x.text.words = x.tongues, x.lexicon.Load
	x.ctx, x.stop = context.WithCancel(context.Background())
	if err := x.readSynonyms(x.ctx); err != nil {
		x.stop()
		return nil, fmt.Errorf("search: %w", err)
	}
	if err := x.open(o.Dir); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	if !x.Ready() {
		x.work.Go(x.heal)
	}
	x.work.Go(x.keepLinked)
	return x, nil
}

func (x *Index) open(dir string) error {
	epoch, err := x.epoch(x.ctx)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if dir == "" {
		return nil
	}
	if x.home, err = openHome(dir); err != nil {
		return err
	}
	g, err := x.home.current()
	if err != nil {
		x.log.Warn("the search index cannot be used; it is made again from the store", "dir", dir, "err", err)
		return x.home.clean("")
	}
	if g == nil {
		return x.home.clean("")
	}
	x.live = g
	if g.about.Epoch != epoch {
		x.log.Warn("the store was restored; the search index is made again while the old one serves", "dir", dir)
	} else {
		x.ready()
	}
	err = x.home.clean(g.name)
	x.loadRanking(g)
	return err
}

func (x *Index) epoch(ctx context.Context) (string, error) {
	s, err := x.svc.Settings(ctx)
	if err != nil {
		return "", err
	}
	return s.Epoch, nil
}

// ready marks live as fit. The caller holds mu, or nobody else has x yet.
func (x *Index) ready() {
	x.fit = true
	x.firstOnce.Do(func() { close(x.first) })
}

// Ready reports whether the index that serves is whole and of the store's
// present epoch; while it is not, a search may miss threads.
func (x *Index) Ready() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.fit
}

// Count returns how many threads the index holds, private ones among them.
func (x *Index) Count() (n uint64, err error) {
	err = x.view(func(b bleve.Index) error {
		n, err = b.DocCount()
		return err
	})
	return n, err
}

// spoken is how great a part of the threads must be written in a language for
// words to be looked for in it.
const spoken = 0.005

// tongues lists the languages of the threads, the commonest first.
func (x *Index) tongues() (list []words.Language) {
	_ = x.viewing(func(g *generation) error {
		if g.quick == nil {
			return nil
		}
		for _, t := range g.quick.Tongues(spoken) {
			list = append(list, words.Language(t))
		}
		return nil
	})
	return list
}

// Close stops the work under way and closes the files. It may be repeated.
func (x *Index) Close() error {
	x.stop()
	x.work.Wait()
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed, x.fit = true, false
	err := errors.Join(x.live.close(), x.building.close())
	x.live, x.building = nil, nil
	if x.home != nil {
		err = errors.Join(err, x.home.close())
	}
	return err
}

var errPreparing = &fault.Error{
	Kind: fault.Unavailable, RetryAfter: 5 * time.Second,
	Public: "The search is being prepared. Please try again in a moment.",
}

// view reads the index that serves, or what there is of the one being made. An
// index that fails while it is read is given up and made again.
func (x *Index) view(f func(bleve.Index) error) error {
	return x.viewing(func(g *generation) error { return f(g.bleve) })
}

// viewing is view, of the whole generation.
func (x *Index) viewing(f func(*generation) error) error {
	x.mu.RLock()
	g := x.live
	if g == nil {
		g = x.building
	}
	if g == nil {
		x.mu.RUnlock()
		return errPreparing
	}
	err := guarded(func() error { return f(g) })
	x.mu.RUnlock()
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	x.doubt(g, err)
	return &fault.Error{Kind: fault.Unavailable, Public: errPreparing.Public, RetryAfter: errPreparing.RetryAfter, Err: err}
}

// guarded turns a panic, or a fault in a mapped file, into an error: what Bleve
// does when its files are damaged.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("search: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// doubt gives up the index that serves and makes it again.
func (x *Index) doubt(g *generation, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || x.ctx.Err() != nil || g != x.live || time.Since(x.doubted) < doubtEvery {
		return
	}
	x.log.Error("the search index failed; it is made again from the store", "err", err)
	x.doubted, x.fit = time.Now(), false
	x.work.Go(x.heal)
}

// heal makes the index again until it succeeds or the index is closed.
func (x *Index) heal() {
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		err := x.healOnce()
		if err == nil || x.ctx.Err() != nil {
			return
		}
		if !errors.Is(err, context.Canceled) {
			x.log.Error("making the search index failed; it is tried again", "in", pause, "err", err)
		}
		t := time.NewTimer(pause)
		select {
		case <-x.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

func (x *Index) healOnce() error {
	ctx, cancel := context.WithCancel(x.ctx)
	defer cancel()
	x.mu.Lock()
	x.yield = cancel
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.yield = nil
	}()
	return x.rebuild(ctx, nil, x.Ready)
}
