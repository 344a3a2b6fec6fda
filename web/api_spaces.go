package web

import "selfie/community"

// apiSpace is a product area.
type apiSpace struct {
	ID         string `json:"id"`
	URL        string `json:"url"`
	Name       string `json:"name"`
	About      string `json:"about"`
	Visibility string `json:"visibility" enum:"public,members,groups"`
	Archived   bool   `json:"archived" doc:"It can be read and takes no new posts."`
}

func (s *Server) apiSpaces(a *api) {
	serve(a, endpoint{method: "GET", path: "/spaces", id: "list-spaces", tag: "Spaces", says: "List the spaces that the caller reads"}, s.apiListSpaces)
	serve(a, endpoint{method: "GET", path: "/spaces/{id}", id: "get-space", tag: "Spaces", says: "Show a space"}, s.apiGetSpace)
}

func (s *Server) viewSpace(sp *community.Space) apiSpace {
	return apiSpace{sp.ID, s.absolute("/spaces/" + sp.ID), sp.Name, sp.About, string(sp.Visibility), sp.Archived}
}

func (s *Server) apiListSpaces(k *call, _ *nothing) (apiPage[apiSpace], error) {
	all, err := s.community.Spaces(k.ctx, k.actor)
	if err != nil {
		return apiPage[apiSpace]{}, err
	}
	var out []apiSpace
	for _, sp := range all {
		out = append(out, s.viewSpace(sp))
	}
	return pageOf(k, out, ""), nil
}

func (s *Server) apiGetSpace(k *call, in *IDIn) (apiSpace, error) {
	sp, err := s.community.Space(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiSpace{}, err
	}
	return s.viewSpace(sp), nil
}
