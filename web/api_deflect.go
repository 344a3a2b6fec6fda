package web

import (
	"strings"

	"selfie/internal/fault"
	"selfie/search/deflection"
)

// APIVisitor says whose attempt it is.
type APIVisitor struct {
	Visitor string `json:"visitor,omitempty" maxLength:"100" doc:"A secret of your making for one visitor of yours, 20 characters or more, by which their attempts are told to belong together for 30 days. Leave it away for who does not want that; it is not used with the headers DNT or Sec-GPC."`
}

// secret is the visitor's, if they may be told apart.
func (v APIVisitor) secret(k *call) (string, error) {
	if v.Visitor == "" || untracked(k.c) {
		return "", nil
	}
	if len(v.Visitor) < 20 {
		return "", fault.Field("visitor", "Give a secret of 20 characters or more, or none.")
	}
	return "api:" + v.Visitor, nil
}

// apiLooking is what a visitor typed.
type apiLooking struct {
	Body struct {
		APIVisitor
		Query   string `json:"query" maxLength:"300" doc:"What was typed so far."`
		Text    string `json:"text,omitempty" maxLength:"5000" doc:"More of it, such as the body of a form."`
		Space   string `json:"space,omitempty" doc:"Offer answers of this space only."`
		Attempt string `json:"attempt,omitempty" doc:"The attempt that goes on, as the last answer named it."`
	}
}

// apiOffer is a question that was solved before, with its answer's beginning.
type apiOffer struct {
	Thread   string     `json:"thread"`
	URL      string     `json:"url"`
	Title    string     `json:"title"`
	State    string     `json:"state"`
	Answer   string     `json:"answer,omitempty" doc:"Absent while there is none."`
	Excerpt  string     `json:"excerpt" doc:"Of the answer; of the question while there is none."`
	Author   *apiMember `json:"author,omitempty" doc:"Of the answer."`
	Accepted bool       `json:"accepted"`
	Verified bool       `json:"verified"`
}

// apiAttempt is what became of an attempt so far.
type apiAttempt struct {
	Attempt string `json:"attempt" doc:"Absent for staff, whose looking around is not counted."`
	Outcome string `json:"outcome" enum:"open,confirmed,assumed,failed,ignored,abandoned,revoked" doc:"Absent for staff."`
}

// apiOffered answers who looks.
type apiOffered struct {
	Attempt string     `json:"attempt,omitempty" doc:"Absent for staff, whose looking around is not counted."`
	Offers  []apiOffer `json:"offers"`
}

// apiStep is something a visitor did with one of the offers.
type apiStep struct {
	ID   string `path:"id" doc:"The attempt."`
	Body struct {
		APIVisitor
		Thread string `json:"thread"`
		Answer string `json:"answer,omitempty" doc:"Which answer it was; the thread often tells that itself."`
	}
}

func (s *Server) apiDeflection(a *api) {
	s.apiSuggestions(a)
	s.apiSavedSearches(a)
	const at, tag = "/deflection/attempts", "Deflection"
	serve(a, endpoint{method: "POST", path: at, id: "look-for-answers", tag: tag, says: "Start or continue an attempt to find an answer before asking", limit: limitPreview}, s.apiLook)
	serve(a, endpoint{method: "POST", path: at + "/{id}/opened", id: "opened-answer", tag: tag, says: "Say that the visitor opened an offer", limit: limitVote}, s.apiOpened)
	serve(a, endpoint{method: "POST", path: at + "/{id}/solved", id: "solved-by-answer", tag: tag, says: "Say that an offer solved the problem", limit: limitVote}, s.apiSolved)
	serve(a, endpoint{method: "POST", path: at + "/{id}/not-yet", id: "not-solved-by-answer", tag: tag, says: "Say that an offer did not solve it, or not after all", limit: limitVote}, s.apiNotYet)
	act(a, endpoint{method: "POST", path: at + "/{id}/asked", id: "asked-after-all", tag: tag, says: "Say that the member asked after all", who: membersOnly, limit: limitVote}, s.apiAskedAfterAll)
}

func (s *Server) apiLook(k *call, in *apiLooking) (out apiOffered, err error) {
	if s.deflection == nil || s.search == nil {
		return out, errNoSearch
	}
	query := cut(in.Body.Query, 300)
	if query == "" {
		return out, fault.Field("query", "Give a few words to look for.")
	}
	who, err := in.Body.secret(k)
	if err != nil {
		return out, err
	}
	rows, _, err := s.lookFor(k.c, k.request, query, in.Body.Text, in.Body.Space)
	if err != nil {
		return out, err
	}
	a, err := s.deflection.Typed(k.ctx, who, k.actor, deflection.Typing{Attempt: in.Body.Attempt, Surface: deflection.OnAPI, Query: query, Shown: shownOf(rows)})
	if a != nil {
		out.Attempt = a.ID
	}
	out.Offers = make([]apiOffer, len(rows))
	for i, o := range rows {
		out.Offers[i] = s.apiOffer(o, out.Attempt)
	}
	return out, err
}

func (s *Server) apiOffer(o offerView, attempt string) apiOffer {
	x := apiOffer{Thread: o.ID, URL: s.absolute(o.URL), Title: o.Title, State: string(o.State.Key), Answer: o.Answer, Excerpt: o.More, Accepted: o.Accepted, Verified: o.Verified}
	if o.Answer == "" {
		x.Excerpt = o.Excerpt()
		return x
	}
	by := viewMember(o.By)
	x.Author = &by
	return x
}

// apiSign passes one step of a visitor on.
func (s *Server) apiSign(k *call, in *apiStep, do func(who string) (*deflection.Attempt, error)) (apiAttempt, error) {
	if s.deflection == nil {
		return apiAttempt{}, errNoSearch
	}
	who, err := in.Body.secret(k)
	if err != nil {
		return apiAttempt{}, err
	}
	a, err := do(who)
	if err != nil {
		return apiAttempt{}, err
	}
	return apiAttempt{a.ID, string(a.Outcome)}, nil
}

func (s *Server) apiOpened(k *call, in *apiStep) (apiAttempt, error) {
	return s.apiSign(k, in, func(who string) (*deflection.Attempt, error) {
		return s.deflection.Opened(k.ctx, who, k.actor, in.ID, in.Body.Thread)
	})
}

func (s *Server) apiSolved(k *call, in *apiStep) (apiAttempt, error) {
	return s.apiSign(k, in, func(who string) (*deflection.Attempt, error) {
		return s.deflection.Solved(k.ctx, who, k.actor, in.ID, in.Body.Thread, in.Body.Answer)
	})
}

func (s *Server) apiNotYet(k *call, in *apiStep) (apiAttempt, error) {
	return s.apiSign(k, in, func(who string) (*deflection.Attempt, error) {
		return s.deflection.NotYet(k.ctx, who, k.actor, in.ID, in.Body.Thread)
	})
}

func (s *Server) apiAskedAfterAll(k *call, in *apiStep) error {
	if s.deflection == nil {
		return errNoSearch
	}
	who, err := in.Body.secret(k)
	if err != nil {
		return err
	}
	t, err := s.community.Thread(k.ctx, k.actor, strings.TrimSpace(in.Body.Thread))
	if err != nil {
		return err
	}
	if t.Author != k.actor.ID {
		return fault.New(fault.Forbidden, "Only who asked a question can say that they asked it after all.")
	}
	return s.deflection.Asked(k.ctx, who, k.actor, in.ID, t.ID)
}
