package web

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Lists are alike for all who read the same spaces and are, or are not, staff:
// their main part is kept once for all of them, beside guests' whole pages and
// under the same bound, and each member's page is put together around it. Who
// may read what is found out for each request, before anything kept is looked
// for: it is what the part is kept under. What shows members their own private
// questions is not alike, and not kept: related questions, searches, threads.

func (h head) size() int {
	return len(h.Title) + len(h.Description) + len(h.Canonical) + len(h.Feed) + 100
}

// alike answers with a page whose main part build gives for everyone like the
// reader. The part is rendered with the data alone: nothing of the reader is
// there to be shown.
func (s *Server) alike(c *fiber.Ctx, rq *request, page string, build func() (head, any, error)) error {
	main, err := s.shared(rq, "main "+c.OriginalURL(), func() (*rendered, error) { return s.mainPart(page, build) })
	if err != nil {
		return err
	}
	return s.show(c, rq, page, main.head.Title, nil, func(v *view) {
		v.head, v.Main = main.head, template.HTML(main.plain)
	})
}

func (s *Server) mainPart(page string, build func() (head, any, error)) (*rendered, error) {
	head, data, err := build()
	if err != nil {
		return nil, err
	}
	sheet := s.sheets.take()
	defer s.sheets.give(sheet)
	if err := s.pages.render(sheet, page, "main", &view{head: head, Data: data}); err != nil {
		return nil, err
	}
	return &rendered{plain: bytes.Clone(sheet.Bytes()), head: head}, nil
}

// shared finds the part of that name which is kept for everyone like the reader,
// or makes and keeps it. Guests' pages are kept whole, and their parts are not.
func (s *Server) shared(rq *request, name string, build func() (*rendered, error)) (*rendered, error) {
	if rq.actor.Guest() {
		return build()
	}
	like, stamp, err := s.likeness(rq)
	if err != nil {
		return nil, err
	}
	key := like + " " + name
	if kept := s.cache.get(key, stamp); kept != nil {
		return kept, nil
	}
	part, err := build()
	if err == nil {
		s.cache.put(key, stamp, part)
	}
	return part, err
}

// likeness says who a reader's lists are alike for, and gives a stamp that
// changes whenever such a list may.
func (s *Server) likeness(rq *request) (like, stamp string, err error) {
	gen := s.gens.now() // before anything is read
	spaces, err := s.community.Spaces(rq.ctx, rq.actor)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	fmt.Fprint(&b, rq.actor.Staff())
	for _, sp := range spaces {
		b.WriteByte(' ')
		b.WriteString(sp.ID)
	}
	like = keyOf(b.String())
	for _, sp := range spaces {
		fmt.Fprint(&b, " ", sp.Rev)
	}
	return like, fmt.Sprint(gen, " ", b.String()), nil
}
