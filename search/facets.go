package search

import (
	"cmp"
	"context"
	"slices"

	"selfie/community"
	"selfie/internal/store"
)

// Facets count what could narrow a list, among the threads of the list that the
// actor may read.
type Facets struct {
	Spaces, Tags, States []Facet
	Counted              int  // threads that were counted
	Partial              bool // there are more of them in the list
}

// Facet is one value: the filter that chooses it, and how many threads have it.
type Facet struct {
	Key, Value string // "tag", "wifi"
	Count      int
	Chosen     bool // the query has this filter
}

// The bounds of counting: threads looked at, those of them whose whole text is
// looked at, and values of one kind.
const (
	maxCounted  = 200
	maxReadFull = 60
	maxValues   = 8
)

// facets counts over the best of a list. Each thread is loaded and judged as a
// hit is. Its text is read again where the index may be behind it, or does not
// decide it; so no count tells of what the actor may not read.
func (x *Index) facets(ctx context.Context, by community.Actor, p plan) (*Facets, error) {
	list, last, err := x.find(ctx, p.bleve, p.ranked, 0, maxCounted)
	if err != nil {
		return nil, err
	}
	if err := x.see(ctx, by, list); err != nil {
		return nil, err
	}
	behind, err := x.behind(ctx)
	if err != nil {
		return nil, err
	}
	f := &Facets{Partial: !last}
	counts := map[Facet]int{}
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
				return nil, err
			} else if !ok {
				continue
			}
		}
		f.Counted++
		count(counts, t)
	}
	f.sort(counts, p.query)
	return f, nil
}

// needsText reports whether the index cannot say that a thread fits.
func (p plan) needsText() bool {
	return len(p.phrases)+len(p.notRuns)+len(p.query.Has)+len(p.query.Not.Has) > 0
}

// fits judges a thread by its text.
func (x *Index) fits(ctx context.Context, p plan, t *community.Thread) (bool, error) {
	c, err := x.load(ctx, t)
	if err != nil || !p.admits(t, &c) {
		return false, err
	}
	title, tags, texts := x.text.pieces(c)
	return p.matches(append([]piece{title, tags}, texts...)), nil
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
	since   store.Millis
	threads map[string]bool // whose answers changed
}

func (l lag) of(t *community.Thread) bool { return l.all || t.Changed >= l.since || l.threads[t.ID] }

// maxBehind bounds the changed answers that are told apart.
const maxBehind = 500

// behind asks the store what the index may not know yet.
func (x *Index) behind(ctx context.Context) (lag, error) {
	mark, ok := x.followed()
	if !ok {
		return lag{all: true}, nil
	}
	l := lag{since: mark[x.rec.Threads.Schema().Name], threads: map[string]bool{}}
	q := store.All().Between("changed", mark[x.rec.Answers.Schema().Name], nil).Order("changed").Limit(maxBehind)
	late, err := x.rec.Answers.Find(ctx, q)
	if err != nil {
		return l, err
	}
	l.all = late.Next != ""
	for _, a := range late.Items {
		l.threads[a.Thread] = true
	}
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
