package web

import "selfie/search/synonyms"

// apiSynonyms is what the community says of its words.
type apiSynonyms struct {
	Version int64             `json:"version" doc:"Send it back with a change: it is refused when somebody else was first."`
	Groups  []apiSynonymGroup `json:"groups" maxItems:"500"`
}

// apiSynonymGroup is words that stand for one another.
type apiSynonymGroup struct {
	Words []string `json:"words" minItems:"1" maxItems:"10" doc:"Words or short phrases, of 60 characters at most. Without means they all mean the same."`
	Means []string `json:"means,omitempty" maxItems:"10" doc:"Who types one of words is also shown what has one of these, and not the other way round."`
}

// apiPutSynonyms replaces all groups.
type apiPutSynonyms struct{ Body apiSynonyms }

func (s *Server) apiSynonymRoutes(a *api) {
	if s.synonyms == nil {
		return
	}
	serve(a, endpoint{method: "GET", path: "/admin/synonyms", id: "get-synonyms", tag: "Administration", says: "Show the synonyms that searches are widened by", who: adminsOnly, limit: unlimited}, s.apiGetSynonyms)
	serve(a, endpoint{method: "PUT", path: "/admin/synonyms", id: "set-synonyms", tag: "Administration", says: "Replace the synonyms", who: adminsOnly, limit: limitPost}, s.apiSetSynonyms)
}

func (s *Server) apiGetSynonyms(k *call, _ *nothing) (apiSynonyms, error) {
	b, err := s.synonyms.Show(k.ctx, k.actor)
	if err != nil {
		return apiSynonyms{}, err
	}
	return synonymsOf(b), nil
}

func (s *Server) apiSetSynonyms(k *call, in *apiPutSynonyms) (apiSynonyms, error) {
	groups := make([]synonyms.Group, len(in.Body.Groups))
	for i, g := range in.Body.Groups {
		groups[i] = synonyms.Group{Words: g.Words, Means: g.Means}
	}
	b, err := s.synonyms.Save(k.ctx, k.actor, in.Body.Version, groups)
	if err != nil {
		return apiSynonyms{}, err
	}
	return synonymsOf(b), nil
}

func synonymsOf(b *synonyms.Book) apiSynonyms {
	out := apiSynonyms{Version: b.Rev, Groups: []apiSynonymGroup{}}
	for _, g := range b.Groups {
		out.Groups = append(out.Groups, apiSynonymGroup{g.Words, g.Means})
	}
	return out
}
