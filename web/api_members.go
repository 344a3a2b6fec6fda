package web

import (
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// apiProfile is a member as everyone may see them.
type apiProfile struct {
	ID        string     `json:"id"`
	URL       string     `json:"url"`
	Name      string     `json:"name"`
	Handle    string     `json:"handle,omitempty" doc:"For @mentions."`
	Badge     string     `json:"badge,omitempty"`
	About     string     `json:"about" doc:"HTML, safe."`
	Location  string     `json:"location"`
	Joined    time.Time  `json:"joined"`
	Threads   int64      `json:"threads"`
	Answers   int64      `json:"answers"`
	Accepted  int64      `json:"accepted" doc:"Answers of theirs that stand accepted."`
	Suspended *time.Time `json:"suspended_until,omitempty" doc:"Shown to staff."`
}

// apiNewMember is what a newcomer gives.
type apiNewMember struct {
	Body struct {
		Name     string `json:"name"`
		Email    string `json:"email"`
		Password string `json:"password"`
	}
}

// apiByMember asks for a list about one member.
type apiByMember struct {
	IDIn
	Paging
}

// apiMemberAnswer is an answer in a member's list.
type apiMemberAnswer struct {
	ID       string    `json:"id"`
	URL      string    `json:"url"`
	Thread   string    `json:"thread"`
	Title    string    `json:"title" doc:"Of the thread."`
	Excerpt  string    `json:"excerpt"`
	Score    int64     `json:"score"`
	Accepted bool      `json:"accepted"`
	Verified bool      `json:"verified"`
	Created  time.Time `json:"created"`
}

// apiSuspension says until when a member may only read.
type apiSuspension struct {
	IDIn
	Body struct {
		Until *time.Time `json:"until,omitempty" doc:"Absent: the suspension ends now."`
	}
}

func (s *Server) apiMembers(a *api) {
	serve(a, endpoint{method: "POST", path: "/members", id: "join", tag: "Members", says: "Make an account and sign in", limit: limitSignUp, status: 201}, s.apiJoin)
	serve(a, endpoint{method: "GET", path: "/members/{id}", id: "get-member", tag: "Members", says: "Show a member"}, s.apiMember)
	serve(a, endpoint{method: "GET", path: "/members/{id}/threads", id: "list-member-threads", tag: "Members", says: "List a member's questions, newest first"}, s.apiThreadsBy)
	serve(a, endpoint{method: "GET", path: "/members/{id}/answers", id: "list-member-answers", tag: "Members", says: "List a member's answers, newest first"}, s.apiAnswersBy)
	act(a, endpoint{method: "PUT", path: "/members/{id}/suspension", id: "suspend-member", tag: "Members", says: "Suspend a member, or end it (moderators and admins)", who: membersOnly, limit: limitPost}, s.apiSuspend)
}

func (s *Server) apiJoin(k *call, in *apiNewMember) (apiSession, error) {
	_, token, err := s.community.SignUp(k.ctx, community.SignUp{Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password}, deviceOf(k))
	return s.began(k, token, err)
}

func (s *Server) apiMember(k *call, in *IDIn) (apiProfile, error) {
	m, err := s.community.Member(k.ctx, in.ID)
	if err != nil {
		return apiProfile{}, err
	}
	if m.Closed != 0 {
		return apiProfile{}, fault.New(fault.Gone, "This member has closed their account. Their questions and answers stay.")
	}
	known, err := s.peopleOf(k.ctx, nil, m.AboutHTML)
	if err != nil {
		return apiProfile{}, err
	}
	v := memberOf(m)
	out := apiProfile{
		ID: m.ID, URL: s.absolute(v.URL), Name: v.Name, Handle: m.Handle, Badge: v.Badge, About: string(known.fill(m.AboutHTML)), Location: m.Location,
		Joined: m.Joined.Time(), Threads: m.Stats.Threads, Answers: m.Stats.Answers, Accepted: m.Stats.Accepted,
	}
	if k.actor.Staff() && m.Suspended > store.At(s.now()) {
		out.Suspended = moment(m.Suspended)
	}
	return out, nil
}

func (s *Server) apiThreadsBy(k *call, in *apiByMember) (apiPage[apiThreadRow], error) {
	if _, err := s.community.Member(k.ctx, in.ID); err != nil {
		return apiPage[apiThreadRow]{}, err
	}
	p, err := s.community.ThreadsBy(k.ctx, k.actor, in.ID, in.After, in.Limit)
	return s.threadPage(k, p, err)
}

func (s *Server) apiAnswersBy(k *call, in *apiByMember) (apiPage[apiMemberAnswer], error) {
	var none apiPage[apiMemberAnswer]
	if _, err := s.community.Member(k.ctx, in.ID); err != nil {
		return none, err
	}
	p, err := s.community.AnswersBy(k.ctx, k.actor, in.ID, in.After, in.Limit)
	if err != nil {
		return none, err
	}
	var ids []string
	for _, a := range p.Items {
		ids = append(ids, a.Thread)
	}
	threads, err := s.community.ThreadsByID(k.ctx, k.actor, ids)
	if err != nil {
		return none, err
	}
	var out []apiMemberAnswer
	for _, a := range p.Items {
		if t := threads[a.Thread]; t != nil {
			out = append(out, apiMemberAnswer{
				ID: a.ID, URL: s.absolute(threadURL(t.ID) + "#post-" + a.ID), Thread: t.ID, Title: t.Title, Excerpt: excerpt(a.HTML, 200), Score: a.Stats.Score,
				Accepted: t.Accepted != nil && t.Accepted.Answer == a.ID, Verified: a.Verified != nil, Created: a.Created.Time(),
			})
		}
	}
	return pageOf(k, out, p.Next), nil
}

func (s *Server) apiSuspend(k *call, in *apiSuspension) error {
	var until store.Millis
	if in.Body.Until != nil {
		until = store.At(*in.Body.Until)
	}
	return s.community.Suspend(k.ctx, k.actor, in.ID, until)
}
