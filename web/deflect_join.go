package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
)

// joinData is shown to a guest who posts a question: sign in, or make an
// account, and find the question as it was.
type joinData struct {
	SignIn *signInForm
	Open   bool // newcomers may make an account
}

// joinToAsk answers a guest's question.
func (s *Server) joinToAsk(c *fiber.Ctx, rq *request) error {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	d := &joinData{SignIn: &signInForm{Next: "/ask", Carry: keptFields(c), CarryTo: "/ask"}, Open: settings.SignUp}
	v, err := s.view(c, rq, "One step to post it", d)
	if err != nil {
		return err
	}
	v.Nav, v.NoIndex = "ask", true
	return s.send(c, rq, fiber.StatusUnauthorized, "join", v)
}

// signUpToAsk shows the sign-up form, and lets what was typed go along.
func (s *Server) signUpToAsk(c *fiber.Ctx, rq *request) error {
	if !rq.actor.Guest() {
		return back(c, "/ask")
	}
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	f := &signUpForm{Next: "/ask", Closed: !settings.SignUp}
	f.Carry, f.CarryTo = carried(c)
	return s.show(c, rq, "sign-up", "Join "+settings.Name, f, noIndex)
}

// toAsk brings who just signed in back to the question they were writing, as a
// draft. It reports false when a draft cannot hold it: it has pictures, or is
// too long.
func (s *Server) toAsk(c *fiber.Ctx, rq *request, actor community.Actor, carry []field) (bool, error) {
	d, attempt, agent := community.Draft{Place: "ask"}, "", ""
	for _, f := range carry {
		switch f.Name {
		case "title":
			d.Title = f.Value
		case "body":
			d.Body = f.Value
		case "tags":
			d.Tags = f.Value
		case "space":
			d.Space = f.Value
		case "private":
			d.Private = f.Value != ""
		case "key":
			d.Key = f.Value
		case "attempt":
			attempt = f.Value
		case "agent":
			agent = "&agent=1"
		case "image":
			return false, nil
		}
	}
	if d.Key == "" || s.community.SaveDraft(rq.ctx, actor, d) != nil {
		return false, nil
	}
	return true, back(c, "/ask?attempt="+queryEscape(attempt)+agent)
}

// callAgent calls an agent to the question that was just posted where its asker
// wants one, and names the sentence to show. Where the rules let the community
// try first, the button for it waits on the question's page.
func (s *Server) callAgent(c *fiber.Ctx, rq *request, f *askForm, thread string) string {
	if !f.Agent || s.cases == nil {
		return "asked"
	}
	_, err := s.cases.AskAgent(rq.ctx, rq.actor, thread, "")
	switch {
	case err == nil:
		return "agent"
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Forbidden):
		return "agent-later"
	}
	s.logger(c, rq).Warn("agent not called", "error", err)
	return "agent-later"
}

// privacy says what is kept of searches.
func (s *Server) privacy(c *fiber.Ctx, rq *request) error {
	return s.show(c, rq, "privacy", "What is kept of a search", nil, func(v *view) { v.Canonical = "/privacy" })
}
