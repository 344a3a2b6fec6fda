package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
	"selfie/moderation/escalation"
	"selfie/moderation/escalation/desk"
)

// Bridge is the external desk that cases are mirrored to, and the secret that
// signs its hooks; Secret "" takes no hooks.
type Bridge struct {
	*escalation.Bridge
	Secret string
}

func (s *Server) deskRoutes() {
	s.getPage("/admin/desks", unlimited, admin(s.desks))
	s.postForm("/admin/desks/:id/:act", limitPost, admin(s.actDelivery))
	s.fiber.Post("/hooks/desks/:name", s.deskHook)
}

// deskHook takes a desk's word that something changed. It carries no form and
// no cookie: its signature is what lets it in, and it is only a hint.
func (s *Server) deskHook(c *fiber.Ctx) error {
	rq := s.of(c)
	c.Locals(wantsJSON, true)
	if err := s.limits.admit(limitPost, rq); err != nil {
		return err
	}
	if s.bridge == nil || s.bridge.Secret == "" || c.Params("name") != s.bridge.Name() {
		return errNoPage
	}
	header := http.Header{}
	for name, values := range c.GetReqHeaders() {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if err := desk.VerifyHook(s.bridge.Secret, header, c.Body(), s.now()); err != nil {
		return err
	}
	if err := s.bridge.Engine().Hint(rq.ctx, s.bridge.Name()); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// desksData is the operator's page of the external desk.
type desksData struct {
	Off     bool
	Desks   []desk.Health
	Checked string // what a check just said; "" when none was made
	Fine    bool
	Dead    []deadRow
	Next    string
}

type deadRow struct {
	ID, What, Case, Error string
	Tries                 int
	At                    when
}

func (s *Server) desks(c *fiber.Ctx, rq *request) error {
	d := &desksData{Off: s.bridge == nil}
	if !d.Off {
		if err := s.readDesks(c, rq, d); err != nil {
			return err
		}
	}
	return s.show(c, rq, "admin-desks", "External desk", d, adminPage)
}

func (s *Server) readDesks(c *fiber.Ctx, rq *request, d *desksData) (err error) {
	if d.Desks, err = s.bridge.Engine().Desks(rq.ctx); err != nil {
		return err
	}
	if c.Query("check") != "" {
		d.Checked, d.Fine = "The desk answers, and has what we need.", true
		if err := s.bridge.Engine().Check(rq.ctx, s.bridge.Name()); err != nil {
			d.Checked, d.Fine = "The desk cannot be used just now. Look at its address and token, and whether it runs.", false
			if f, ok := fault.As(err); ok && f.Public != "" {
				d.Checked = f.Public
			}
		}
	}
	dead, next, err := s.bridge.Engine().Dead(rq.ctx, s.bridge.Name(), c.Query("after"), listSize)
	d.Next = nextPage(c, next)
	for _, x := range dead {
		d.Dead = append(d.Dead, deadRow{ID: x.ID, What: string(x.What), Case: x.Case, Error: x.Error, Tries: x.Tries, At: s.when(x.Created)})
	}
	return err
}

func (s *Server) actDelivery(c *fiber.Ctx, rq *request) error {
	if s.bridge == nil {
		return errNoPage
	}
	act := map[string]func(id string) error{
		"retry":   func(id string) error { return s.bridge.Engine().Retry(rq.ctx, id) },
		"dismiss": func(id string) error { return s.bridge.Engine().Dismiss(rq.ctx, id) },
	}[c.Params("act")]
	if act == nil {
		return errNoPage
	}
	if err := act(c.Params("id")); err != nil {
		return err
	}
	s.flash(c, "saved")
	return back(c, "/admin/desks")
}
