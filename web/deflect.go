package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/search"
	"selfie/search/deflection"
)

// visitorCookie holds a browser's secret, by which the acts of one visit are
// told to belong together. It comes with the first search or question, never
// by reading, and never to who asked not to be tracked.
const visitorCookie = "selfie_visitor"

// maxOffers is how many answers are offered while someone asks.
const maxOffers = 5

// untracked reports whether the browser asks not to be tracked: Global Privacy
// Control, or the older Do Not Track.
func untracked(c *fiber.Ctx) bool { return c.Get("Sec-GPC") == "1" || c.Get("DNT") == "1" }

// visitor is the browser's secret; "" for who has none.
func (s *Server) visitor(c *fiber.Ctx) string {
	if untracked(c) {
		return ""
	}
	if v := c.Cookies(visitorCookie); len(v) == len(store.Token()) {
		return v
	}
	return ""
}

// newVisitor is visitor for the start of a visit: who may have a secret gets one.
func (s *Server) newVisitor(c *fiber.Ctx) string {
	if v := s.visitor(c); v != "" || untracked(c) {
		return v
	}
	v := store.Token()
	s.setCookie(c, visitorCookie, v, deflection.VisitorLife)
	return v
}

// typed records what was typed and shown. A page does without when that fails.
func (s *Server) typed(c *fiber.Ctx, rq *request, in deflection.Typing) string {
	if s.deflection == nil || s.search == nil || !s.search.Ready() || rq.actor.Staff() || strings.TrimSpace(in.Query) == "" || c.Method() == fiber.MethodHead || prefetched(c) {
		return ""
	}
	a, err := s.deflection.Typed(rq.ctx, s.newVisitor(c), rq.actor, in)
	if err != nil {
		s.logger(c, rq).Warn("attempt not recorded", "error", err)
	}
	if a == nil {
		return ""
	}
	return a.ID
}

// prefetched reports that the browser fetches a page before anyone asked for it.
func prefetched(c *fiber.Ctx) bool {
	return strings.Contains(c.Get("Sec-Purpose")+c.Get("Purpose"), "prefetch")
}

// offerView is a thread that may make a question needless, with the text of its
// answer.
type offerView struct {
	threadRow
	Answer   string // "" when there is none
	Text     string // the answer's beginning
	More     string // more of it, where there is room
	By       memberView
	Accepted bool
	Verified bool
	Own      bool // the viewer asked it
}

// Value names the offer in the form.
func (o offerView) Value() string { return strings.TrimSuffix(o.ID+"."+o.Answer, ".") }

// offersView are the offers of the ask form, and the attempt they belong to.
type offersView struct {
	Attempt string
	Checked bool // something was looked for
	Rows    []offerView
}

// offers finds what answers the question being typed, those with an answer
// first, and records the attempt.
func (s *Server) offers(c *fiber.Ctx, rq *request, title, body, attempt string) (*offersView, error) {
	v := &offersView{Attempt: attempt}
	if title = strings.TrimSpace(title); s.search == nil || title == "" {
		return v, nil
	}
	var err error
	if v.Rows, v.Checked, err = s.lookFor(c, rq, title, body, ""); err != nil || !v.Checked {
		return v, err
	}
	if id := s.typed(c, rq, deflection.Typing{Attempt: attempt, Surface: deflection.OnAsk, Query: title, Shown: shownOf(v.Rows)}); id != "" {
		v.Attempt = id
		for i := range v.Rows {
			v.Rows[i].URL += "?via=" + id
		}
	}
	return v, nil
}

// lookFor finds what answers a question, those with an answer first; of one
// space only when it is named. It reports false when nothing could be looked for.
func (s *Server) lookFor(c *fiber.Ctx, rq *request, title, body, space string) ([]offerView, bool, error) {
	found, err := s.search.RelatedIn(rq.ctx, rq.actor, space, cut(title, 200), cut(body, 2000), "", maxOffers)
	if err != nil {
		s.logger(c, rq).Warn("offers", "error", err)
		return nil, false, nil
	}
	rows, err := s.offerRows(rq, found)
	slices.SortStableFunc(rows, func(a, b offerView) int { return rankOf(a) - rankOf(b) })
	return rows, true, err
}

func shownOf(rows []offerView) []deflection.Offer {
	shown := make([]deflection.Offer, len(rows))
	for i, o := range rows {
		shown[i] = deflection.Offer{Thread: o.ID, Answer: o.Answer, Rank: int64(i + 1)}
	}
	return shown
}

func rankOf(o offerView) int {
	switch {
	case o.Accepted || o.Verified:
		return 0
	case o.Answer != "":
		return 1
	}
	return 2
}

func (s *Server) offerRows(rq *request, threads []*community.Thread) ([]offerView, error) {
	rows, err := s.rows(rq, threads, false)
	if err != nil {
		return nil, err
	}
	list := make([]offerView, len(rows))
	var authors []string
	for i, t := range threads {
		list[i] = offerView{threadRow: rows[i], Own: !rq.actor.Guest() && t.Author == rq.actor.ID}
		a, err := s.bestAnswer(rq, t)
		if err != nil {
			return nil, err
		}
		if a == nil {
			continue
		}
		o := &list[i]
		o.Answer, o.Text, o.More, o.Verified = a.ID, excerpt(a.HTML, 240), excerpt(a.HTML, 900), a.Verified != nil
		o.Accepted = t.Accepted != nil && t.Accepted.Answer == a.ID
		o.By.ID = a.Author
		authors = append(authors, a.Author)
	}
	known, err := s.peopleOf(rq.ctx, authors)
	for i := range list {
		if list[i].Answer != "" {
			list[i].By = known.of(list[i].By.ID)
		}
	}
	return list, err
}

// bestAnswer is the answer that stands first in a thread, if any is public.
func (s *Server) bestAnswer(rq *request, t *community.Thread) (*community.Answer, error) {
	page, err := s.community.Answers(rq.ctx, rq.actor, t, "", 2)
	if fault.Is(err, fault.NotFound) { // hidden between two reads
		return nil, nil
	}
	for _, a := range page.Items {
		if !a.Private {
			return a, nil
		}
	}
	return nil, err
}

// searched records a search, and lets its results lead on with the attempt.
func (s *Server) searched(c *fiber.Ctx, rq *request, q string, hits []search.Hit, views []hitView) {
	shown := make([]deflection.Offer, len(hits))
	for i, h := range hits {
		shown[i] = deflection.Offer{Thread: h.Thread.ID, Answer: h.Answer, Rank: int64(i + 1)}
	}
	id := s.typed(c, rq, deflection.Typing{Surface: deflection.OnSearch, Query: q, Shown: shown})
	if id == "" {
		return
	}
	c.Locals(personal, true)
	for i := range views {
		views[i].URL += "?via=" + id
	}
}

// visitView is the bar on a thread that a visitor was led to.
type visitView struct {
	Attempt, Thread string
	Choices         []*postView // answers to choose from, where the thread does not say which solved it
	Done            bool        // they said that it solved it
}

// visit records that an attempt led to the thread, and asks whether it helped.
// nil when it did not, or there is nothing to ask.
func (s *Server) visit(c *fiber.Ctx, rq *request, st *threadState, v *threadView) (*visitView, error) {
	via, mine := c.Query("via"), !rq.actor.Guest() && st.thread.Author == rq.actor.ID
	if via == "" || s.deflection == nil || mine || rq.actor.Staff() || prefetched(c) {
		return nil, nil
	}
	a, err := s.deflection.Opened(rq.ctx, s.visitor(c), rq.actor, via, st.thread.ID)
	if fault.Is(err, fault.Gone) {
		return nil, nil
	}
	if err != nil || a.Asked != "" || len(v.Answers) == 0 {
		return nil, err
	}
	bar := &visitView{Attempt: a.ID, Thread: st.thread.ID, Done: a.Outcome == deflection.Confirmed && a.Solved.Thread == st.thread.ID}
	if len(v.Answers) > 1 && v.SolvedBy == "" {
		bar.Choices = v.Answers
	}
	return bar, nil
}

// helpedLately counts whom a member's answers helped in the last seven days.
func (s *Server) helpedLately(rq *request, member string) (*deflection.Help, error) {
	if s.deflection == nil {
		return nil, nil
	}
	h, err := s.deflection.HelpOf(rq.ctx, member, s.now().AddDate(0, 0, -7), s.now())
	return &h, err
}

// unlessLed answers who was led here by an attempt with a page of their own.
func unlessLed(kept, own handler) handler {
	return func(c *fiber.Ctx, rq *request) error {
		if c.Query("via") != "" {
			return own(c, rq)
		}
		return kept(c, rq)
	}
}

// solvedData is the page that ends a visit well.
type solvedData struct {
	Attempt, Thread string
	URL             string
	Author          memberView // who is thanked; empty when it cannot be told
	Kept            *askForm   // what was being asked, to go on with if it did not help after all
	Images          []string   // that it shows
}

// solved takes "this solved it", from an offer or from a thread.
func (s *Server) solved(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil {
		return errNoPage
	}
	thread, answer := value(c, "thread"), value(c, "answer")
	if offer := value(c, "offer"); offer != "" {
		thread, answer, _ = strings.Cut(offer, ".")
	}
	a, err := s.deflection.Solved(rq.ctx, s.visitor(c), rq.actor, value(c, "attempt"), thread, answer)
	if err != nil {
		return err
	}
	d := &solvedData{Attempt: a.ID, Thread: thread, URL: threadURL(thread)}
	if a.Surface == deflection.OnAsk && value(c, "title") != "" {
		d.Kept, d.Images = readAsk(c), values(c, "image")
		if err := s.community.DropDraft(rq.ctx, rq.actor, "ask"); err != nil {
			s.logger(c, rq).Warn("draft stays", "error", err)
		}
	}
	if a.Solved != nil && a.Solved.Author != "" && a.Solved.Author != rq.actor.ID {
		known, err := s.peopleOf(rq.ctx, []string{a.Solved.Author})
		if err != nil {
			return err
		}
		d.Author = known.of(a.Solved.Author)
	}
	return s.show(c, rq, "solved", "Solved", d, noIndex)
}

// notYet takes that it did not help (after all): back to the question with
// everything typed, or on to where the visit began.
func (s *Server) notYet(c *fiber.Ctx, rq *request) error {
	if s.deflection == nil {
		return errNoPage
	}
	a, err := s.deflection.NotYet(rq.ctx, s.visitor(c), rq.actor, value(c, "attempt"), value(c, "thread"))
	if err != nil {
		return err
	}
	if value(c, "title") != "" {
		f := readAsk(c)
		f.Action, f.Place = "/ask", "ask"
		if f.Pictures, err = s.formPictures(c, rq); err != nil {
			return err
		}
		return s.askAgain(c, rq, f, nil)
	}
	if a.Surface == deflection.OnSearch {
		return back(c, "/search?q="+queryEscape(a.Query))
	}
	return back(c, "/ask?title="+queryEscape(a.Query)+"&attempt="+a.ID)
}

// askedFrom tells the attempt that a question was asked after all.
func (s *Server) askedFrom(c *fiber.Ctx, rq *request, attempt, thread string) {
	if s.deflection == nil {
		return
	}
	if err := s.deflection.Asked(rq.ctx, s.visitor(c), rq.actor, attempt, thread); err != nil {
		s.logger(c, rq).Warn("attempt not settled", "error", err)
	}
}
