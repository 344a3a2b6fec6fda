package web

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/moderation/escalation"
)

func (s *Server) caseRoutes() {
	s.postForm("/threads/:id/ask-agent", limitPost, s.working(s.askAgent))
	s.postForm("/threads/:id/escalate", limitPost, s.working(s.escalate))
	s.getPage("/desk", unlimited, s.working(s.desk))
	s.getPage("/desk/:id", unlimited, s.working(s.deskCase))
	s.postForm("/desk/:id/reply", limitPost, s.working(s.replyCase))
	s.postForm("/desk/:id/note", limitPost, s.working(s.noteCase))
	s.postForm("/desk/:id/:act", limitVote, s.working(s.actCase))
	s.getPage("/admin/rules", unlimited, admin(s.working(s.rulesPage)))
	s.postForm("/admin/rules/:id", limitPost, admin(s.working(s.saveRule)))
	s.postForm("/admin/rules/:id/drop", limitPost, admin(s.working(s.dropRule)))
	s.postForm("/admin/hours", limitPost, admin(s.working(s.saveHours)))
}

// working lets members through where there is a desk at all.
func (s *Server) working(h handler) handler {
	return member(func(c *fiber.Ctx, rq *request) error {
		if s.cases == nil {
			return errNoPage
		}
		return h(c, rq)
	})
}

func (s *Server) askAgent(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	if _, err := s.cases.AskAgent(rq.ctx, rq.actor, id, value(c, "why")); err != nil {
		return err
	}
	s.flash(c, "agent")
	return back(c, threadURL(id))
}

func (s *Server) escalate(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	if _, err := s.cases.Escalate(rq.ctx, rq.actor, id, value(c, "why")); err != nil {
		return err
	}
	s.flash(c, "escalated")
	return back(c, threadURL(id))
}

// caseStatus is what a thread page says of its case to asker and staff.
type caseStatus struct {
	ID, Label string
	Key       escalation.State
	Mine      bool   // the viewer is the asker
	Link      string // for agents
	AskFrom   when   // when an agent can be asked; zero when it cannot
	AskNow    bool
	ByHand    bool // the viewer may hand the thread over
	Quiet     bool // there is nothing to say yet; an open page may be told later
}

// LiveKey changes with what the status says.
func (v *caseStatus) LiveKey() string {
	return fmt.Sprintf("%s.%s.%t.%t.%t", v.ID, v.Key, v.AskNow, v.AskFrom.At != 0, v.ByHand)
}

func (s *Server) caseStatus(rq *request, t *community.Thread, rights community.Rights) (*caseStatus, error) {
	if s.cases == nil || rq.actor.Guest() {
		return nil, nil
	}
	v := &caseStatus{Mine: t.Author == rq.actor.ID}
	standing, err := s.cases.StatusFor(rq.ctx, rq.actor, t)
	if err != nil {
		return nil, err
	}
	open := false
	if standing != nil {
		v.ID, v.Key, v.Label = standing.ID, standing.State, labelOf(standing.State, v.Mine)
		open = standing.Open != ""
		if rq.actor.Role == community.Agent || rq.actor.IsAdmin() {
			v.Link = "/desk/" + standing.ID
		}
	}
	if v.Mine && !open {
		may, from, err := s.cases.MayAsk(rq.ctx, rq.actor, t)
		if err != nil {
			return nil, err
		}
		if may {
			v.AskFrom = s.when(store.At(from))
			v.AskNow = !from.After(s.now())
			v.AskFrom.Ago = from.UTC().Format("15:04 UTC")
		}
	}
	v.ByHand = !open && !v.Mine && (rights.Lock || rq.actor.Role == community.Agent)
	v.Quiet = v.ID == "" && v.AskFrom.At == 0 && !v.ByHand
	if v.Quiet && !v.Mine {
		return nil, nil
	}
	return v, nil
}

// deskData is the agents' queue.
type deskData struct {
	Tabs []deskTab
	List []caseRow
	Next string
}

type deskTab struct {
	URL, Label string
	Current    bool
}

type caseRow struct {
	ID, URL, Title, Says string
	State                escalation.State
	Label                string
	Customer, Assignee   memberView
	Opened               when
	Priority             int64
	Words                []string
}

func (s *Server) desk(c *fiber.Ctx, rq *request) error {
	state, mine := escalation.State(c.Query("state", string(escalation.Submitted))), c.Query("state") == "mine"
	if mine {
		state = escalation.Working
	}
	page, err := s.cases.Queue(rq.ctx, rq.actor, state, mine, c.Query("after"), listSize)
	if err != nil {
		return err
	}
	counts, err := s.cases.Counts(rq.ctx, rq.actor)
	if err != nil {
		return err
	}
	d := &deskData{Next: nextPage(c, page.Next), Tabs: []deskTab{{"/desk?state=mine", "Mine", mine}}}
	for _, st := range escalation.States {
		label := strings.ToUpper(string(st[:1])) + string(st[1:])
		if n := counts[st]; n > 0 {
			label += " " + count(n)
		}
		d.Tabs = append(d.Tabs, deskTab{"/desk?state=" + string(st), label, !mine && st == state})
	}
	if d.List, err = s.caseRows(rq, page.Items); err != nil {
		return err
	}
	return s.show(c, rq, "desk", "Desk", d, func(v *view) { v.Nav, v.NoIndex, v.Wide = "desk", true, false })
}

func (s *Server) caseRows(rq *request, cases []*escalation.Case) ([]caseRow, error) {
	var ids, threads []string
	for _, x := range cases {
		ids, threads = append(ids, x.Customer, x.Assignee), append(threads, x.Thread)
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return nil, err
	}
	titles, err := s.community.ThreadsByID(rq.ctx, rq.actor, threads)
	if err != nil {
		return nil, err
	}
	var rows []caseRow
	for _, x := range cases {
		row := caseRow{ID: x.ID, URL: "/desk/" + x.ID, Says: x.Cause.Says, State: x.State, Label: labelOf(x.State, false), Customer: known.of(x.Customer),
			Opened: s.when(x.Opened), Priority: x.Priority, Words: x.Cause.Words, Title: "A thread that was removed for good"}
		if x.Assignee != "" {
			row.Assignee = known.of(x.Assignee)
		}
		if t := titles[x.Thread]; t != nil {
			row.Title = t.Title
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// caseData is one case: the thread beside the customer's history.
type caseData struct {
	Case     caseRow
	Open     bool
	Mine     bool        // the viewer works on it
	Private  bool        // the thread is for asker and staff
	Ticket   *ticketLink // on the external desk; nil while there is none
	Thread   *threadView
	Line     []lineRow
	NextLine string // address of the rest of the timeline
	Earlier  []caseRow
	Asked    []threadRow
	Customer *community.Member
	Since    when
	Body     string
	Note     string
	Key      string
	Secretly bool
	Solves   bool
	Pictures []picture
	Errors   formErrors
}

type lineRow struct {
	Kind escalation.EntryKind
	Who  memberView
	When when
	Text string
	URL  string
}

func (s *Server) caseData(c *fiber.Ctx, rq *request) (*caseData, error) {
	x, err := s.cases.Case(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return nil, err
	}
	rows, err := s.caseRows(rq, []*escalation.Case{x})
	if err != nil {
		return nil, err
	}
	st, err := s.readThread(rq, x.Thread, "")
	if err != nil {
		return nil, err
	}
	d := &caseData{Case: rows[0], Open: x.Open != "", Mine: x.Assignee == rq.actor.ID, Private: st.thread.Private, Key: keyMark + "-case"}
	if d.Thread, err = s.plainThread(rq, st); err != nil {
		return nil, err
	}
	if d.Line, d.NextLine, err = s.timeline(c, rq, x); err != nil {
		return nil, err
	}
	if d.Ticket, err = s.ticketOf(rq, x.ID); err != nil {
		return nil, err
	}
	return d, s.customerStory(rq, x, d)
}

// plainThread is a thread to read, without its forms, and with what its pictures
// say.
func (s *Server) plainThread(rq *request, st *threadState) (*threadView, error) {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return nil, err
	}
	st.rights = community.Rights{}
	v := &threadView{postView: s.question(rq, st, settings.Name), Title: st.thread.Title, URL: threadURL(st.thread.ID), Tags: st.thread.Tags}
	for _, a := range st.answers.Items {
		v.Answers = append(v.Answers, s.answer(rq, st, a, settings.Name))
	}
	for _, p := range append([]*postView{v.postView}, v.Answers...) {
		p.makePlain()
		if err := s.readPictures(rq, p); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// makePlain takes the buttons off a post and its comments.
func (v *postView) makePlain() {
	v.Plain, v.Can = true, postRights{}
	for _, c := range v.Comments {
		c.makePlain()
	}
}

// labelOf says where a case stands, to the customer or to those who work on it.
func labelOf(st escalation.State, customer bool) string {
	if st == escalation.Waiting && !customer {
		return "Waiting for the customer"
	}
	return st.Label()
}

func (s *Server) timeline(c *fiber.Ctx, rq *request, x *escalation.Case) (line []lineRow, next string, err error) {
	page, err := s.cases.Timeline(rq.ctx, rq.actor, x.ID, c.Query("after"), 100)
	if err != nil {
		return nil, "", err
	}
	var ids []string
	for _, e := range page.Items {
		ids = append(ids, e.By)
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return nil, "", err
	}
	for _, e := range page.Items {
		row := lineRow{Kind: e.Kind, When: s.when(e.At), Text: e.Text}
		if e.By != "" {
			row.Who = known.of(e.By)
		}
		if e.Post != "" {
			row.URL = threadURL(x.Thread) + "#post-" + e.Post
		}
		line = append(line, row)
	}
	return line, nextPage(c, page.Next), nil
}

func (s *Server) customerStory(rq *request, x *escalation.Case, d *caseData) error {
	m, err := s.community.Member(rq.ctx, x.Customer)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil {
		d.Customer, d.Since = m, s.when(m.Joined)
	}
	earlier, err := s.cases.HistoryOf(rq.ctx, rq.actor, x.Customer, "", 10)
	if err != nil {
		return err
	}
	all, err := s.caseRows(rq, earlier.Items)
	if err != nil {
		return err
	}
	for _, row := range all {
		if row.ID != x.ID {
			d.Earlier = append(d.Earlier, row)
		}
	}
	asked, err := s.community.ThreadsBy(rq.ctx, rq.actor, x.Customer, "", 10)
	if err != nil {
		return err
	}
	d.Asked, err = s.rows(rq, asked.Items, false)
	return err
}

// ticketLink leads agents to a case's ticket on the external desk.
type ticketLink struct{ Desk, Number, URL string }

func (s *Server) ticketOf(rq *request, caseID string) (*ticketLink, error) {
	if s.bridge == nil {
		return nil, nil
	}
	l, address, err := s.bridge.Engine().Link(rq.ctx, caseID)
	if fault.Is(err, fault.NotFound) || (err == nil && address == "") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	name := l.Desk
	if name == "rt" {
		name = "Request Tracker"
	}
	return &ticketLink{name, l.Ticket, address}, nil
}

func casePage(v *view) { v.Nav, v.NoIndex, v.Wide = "desk", true, true }

func (s *Server) deskCase(c *fiber.Ctx, rq *request) error {
	d, err := s.caseData(c, rq)
	if err != nil {
		return err
	}
	return s.show(c, rq, "case", d.Case.Title, d, casePage)
}

func (s *Server) replyCase(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	if _, err := s.cases.Case(rq.ctx, rq.actor, id); err != nil {
		return err
	}
	a := escalation.Answer{Body: text(c, "body"), Private: ticked(c, "private"), Solves: ticked(c, "solves"), Key: value(c, "key")}
	pictures, err := s.formPictures(c, rq)
	typed := a.Body
	if err == nil {
		a.Body, a.Images = placePictures(a.Body, pictures), pictureIDs(pictures)
		_, err = s.cases.Reply(rq.ctx, rq.actor, id, a)
	}
	if err == nil {
		s.flash(c, "answered")
		return back(c, "/desk/"+id)
	}
	d, dataErr := s.caseData(c, rq)
	if dataErr != nil {
		return dataErr
	}
	d.Body, d.Secretly, d.Solves, d.Key, d.Pictures = typed, a.Private, a.Solves, a.Key, pictures
	return s.showForm(c, rq, "case", d.Case.Title, d, func(e formErrors) { d.Errors = e }, err, casePage)
}

func (s *Server) noteCase(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	_, err := s.cases.AddNote(rq.ctx, rq.actor, id, text(c, "text"), value(c, "key"))
	if err == nil {
		s.flash(c, "saved")
		return back(c, "/desk/"+id)
	}
	d, dataErr := s.caseData(c, rq)
	if dataErr != nil {
		return dataErr
	}
	d.Note, d.Key = text(c, "text"), value(c, "key")
	return s.showForm(c, rq, "case", d.Case.Title, d, func(e formErrors) { d.Errors = e }, err, casePage)
}

func (s *Server) actCase(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	verb := map[string]caseVerb{"take": s.cases.Take, "resolve": s.cases.Resolve, "reopen": s.cases.Reopen, "hand-back": s.handBack(value(c, "reason"))}[c.Params("act")]
	if verb == nil {
		return errNoPage
	}
	if _, err := verb(rq.ctx, rq.actor, id); err != nil {
		return err
	}
	return back(c, "/desk/"+id)
}

func (s *Server) handBack(why string) caseVerb {
	return func(ctx context.Context, by community.Actor, id string) (*escalation.Case, error) {
		return s.cases.HandBack(ctx, by, id, why)
	}
}

// rulesData is the page of the escalation rules.
type rulesData struct {
	Rules    []ruleForm
	New      ruleForm
	Triggers []escalation.Trigger
	Spaces   []*community.Space
	Zone     string
	Days     []dayForm
	Holidays string
	Errors   formErrors
}

// ruleForm is a rule as it was typed.
type ruleForm struct {
	escalation.Rule
	Hours, Minutes, Threshold, Position string // in place of the rule's numbers
	Trial                               *escalation.Trial
	Found                               []threadRow // by the trial
	Typed                               bool
	Errors                              formErrors
}

func ruleFormOf(r *escalation.Rule) ruleForm {
	f := ruleForm{Rule: *r, Position: strconv.FormatInt(r.Position, 10)}
	if r.Hours != 0 {
		f.Hours = strconv.Itoa(r.Hours)
	}
	if r.Minutes != 0 {
		f.Minutes = strconv.Itoa(r.Minutes)
	}
	if r.Threshold != 0 {
		f.Threshold = strconv.FormatFloat(r.Threshold, 'g', -1, 64)
	}
	return f
}

type dayForm struct {
	Name, From, To string
	Key            int
}

func (s *Server) rulesData(rq *request) (*rulesData, error) {
	rules, err := s.cases.Rules(rq.ctx)
	if err != nil {
		return nil, err
	}
	d := &rulesData{Triggers: escalation.Triggers, New: ruleForm{Rule: escalation.Rule{On: true}}}
	for _, r := range rules {
		d.Rules = append(d.Rules, ruleFormOf(r))
	}
	if d.Spaces, err = s.community.AllSpaces(rq.ctx, rq.actor); err != nil {
		return nil, err
	}
	h, err := s.cases.Hours(rq.ctx)
	if err != nil {
		return nil, err
	}
	d.Zone, d.Holidays = h.Zone, strings.Join(h.Holidays, " ")
	for day, shift := range h.Days {
		f := dayForm{Name: time.Weekday(day).String(), Key: day}
		if shift.From < shift.To {
			f.From, f.To = clock(shift.From), clock(shift.To)
		}
		d.Days = append(d.Days, f)
	}
	return d, nil
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// minutesOf reads "09:30"; "" is 0, and 24:00 the end of a day.
func minutesOf(v string) (int, error) {
	if v == "" {
		return 0, nil
	}
	h, m, ok := strings.Cut(v, ":")
	hours, err1 := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || minutes < 0 || minutes > 59 || hours < 0 || hours > 24 {
		return 0, fault.Field("days", "Write times like 09:30: “%s” is none.", v)
	}
	return hours*60 + minutes, nil
}

func (s *Server) rulesPage(c *fiber.Ctx, rq *request) error {
	d, err := s.rulesData(rq)
	if err != nil {
		return err
	}
	return s.show(c, rq, "admin-rules", "Escalation", d, adminPage)
}

func (s *Server) saveRule(c *fiber.Ctx, rq *request) error {
	form := typedRule(c)
	r, err := form.rule()
	if err == nil && ticked(c, "try") {
		if err = s.tryRule(rq, r, &form); err == nil {
			return s.showRule(c, rq, form)
		}
	}
	if err == nil {
		_, err = s.cases.SaveRule(rq.ctx, rq.actor, r)
	}
	if err == nil {
		s.flash(c, "saved")
		return back(c, "/admin/rules")
	}
	d, dataErr := s.rulesWith(rq, &form)
	if dataErr != nil {
		return dataErr
	}
	return s.showForm(c, rq, "admin-rules", "Escalation", d, func(e formErrors) { d.at(form.ID).Errors = e }, err, adminPage)
}

func typedRule(c *fiber.Ctx) ruleForm {
	f := ruleForm{Typed: true, Hours: value(c, "hours"), Minutes: value(c, "minutes"), Threshold: value(c, "threshold"), Position: value(c, "position")}
	f.Name, f.Trigger, f.Space, f.Tag, f.On = value(c, "name"), escalation.Trigger(value(c, "trigger")), value(c, "space"), community.CleanTag(value(c, "tag")), ticked(c, "on")
	if id := c.Params("id"); id != "new" {
		f.ID = id
	}
	return f
}

// rule reads the numbers of the form; an empty one is 0.
func (f *ruleForm) rule() (escalation.Rule, error) {
	r := f.Rule
	for _, n := range []struct {
		name, typed string
		set         func(int64)
	}{
		{"hours", f.Hours, func(v int64) { r.Hours = int(v) }}, {"minutes", f.Minutes, func(v int64) { r.Minutes = int(v) }}, {"position", f.Position, func(v int64) { r.Position = v }},
	} {
		if n.typed == "" {
			continue
		}
		v, err := strconv.ParseInt(n.typed, 10, 32)
		if err != nil {
			return r, fault.Field(n.name, "Give a whole number here.")
		}
		n.set(v)
	}
	if f.Threshold == "" {
		return r, nil
	}
	var err error
	if r.Threshold, err = strconv.ParseFloat(strings.Replace(f.Threshold, ",", ".", 1), 64); err != nil {
		return r, fault.Field("threshold", "Give a number above 0 and up to 1; 0.6 is a good start.")
	}
	return r, nil
}

// tryRule tells what a rule would do, and does nothing.
func (s *Server) tryRule(rq *request, r escalation.Rule, form *ruleForm) error {
	trial, err := s.cases.DryRun(rq.ctx, rq.actor, r)
	if err != nil {
		return err
	}
	form.Trial = &trial
	found, err := s.community.ThreadsByID(rq.ctx, rq.actor, trial.Threads)
	for _, id := range trial.Threads {
		if t := found[id]; t != nil {
			form.Found = append(form.Found, threadRow{Title: t.Title, URL: threadURL(t.ID)})
		}
	}
	return err
}

// showRule shows the page with one rule as it was typed.
func (s *Server) showRule(c *fiber.Ctx, rq *request, form ruleForm) error {
	d, err := s.rulesWith(rq, &form)
	if err != nil {
		return err
	}
	return s.show(c, rq, "admin-rules", "Escalation", d, adminPage)
}

func (s *Server) rulesWith(rq *request, form *ruleForm) (*rulesData, error) {
	d, err := s.rulesData(rq)
	if err != nil {
		return nil, err
	}
	*d.at(form.ID) = *form
	return d, nil
}

// at is the form of a rule: the empty one for a rule that is not there.
func (d *rulesData) at(id string) *ruleForm {
	for i := range d.Rules {
		if d.Rules[i].ID == id {
			return &d.Rules[i]
		}
	}
	return &d.New
}

func (s *Server) dropRule(c *fiber.Ctx, rq *request) error {
	if err := s.cases.DropRule(rq.ctx, rq.actor, c.Params("id")); err != nil {
		return err
	}
	return back(c, "/admin/rules")
}

func (s *Server) saveHours(c *fiber.Ctx, rq *request) error {
	h, err := typedHours(c)
	if err == nil {
		_, err = s.cases.SetHours(rq.ctx, rq.actor, h)
	}
	if err == nil {
		s.flash(c, "saved")
		return back(c, "/admin/rules")
	}
	d, dataErr := s.rulesData(rq)
	if dataErr != nil {
		return dataErr
	}
	d.Zone, d.Holidays = value(c, "zone"), value(c, "holidays")
	for i := range d.Days {
		d.Days[i].From, d.Days[i].To = dayFields(c, i)
	}
	return s.showForm(c, rq, "admin-rules", "Escalation", d, func(e formErrors) { d.Errors = e }, err, adminPage)
}

func dayFields(c *fiber.Ctx, day int) (from, to string) {
	n := strconv.Itoa(day)
	return value(c, "from-"+n), value(c, "to-"+n)
}

func typedHours(c *fiber.Ctx) (h escalation.Hours, err error) {
	h.Zone, h.Holidays = value(c, "zone"), strings.Fields(strings.ReplaceAll(value(c, "holidays"), ",", " "))
	for day := range h.Days {
		from, to := dayFields(c, day)
		if h.Days[day].From, err = minutesOf(from); err != nil {
			return h, err
		}
		if h.Days[day].To, err = minutesOf(to); err != nil {
			return h, err
		}
	}
	return h, nil
}
