package web

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/internal/fault"
	"selfie/search/saved"
)

func (s *Server) savedRoutes() {
	s.getPage("/saved", unlimited, member(s.savedSearches))
	s.postForm("/saved", limitPost, member(s.saveSearch))
	s.postForm("/saved/:id/drop", limitVote, member(s.dropSearch))
}

// savingView offers to save the search that was made, or says that it is.
type savingView struct {
	Query string
	Saved bool
}

// saving is nil for guests, who cannot be told of anything.
func (s *Server) saving(rq *request, query string) (*savingView, error) {
	if s.saved == nil || rq.actor.Guest() {
		return nil, nil
	}
	x, err := s.saved.Saved(rq.ctx, rq.actor, query)
	return &savingView{query, x != nil}, err
}

// savedData is the page of a member's saved searches.
type savedData struct {
	List   []savedView
	Left   string // how many more there may be, in words
	Mailed bool   // what they find comes by mail too
	Lost   bool   // it would, were the address confirmed
	Q      string
	Errors formErrors
}

type savedView struct {
	ID, Query     string
	Created, Told when
}

func (s *Server) savedPage(rq *request) (*savedData, error) {
	if s.saved == nil {
		return nil, errNoPage
	}
	list, err := s.saved.List(rq.ctx, rq.actor)
	d := &savedData{Left: fmt.Sprintf("%d of at most %d.", len(list), saved.Most)}
	for _, x := range list {
		d.List = append(d.List, savedView{x.ID, x.Query, s.when(x.Created), s.when(x.Told)})
	}
	if err != nil {
		return nil, err
	}
	m, err := s.community.Member(rq.ctx, rq.actor.ID)
	if err != nil {
		return nil, err
	}
	d.Mailed = !m.Prefs.NoSaved && m.Confirmed != 0
	d.Lost = !m.Prefs.NoSaved && m.Confirmed == 0
	return d, nil
}

func (s *Server) savedSearches(c *fiber.Ctx, rq *request) error {
	d, err := s.savedPage(rq)
	if err != nil {
		return err
	}
	return s.show(c, rq, "saved", "Saved searches", d, settingsPage)
}

func (s *Server) saveSearch(c *fiber.Ctx, rq *request) error {
	d, err := s.savedPage(rq)
	if err != nil {
		return err
	}
	d.Q = cut(value(c, "q"), 300)
	if _, err := s.saved.Save(rq.ctx, rq.actor, d.Q); err != nil {
		return s.showForm(c, rq, "saved", "Saved searches", d, func(e formErrors) { d.Errors = e }, err, settingsPage)
	}
	s.flash(c, "watched")
	return back(c, "/saved")
}

func (s *Server) dropSearch(c *fiber.Ctx, rq *request) error {
	if s.saved == nil {
		return errNoPage
	}
	if err := s.saved.Drop(rq.ctx, rq.actor, c.Params("id")); err != nil {
		return err
	}
	s.flash(c, "dropped")
	return back(c, "/saved")
}

// apiSearch is a search that the caller saved.
type apiSearch struct {
	ID      string     `json:"id"`
	Query   string     `json:"query"`
	Created time.Time  `json:"created"`
	Told    *time.Time `json:"told,omitempty" doc:"When the caller was told last of what it finds."`
}

type apiSearches struct {
	Items []apiSearch `json:"items"`
}

// apiSaving saves a search.
type apiSaving struct {
	Body struct {
		Query string `json:"query" maxLength:"300" doc:"As the search takes it. New questions fit when they have all of its words and pass every filter."`
	}
}

var errNoSaving = fault.New(fault.Unavailable, "Searches cannot be saved here just now.")

func viewSearch(x *saved.Search) apiSearch {
	return apiSearch{x.ID, x.Query, x.Created.Time(), moment(x.Told)}
}

func (s *Server) apiSavedSearches(a *api) {
	const at, tag = "/me/searches", "Me"
	serve(a, endpoint{method: "GET", path: at, id: "list-saved-searches", tag: tag, says: "List the caller's saved searches", who: membersOnly}, s.apiListSearches)
	serve(a, endpoint{method: "POST", path: at, id: "save-search", tag: tag, says: "Save a search, to be told of new questions that fit; at most 20", who: membersOnly, limit: limitPost, status: 201}, s.apiSaveSearch)
	act(a, endpoint{method: "DELETE", path: at + "/{id}", id: "drop-search", tag: tag, says: "Drop a saved search", who: membersOnly, limit: limitVote}, s.apiDropSearch)
}

func (s *Server) apiListSearches(k *call, _ *struct{}) (apiSearches, error) {
	out := apiSearches{Items: []apiSearch{}}
	if s.saved == nil {
		return out, errNoSaving
	}
	list, err := s.saved.List(k.ctx, k.actor)
	for _, x := range list {
		out.Items = append(out.Items, viewSearch(x))
	}
	return out, err
}

func (s *Server) apiSaveSearch(k *call, in *apiSaving) (apiSearch, error) {
	if s.saved == nil {
		return apiSearch{}, errNoSaving
	}
	x, err := s.saved.Save(k.ctx, k.actor, in.Body.Query)
	if err != nil {
		return apiSearch{}, err
	}
	return viewSearch(x), nil
}

func (s *Server) apiDropSearch(k *call, in *IDIn) error {
	if s.saved == nil {
		return errNoSaving
	}
	return s.saved.Drop(k.ctx, k.actor, in.ID)
}
