package web

import (
	"selfie/community"
	"selfie/internal/fault"
)

var errNoSearch = fault.New(fault.Unavailable, "There is no search here just now. Lists by tag and state still work.")

// apiQuery is what is looked for.
type apiQuery struct {
	Paging
	Q string `query:"q" required:"true" doc:"What to look for."`
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

func (s *Server) apiFind(k *call, in *apiQuery) (apiPage[apiHit], error) {
	var none apiPage[apiHit]
	if s.search == nil {
		return none, errNoSearch
	}
	hits, next, err := s.search.Search(k.ctx, k.actor, cut(in.Q, 300), in.After, in.Limit)
	if err != nil {
		return none, err
	}
	threads := make([]*community.Thread, len(hits))
	for i, h := range hits {
		threads[i] = h.Thread
	}
	rows, err := s.threadRows(k, threads)
	if err != nil {
		return none, err
	}
	var out []apiHit
	for i, h := range hits {
		out = append(out, apiHit{rows[i], string(h.Snippet)})
	}
	return pageOf(k, out, next), nil
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
