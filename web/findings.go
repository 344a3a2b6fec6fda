package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/media/ocr"
)

// findings are what a picture was found to say and show, for its owner before
// it is posted, and for staff.
type findings struct {
	Ready bool       `json:"ready" doc:"False while its text is still to be read; ask again in a second."`
	Text  string     `json:"text" doc:"What a machine read in it, and may have misread."`
	Alt   string     `json:"alt" doc:"A description to begin with: its first telling line."`
	Finds []ocr.Find `json:"finds" doc:"What should perhaps not be shown to everyone."`
	Same  *sameAs    `json:"same" doc:"A thread that shows the same screenshot; null when there is none."`
}

// sameAs is a thread with the same screenshot.
type sameAs struct {
	Thread string `json:"thread" doc:"Its address."`
	Title  string `json:"title"`
	Solved bool   `json:"solved"`
}

// findingsOf tells what is known of an upload to its owner, and to staff.
func (s *Server) findingsOf(rq *request, id string) (findings, error) {
	u, err := s.community.OwnUpload(rq.ctx, rq.actor, id)
	if err != nil {
		return findings{}, err
	}
	text := u.ReadText()
	return findings{Ready: s.isRead(u), Text: text, Alt: ocr.Alt(text), Finds: ocr.Finds(text)}, nil
}

// isRead reports whether there is nothing to wait for: the text was read, or
// nobody here reads it.
func (s *Server) isRead(u *community.Upload) bool {
	return u.Unread == 0 || u.Reading != nil || !s.ocr.On
}

// findings answers the editor.
func (s *Server) findings(c *fiber.Ctx, rq *request) error {
	f, err := s.findingsOf(rq, c.Params("id"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(f)
}
