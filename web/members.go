package web

import (
	"html/template"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/reputation"
	"selfie/search/deflection"
)

// memberData is a member's page.
type memberData struct {
	Who       memberView
	About     template.HTML
	Location  string
	Joined    when
	Stats     community.MemberStats
	Standing  *reputation.Standing // nil where points are not kept
	Week      *deflection.Help     // of the last seven days; nil where it is not known
	Handle    string
	Self      bool
	Tab       string // "questions", "answers", "watching"
	Rows      []threadRow
	Answers   []answerRow
	Next      string
	Suspended when
	Admin     *community.Member // for admins
}

// answerRow is an answer in a member's list.
type answerRow struct {
	URL, Title, Excerpt string
	Score               int64
	Accepted, Verified  bool
	At                  when
}

func (s *Server) member(c *fiber.Ctx, rq *request) error {
	m, err := s.community.Member(rq.ctx, c.Params("id"))
	if err != nil {
		return err
	}
	if m.Closed != 0 {
		return fault.New(fault.Gone, "This member has closed their account. Their questions and answers stay.")
	}
	known, err := s.peopleOf(rq.ctx, nil, m.AboutHTML)
	if err != nil {
		return err
	}
	d := &memberData{
		Who: memberOf(m), About: known.fill(m.AboutHTML), Location: m.Location, Joined: s.when(m.Joined), Stats: m.Stats,
		Handle: m.Handle, Self: rq.actor.ID == m.ID, Tab: c.Query("show", "questions"),
	}
	if s.standing != nil {
		if d.Standing, err = s.standing.Standing(rq.ctx, m.ID); err != nil {
			return err
		}
	}
	if d.Week, err = s.helpedLately(rq, m.ID); err != nil {
		return err
	}
	if rq.actor.Staff() {
		d.Suspended = s.when(m.Suspended)
	}
	if err := s.memberList(c, rq, d, m.ID); err != nil {
		return err
	}
	return s.show(c, rq, "member", m.DisplayName(), d, func(v *view) {
		v.Canonical, v.NoIndex, v.Wide = d.Who.URL, d.Tab != "questions" || c.Query("after") != "" || m.Stats.Answers+m.Stats.Threads == 0, false
	})
}

func (s *Server) memberList(c *fiber.Ctx, rq *request, d *memberData, id string) error {
	switch {
	case d.Tab == "questions":
		page, err := s.community.ThreadsBy(rq.ctx, rq.actor, id, c.Query("after"), listSize)
		if err != nil {
			return err
		}
		d.Next = nextPage(c, page.Next)
		d.Rows, err = s.rows(rq, page.Items, true)
		return err
	case d.Tab == "watching" && d.Self:
		page, err := s.community.Watching(rq.ctx, rq.actor, c.Query("after"), listSize)
		if err != nil {
			return err
		}
		d.Next = nextPage(c, page.Next)
		d.Rows, err = s.rows(rq, page.Items, true)
		return err
	case d.Tab == "answers":
		return s.memberAnswers(c, rq, d, id)
	}
	return errNoPage
}

func (s *Server) memberAnswers(c *fiber.Ctx, rq *request, d *memberData, id string) error {
	page, err := s.community.AnswersBy(rq.ctx, rq.actor, id, c.Query("after"), listSize)
	if err != nil {
		return err
	}
	d.Next = nextPage(c, page.Next)
	var ids []string
	for _, a := range page.Items {
		ids = append(ids, a.Thread)
	}
	threads, err := s.community.ThreadsByID(rq.ctx, rq.actor, ids)
	if err != nil {
		return err
	}
	for _, a := range page.Items {
		t := threads[a.Thread]
		if t == nil {
			continue
		}
		d.Answers = append(d.Answers, answerRow{
			URL: threadURL(t.ID) + "#post-" + a.ID, Title: t.Title, Excerpt: excerpt(a.HTML, 200), Score: a.Stats.Score,
			Accepted: t.Accepted != nil && t.Accepted.Answer == a.ID, Verified: a.Verified != nil, At: s.when(a.Created),
		})
	}
	return nil
}

// handle leads from @handle to the member.
func (s *Server) handle(c *fiber.Ctx, rq *request) error {
	name, err := pathValue(c, "handle")
	if err != nil {
		return err
	}
	m, err := s.community.MemberByHandle(rq.ctx, name)
	if err != nil {
		return err
	}
	return c.Redirect("/members/"+m.ID, fiber.StatusSeeOther)
}

// noticesData is the page of a member's notifications.
type noticesData struct {
	Off    bool
	List   []noticeView
	Next   string
	Unread int64
}

type noticeView struct {
	ID, URL, Title, Icon string
	Says                 string // "answered your question"
	Text                 string // what a moderator or the system says
	By                   memberView
	At                   when
	Seen                 bool
}

var noticeSays = map[string][2]string{ // icon, what happened
	notify.NoticeAnswer:    {"reply", "answered"},
	notify.NoticeComment:   {"reply", "commented in"},
	notify.NoticeMention:   {"user", "mentioned you in"},
	notify.NoticeAccepted:  {"check", "accepted your answer to"},
	notify.NoticeVerified:  {"shield", "confirmed your answer to"},
	notify.NoticeSolved:    {"check", "marked as solved:"},
	notify.NoticeDuplicate: {"copy", "found that it was asked before:"},
	notify.NoticeRemoved:   {"trash", "removed a post of yours in"},
	notify.NoticeDecision:  {"shield", "A moderator decided about your post in"},
	notify.NoticeFlag:      {"flag", "About the post you reported in"},
	notify.NoticeHelped:    {"heart", "An answer of yours solved someone's problem:"},
	notify.NoticeWeek:      {"heart", "Thank you!"},
	notify.NoticeSaved:     {"search", "asked"},
	notify.NoticeSuggested: {"spark", "An answer may fit your question"},
	notify.NoticeCase:      {"people", "Support, about"},
}

func (s *Server) notices(c *fiber.Ctx, rq *request) error {
	d := &noticesData{Off: s.inbox == nil}
	if !d.Off {
		if err := s.readNotices(c, rq, d); err != nil {
			return err
		}
	}
	return s.show(c, rq, "notifications", "Notifications", d, func(v *view) { v.Nav, v.NoIndex = "notifications", true })
}

func (s *Server) readNotices(c *fiber.Ctx, rq *request, d *noticesData) error {
	list, next, err := s.inbox.Notices(rq.ctx, rq.actor, c.Query("after"), 30)
	if err != nil {
		return err
	}
	var ids []string
	for _, n := range list {
		ids = append(ids, n.By)
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return err
	}
	for _, n := range list {
		says := noticeSays[n.Kind]
		if says[0] == "" {
			says = [2]string{"bell", "wrote in"}
		}
		v := noticeView{ID: n.ID, Title: n.Title, Icon: says[0], Says: says[1], By: known.of(n.By), At: s.when(n.At), Seen: n.Seen, Text: n.Text, URL: noticeURL(n)}
		if n.By == "" {
			v.By = memberView{}
		}
		if !n.Seen {
			d.Unread++
		}
		d.List = append(d.List, v)
	}
	d.Next = nextPage(c, next)
	return nil
}

func (s *Server) noticesSeen(c *fiber.Ctx, rq *request) error {
	if s.inbox == nil {
		return errNoPage
	}
	if err := s.inbox.MarkSeen(rq.ctx, rq.actor, values(c, "id")...); err != nil {
		return err
	}
	return back(c, "/notifications")
}

func noticeURL(n notify.Notice) string {
	switch {
	case n.Link != "":
		return n.Link
	case n.Thread == "":
		return "/notifications"
	}
	if n.Post.ID == "" || n.Post.ID == n.Thread {
		return threadURL(n.Thread)
	}
	return threadURL(n.Thread) + "#post-" + n.Post.ID
}
