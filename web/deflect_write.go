package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// writeForm is what visitors looked for in vain, as a question with its answer.
type writeForm struct {
	askForm
	Answer string
}

// writeAnswer shows staff the form, with what was looked for as its title.
func (s *Server) writeAnswer(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil || !rq.actor.Staff() {
		return errNoPage
	}
	f := &writeForm{askForm: askForm{Title: cut(c.Query("title"), 150), Space: c.Query("space"), Key: keyMark}}
	if err := s.askSpaces(rq, &f.askForm); err != nil {
		return err
	}
	return s.show(c, rq, "write-answer", "Write this answer", f, adminPage)
}

// postWritten posts the question, answers it and confirms the answer. Each step
// may be repeated: what a failed one left is taken up by the next try.
func (s *Server) postWritten(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil || !rq.actor.Staff() {
		return errNoPage
	}
	f := &writeForm{askForm: *readAsk(c), Answer: text(c, "answer")}
	t, err := s.postSelfAnswered(rq, f)
	if err == nil {
		s.flash(c, "answered")
		return back(c, threadURL(t.ID))
	}
	if err2 := s.askSpaces(rq, &f.askForm); err2 != nil {
		return err2
	}
	return s.showForm(c, rq, "write-answer", "Write this answer", f, func(e formErrors) { f.Errors = e }, err, adminPage)
}

func (s *Server) postSelfAnswered(rq *request, f *writeForm) (*community.Thread, error) {
	if len([]rune(f.Answer)) < 10 {
		return nil, fault.Field("answer", "Write the answer: at least a sentence.")
	}
	d := f.draft()
	if d.Body == "" {
		d.Body = d.Title
	}
	t, err := s.community.Ask(rq.ctx, rq.actor, d)
	if err != nil {
		return nil, err
	}
	a, err := s.community.PostAnswer(rq.ctx, rq.actor, community.AnswerDraft{Thread: t.ID, Body: f.Answer, Key: store.DeriveID("written", f.Key)})
	if err != nil {
		if x, ok := fault.As(err); ok && x.Field == "body" {
			return nil, fault.Field("answer", "%s", x.Public)
		}
		return nil, err
	}
	_, err = s.community.Verify(rq.ctx, rq.actor, a.ID)
	return t, err
}
