package web

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
)

// onThread is the shape of every small form of a thread: do it, say so, go back.
func (s *Server) onThread(flash string, act func(c *fiber.Ctx, rq *request, id string) error) handler {
	return member(func(c *fiber.Ctx, rq *request) error {
		id := c.Params("id")
		if err := act(c, rq, id); err != nil {
			return err
		}
		if flash != "" {
			s.flash(c, flash)
		}
		return back(c, s.cameFrom(c, threadURL(id)))
	})
}

// cameFrom is the page that a form stood on, as the form says.
func (s *Server) cameFrom(c *fiber.Ctx, fallback string) string {
	return localPath(c.FormValue("next"), fallback)
}

func (s *Server) vote(c *fiber.Ctx, rq *request) error {
	r, err := ref(c)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(value(c, "value"), 10, 8)
	if err != nil || n < -1 || n > 1 {
		return fault.Field("value", "A vote is 1, -1, or 0 to take it back.")
	}
	if _, err := s.community.Vote(rq.ctx, rq.actor, r, n); err != nil {
		return err
	}
	t, err := s.threadOf(rq, r)
	if err != nil {
		return err
	}
	return back(c, s.cameFrom(c, threadURL(t.ID)+"#post-"+r.ID))
}

func (s *Server) meToo(c *fiber.Ctx, rq *request, id string) error {
	_, err := s.community.SetMeToo(rq.ctx, rq.actor, id, ticked(c, "on"))
	return err
}

func (s *Server) watch(c *fiber.Ctx, rq *request, id string) error {
	_, err := s.community.SetWatch(rq.ctx, rq.actor, id, ticked(c, "on"))
	return err
}

func (s *Server) accept(c *fiber.Ctx, rq *request) error {
	a, t, err := s.community.Answer(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return err
	}
	if _, err := s.community.Accept(rq.ctx, rq.actor, t.ID, a.ID); err != nil {
		return err
	}
	s.flash(c, "accepted")
	return back(c, threadURL(t.ID)+"#post-"+a.ID)
}

func (s *Server) unaccept(c *fiber.Ctx, rq *request) error {
	a, t, err := s.community.Answer(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return err
	}
	if t.Accepted == nil || t.Accepted.Answer != a.ID {
		return fault.New(fault.Conflict, "This answer is not the accepted one (any more). Look at the thread again.")
	}
	if _, err := s.community.Unaccept(rq.ctx, rq.actor, t.ID); err != nil {
		return err
	}
	s.flash(c, "unaccepted")
	return back(c, threadURL(t.ID)+"#post-"+a.ID)
}

// verify confirms an answer for the company, or takes that back.
func (s *Server) verify(on bool) handler {
	return member(func(c *fiber.Ctx, rq *request) error {
		act := s.community.Unverify
		if on {
			act = s.community.Verify
		}
		a, err := act(rq.ctx, rq.actor, c.Params("id"))
		if err != nil {
			return err
		}
		return back(c, threadURL(a.Thread)+"#post-"+a.ID)
	})
}

func (s *Server) remove(c *fiber.Ctx, rq *request) error {
	return s.setRemoved(c, rq, "removed", func(r community.Ref) error {
		return s.community.Remove(rq.ctx, rq.actor, r, value(c, "reason"))
	})
}

func (s *Server) restore(c *fiber.Ctx, rq *request) error {
	return s.setRemoved(c, rq, "restored", func(r community.Ref) error {
		return s.community.Restore(rq.ctx, rq.actor, r)
	})
}

func (s *Server) setRemoved(c *fiber.Ctx, rq *request, flash string, act func(community.Ref) error) error {
	r, err := ref(c)
	if err != nil {
		return err
	}
	t, err := s.threadOf(rq, r)
	if err != nil {
		return err
	}
	if err := act(r); err != nil {
		return err
	}
	s.flash(c, flash)
	return back(c, threadURL(t.ID))
}

func (s *Server) lock(c *fiber.Ctx, rq *request, id string) error {
	_, err := s.community.SetLock(rq.ctx, rq.actor, id, value(c, "reason"))
	return err
}

func (s *Server) unlock(_ *fiber.Ctx, rq *request, id string) error {
	_, err := s.community.Unlock(rq.ctx, rq.actor, id)
	return err
}

func (s *Server) setPrivate(c *fiber.Ctx, rq *request, id string) error {
	on := ticked(c, "on")
	if _, err := s.community.SetPrivate(rq.ctx, rq.actor, id, on); err != nil {
		return err
	}
	s.flash(c, map[bool]string{true: "private", false: "public"}[on])
	return nil
}

func (s *Server) move(c *fiber.Ctx, rq *request, id string) error {
	_, err := s.community.Move(rq.ctx, rq.actor, id, value(c, "space"))
	return err
}

// duplicateData is the page where the original of a question is chosen.
type duplicateData struct {
	Thread  *community.Thread
	Of      string
	Related []threadRow
	Errors  formErrors
}

func (s *Server) duplicateForm(c *fiber.Ctx, rq *request) error {
	d, err := s.duplicateData(c, rq)
	if err != nil {
		return err
	}
	return s.show(c, rq, "duplicate", "Asked before?", d, noIndex)
}

func (s *Server) duplicateData(c *fiber.Ctx, rq *request) (*duplicateData, error) {
	t, err := s.community.Thread(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return nil, err
	}
	if !s.community.Rights(rq.ctx, rq.actor, t).MarkDuplicate {
		return nil, errNoPage
	}
	d := &duplicateData{Thread: t}
	d.Related, err = s.related(rq, t.Title, t.Body, t.ID, 8)
	return d, err
}

var threadInLink = regexp.MustCompile(`(?:^|/threads/)([a-z0-9]{8,40})(?:[/?#].*)?$`)

func (s *Server) markDuplicate(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	typed := value(c, "of")
	err := error(fault.Field("of", "Give the address of the question that was asked before."))
	if m := threadInLink.FindStringSubmatch(strings.TrimSpace(typed)); m != nil {
		if _, err = s.community.MarkDuplicate(rq.ctx, rq.actor, id, m[1]); err == nil {
			s.flash(c, "duplicate")
			return back(c, threadURL(m[1])+"?from="+id)
		}
	}
	d, again := s.duplicateData(c, rq)
	if again != nil {
		return err
	}
	d.Of = typed
	return s.showForm(c, rq, "duplicate", "Asked before?", d, func(e formErrors) { d.Errors = e }, err, noIndex)
}

func (s *Server) undoDuplicate(_ *fiber.Ctx, rq *request, id string) error {
	_, err := s.community.UndoDuplicate(rq.ctx, rq.actor, id)
	return err
}
