package web

import (
	"html/template"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/search"
)

// searchData is the page of what was found.
type searchData struct {
	Q       string
	Instead string // what was looked for in place of Q
	Notes   []string
	Facets  []facetGroup
	Count   int64 // of all that was found; 0 where it was not counted
	More    bool  // there may be more of them
	Hits    []hitView
	Next    string
	Off     bool // there is no index (yet)
	Partial bool // the index is being made
	Saving  *savingView
	Ask     string // how to begin the question that it may become
}

// facetGroup is one kind of links that narrow the list, or widen it again.
type facetGroup struct {
	Label string
	Links []facetLink
}

type facetLink struct {
	URL, Label string
	Count      int
	More       bool // there may be more of them
	Chosen     bool
}

type hitView struct {
	threadRow
	Snippet template.HTML
}

// find searches, and says what else to do when nothing helps.
func (s *Server) find(c *fiber.Ctx, rq *request) error {
	d := &searchData{Q: cut(c.Query("q"), 300), Off: s.search == nil}
	d.Ask = search.Parse(d.Q).Plain()
	if d.Q != "" && !d.Off {
		found, err := s.search.Look(rq.ctx, rq.actor, search.Request{Query: d.Q, After: c.Query("after"), Limit: listSize, Facets: c.Query("after") == ""})
		if err != nil {
			return err
		}
		d.Partial = found.Partial
		d.Instead, d.Notes, d.Next = found.Instead, found.Notes, nextPage(c, found.Next)
		if d.Instead != "" {
			d.Next = nextPage(c, found.Next, "q", d.Instead)
		}
		if d.Hits, err = s.hitViews(rq, found.Hits); err != nil {
			return err
		}
		if d.Facets, err = s.facetGroups(rq, found); err != nil {
			return err
		}
		if found.Facets != nil {
			d.Count, d.More = int64(found.Facets.Counted), found.Facets.Partial
		}
		s.searched(c, rq, d.Q, found.Hits, d.Hits)
		if d.Saving, err = s.saving(rq, d.Q); err != nil {
			return err
		}
	}
	title := "Search"
	if d.Q != "" {
		title = d.Q + " – search"
	}
	return s.show(c, rq, "search", title, d, func(v *view) { v.Nav, v.NoIndex, v.Query, v.Wide = "search", true, d.Q, false })
}

func (s *Server) hitViews(rq *request, hits []search.Hit) ([]hitView, error) {
	threads := make([]*community.Thread, len(hits))
	for i, h := range hits {
		threads[i] = h.Thread
	}
	rows, err := s.rows(rq, threads, true)
	if err != nil {
		return nil, err
	}
	views := make([]hitView, len(hits))
	for i, h := range hits {
		views[i] = hitView{rows[i], h.Snippet}
	}
	return views, nil
}

// facetGroups are links to the same search with one filter more, or without one.
func (s *Server) facetGroups(rq *request, found search.Results) ([]facetGroup, error) {
	if found.Facets == nil {
		return nil, nil
	}
	spaces, err := s.spacesByID(rq.ctx, rq.actor)
	if err != nil {
		return nil, err
	}
	names := func(f search.Facet) string {
		if sp := spaces[f.Value]; sp != nil && f.Key == "space" {
			return sp.Name
		}
		if st, ok := stateViews[community.State(f.Value)]; ok && f.Key == "is" {
			return st.Label
		}
		if f.Key == "is" {
			return "Without an answer" // is:unanswered is no state of its own
		}
		return f.Value
	}
	var groups []facetGroup
	for _, g := range []struct {
		label string
		list  []search.Facet
	}{{"State", found.Facets.States}, {"Space", found.Facets.Spaces}, {"Tag", found.Facets.Tags}} {
		group := facetGroup{Label: g.label}
		for _, f := range g.list {
			to := found.Query.With(f.Key, f.Value)
			if f.Chosen {
				to = found.Query.Without(f.Key, f.Value)
			}
			group.Links = append(group.Links, facetLink{URL: "/search?q=" + url.QueryEscape(to.String()), Label: names(f), Count: f.Count, More: found.Facets.Partial, Chosen: f.Chosen})
		}
		if len(group.Links) > 1 || len(group.Links) == 1 && group.Links[0].Chosen {
			groups = append(groups, group)
		}
	}
	return groups, nil
}
