package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"selfie/reputation"
	"selfie/search/deflection"
)

func (s *Server) pointRoutes() {
	s.getPage("/members/:id/points", unlimited, s.points)
	s.getPage("/leaders", unlimited, s.leaders)
}

// pointsData is the page where every point has its cause.
type pointsData struct {
	Who      memberView
	Self     bool
	Standing *reputation.Standing
	Week     *deflection.Help
	Badges   []reputation.Awarded
	Days     []*reputation.Day
	Says     map[reputation.Kind]string
	Next     string
	Unlocks  []reputation.PrivilegeInfo
	Levels   []reputation.Level
}

func (s *Server) points(c *fiber.Ctx, rq *request) error {
	if s.standing == nil {
		return errNoPage
	}
	m, err := s.community.Member(rq.ctx, c.Params("id"))
	if err != nil {
		return err
	}
	d := &pointsData{Who: memberOf(m), Self: m.ID == rq.actor.ID, Levels: s.standing.Levels(), Says: causes}
	if d.Standing, err = s.standing.Standing(rq.ctx, m.ID); err != nil {
		return err
	}
	if d.Week, err = s.helpedLately(rq, m.ID); err != nil {
		return err
	}
	if d.Badges, err = s.standing.Badges(rq.ctx, m.ID); err != nil {
		return err
	}
	page, err := s.standing.Days(rq.ctx, rq.actor, m.ID, c.Query("after"), 14)
	if err != nil {
		return err
	}
	d.Days, d.Next = page.Items, nextPage(c, page.Next)
	d.Unlocks = s.standing.PrivilegesOf(rq.ctx, d.Standing.Points)
	return s.show(c, rq, "points", "Points of "+d.Who.Name, d, noIndex)
}

// leadersData is the board.
type leadersData struct {
	Tabs []deskTab
	List []leaderRow
	Next string
}

type leaderRow struct {
	Place                    int64
	Who                      memberView
	Points, Accepted, Helped int64
}

func (s *Server) leaders(c *fiber.Ctx, rq *request) error {
	if s.standing == nil {
		return errNoPage
	}
	span := reputation.Span(c.Query("span", string(reputation.Month)))
	page, err := s.standing.Leaders(rq.ctx, span, "", c.Query("after"), 25)
	if err != nil {
		return err
	}
	first := placeOfFirst(c)
	d := &leadersData{Next: nextPage(c, page.Next, "from", strconv.FormatInt(first+int64(len(page.Items)), 10))}
	for _, t := range []reputation.Span{reputation.Week, reputation.Month, reputation.Ever} {
		d.Tabs = append(d.Tabs, deskTab{"/leaders?span=" + string(t), map[reputation.Span]string{reputation.Week: "This week", reputation.Month: "This month", reputation.Ever: "All time"}[t], t == span})
	}
	for i, l := range page.Items {
		d.List = append(d.List, leaderRow{first + int64(i), memberOf(l.Member), l.Points, l.Accepted, l.Helped})
	}
	return s.show(c, rq, "leaders", "Who helps most", d, func(v *view) { v.Canonical, v.Wide = "/leaders", false })
}

// placeOfFirst is where a further page of the board goes on counting.
func placeOfFirst(c *fiber.Ctx) int64 {
	n, err := strconv.ParseInt(c.Query("from"), 10, 64)
	if err != nil || c.Query("after") == "" {
		return 1
	}
	return min(max(n, 1), 1_000_000)
}

// causes are the kinds of ledger lines in words.
var causes = map[reputation.Kind]string{
	reputation.QuestionUp: "question found helpful", reputation.QuestionDown: "question voted down",
	reputation.AnswerUp: "answer found helpful", reputation.AnswerDown: "answer voted down", reputation.CommentUp: "comment found helpful",
	reputation.Accepted: "answer solved it", reputation.Accepting: "said what solved it", reputation.Verified: "answer confirmed by the company",
	reputation.Helped: "answer helped a visitor", reputation.DownVoting: "voted an answer down",
}
