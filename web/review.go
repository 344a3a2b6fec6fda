package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/moderation"
)

func (s *Server) reviewRoutes() {
	s.getPage("/posts/:kind/:id/flag", unlimited, s.judging(s.flagForm))
	s.postForm("/posts/:kind/:id/flag", limitVote, s.judging(s.flagPost))
	s.getPage("/review", unlimited, s.judging(s.review))
	s.getPage("/review/:id", unlimited, s.judging(s.reviewItem))
	s.postForm("/review/:id/claim", limitVote, s.judging(s.claimItem))
	s.postForm("/review/:id/decide", limitVote, s.judging(s.decideItem))
	s.postForm("/review/:id/undo", limitVote, s.judging(s.undoItem))
	s.getPage("/log", unlimited, s.actionLog)
}

// judging lets members through where moderation is there at all.
func (s *Server) judging(h handler) handler {
	return member(func(c *fiber.Ctx, rq *request) error {
		if s.judges == nil {
			return errNoPage
		}
		return h(c, rq)
	})
}

// flagData is the form that reports a post.
type flagData struct {
	Ref     community.Ref
	Thread  *community.Thread
	Excerpt string
	Reasons []moderation.ReasonInfo
	Reason  moderation.Reason
	Note    string
	Already bool
	Errors  formErrors
}

func (s *Server) flagData(c *fiber.Ctx, rq *request) (*flagData, error) {
	r, err := ref(c)
	if err != nil {
		return nil, err
	}
	p, t, _, err := s.community.PostOf(rq.ctx, rq.actor, r)
	if err != nil {
		return nil, err
	}
	d := &flagData{Ref: r, Thread: t, Excerpt: excerpt(p.HTML, 300), Reasons: moderation.Reasons}
	mine, err := s.judges.MyFlag(rq.ctx, rq.actor, r)
	if mine != nil && mine.Outcome == moderation.Pending {
		d.Already, d.Reason, d.Note = true, mine.Reason, mine.Note
	}
	return d, err
}

func (s *Server) flagForm(c *fiber.Ctx, rq *request) error {
	d, err := s.flagData(c, rq)
	if err != nil {
		return err
	}
	return s.show(c, rq, "flag", "Report a post", d, noIndex)
}

func (s *Server) flagPost(c *fiber.Ctx, rq *request) error {
	d, err := s.flagData(c, rq)
	if err != nil {
		return err
	}
	d.Reason, d.Note = moderation.Reason(value(c, "reason")), text(c, "note")
	if _, err := s.judges.Flag(rq.ctx, rq.actor, d.Ref, d.Reason, d.Note); err != nil {
		return s.showForm(c, rq, "flag", "Report a post", d, func(e formErrors) { d.Errors = e }, err, noIndex)
	}
	s.flash(c, "flagged")
	return back(c, threadURL(d.Thread.ID)+"#post-"+d.Ref.ID)
}

// reviewData is the queue.
type reviewData struct {
	Done bool
	List []itemRow
	Next string
}

type itemRow struct {
	ID, URL, Title, Excerpt string
	Kind                    community.Kind
	Author                  memberView
	Why                     []string
	Illegal                 bool
	Hidden                  bool
	At                      when
	Claimed                 memberView // who looks at it; empty when nobody does
	Decision                *moderation.Decision
}

func (s *Server) review(c *fiber.Ctx, rq *request) error {
	d := &reviewData{Done: c.Query("show") == "done"}
	list := s.judges.Queue
	if d.Done {
		list = s.judges.Done
	}
	page, err := list(rq.ctx, rq.actor, c.Query("after"), listSize)
	if err != nil {
		return err
	}
	d.Next = nextPage(c, page.Next)
	for _, i := range page.Items {
		row, err := s.itemRow(rq, i)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		d.List = append(d.List, row)
	}
	return s.show(c, rq, "review", "Review queue", d, func(v *view) { v.Nav, v.NoIndex, v.Wide = "review", true, false })
}

func (s *Server) itemRow(rq *request, i *moderation.Item) (itemRow, error) {
	p, t, _, err := s.community.PostOf(rq.ctx, rq.actor, i.Ref)
	if err != nil {
		return itemRow{}, err
	}
	claimer := ""
	if i.Claim != nil && i.Claim.Until.Time().After(s.now()) {
		claimer = i.Claim.By
	}
	known, err := s.peopleOf(rq.ctx, []string{p.Author, claimer})
	if err != nil {
		return itemRow{}, err
	}
	row := itemRow{ID: i.ID, URL: "/review/" + i.ID, Title: t.Title, Excerpt: excerpt(p.HTML, 220), Kind: i.Ref.Kind, Author: known.of(p.Author),
		Why: whyOf(i), Illegal: i.Illegal, Hidden: p.Removed != nil, At: s.when(i.Opened)}
	if claimer != "" {
		row.Claimed = known.of(claimer)
	}
	if n := len(i.Decisions); n > 0 && i.State == moderation.StateDecided {
		row.Decision, row.At = &i.Decisions[n-1], s.when(i.Decided)
	}
	return row, nil
}

// whyOf says why an item is in the queue: "2 × Spam or advertising", "held: …".
func whyOf(i *moderation.Item) []string {
	var why []string
	for _, r := range moderation.Reasons {
		if n := i.Reasons[r.Reason]; n > 0 {
			why = append(why, grouped(n)+" × "+r.Label)
		}
	}
	if i.Held != "" {
		why = append(why, i.Held)
	}
	return why
}

// itemData is one review item.
type itemData struct {
	Row         itemRow
	Post        *postView
	ThreadURL   string
	Flags       []flagRow
	Decisions   []decisionRow
	Open        bool
	Version     int64
	ClaimedByMe bool
	Actions     []moderation.Action
	Canned      []string
	Suspensions []int
	Action      string
	Reason      string
	Note        string
	Days        string
	Errors      formErrors
}

type flagRow struct {
	By      memberView
	Reason  string
	Note    string
	At      when
	Outcome moderation.Outcome
}

type decisionRow struct {
	moderation.Decision
	Who    memberView
	When   when
	UndoBy memberView
}

func (s *Server) itemData(rq *request, id string) (*itemData, error) {
	i, err := s.judges.Item(rq.ctx, rq.actor, id)
	if err != nil {
		return nil, err
	}
	d := &itemData{Open: i.State == moderation.StateOpen, Version: i.Rev, Actions: moderation.Actions, Canned: moderation.CannedReasons, Suspensions: moderation.Suspensions, Days: "3"}
	if d.Row, err = s.itemRow(rq, i); err != nil {
		return nil, err
	}
	d.ClaimedByMe = i.Claim != nil && i.Claim.By == rq.actor.ID
	if d.Post, err = s.judgedPost(rq, i); err != nil {
		return nil, err
	}
	d.ThreadURL = threadURL(i.Thread) + "#post-" + i.Ref.ID
	return d, s.itemStory(rq, i, d)
}

// judgedPost is the post as a moderator judges it: whole, without buttons.
func (s *Server) judgedPost(rq *request, i *moderation.Item) (*postView, error) {
	p, t, _, err := s.community.PostOf(rq.ctx, rq.actor, i.Ref)
	if err != nil {
		return nil, err
	}
	ids := []string{p.Author, p.EditedBy}
	if p.Removed != nil {
		ids = append(ids, p.Removed.By)
	}
	st := &threadState{thread: t}
	if st.people, err = s.peopleOf(rq.ctx, ids, p.HTML); err != nil {
		return nil, err
	}
	v := s.post(rq, st, i.Ref.Kind, i.Ref.ID, p, 0, "")
	v.Can = postRights{}
	return v, nil
}

func (s *Server) itemStory(rq *request, i *moderation.Item, d *itemData) error {
	flags, err := s.judges.ItemFlags(rq.ctx, rq.actor, i)
	if err != nil {
		return err
	}
	var ids []string
	for _, f := range flags {
		ids = append(ids, f.By)
	}
	for _, x := range i.Decisions {
		ids = append(ids, x.By)
		if x.Undone != nil {
			ids = append(ids, x.Undone.By)
		}
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return err
	}
	for _, f := range flags {
		label := string(f.Reason)
		for _, r := range moderation.Reasons {
			if r.Reason == f.Reason {
				label = r.Label
			}
		}
		d.Flags = append(d.Flags, flagRow{known.of(f.By), label, f.Note, s.when(f.At), f.Outcome})
	}
	for _, x := range i.Decisions {
		row := decisionRow{Decision: x, Who: known.of(x.By), When: s.when(x.At)}
		if x.Undone != nil {
			row.UndoBy = known.of(x.Undone.By)
		}
		d.Decisions = append(d.Decisions, row)
	}
	return nil
}

func (s *Server) reviewItem(c *fiber.Ctx, rq *request) error {
	d, err := s.itemData(rq, c.Params("id"))
	if err != nil {
		return err
	}
	return s.show(c, rq, "review-item", "Review", d, func(v *view) { v.Nav, v.NoIndex = "review", true })
}

func (s *Server) claimItem(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	act := s.judges.Claim
	if ticked(c, "release") {
		act = s.judges.Release
	}
	if _, err := act(rq.ctx, rq.actor, id); err != nil {
		return err
	}
	return back(c, "/review/"+id)
}

func (s *Server) decideItem(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	v, err := verdict(c)
	if err == nil {
		_, err = s.judges.Decide(rq.ctx, rq.actor, id, v)
	}
	if err == nil {
		s.flash(c, "decided")
		return back(c, "/review")
	}
	d, dataErr := s.itemData(rq, id)
	if dataErr != nil {
		return dataErr
	}
	d.Action, d.Reason, d.Note, d.Days = string(v.Action), v.Reason, v.Note, value(c, "days")
	if n := len(d.Decisions); !d.Open && n > 0 && asFault(err).Kind != fault.Internal {
		err = d.Decisions[n-1].first(rq.actor)
	}
	return s.showForm(c, rq, "review-item", "Review", d, func(e formErrors) { d.Errors = e }, err, noIndex)
}

// verdict reads the form of a decision, as far as it can be read.
func verdict(c *fiber.Ctx) (v moderation.Verdict, err error) {
	v = moderation.Verdict{Action: moderation.Action(value(c, "action")), Reason: value(c, "reason"), Note: value(c, "note")}
	if canned := value(c, "canned"); canned != "" && v.Reason == "" {
		v.Reason = canned
	}
	if v.Version, err = number(c, "version"); err != nil || v.Action != moderation.Suspend {
		return v, err
	}
	days, err := number(c, "days")
	v.Days = int(min(max(days, 0), 1000))
	return v, err
}

// first says whose decision came before one that is too late.
func (r decisionRow) first(by community.Actor) error {
	did := deeds[r.Action]
	if r.By == by.ID {
		return fault.New(fault.Conflict, "You decided this already: “%s”. What you sent now was not carried out.", did)
	}
	return fault.New(fault.Conflict, "%s decided this before you: “%s”. What you sent was not carried out.", r.Who.Name, did)
}

func (s *Server) undoItem(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	if _, err := s.judges.Undo(rq.ctx, rq.actor, id); err != nil {
		return err
	}
	s.flash(c, "undone")
	return back(c, "/review/"+id)
}

// logData is the action log.
type logData struct {
	Whole bool
	List  []deedRow
	Next  string
}

type deedRow struct {
	*moderation.Deed
	Title string
	URL   string
	Who   memberView
	Whom  memberView
	When  when
}

func (s *Server) actionLog(c *fiber.Ctx, rq *request) error {
	if s.judges == nil {
		return errNoPage
	}
	page, err := s.judges.Log(rq.ctx, rq.actor, c.Query("after"), listSize)
	if err != nil {
		return err
	}
	var ids, threads []string
	for _, d := range page.Items {
		ids, threads = append(ids, d.By, d.Member), append(threads, d.Thread)
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return err
	}
	seen, err := s.community.ThreadsByID(rq.ctx, rq.actor, threads)
	if err != nil {
		return err
	}
	d := &logData{Whole: rq.actor.Role == community.Moderator || rq.actor.IsAdmin(), Next: nextPage(c, page.Next)}
	for _, x := range page.Items {
		row := deedRow{Deed: x, When: s.when(x.At)}
		if t := seen[x.Thread]; t != nil {
			row.Title, row.URL = t.Title, threadURL(t.ID)
		}
		if d.Whole {
			row.Who, row.Whom = known.of(x.By), known.of(x.Member)
		}
		d.List = append(d.List, row)
	}
	return s.show(c, rq, "log", "What moderators did", d, func(v *view) { v.NoIndex, v.Wide = true, false })
}
