package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
)

// DemoMember is somebody to sign in as with one press, in a demonstration. The
// password is no secret there; it never reaches a page all the same.
type DemoMember struct {
	Key, Name, Says string // Says is what this member does: "moderates"
	Email, Password string
}

// demoMembers are offered on the sign-in page; none outside a demonstration.
func (s *Server) demoMembers() []DemoMember {
	if !s.conf.Demo {
		return nil
	}
	return s.conf.DemoMembers
}

// demoSignIn signs in as one of the demonstration's members. The route exists
// in a demonstration only.
func (s *Server) demoSignIn(c *fiber.Ctx, rq *request) error {
	key := c.FormValue("member")
	for _, m := range s.demoMembers() {
		if m.Key != key {
			continue
		}
		_, token, err := s.community.SignIn(rq.ctx, m.Email, m.Password, device(c, rq))
		if err != nil {
			return err
		}
		s.signedIn(c, token)
		s.flash(c, "signed-in")
		return back(c, localPath(c.FormValue("next"), "/"))
	}
	return fault.New(fault.NotFound, "Nobody in this demonstration is called that. Choose one of the names.")
}
