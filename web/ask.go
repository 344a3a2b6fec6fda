package web

import (
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
)

// askForm is a question being written: new, or an edit of one.
type askForm struct {
	Action   string // where it is sent
	Place    string
	Title    string
	Body     string
	Tags     string
	Space    string
	Private  bool
	Key      string
	Edit     int64
	Note     string
	Pictures []picture
	Spaces   []*community.Space
	Preview  *previewView
	Attempt  string // to solve it without asking
	Agent    bool   // an agent is wanted
	Offers   *offersView
	Guest    bool // must sign in to post it
	Errors   formErrors
	Kept     bool
	Editing  bool
}

// previewView is how a text would look.
type previewView struct{ HTML template.HTML }

// ask shows the form: empty, with a draft, or with what the search field held.
func (s *Server) ask(c *fiber.Ctx, rq *request) error {
	f := &askForm{Action: "/ask", Place: "ask", Title: c.Query("title"), Space: c.Query("space"), Key: keyMark, Attempt: c.Query("attempt"), Agent: c.Query("agent") != "" && s.cases != nil}
	d, err := s.community.Draft(rq.ctx, rq.actor, f.Place)
	if err != nil {
		return err
	}
	f.from(d)
	if err := s.askSpaces(rq, f); err != nil {
		return err
	}
	if s.limits.admit(limitSearch, rq) == nil {
		if f.Offers, err = s.offers(c, rq, f.Title, f.Body, f.Attempt); err != nil {
			return err
		}
	}
	f.Guest = rq.actor.Guest()
	return s.show(c, rq, "ask", "Ask a question", f, askPage)
}

func askPage(v *view) { v.Nav, v.NoIndex = "ask", true }

func (f *askForm) from(d *community.Draft) {
	if d.Key == "" || (f.Title != "" && f.Title != d.Title) {
		return
	}
	f.Kept = d.Title+d.Body+d.Tags != ""
	f.Title, f.Body, f.Tags, f.Private, f.Key = d.Title, d.Body, d.Tags, d.Private, d.Key
	if d.Space != "" {
		f.Space = d.Space
	}
}

// askSpaces lists the spaces that take questions.
func (s *Server) askSpaces(rq *request, f *askForm) error {
	all, err := s.community.Spaces(rq.ctx, rq.actor)
	for _, sp := range all {
		if !sp.Archived {
			f.Spaces = append(f.Spaces, sp)
		}
	}
	if f.Space == "" && len(f.Spaces) == 1 {
		f.Space = f.Spaces[0].ID
	}
	return err
}

func readAsk(c *fiber.Ctx) *askForm {
	return &askForm{
		Action: c.Path(), Title: value(c, "title"), Body: text(c, "body"), Tags: value(c, "tags"), Space: value(c, "space"),
		Private: ticked(c, "private"), Key: value(c, "key"), Note: value(c, "note"), Attempt: value(c, "attempt"), Agent: ticked(c, "agent"),
	}
}

func (f *askForm) draft() community.ThreadDraft {
	return community.ThreadDraft{
		Space: f.Space, Title: f.Title, Body: placePictures(f.Body, f.Pictures), Tags: splitTags(f.Tags),
		Images: pictureIDs(f.Pictures), Private: f.Private, Key: f.Key,
	}
}

func splitTags(s string) []string { return community.SplitTags(s) }

// postAsk takes a question, or shows how it would look and what answers it. A
// guest's is kept until they are signed in.
func (s *Server) postAsk(c *fiber.Ctx, rq *request) error {
	f := readAsk(c)
	f.Place = "ask"
	if rq.actor.Guest() {
		if ticked(c, "check") {
			return s.askAgain(c, rq, f, nil)
		}
		return s.joinToAsk(c, rq)
	}
	var err error
	if f.Pictures, err = s.formPictures(c, rq); err != nil {
		return s.askAgain(c, rq, f, err)
	}
	if ticked(c, "preview") {
		if f.Preview, err = s.preview(rq, f.Body, f.Pictures); err != nil {
			return s.askAgain(c, rq, f, err)
		}
		return s.askAgain(c, rq, f, nil)
	}
	if ticked(c, "check") {
		return s.askAgain(c, rq, f, nil)
	}
	t, err := s.community.Ask(rq.ctx, rq.actor, f.draft())
	if err != nil {
		return s.askAgain(c, rq, f, err)
	}
	s.askedFrom(c, rq, f.Attempt, t.ID)
	if err := s.community.DropDraft(rq.ctx, rq.actor, f.Place); err != nil {
		s.logger(c, rq).Warn("draft stays", "error", err)
	}
	s.flash(c, s.callAgent(c, rq, f, t.ID))
	return back(c, threadURL(t.ID))
}

func (s *Server) askAgain(c *fiber.Ctx, rq *request, f *askForm, problem error) error {
	if err := s.askSpaces(rq, f); err != nil {
		return err
	}
	var err error
	if f.Offers, err = s.offers(c, rq, f.Title, f.Body, f.Attempt); err != nil {
		return err
	}
	f.Guest = rq.actor.Guest()
	if problem == nil {
		return s.show(c, rq, "ask", "Ask a question", f, askPage)
	}
	return s.showForm(c, rq, "ask", "Ask a question", f, func(e formErrors) { f.Errors = e }, problem, askPage)
}

// preview renders a text with its pictures as it would be posted.
func (s *Server) preview(rq *request, body string, pics []picture) (*previewView, error) {
	html, err := s.community.Preview(rq.ctx, rq.actor, placePictures(body, pics))
	if err != nil {
		return nil, err
	}
	known, err := s.peopleOf(rq.ctx, nil, html)
	if err != nil {
		return nil, err
	}
	return &previewView{known.fill(html)}, nil
}

// previewJSON is the same for the editor's preview.
func (s *Server) previewJSON(c *fiber.Ctx, rq *request) error {
	p, err := s.preview(rq, text(c, "body"), nil)
	if err != nil {
		return err
	}
	return c.JSON(map[string]string{"html": string(p.HTML)})
}

// relatedJSON finds what answers the question being typed.
func (s *Server) relatedJSON(c *fiber.Ctx, rq *request) error {
	v, err := s.offers(c, rq, c.FormValue("title"), c.FormValue("body"), value(c, "attempt"))
	if err != nil {
		return err
	}
	html, err := s.pages.part("offers", v)
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"count": len(v.Rows), "html": string(html)})
}

func cut(s string, most int) string {
	r := []rune(strings.TrimSpace(s))
	return string(r[:min(len(r), most)])
}

// saveDraft keeps what is being typed.
func (s *Server) saveDraft(c *fiber.Ctx, rq *request) error {
	err := s.community.SaveDraft(rq.ctx, rq.actor, community.Draft{
		Place: value(c, "place"), Space: value(c, "space"), Title: c.FormValue("title"), Body: text(c, "body"),
		Tags: c.FormValue("tags"), Private: ticked(c, "private"), Key: value(c, "key"),
	})
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"saved": s.now().UnixMilli()})
}

// dropDraft forgets what was typed, and starts anew.
func (s *Server) dropDraft(c *fiber.Ctx, rq *request) error {
	if err := s.community.DropDraft(rq.ctx, rq.actor, value(c, "place")); err != nil {
		return err
	}
	return back(c, s.cameFrom(c, "/"))
}
