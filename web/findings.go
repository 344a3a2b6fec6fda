package web

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/media"
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
	Thread string `json:"thread" doc:"The address of its page."`
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
	ready, err := s.isRead(rq, u)
	f := findings{Ready: ready, Text: text, Alt: ocr.Alt(text), Finds: ocr.Finds(text)}
	if !f.Ready || err != nil {
		return f, err // where windows look alike, their words tell them apart
	}
	same, err := s.community.SameShown(rq.ctx, rq.actor, u)
	if same != nil {
		f.Same = &sameAs{threadURL(same.ID), same.Title, same.Stats.Solved}
	}
	return f, err
}

// isRead reports whether there is nothing to wait for: the text was read, or no
// node reads it.
func (s *Server) isRead(rq *request, u *community.Upload) (bool, error) {
	if u.Unread == 0 || u.Reading != nil {
		return true, nil
	}
	read, err := s.community.PicturesAreRead(rq.ctx)
	return !read, err
}

// pictured is the text that was read in one picture of a post.
type pictured struct{ URL, Alt, Text string }

// readPictures adds to a post and its comments what their pictures say.
func (s *Server) readPictures(rq *request, p *postView) error {
	uploads, err := s.community.Uploads(rq.ctx, rq.actor, p.Images)
	for _, id := range p.Images {
		if u := uploads[id]; u != nil && u.ReadText() != "" {
			p.Texts = append(p.Texts, pictured{"/images/" + id + "/" + media.Full, u.Alt, u.ReadText()})
		}
	}
	for _, comment := range p.Comments {
		err = errors.Join(err, s.readPictures(rq, comment))
	}
	return err
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
