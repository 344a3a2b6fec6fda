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
	list, err := s.list(c, rq, "/", community.Filter{})
	if err != nil {
		return err
	}
	d := &homeData{listView: list, Welcome: rq.actor.Guest() && list.First && list.Filter == tabs[0].Key}
	if d.Spaces, err = s.community.Spaces(rq.ctx, rq.actor); err != nil {
		return err
	}
	if d.Tags, err = s.topTags(rq, 20); err != nil {
		return err
	}
	return s.show(c, rq, "home", "", d, func(v *view) {
		v.Nav, v.Canonical, v.Feed, v.Wide = "home", "/", "/feed.atom", true
		v.Description = v.Site.Tagline
		if list.Filter != tabs[0].Key || !list.First {
			v.Title, v.NoIndex = list.Heading+" questions", !list.First
		}
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
	path := "/spaces/" + sp.ID
	list, err := s.list(c, rq, path, community.Filter{Space: sp.ID})
	if err != nil {
		return err
	}
	known, err := s.peopleOf(rq.ctx, sp.Moderators)
	if err != nil {
		return err
	}
	d := &spaceData{listView: list, Space: sp}
	for _, id := range sp.Moderators {
		d.Moderators = append(d.Moderators, known.of(id))
	}
	return s.show(c, rq, "space", sp.Name, d, func(v *view) {
		v.Nav, v.Canonical, v.Feed, v.Wide, v.Description = "spaces", path, path+"/feed.atom", true, sp.About
		v.NoIndex = sp.Visibility != community.Public || !list.First
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
	tag, err := s.community.Tag(rq.ctx, rq.actor, name)
	if err != nil {
		return err
	}
	path := tagURL(tag.ID)
	page, err := s.community.Threads(rq.ctx, rq.actor, community.Filter{Tag: tag.ID}, c.Query("after"), listSize)
	if err != nil {
		return err
	}
	d := &tagData{listView: &listView{Base: path, First: c.Query("after") == "", Next: nextPage(c, page.Next)}, Tag: tag}
	if d.Rows, err = s.rows(rq, page.Items, true); err != nil {
		return err
	}
	return s.show(c, rq, "tag", "Questions tagged "+tag.ID, d, func(v *view) {
		v.Nav, v.Canonical, v.Feed, v.Wide, v.NoIndex = "tags", path, path+"/feed.atom", true, !d.First
	})
}
