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
// for: it is what the part is kept under.

func (h head) size() int {
	return len(h.Title) + len(h.Description) + len(h.Canonical) + len(h.Feed) + 100
}

// alike answers with a page whose main part build gives for everyone like the
// reader. The part is rendered with the data alone: nothing of the reader is
// there to be shown.
func (s *Server) alike(c *fiber.Ctx, rq *request, page string, build func() (head, any, error)) error {
	key, stamp, err := s.likeness(c, rq)
	if err != nil {
		return err
	}
	kept := s.cache.get(key, stamp)
	if kept == nil {
		if kept, err = s.mainPart(page, build); err != nil {
			return err
		}
		if !rq.actor.Guest() { // guests' pages are kept whole
			s.cache.put(key, stamp, kept)
		}
	}
	return s.show(c, rq, page, kept.head.Title, nil, func(v *view) {
		v.head, v.Main = kept.head, template.HTML(kept.plain)
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

// likeness names what a reader's lists depend on: who they are like, and a stamp
// that changes whenever such a list may.
func (s *Server) likeness(c *fiber.Ctx, rq *request) (key, stamp string, err error) {
	gen := s.gens.now() // before anything is read
	spaces, err := s.community.Spaces(rq.ctx, rq.actor)
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	fmt.Fprint(&b, rq.actor.Guest(), rq.actor.Staff())
	for _, sp := range spaces {
		b.WriteByte(' ')
		b.WriteString(sp.ID)
	}
	like := b.String()
	for _, sp := range spaces {
		fmt.Fprint(&b, " ", sp.Rev)
	}
	return "main " + keyOf(like) + " " + c.OriginalURL(), fmt.Sprint(gen, " ", b.String()), nil
}
