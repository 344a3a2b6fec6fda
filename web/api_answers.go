package web

import (
	"context"

	"selfie/community"
)

// apiInThread asks for a list within a thread.
type apiInThread struct {
	IDIn
	Paging
}

// apiNewAnswer answers a question.
type apiNewAnswer struct {
	IDIn
	KeyIn
	Body struct {
		Body   string   `json:"body" doc:"Markdown, at most 30,000 characters."`
		Images []string `json:"images,omitempty" maxItems:"20"`
	}
}

// apiEditBody changes the text of a post.
type apiEditBody struct {
	IDIn
	Body struct {
		Edit int64  `json:"edit" doc:"The edit number of the version that you changed. If it has moved on, the answer is 409."`
		Body string `json:"body"`
		Note string `json:"note,omitempty"`
	}
}

func (s *Server) apiAnswers(a *api) {
	serve(a, endpoint{method: "GET", path: "/threads/{id}/answers", id: "list-answers", tag: "Answers", says: "List a question's answers: the accepted one, then by rank"}, s.apiListAnswers)
	serve(a, endpoint{method: "POST", path: "/threads/{id}/answers", id: "answer", tag: "Answers", says: "Answer a question", who: membersOnly, limit: limitPost, status: 201}, s.apiPostAnswer)
	serve(a, endpoint{method: "GET", path: "/answers/{id}", id: "get-answer", tag: "Answers", says: "Show an answer"}, s.apiGetAnswer)
	serve(a, endpoint{method: "PATCH", path: "/answers/{id}", id: "edit-answer", tag: "Answers", says: "Edit an answer", who: membersOnly, limit: limitPost}, s.apiPatchAnswer)
	serve(a, endpoint{method: "PUT", path: "/answers/{id}/verified", id: "verify-answer", tag: "Answers", says: "Confirm an answer for the company (staff)", who: membersOnly, limit: limitVote}, s.apiVerify(s.community.Verify))
	serve(a, endpoint{method: "DELETE", path: "/answers/{id}/verified", id: "unverify-answer", tag: "Answers", says: "Take that back (staff)", who: membersOnly, limit: limitVote}, s.apiVerify(s.community.Unverify))
}

func (s *Server) apiListAnswers(k *call, in *apiInThread) (apiPage[apiAnswer], error) {
	var none apiPage[apiAnswer]
	t, err := s.community.Thread(k.ctx, k.actor, in.ID)
	if err != nil {
		return none, err
	}
	p, err := s.community.Answers(k.ctx, k.actor, t, in.After, in.Limit)
	if err != nil {
		return none, err
	}
	items, err := s.viewAnswers(k, t, p.Items)
	return pageOf(k, items, p.Next), err
}

func (s *Server) apiPostAnswer(k *call, in *apiNewAnswer) (apiAnswer, error) {
	a, err := s.community.PostAnswer(k.ctx, k.actor, community.AnswerDraft{Thread: in.ID, Body: in.Body.Body, Images: in.Body.Images, Key: in.Key})
	return s.answerMade(k, a, err)
}

// answerMade shows the answer that a verb returned.
func (s *Server) answerMade(k *call, a *community.Answer, err error) (apiAnswer, error) {
	if err != nil {
		return apiAnswer{}, err
	}
	t, err := s.community.Thread(k.ctx, k.actor, a.Thread)
	if err != nil {
		return apiAnswer{}, err
	}
	return s.viewAnswer(k, t, a)
}

func (s *Server) apiGetAnswer(k *call, in *IDIn) (apiAnswer, error) {
	a, t, err := s.community.Answer(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiAnswer{}, err
	}
	return s.viewAnswer(k, t, a)
}

func (s *Server) apiPatchAnswer(k *call, in *apiEditBody) (apiAnswer, error) {
	a, err := s.community.EditAnswer(k.ctx, k.actor, in.ID, in.Body.Edit, in.Body.Body, in.Body.Note)
	return s.answerMade(k, a, err)
}

func (s *Server) apiVerify(verb func(context.Context, community.Actor, string) (*community.Answer, error)) func(*call, *IDIn) (apiAnswer, error) {
	return func(k *call, in *IDIn) (apiAnswer, error) {
		a, err := verb(k.ctx, k.actor, in.ID)
		return s.answerMade(k, a, err)
	}
}
