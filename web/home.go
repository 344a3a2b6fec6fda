package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
)

type homeData struct {
	*listView
	Spaces  []*community.Space
	Tags    []*community.Tag
	Welcome bool // a guest's first sight: what is this, and how to start
}

// home lists the threads of every space that the viewer reads.
func (s *Server) home(c *fiber.Ctx, rq *request) error {
	return s.alike(c, rq, "home", func() (head, any, error) {
		h := head{Nav: "home", Canonical: "/", Feed: "/feed.atom", Wide: true}
		list, err := s.list(c, rq, "/", community.Filter{})
		if err != nil {
			return h, nil, err
		}
		d := &homeData{listView: list, Welcome: rq.actor.Guest() && list.First && list.Filter == tabs[0].Key}
		if d.Spaces, err = s.community.Spaces(rq.ctx, rq.actor); err != nil {
			return h, nil, err
		}
		if d.Tags, err = s.topTags(rq, 20); err != nil {
			return h, nil, err
		}
		settings, err := s.community.Settings(rq.ctx)
		if err != nil {
			return h, nil, err
		}
		h.Description = settings.Tagline
		if list.Filter != tabs[0].Key || !list.First {
			h.Title, h.NoIndex = list.Heading+" questions", !list.First
		}
		return h, d, nil
	})
}

type spacesData struct{ Spaces []*community.Space }

func (s *Server) spaces(c *fiber.Ctx, rq *request) error {
	list, err := s.community.Spaces(rq.ctx, rq.actor)
	if err != nil {
		return err
	}
	return s.show(c, rq, "spaces", "Spaces", &spacesData{list}, func(v *view) { v.Nav, v.Canonical = "spaces", "/spaces" })
}

type spaceData struct {
	*listView
	Space      *community.Space
	Moderators []memberView
}

func (s *Server) space(c *fiber.Ctx, rq *request) error {
	sp, err := s.community.Space(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return err
	}
	return s.alike(c, rq, "space", func() (head, any, error) {
		path := "/spaces/" + sp.ID
		h := head{Title: sp.Name, Nav: "spaces", Canonical: path, Feed: path + "/feed.atom", Wide: true, Description: sp.About}
		list, err := s.list(c, rq, path, community.Filter{Space: sp.ID})
		if err != nil {
			return h, nil, err
		}
		known, err := s.peopleOf(rq.ctx, sp.Moderators)
		d := &spaceData{listView: list, Space: sp}
		for _, id := range sp.Moderators {
			d.Moderators = append(d.Moderators, known.of(id))
		}
		h.NoIndex = sp.Visibility != community.Public || !list.First
		return h, d, err
	})
}

type tagsData struct {
	Tags []*community.Tag
	Next string
}

func (s *Server) tags(c *fiber.Ctx, rq *request) error {
	page, err := s.community.Tags(rq.ctx, rq.actor, c.Query("after"), 100)
	if err != nil {
		return err
	}
	return s.show(c, rq, "tags", "Tags", &tagsData{page.Items, nextPage(c, page.Next)}, func(v *view) { v.Nav, v.Canonical = "tags", "/tags" })
}

type tagData struct {
	*listView
	Tag *community.Tag
}

func (s *Server) tag(c *fiber.Ctx, rq *request) error {
	name, err := pathValue(c, "name")
	if err != nil {
		return err
	}
	return s.alike(c, rq, "tag", func() (head, any, error) {
		tag, err := s.community.Tag(rq.ctx, rq.actor, name)
		if err != nil {
			return head{}, nil, err
		}
		path := tagURL(tag.ID)
		page, err := s.community.Threads(rq.ctx, rq.actor, community.Filter{Tag: tag.ID}, c.Query("after"), listSize)
		if err != nil {
			return head{}, nil, err
		}
		d := &tagData{listView: &listView{Base: path, First: c.Query("after") == "", Next: nextPage(c, page.Next)}, Tag: tag}
		d.Rows, err = s.rows(rq, page.Items, true)
		return head{Title: "Questions tagged " + tag.ID, Nav: "tags", Canonical: path, Feed: path + "/feed.atom", Wide: true, NoIndex: !d.First}, d, err
	})
}
