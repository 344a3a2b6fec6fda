package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/search"
	"selfie/search/synonyms"
)

// synonymsData is the form of the community's synonyms, with a search tried by
// them.
type synonymsData struct {
	Text    string // a group a line
	Version int64  // of the book that is edited
	Count   int64  // groups that are saved
	Saved   when   // when; zero before any were
	Q       string // what is tried
	Trial   *synonymTrial
	Errors  formErrors
	Off     bool // there is no index (yet)

	MaxGroups, MaxWords, MaxRunes int
}

// synonymTrial is what a search becomes, and finds.
type synonymTrial struct {
	Widened []search.Widening
	Notes   []string
	Hits    []hitView
}

// trialSize is how many results of a trial are shown.
const trialSize = 5

func (s *Server) synonymRoutes() {
	if s.synonyms == nil {
		return
	}
	s.getPage("/admin/synonyms", unlimited, admin(s.adminSynonyms))
	s.postForm("/admin/synonyms", limitPost, admin(s.saveSynonyms))
}

func (s *Server) synonymsData(rq *request, q string) (*synonymsData, *synonyms.Book, error) {
	b, err := s.synonyms.Show(rq.ctx, rq.actor)
	if err != nil {
		return nil, nil, err
	}
	d := &synonymsData{Text: synonyms.Print(b.Groups), Version: b.Rev, Count: int64(len(b.Groups)), Q: cut(q, 300), Off: s.search == nil,
		MaxGroups: synonyms.MaxGroups, MaxWords: synonyms.MaxWords, MaxRunes: synonyms.MaxRunes}
	if b.Saved != 0 {
		d.Saved = s.when(b.Saved)
	}
	return d, b, nil
}

func (s *Server) adminSynonyms(c *fiber.Ctx, rq *request) error {
	d, b, err := s.synonymsData(rq, c.Query("q"))
	if err == nil {
		err = s.trySynonyms(rq, d, b.Groups)
	}
	if err != nil {
		return err
	}
	return s.show(c, rq, "synonyms", "Synonyms", d, adminPage)
}

// saveSynonyms saves what was typed, or only tries it.
func (s *Server) saveSynonyms(c *fiber.Ctx, rq *request) error {
	d, _, err := s.synonymsData(rq, value(c, "q"))
	if err != nil {
		return err
	}
	d.Text = text(c, "groups")
	if d.Version, err = number(c, "version"); err != nil {
		return err
	}
	groups, err := synonyms.Parse(d.Text)
	if err == nil && value(c, "act") == "try" {
		if err = s.trySynonyms(rq, d, groups); err == nil {
			return s.show(c, rq, "synonyms", "Synonyms", d, adminPage)
		}
	} else if err == nil {
		_, err = s.synonyms.Save(rq.ctx, rq.actor, d.Version, groups)
	}
	if err != nil {
		return s.showForm(c, rq, "synonyms", "Synonyms", d, func(e formErrors) { d.Errors = e }, err, adminPage)
	}
	s.flash(c, "saved")
	if d.Q != "" {
		return back(c, "/admin/synonyms?q="+queryEscape(d.Q))
	}
	return back(c, "/admin/synonyms")
}

// trySynonyms searches by these groups, saved or not.
func (s *Server) trySynonyms(rq *request, d *synonymsData, groups []synonyms.Group) error {
	if d.Q == "" || d.Off {
		return nil
	}
	found, err := s.search.Look(rq.ctx, rq.actor, search.Request{Query: d.Q, Limit: trialSize, Literal: true, Trying: true, Synonyms: groups})
	if err != nil {
		return err
	}
	d.Trial = &synonymTrial{Widened: found.Widened, Notes: found.Notes}
	d.Trial.Hits, err = s.hitViews(rq, found.Hits)
	return err
}
