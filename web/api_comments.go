package web

import "selfie/community"

// apiNewComment remarks on a post.
type apiNewComment struct {
	IDIn
	KeyIn
	Body struct {
		Body string `json:"body" doc:"Markdown, at most 2,000 characters."`
	}
}

// apiEditComment changes a comment.
type apiEditComment struct {
	IDIn
	Body struct {
		Edit int64  `json:"edit"`
		Body string `json:"body"`
	}
}

func (s *Server) apiComments(a *api) {
	for _, on := range []struct {
		kind             community.Kind
		path, name, noun string
	}{{community.AQuestion, "/threads", "thread", "a question"}, {community.AnAnswer, "/answers", "answer", "an answer"}} {
		serve(a, endpoint{method: "GET", path: on.path + "/{id}/comments", id: "list-" + on.name + "-comments", tag: "Comments", says: "List the comments on " + on.noun + ", oldest first"}, s.apiListComments(on.kind))
		serve(a, endpoint{method: "POST", path: on.path + "/{id}/comments", id: "comment-on-" + on.name, tag: "Comments", says: "Comment on " + on.noun, who: membersOnly, limit: limitPost, status: 201}, s.apiPostComment(on.kind))
	}
	serve(a, endpoint{method: "GET", path: "/comments/{id}", id: "get-comment", tag: "Comments", says: "Show a comment"}, s.apiGetComment)
	serve(a, endpoint{method: "PATCH", path: "/comments/{id}", id: "edit-comment", tag: "Comments", says: "Edit a comment", who: membersOnly, limit: limitPost}, s.apiPatchComment)
}

func (s *Server) apiListComments(kind community.Kind) func(*call, *apiInThread) (apiPage[apiComment], error) {
	return func(k *call, in *apiInThread) (apiPage[apiComment], error) {
		var none apiPage[apiComment]
		t, err := s.threadOf(k.request, community.Ref{Kind: kind, ID: in.ID})
		if err != nil {
			return none, err
		}
		p, err := s.community.Comments(k.ctx, k.actor, t, in.ID, in.After, in.Limit)
		if err != nil {
			return none, err
		}
		items, err := s.viewComments(k, t.ID, p.Items)
		return pageOf(k, items, p.Next), err
	}
}

func (s *Server) apiPostComment(kind community.Kind) func(*call, *apiNewComment) (apiComment, error) {
	return func(k *call, in *apiNewComment) (apiComment, error) {
		c, err := s.community.PostComment(k.ctx, k.actor, community.CommentDraft{On: community.Ref{Kind: kind, ID: in.ID}, Body: in.Body.Body, Key: in.Key})
		if err != nil {
			return apiComment{}, err
		}
		return s.viewComment(k, c)
	}
}

func (s *Server) apiGetComment(k *call, in *IDIn) (apiComment, error) {
	c, _, err := s.community.Comment(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiComment{}, err
	}
	return s.viewComment(k, c)
}

func (s *Server) apiPatchComment(k *call, in *apiEditComment) (apiComment, error) {
	c, err := s.community.EditComment(k.ctx, k.actor, in.ID, in.Body.Edit, in.Body.Body)
	if err != nil {
		return apiComment{}, err
	}
	return s.viewComment(k, c)
}
