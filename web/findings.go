package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
)

// findings are what a picture was found to say and show, for its owner before
// it is posted, and for staff.
type findings struct {
	Ready bool    `json:"ready" doc:"False while its text is still to be read; ask again in a second."`
	Text  string  `json:"text" doc:"What a machine read in it, and may have misread."`
	Alt   string  `json:"alt" doc:"A description to begin with: its first telling line."`
	Finds []find  `json:"finds" doc:"What should perhaps not be shown to everyone."`
	Same  *sameAs `json:"same" doc:"A thread that shows the same screenshot; null when there is none."`
}

// find is one thing that should perhaps not be shown.
type find struct {
	Kind string `json:"kind" enum:"email,card,key,serial"`
	Text string `json:"text" doc:"Masked, as in j…@example.com."`
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
	return findings{Ready: isRead(u), Text: u.ReadText(), Finds: []find{}}, nil
}

func isRead(u *community.Upload) bool { return u.Unread == 0 || u.Reading != nil }

// findings answers the editor.
func (s *Server) findings(c *fiber.Ctx, rq *request) error {
	f, err := s.findingsOf(rq, c.Params("id"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(f)
}
