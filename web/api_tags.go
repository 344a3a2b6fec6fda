package web

import (
	"net/url"

	"selfie/community"
)

// apiTag is a topic.
type apiTag struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	About   string `json:"about,omitempty"`
	Threads int64  `json:"threads" doc:"Open questions in public spaces."`
}

// apiTagIn names a tag.
type apiTagIn struct {
	Name string `path:"name"`
}

func (s *Server) apiTags(a *api) {
	serve(a, endpoint{method: "GET", path: "/tags", id: "list-tags", tag: "Tags", says: "List tags, the most used first"}, s.apiListTags)
	serve(a, endpoint{method: "GET", path: "/tags/{name}", id: "get-tag", tag: "Tags", says: "Show a tag"}, s.apiGetTag)
}

func (s *Server) viewTag(t *community.Tag) apiTag {
	return apiTag{t.ID, s.absolute(tagURL(t.ID)), t.About, t.Threads}
}

func (s *Server) apiListTags(k *call, in *Paging) (apiPage[apiTag], error) {
	p, err := s.community.Tags(k.ctx, k.actor, in.After, in.Limit)
	if err != nil {
		return apiPage[apiTag]{}, err
	}
	var out []apiTag
	for _, t := range p.Items {
		out = append(out, s.viewTag(t))
	}
	return pageOf(k, out, p.Next), nil
}

func (s *Server) apiGetTag(k *call, in *apiTagIn) (apiTag, error) {
	name, err := url.PathUnescape(in.Name)
	if err != nil || !clean(name) {
		return apiTag{}, errNoPage
	}
	t, err := s.community.Tag(k.ctx, k.actor, name)
	if err != nil {
		return apiTag{}, err
	}
	return s.viewTag(t), nil
}
