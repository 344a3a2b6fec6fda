package search

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"selfie/community"
	"selfie/internal/store"
	"selfie/search/quick"
)

// Facets count what could narrow a list, among the threads of the list that the
// actor may read.
type Facets struct {
	Spaces, Tags, States []Facet
	Counted              int  // threads that were counted
	Partial              bool // there are more of them
}

// Facet is one value: the filter that chooses it, and how many threads have it.
type Facet struct {
	Key, Value string // "tag", "wifi"
	Count      int
	Chosen     bool // the query has this filter
}

// The bounds of counting: threads that are looked at one by one where the
// ranking in memory cannot count, those whose whole text is read, and values of
// one kind.
const (
	maxCounted  = 200
	maxReadFull = 60
	maxValues   = 8
)

// facets counts what could narrow a list. The ranking in memory counts all that
// it knows to be as the store has it; what changed since it was followed up is
// loaded and judged as a hit is. So no count tells of what the actor may not
// read.
func (x *Index) facets(ctx context.Context, by community.Actor, p plan) (*Facets, error) {
	behind, err := x.behind(ctx)
	if err != nil {
		return nil, err
	}
	f, counts := &Facets{}, map[Facet]int{}
	if behind.all || p.needsText() || !x.ranks() {
		err = x.countBest(ctx, by, p, behind, f, counts)
	} else if err = x.countAll(by, p, behind, f, counts); err == nil {
		err = x.countJudged(ctx, by, p, listed(behind.ids()), lag{all: true}, f, counts)
	}
	if err != nil {
		return nil, err
	}
	f.sort(counts, p.query)
	return f, nil
}

// countAll counts everything that is found, but for what the index may be
// behind.
func (x *Index) countAll(by community.Actor, p plan, behind lag, f *Facets, counts map[Facet]int) error {
	q := p.asking(by)
	q.None = append(q.None, quick.Where{Among: some(behind.ids())})
	return x.viewing(func(g *generation) error {
		c := g.quick.Count(q)
		f.Counted = c.All
		for v, n := range c.Spaces {
			counts[Facet{Key: "space", Value: v}] = n
		}
		for v, n := range c.Tags {
			counts[Facet{Key: "tag", Value: v}] = n
		}
		for i, n := range c.Flags {
			if n > 0 && flags[i] != hasImage && flags[i] != hasAccepted {
				counts[Facet{Key: "is", Value: flags[i]}] = n
			}
		}
		return nil
	})
}

// countBest counts over the best of a list.
func (x *Index) countBest(ctx context.Context, by community.Actor, p plan, behind lag, f *Facets, counts map[Facet]int) (err error) {
	var list []found
	last := false
	if x.ranks() {
		q := p.asking(by)
		q.Limit = maxCounted + 1
		list, err = x.front(p, q, store.At(x.svc.Clock()))
		last = len(list) <= maxCounted
		list = list[:min(len(list), maxCounted)]
	} else {
		list, last, err = x.find(ctx, p.bleve, p.ranked, 0, maxCounted)
		behind = lag{all: true} // Bleve says what may fit
	}
	if err != nil {
		return err
	}
	f.Partial = !last
	return x.countJudged(ctx, by, p, list, behind, f, counts)
}

// countJudged counts threads of a list, each loaded and judged as a hit is. Its
// text is read again where the index may be behind it, or does not decide it.
func (x *Index) countJudged(ctx context.Context, by community.Actor, p plan, list []found, behind lag, f *Facets, counts map[Facet]int) error {
	if err := x.see(ctx, by, list); err != nil {
		return err
	}
	full := 0
	for _, one := range list {
		t := one.thread
		if t == nil || !p.admits(t, nil) {
			continue
		}
		if p.needsText() || behind.of(t) {
			if full++; full > maxReadFull {
				f.Partial = true
				continue
			}
			if ok, err := x.fits(ctx, p, t); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		f.Counted++
		count(counts, t)
	}
	return nil
}

func listed(ids []string) []found {
	list := make([]found, len(ids))
	for i, id := range ids {
		list[i].id = id
	}
	return list
}

// needsText reports whether the index cannot say that a thread fits.
func (p plan) needsText() bool {
	return len(p.phrases)+len(p.notRuns) > 0
}

// fits judges a thread by its text.
func (x *Index) fits(ctx context.Context, p plan, t *community.Thread) (bool, error) {
	c, err := x.load(ctx, t)
	if err != nil || !p.admits(t, &c) {
		return false, err
	}
	title, tags, texts := x.text.pieces(c)
	return p.matches(append([]piece{title, tags, x.linked(t.ID)}, texts...)), nil
}

func count(counts map[Facet]int, t *community.Thread) {
	counts[Facet{Key: "space", Value: t.Space}]++
	for _, tag := range t.Tags {
		counts[Facet{Key: "tag", Value: tag}]++
	}
	for _, s := range states(t) {
		counts[Facet{Key: "is", Value: s}]++
	}
}

// sort puts the counts in order: most first, then by name; states as ever.
func (f *Facets) sort(counts map[Facet]int, q Query) {
	of := map[string]*[]Facet{"space": &f.Spaces, "tag": &f.Tags, "is": &f.States}
	for facet, n := range counts {
		facet.Count, facet.Chosen = n, q.Filters(facet.Key, facet.Value)
		*of[facet.Key] = append(*of[facet.Key], facet)
	}
	for _, list := range of {
		slices.SortFunc(*list, func(a, b Facet) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
		*list = (*list)[:min(len(*list), maxValues)]
	}
	place := func(x Facet) int { return slices.Index(community.States, community.State(x.Value)) }
	slices.SortStableFunc(f.States, func(a, b Facet) int { return cmp.Compare(place(a), place(b)) })
}

// lag is what changed since the index was last known to be up to date.
type lag struct {
	all     bool
	threads map[string]bool // that changed, or whose answers did
}

func (l lag) of(t *community.Thread) bool { return l.all || l.threads[t.ID] }

// ids are the threads, in an order.
func (l lag) ids() []string { return slices.Sorted(maps.Keys(l.threads)) }

// maxBehind bounds the changed threads, and answers, that are told apart.
const maxBehind = 200

// behind asks the store what the index may not know yet.
func (x *Index) behind(ctx context.Context) (lag, error) {
	mark, ok := x.followed()
	if !ok {
		return lag{all: true}, nil
	}
	l := lag{threads: map[string]bool{}}
	since := func(s *store.Schema) store.Query {
		return store.All().Between("changed", mark[s.Name], nil).Order("changed").Limit(maxBehind)
	}
	threads, err := x.rec.Threads.Find(ctx, since(x.rec.Threads.Schema()))
	if err != nil {
		return l, err
	}
	answers, err := x.rec.Answers.Find(ctx, since(x.rec.Answers.Schema()))
	if err != nil {
		return l, err
	}
	for _, t := range threads.Items {
		l.threads[t.ID] = true
	}
	for _, a := range answers.Items {
		l.threads[a.Thread] = true
	}
	l.all = threads.Next != "" || answers.Next != "" || len(l.threads) > maxCounted
	return l, nil
}

// followed is up to where the store was followed into the index that serves.
func (x *Index) followed() (mark map[string]store.Millis, ok bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if !x.fit || x.live == nil {
		return nil, false
	}
	err := guarded(func() (err error) { mark, err = x.live.checkpoint(); return err })
	return mark, err == nil && mark != nil
}
