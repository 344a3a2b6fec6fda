package web

import (
	"html/template"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/search"
)

// searchData is the page of what was found.
type searchData struct {
	Q    string
	Hits []hitView
	Next string
	Off  bool // there is no index (yet)
}

type hitView struct {
	threadRow
	Snippet template.HTML
}

// find searches, and says what else to do when nothing helps.
func (s *Server) find(c *fiber.Ctx, rq *request) error {
	d := &searchData{Q: cut(c.Query("q"), 300), Off: s.search == nil}
	if d.Q != "" && !d.Off {
		hits, next, err := s.search.Search(rq.ctx, rq.actor, d.Q, c.Query("after"), listSize)
		if err != nil {
			return err
		}
		d.Next = nextPage(c, next)
		if d.Hits, err = s.hitViews(rq, hits); err != nil {
			return err
		}
		s.searched(c, rq, d.Q, hits, d.Hits)
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
