package web

import "selfie/community"

// apiRemove takes a post away.
type apiRemove struct {
	IDIn
	Reason string `query:"reason" doc:"Its author is shown it; at most 300 characters."`
}

// apiVote is the caller's vote.
type apiVote struct {
	IDIn
	Body struct {
		Value int64 `json:"value" minimum:"-1" maximum:"1" doc:"1 is helpful, -1 is not, 0 takes the vote back. Comments take 1 and 0."`
	}
}

// apiVoted is a post's score after a vote.
type apiVoted struct {
	MyVote int64 `json:"my_vote"`
	Score  int64 `json:"score"`
}

// apiPosts are the operations that every kind of post has.
func (s *Server) apiPosts(a *api) {
	for _, p := range []struct {
		kind            community.Kind
		path, name, tag string
	}{
		{community.AQuestion, "/threads", "thread", "Threads"},
		{community.AnAnswer, "/answers", "answer", "Answers"},
		{community.AComment, "/comments", "comment", "Comments"},
	} {
		e := func(method, path, verb, says string, limit limitClass) endpoint {
			return endpoint{method: method, path: p.path + "/{id}" + path, id: verb + "-" + p.name, tag: p.tag, says: says, who: membersOnly, limit: limit}
		}
		act(a, e("DELETE", "", "remove", "Take a post away; it can be restored", limitVote), func(k *call, in *apiRemove) error {
			return s.community.Remove(k.ctx, k.actor, community.Ref{Kind: p.kind, ID: in.ID}, in.Reason)
		})
		act(a, e("POST", "/restore", "restore", "Bring a removed post back", limitVote), func(k *call, in *IDIn) error {
			return s.community.Restore(k.ctx, k.actor, community.Ref{Kind: p.kind, ID: in.ID})
		})
		serve(a, e("PUT", "/vote", "vote-on", "Vote on a post, or take the vote back", limitVote), s.apiPutVote(p.kind))
		history := e("GET", "/history", "list-versions-of", "List a post's versions, newest first", unlimited)
		history.who = anyone
		serve(a, history, s.apiHistory(p.kind))
	}
}

func (s *Server) apiPutVote(kind community.Kind) func(*call, *apiVote) (apiVoted, error) {
	return func(k *call, in *apiVote) (apiVoted, error) {
		ref := community.Ref{Kind: kind, ID: in.ID}
		v, err := s.community.Vote(k.ctx, k.actor, ref, in.Body.Value)
		if err != nil {
			return apiVoted{}, err
		}
		up, down, err := s.community.Score(k.ctx, k.actor, ref)
		return apiVoted{v.Value, up - down}, err
	}
}

func (s *Server) apiHistory(kind community.Kind) func(*call, *apiInThread) (apiPage[apiRevision], error) {
	return func(k *call, in *apiInThread) (apiPage[apiRevision], error) {
		var none apiPage[apiRevision]
		p, err := s.community.History(k.ctx, k.actor, community.Ref{Kind: kind, ID: in.ID}, in.After, in.Limit)
		if err != nil {
			return none, err
		}
		var ids []string
		for _, r := range p.Items {
			ids = append(ids, r.By)
		}
		known, err := s.peopleOf(k.ctx, ids)
		if err != nil {
			return none, err
		}
		var out []apiRevision
		for _, r := range p.Items {
			out = append(out, apiRevision{r.Edit, known.api(r.By), r.At.Time(), r.Note, r.Title, r.Tags, r.Body})
		}
		return pageOf(k, out, p.Next), nil
	}
}
