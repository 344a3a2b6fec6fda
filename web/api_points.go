package web

import (
	"time"

	"selfie/reputation"
)

// apiStanding is what a member has come to.
type apiStanding struct {
	Member     apiMember      `json:"member"`
	Points     int64          `json:"points"`
	Level      string         `json:"level"`
	Answers    int64          `json:"answers"`
	Accepted   int64          `json:"accepted" doc:"Answers accepted by others."`
	AcceptRate int64          `json:"accept_rate" doc:"Per cent of the answers."`
	Verified   int64          `json:"verified" doc:"Answers the company confirmed."`
	Helped     int64          `json:"helped" doc:"Visitors who found an answer of this member and did not have to ask."`
	Week       apiHelp        `json:"week" doc:"The last seven days."`
	Tags       []apiTagScore  `json:"tags"`
	Badges     []apiBadge     `json:"badges"`
	Privileges []apiPrivilege `json:"privileges"`
}

// apiHelp is whom a member's answers helped in some time.
type apiHelp struct {
	Helped int64 `json:"helped" doc:"People who said that an answer solved their problem."`
	Maybe  int64 `json:"maybe" doc:"Visits that read an answer and left without a word."`
}

type apiTagScore struct {
	Tag    string `json:"tag"`
	Points int64  `json:"points"`
}

type apiBadge struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	About string `json:"about"`
	Day   string `json:"day" doc:"UTC, when it was won."`
}

type apiPrivilege struct {
	Title    string `json:"title"`
	Points   int64  `json:"points" doc:"Where it unlocks."`
	Unlocked bool   `json:"unlocked"`
}

// apiLedgerDay is one UTC day of a member's ledger.
type apiLedgerDay struct {
	Day    string          `json:"day"`
	Points int64           `json:"points" doc:"What the day came to."`
	Lines  []apiLedgerLine `json:"lines"`
	More   int64           `json:"more,omitempty" doc:"Lines summed up and not listed."`
}

// apiLedgerLine is one cause. It names a post only to who may read that post,
// and never who voted.
type apiLedgerLine struct {
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Points  int64     `json:"points" doc:"What the rules give."`
	Counted int64     `json:"counted" doc:"After limits; 0 when struck."`
	Limit   string    `json:"limit,omitempty" doc:"Why less was counted: day or pair."`
	Struck  string    `json:"struck,omitempty" doc:"Why it counts no more."`
	Thread  string    `json:"thread,omitempty"`
	Title   string    `json:"title,omitempty"`
}

// apiLeadersIn chooses a board.
type apiLeadersIn struct {
	Paging
	Span   string `query:"span" enum:"week,month,all" default:"month"`
	Period string `query:"period" doc:"2026-W10 or 2026-03; empty for the present one."`
}

type apiLeader struct {
	Member   apiMember `json:"member"`
	Points   int64     `json:"points"`
	Accepted int64     `json:"accepted"`
	Helped   int64     `json:"helped"`
}

func (s *Server) apiPoints(a *api) {
	if s.standing == nil {
		return
	}
	e := func(path, id, says string) endpoint {
		return endpoint{method: "GET", path: path, id: id, tag: "Reputation", says: says}
	}
	serve(a, e("/members/{id}/standing", "get-standing", "Show a member's points, level, badges and privileges"), s.apiGetStanding)
	serve(a, e("/members/{id}/ledger", "list-ledger", "List a member's points with their causes, the latest day first"), s.apiLedger)
	serve(a, e("/leaders", "list-leaders", "List who helped most"), s.apiLeaders)
}

func (s *Server) apiGetStanding(k *call, in *IDIn) (apiStanding, error) {
	m, err := s.community.Member(k.ctx, in.ID)
	if err != nil {
		return apiStanding{}, err
	}
	st, err := s.standing.Standing(k.ctx, m.ID)
	if err != nil {
		return apiStanding{}, err
	}
	badges, err := s.standing.Badges(k.ctx, m.ID)
	if err != nil {
		return apiStanding{}, err
	}
	x := apiStanding{Member: viewMember(memberOf(m)), Points: st.Points, Level: st.Level, Answers: st.Answers, Accepted: st.Accepted, AcceptRate: st.AcceptRate,
		Verified: st.Verified, Helped: st.Helped, Tags: []apiTagScore{}, Badges: []apiBadge{}, Privileges: []apiPrivilege{}}
	week, err := s.helpedLately(k.request, m.ID)
	if err != nil {
		return x, err
	}
	if week != nil {
		x.Week = apiHelp{week.People, week.Maybe}
	}
	for _, t := range st.Tags {
		x.Tags = append(x.Tags, apiTagScore(t))
	}
	for _, b := range badges {
		x.Badges = append(x.Badges, apiBadge{b.Name, b.Title, b.About, b.Day})
	}
	for _, p := range s.standing.PrivilegesOf(k.ctx, st.Points) {
		x.Privileges = append(x.Privileges, apiPrivilege{p.Title, p.Points, p.Unlocked})
	}
	return x, nil
}

func (s *Server) apiLedger(k *call, in *apiInThread) (apiPage[apiLedgerDay], error) {
	m, err := s.community.Member(k.ctx, in.ID)
	if err != nil {
		return apiPage[apiLedgerDay]{}, err
	}
	p, err := s.standing.Days(k.ctx, k.actor, m.ID, in.After, in.Limit)
	if err != nil {
		return apiPage[apiLedgerDay]{}, err
	}
	var out []apiLedgerDay
	for _, d := range p.Items {
		out = append(out, viewLedgerDay(d))
	}
	return pageOf(k, out, p.Next), nil
}

func viewLedgerDay(d *reputation.Day) apiLedgerDay {
	x := apiLedgerDay{Day: d.Day, Points: d.Sums.Points, Lines: []apiLedgerLine{}, More: d.Rest.Lines}
	for _, l := range d.Lines {
		x.Lines = append(x.Lines, apiLedgerLine{string(l.Kind), l.At.Time(), l.Points, l.Counted, string(l.Limit), string(l.Struck), l.Thread, l.Title})
	}
	return x
}

func (s *Server) apiLeaders(k *call, in *apiLeadersIn) (apiPage[apiLeader], error) {
	p, err := s.standing.Leaders(k.ctx, reputation.Span(in.Span), in.Period, in.After, in.Limit)
	if err != nil {
		return apiPage[apiLeader]{}, err
	}
	var out []apiLeader
	for _, l := range p.Items {
		out = append(out, apiLeader{viewMember(memberOf(l.Member)), l.Points, l.Accepted, l.Helped})
	}
	return pageOf(k, out, p.Next), nil
}
