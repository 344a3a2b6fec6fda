package web

import (
	"context"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/moderation/escalation"
)

// apiCase is one thread's need of an agent, as agents see it.
type apiCase struct {
	ID       string     `json:"id"`
	URL      string     `json:"url"`
	Thread   string     `json:"thread"`
	Title    string     `json:"title"`
	State    string     `json:"state" enum:"submitted,working,waiting,solved,returned"`
	Trigger  string     `json:"trigger" doc:"Which kind of rule opened it."`
	Says     string     `json:"says" doc:"Why it was opened, for people."`
	Words    []string   `json:"words" doc:"The words that sounded angry."`
	Customer apiMember  `json:"customer"`
	Assignee *apiMember `json:"assignee,omitempty"`
	Priority int64      `json:"priority" doc:"Customers affected; angry words add ten."`
	Opened   time.Time  `json:"opened"`
	Replied  *time.Time `json:"replied,omitempty" doc:"The first official answer."`
	Closed   *time.Time `json:"closed,omitempty"`
}

// apiCaseStatus is what the asker reads: neutral words.
type apiCaseStatus struct {
	State string `json:"state" enum:"submitted,working,waiting,solved,returned"`
	Label string `json:"label"`
}

// apiEntry is one line of a case's timeline.
type apiEntry struct {
	Kind string     `json:"kind" enum:"event,note,reply"`
	By   *apiMember `json:"by,omitempty"`
	At   time.Time  `json:"at"`
	Text string     `json:"text,omitempty"`
	Post string     `json:"post,omitempty" doc:"The id of the answer."`
}

// apiWhy names a thread and a reason.
type apiWhy struct {
	IDIn
	Body struct {
		Why string `json:"why,omitempty" doc:"At most 500 characters."`
	}
}

// apiQueueIn chooses cases.
type apiQueueIn struct {
	Paging
	State string `query:"state" enum:"submitted,working,waiting,solved,returned" default:"submitted"`
	Mine  bool   `query:"mine" doc:"Only those that the caller works on."`
}

// apiReply answers a case.
type apiReply struct {
	IDIn
	KeyIn
	Body struct {
		Body    string   `json:"body" doc:"Markdown, at most 30,000 characters."`
		Images  []string `json:"images,omitempty" maxItems:"20"`
		Private bool     `json:"private,omitempty" doc:"To the asker and staff only."`
		Solves  bool     `json:"solves,omitempty" doc:"The case is solved with it."`
	}
}

// apiCaseNote is a note for staff.
type apiCaseNote struct {
	IDIn
	KeyIn
	Body struct {
		Text string `json:"text" doc:"2 to 5,000 characters."`
	}
}

func (s *Server) apiCases(a *api) {
	if s.cases == nil {
		return
	}
	e := func(method, path, id, says string, limit limitClass) endpoint {
		return endpoint{method: method, path: path, id: id, tag: "Cases", says: says, who: membersOnly, limit: limit}
	}
	status := e("GET", "/threads/{id}/case", "get-case-status", "Show where a thread's case stands, to its asker and staff", unlimited)
	serve(a, status, s.apiStatus)
	serve(a, e("POST", "/threads/{id}/ask-agent", "ask-agent", "Ask for an agent (the asker)", limitPost), s.apiHandOver(s.cases.AskAgent))
	serve(a, e("POST", "/threads/{id}/escalate", "escalate-thread", "Hand a thread to the agents (staff)", limitPost), s.apiHandOver(s.cases.Escalate))
	serve(a, e("GET", "/cases", "list-cases", "List cases, the most urgent first (agents)", unlimited), s.apiListCases)
	serve(a, e("GET", "/cases/{id}", "get-case", "Show a case (agents)", unlimited), s.apiCaseBy(s.cases.Case))
	serve(a, e("GET", "/cases/{id}/timeline", "list-case-timeline", "List what happened to a case, oldest first (agents)", unlimited), s.apiTimeline)
	reply := e("POST", "/cases/{id}/replies", "reply-to-case", "Answer the customer in the thread, for the company (agents)", limitPost)
	reply.status = 201
	serve(a, reply, func(k *call, in *apiReply) (apiAnswer, error) {
		b := in.Body
		answer, err := s.cases.Reply(k.ctx, k.actor, in.ID, escalation.Answer{Body: b.Body, Images: b.Images, Private: b.Private, Solves: b.Solves, Key: in.Key})
		return s.answerMade(k, answer, err)
	})
	act(a, e("POST", "/cases/{id}/notes", "note-on-case", "Write a note for colleagues (agents)", limitPost), func(k *call, in *apiCaseNote) error {
		_, err := s.cases.AddNote(k.ctx, k.actor, in.ID, in.Body.Text, in.Key)
		return err
	})
	serve(a, e("POST", "/cases/{id}/take", "take-case", "Work on a case (agents)", limitVote), s.apiCaseBy(s.cases.Take))
	serve(a, e("POST", "/cases/{id}/resolve", "resolve-case", "Close a case as solved (agents)", limitVote), s.apiCaseBy(s.cases.Resolve))
	serve(a, e("POST", "/cases/{id}/reopen", "reopen-case", "Open a closed case again (agents)", limitVote), s.apiCaseBy(s.cases.Reopen))
	serve(a, e("POST", "/cases/{id}/hand-back", "hand-back-case", "Give a case back to the community (agents)", limitVote), func(k *call, in *apiWhy) (apiCase, error) {
		x, err := s.handBack(in.Body.Why)(k.ctx, k.actor, in.ID)
		return s.caseMade(k, x, err)
	})
}

func (s *Server) apiStatus(k *call, in *IDIn) (apiCaseStatus, error) {
	t, err := s.community.Thread(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiCaseStatus{}, err
	}
	x, err := s.cases.StatusFor(k.ctx, k.actor, t)
	return s.statusOf(k, t, x, err)
}

func (s *Server) statusOf(k *call, t *community.Thread, x *escalation.Case, err error) (apiCaseStatus, error) {
	if err != nil {
		return apiCaseStatus{}, err
	}
	if x == nil {
		return apiCaseStatus{}, fault.New(fault.NotFound, "There is no case about this question.")
	}
	return apiCaseStatus{string(x.State), labelOf(x.State, t.Author == k.actor.ID)}, nil
}

func (s *Server) apiHandOver(verb func(context.Context, community.Actor, string, string) (*escalation.Case, error)) func(*call, *apiWhy) (apiCaseStatus, error) {
	return func(k *call, in *apiWhy) (apiCaseStatus, error) {
		x, err := verb(k.ctx, k.actor, in.ID, in.Body.Why)
		if err != nil {
			return apiCaseStatus{}, err
		}
		t, err := s.community.Thread(k.ctx, k.actor, in.ID)
		return s.statusOf(k, t, x, err)
	}
}

// caseVerb is a verb that needs nothing but the case.
type caseVerb func(context.Context, community.Actor, string) (*escalation.Case, error)

func (s *Server) apiCaseBy(verb caseVerb) func(*call, *IDIn) (apiCase, error) {
	return func(k *call, in *IDIn) (apiCase, error) {
		x, err := verb(k.ctx, k.actor, in.ID)
		return s.caseMade(k, x, err)
	}
}

// caseMade shows the case that a verb returned.
func (s *Server) caseMade(k *call, x *escalation.Case, err error) (apiCase, error) {
	if err != nil {
		return apiCase{}, err
	}
	list, err := s.viewCases(k, []*escalation.Case{x})
	if err != nil {
		return apiCase{}, err
	}
	return list[0], nil
}

func (s *Server) apiListCases(k *call, in *apiQueueIn) (apiPage[apiCase], error) {
	p, err := s.cases.Queue(k.ctx, k.actor, escalation.State(in.State), in.Mine, in.After, in.Limit)
	if err != nil {
		return apiPage[apiCase]{}, err
	}
	out, err := s.viewCases(k, p.Items)
	return pageOf(k, out, p.Next), err
}

func (s *Server) viewCases(k *call, cases []*escalation.Case) ([]apiCase, error) {
	rows, err := s.caseRows(k.request, cases)
	if err != nil {
		return nil, err
	}
	var out []apiCase
	for i, x := range cases {
		v := apiCase{ID: x.ID, URL: s.absolute(rows[i].URL), Thread: x.Thread, Title: rows[i].Title, State: string(x.State), Trigger: string(x.Cause.Trigger),
			Says: x.Cause.Says, Words: list(x.Cause.Words), Customer: viewMember(rows[i].Customer), Priority: x.Priority,
			Opened: x.Opened.Time(), Replied: moment(x.Replied), Closed: moment(x.Closed)}
		if x.Assignee != "" {
			m := viewMember(rows[i].Assignee)
			v.Assignee = &m
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *Server) apiTimeline(k *call, in *apiInThread) (apiPage[apiEntry], error) {
	p, err := s.cases.Timeline(k.ctx, k.actor, in.ID, in.After, in.Limit)
	if err != nil {
		return apiPage[apiEntry]{}, err
	}
	var ids []string
	for _, e := range p.Items {
		ids = append(ids, e.By)
	}
	known, err := s.peopleOf(k.ctx, ids)
	if err != nil {
		return apiPage[apiEntry]{}, err
	}
	var out []apiEntry
	for _, e := range p.Items {
		out = append(out, apiEntry{string(e.Kind), known.maybe(e.By), e.At.Time(), e.Text, e.Post})
	}
	return pageOf(k, out, p.Next), nil
}
