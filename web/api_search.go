package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/search"
)

var errNoSearch = fault.New(fault.Unavailable, "There is no search here just now. Lists by tag and state still work.")

// apiQuery is what is looked for.
type apiQuery struct {
	Paging
	Q      string `query:"q" required:"true" doc:"Words, \"phrases\", -not, and filters: tag: space: author: is: has: score: created:."`
	Facets bool   `query:"facets" doc:"Count what could narrow the list."`
}

// apiFound is a page of hits with what is to be said about it.
type apiFound struct {
	apiPage[apiHit]
	Instead string     `json:"instead,omitempty" doc:"Nothing has the words that were sent; this was looked for. Send it as q with next."`
	Notes   []string   `json:"notes" doc:"Sentences about what was not understood."`
	Facets  []apiFacet `json:"facets,omitempty"`
}

// apiFacet is a filter that would narrow the list.
type apiFacet struct {
	Key     string `json:"key" enum:"space,tag,is"`
	Value   string `json:"value"`
	Count   int    `json:"count"`
	AtLeast bool   `json:"at_least,omitempty" doc:"There may be more."`
	Chosen  bool   `json:"chosen,omitempty" doc:"The query has this filter."`
}

// apiLike is a question being typed.
type apiLike struct {
	Body struct {
		Title string `json:"title"`
		Body  string `json:"body,omitempty"`
	}
}

// apiHit is one found question.
type apiHit struct {
	Thread  apiThreadRow `json:"thread"`
	Snippet string       `json:"snippet" doc:"HTML, safe; the words that matched stand in mark."`
}

func (s *Server) apiSearch(a *api) {
	serve(a, endpoint{method: "GET", path: "/search", id: "search", tag: "Search", says: "Find questions", limit: limitSearch}, s.apiFind)
	serve(a, endpoint{method: "POST", path: "/related", id: "find-related", tag: "Search", says: "Find questions like the one being typed", limit: limitPreview}, s.apiRelated)
}

func (s *Server) apiFind(k *call, in *apiQuery) (apiFound, error) {
	var none apiFound
	if s.search == nil {
		return none, errNoSearch
	}
	r, err := s.search.Look(k.ctx, k.actor, search.Request{Query: cut(in.Q, 300), After: in.After, Limit: in.Limit, Facets: in.Facets})
	if err != nil {
		return none, err
	}
	threads := make([]*community.Thread, len(r.Hits))
	for i, h := range r.Hits {
		threads[i] = h.Thread
	}
	rows, err := s.threadRows(k, threads)
	if err != nil {
		return none, err
	}
	var out []apiHit
	for i, h := range r.Hits {
		out = append(out, apiHit{rows[i], string(h.Snippet)})
	}
	found := apiFound{apiPage: pageOf(k, out, r.Next), Instead: r.Instead, Notes: list(r.Notes)}
	if r.Instead != "" && r.Next != "" {
		k.c.Set(fiber.HeaderLink, "<"+nextPage(k.c, r.Next, "q", r.Instead)+`>; rel="next"`)
	}
	if f := r.Facets; f != nil {
		for _, x := range slices.Concat(f.Spaces, f.Tags, f.States) {
			found.Facets = append(found.Facets, apiFacet{x.Key, x.Value, x.Count, f.Partial, x.Chosen})
		}
	}
	return found, nil
}

func (s *Server) apiRelated(k *call, in *apiLike) (apiPage[apiThreadRow], error) {
	return s.relatedPage(k, cut(in.Body.Title, 200), cut(in.Body.Body, 2000), "")
}

func (s *Server) relatedPage(k *call, title, body, exclude string) (apiPage[apiThreadRow], error) {
	var none apiPage[apiThreadRow]
	if s.search == nil {
		return none, errNoSearch
	}
	if title == "" {
		return none, fault.Field("title", "Give a few words to compare with.")
	}
	found, err := s.search.Related(k.ctx, k.actor, title, body, exclude, 10)
	if err != nil {
		return none, err
	}
	rows, err := s.threadRows(k, found)
	return pageOf(k, rows, ""), err
}
