package web

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
)

// thread shows a question with its answers. A duplicate leads to its original,
// which says where the reader came from; staff and the asker can look at the
// duplicate itself with ?stay=1.
func (s *Server) thread(c *fiber.Ctx, rq *request) error {
	st, err := s.readThread(rq, c.Params("id"), c.Query("after"))
	if err != nil {
		return err
	}
	if to, err := s.original(c, rq, st.thread); err != nil || to != "" {
		if err != nil {
			return err
		}
		if via := c.Query("via"); via != "" {
			to += "&via=" + queryEscape(via)
		}
		return c.Redirect(to, fiber.StatusSeeOther)
	}
	form, err := s.startAnswer(rq, st.thread.ID)
	if err != nil {
		return err
	}
	return s.showThread(c, rq, st, form, nil)
}

func (s *Server) original(c *fiber.Ctx, rq *request, t *community.Thread) (string, error) {
	if t.Duplicate == nil || c.Query("stay") != "" {
		return "", nil
	}
	root, err := s.community.Root(rq.ctx, rq.actor, t)
	if err != nil || root == nil || root.ID == t.ID {
		return "", err
	}
	return threadURL(root.ID) + "?from=" + t.ID, nil
}

// showThread answers with the thread page; problem, if any, is about the answer
// form.
func (s *Server) showThread(c *fiber.Ctx, rq *request, st *threadState, form answerForm, problem error) error {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	v := s.threadView(rq, st, settings.Name)
	v.Form, v.First, v.Next = form, c.Query("after") == "", nextPage(c, st.answers.Next)
	if err := s.surround(c, rq, st, v); err != nil {
		return err
	}
	if v.Visit, err = s.visit(c, rq, st, v); err != nil {
		return err
	}
	dress := func(p *view) {
		p.Canonical, p.Wide = v.URL, true
		p.Description = excerpt(string(v.HTML), 155)
		p.NoIndex = st.thread.Private || st.thread.Removed != nil || !v.First || v.Space.Visibility != community.Public
		if !p.NoIndex && rq.actor.Guest() { // who reads it is a guest
			p.JSONLD = s.qaPage(v, st)
		}
	}
	if problem != nil {
		return s.showForm(c, rq, "thread", v.Title, v, func(e formErrors) { v.Form.Errors = e }, problem, dress)
	}
	return s.show(c, rq, "thread", v.Title, v, dress)
}

func (s *Server) threadView(rq *request, st *threadState, site string) *threadView {
	t := st.thread
	v := &threadView{
		postView: s.question(rq, st, site), Title: t.Title, State: stateViews[t.Stats.State], Tags: t.Tags,
		Count: max(t.Stats.Answers, int64(len(st.answers.Items))), MeToos: t.Stats.MeToos, MeToo: st.mine.MeToo, Watching: st.mine.Watching, Views: t.Stats.Views,
		Private: t.Private, Rights: st.rights, Signed: !rq.actor.Guest(), URL: threadURL(t.ID),
	}
	if v.MeToo {
		v.MeToos = max(v.MeToos, 1) // counted behind the press
	}
	if t.Lock != nil {
		v.Lock = &removalView{By: st.people.of(t.Lock.By), At: s.when(t.Lock.At), Reason: t.Lock.Reason}
	}
	for _, a := range st.answers.Items {
		p := s.answer(rq, st, a, site)
		if p.Accepted != nil {
			v.SolvedBy = p.ID
		}
		v.Answers = append(v.Answers, p)
	}
	for _, a := range st.removed {
		v.Removed = append(v.Removed, s.answer(rq, st, a, site))
	}
	v.HeadKey = keyOf(t.Title, t.Tags, t.Stats.State, v.Count, v.MeToos, v.MeToo, v.Watching, t.Private, v.Lock != nil, v.Rights, v.SolvedBy)
	return v
}

// surround reads what stands around a thread: its space, the thread it
// duplicates or those that duplicate it, and what is related.
func (s *Server) surround(c *fiber.Ctx, rq *request, st *threadState, v *threadView) error {
	spaces, err := s.community.Spaces(rq.ctx, rq.actor)
	if err != nil {
		return err
	}
	for _, sp := range spaces {
		if sp.ID == st.thread.Space {
			v.Space = sp
		} else if st.rights.Move {
			v.Spaces = append(v.Spaces, sp)
		}
	}
	if v.Space == nil {
		return errNoPage // the space closed between two reads
	}
	if err := s.duplicates(c, rq, st, v); err != nil {
		return err
	}
	if err = s.addCase(rq, st, v); err != nil {
		return err
	}
	if err = s.addSuggested(rq, st.thread, v); err != nil {
		return err
	}
	v.Related, err = s.related(rq, st.thread.Title, "", st.thread.ID, 6)
	return err
}

func (s *Server) duplicates(c *fiber.Ctx, rq *request, st *threadState, v *threadView) error {
	if st.thread.Duplicate != nil {
		root, err := s.community.Root(rq.ctx, rq.actor, st.thread)
		if err != nil {
			return err
		}
		if root.ID != st.thread.ID {
			v.Duplicate = &s.briefRows([]*community.Thread{root})[0]
		}
		return nil
	}
	from := c.Query("from")
	if from == "" && !st.rights.MarkDuplicate {
		return nil
	}
	list, err := s.community.Duplicates(rq.ctx, rq.actor, st.thread.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	v.Duplicates = s.briefRows(list)
	return nil
}

// related finds threads about the same thing. Without an index, or while it is
// busy, a page does without them.
func (s *Server) related(rq *request, title, body, exclude string, n int) ([]threadRow, error) {
	if s.search == nil || strings.TrimSpace(title) == "" {
		return nil, nil
	}
	found, err := s.search.Related(rq.ctx, rq.actor, title, body, exclude, n)
	if err != nil {
		s.log.Warn("related threads", "request", rq.id, "error", err)
		return nil, nil
	}
	return s.briefRows(found), nil
}

// stampThread is the stamp of a guest's thread page: besides what lists depend
// on, the thread itself, which is read with the guest's rights on every hit.
func (s *Server) stampThread(c *fiber.Ctx, rq *request) (string, error) {
	t, err := s.community.Thread(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return "", err
	}
	sp, err := s.community.Space(rq.ctx, rq.actor, t.Space)
	if err != nil {
		return "", err
	}
	quoted, err := s.suggestedStamp(rq, t)
	return fmt.Sprint(s.gens.of(t.ID), t.Changed, sp.ID, sp.Rev, quoted), err
}

// addCase adds where the thread's case stands, for those who are told.
func (s *Server) addCase(rq *request, st *threadState, v *threadView) (err error) {
	if v.Case, err = s.caseStatus(rq, st.thread, st.rights); err == nil && v.Case != nil {
		v.HeadKey += "." + v.Case.LiveKey()
	}
	return err
}

// liveParts are the pieces of the thread page that change under a reader.
func (s *Server) liveParts(rq *request, id string) ([]livePart, error) {
	st, err := s.readThread(rq, id, "")
	if err != nil {
		return nil, err
	}
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return nil, err
	}
	v := s.threadView(rq, st, settings.Name)
	if err := s.addCase(rq, st, v); err != nil {
		return nil, err
	}
	if err := s.addSuggested(rq, st.thread, v); err != nil {
		return nil, err
	}
	var parts []livePart
	add := func(id, key, tpl, say string, data any) error {
		html, err := s.pages.part(tpl, data)
		if err == nil {
			html, err = s.liveTokens(rq, html)
		}
		parts = append(parts, livePart{ID: id, Key: key, HTML: string(html), Say: say})
		return err
	}
	if err := add("thread-facts", v.HeadKey, "thread-facts", "", v); err != nil {
		return nil, err
	}
	if err := add("thread-stands", v.HeadKey, "thread-stands", "", v); err != nil {
		return nil, err
	}
	if err := add("suggested", v.Suggested.LiveKey(), "suggested", "", v); err != nil {
		return nil, err
	}
	if v.Case != nil {
		if err := add("case-status", v.Case.LiveKey(), "case-status", "", v); err != nil {
			return nil, err
		}
	}
	if err := add("post-"+v.ID, v.Key, "question", "", v.postView); err != nil {
		return nil, err
	}
	for _, a := range v.Answers {
		if err := add("post-"+a.ID, a.Key, "answer", "New answer by "+a.Author.Name, a); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// ref reads a post's kind and id from the address.
func ref(c *fiber.Ctx) (community.Ref, error) {
	r := community.Ref{Kind: community.Kind(c.Params("kind")), ID: c.Params("id")}
	switch r.Kind {
	case community.AQuestion, community.AnAnswer, community.AComment:
		return r, nil
	}
	return r, fault.New(fault.NotFound, "There is no such post.")
}

// threadOf finds the thread that a post belongs to.
func (s *Server) threadOf(rq *request, r community.Ref) (*community.Thread, error) {
	var t *community.Thread
	var err error
	switch r.Kind {
	case community.AQuestion:
		t, err = s.community.Thread(rq.ctx, rq.actor, r.ID)
	case community.AnAnswer:
		_, t, err = s.community.Answer(rq.ctx, rq.actor, r.ID)
	default:
		_, t, err = s.community.Comment(rq.ctx, rq.actor, r.ID)
	}
	return t, err
}
