package web

import (
	"fmt"
	"hash/fnv"
	"html/template"

	"selfie/community"
	"selfie/internal/store"
)

// postView is one post as its page shows it.
type postView struct {
	Kind     community.Kind
	ID       string
	Thread   string
	Author   memberView
	Asker    bool // the thread's asker wrote it
	HTML     template.HTML
	Images   []string   // uploads that it shows
	Texts    []pictured // what was read in them, where agents work
	Created  when
	Edited   when // zero when never
	EditedBy memberView
	Score    int64
	Mine     int64 // the viewer's vote
	Removed  *removalView
	Accepted *when
	Verified *when
	Official string // how the company signs it; "" for a member's own word
	Private  bool   // between asker and staff
	Comments []*postView
	More     string // address of the next comments
	Can      postRights
	Key      string // changes with everything shown
	CSRF     string
	FormKey  string // of the comment form
	Site     string // the company's name, who verifies
	Signed   bool   // the viewer is a member
	Plain    bool   // to read only: without buttons
}

// postRights say which buttons a post has.
type postRights struct {
	Vote, Comment, Edit, Remove, Restore bool
	Accept, Unaccept, Verify, Unverify   bool
	History, Flag                        bool
}

type removalView struct {
	By     memberView
	At     when
	Reason string
	Waits  bool // held or hidden: a moderator has yet to judge it
}

// threadView is the thread page.
type threadView struct {
	*postView
	Title      string
	State      stateView
	Space      *community.Space
	Tags       []string
	Answers    []*postView
	Count      int64
	Next       string // address of more answers
	First      bool
	MeToos     int64
	MeToo      bool
	Watching   bool
	Views      int64
	Private    bool
	Lock       *removalView
	Duplicate  *threadRow // the original
	Duplicates []threadRow
	Removed    []*postView // answers that staff still see
	Rights     community.Rights
	Related    []threadRow
	Form       answerForm
	Visit      *visitView         // set for who was led here by a search or the ask form
	Suggested  *suggestedView     // an answer found automatically; nil when none stands
	Spaces     []*community.Space // to move to
	Case       *caseStatus        // for asker and staff; nil when there is nothing to say
	HeadKey    string
	Signed     bool
	SolvedBy   string // id of the accepted answer, when it is on this page
	URL        string
}

// threadState is everything read for one viewing of a thread.
type threadState struct {
	thread   *community.Thread
	rights   community.Rights
	answers  store.Page[community.Answer]
	removed  []*community.Answer
	comments map[string]store.Page[community.Comment]
	mine     community.Mine
	people   people
	votes    map[string]int64 // exact scores of the posts that the viewer voted on
}

const firstComments = 5

// readThread reads a thread page's facts with the viewer's rights.
func (s *Server) readThread(rq *request, id, cursor string) (*threadState, error) {
	t, err := s.community.Thread(rq.ctx, rq.actor, id)
	if err != nil {
		return nil, err
	}
	st := &threadState{thread: t, rights: s.community.Rights(rq.ctx, rq.actor, t)}
	if st.answers, err = s.community.Answers(rq.ctx, rq.actor, t, cursor, answersSize); err != nil {
		return nil, err
	}
	if st.removed, err = s.community.RemovedAnswers(rq.ctx, rq.actor, t); err != nil {
		return nil, err
	}
	posts, read := []string{t.ID}, []community.Written{t}
	for _, a := range st.answers.Items {
		posts, read = append(posts, a.ID), append(read, a)
	}
	if st.comments, err = s.community.FirstComments(rq.ctx, rq.actor, t, posts, firstComments); err != nil {
		return nil, err
	}
	if !rq.actor.Guest() {
		if st.mine, err = s.community.Mine(rq.ctx, rq.actor, t.ID, posts, read...); err != nil {
			return nil, err
		}
	}
	if err := s.exactScores(rq, st); err != nil {
		return nil, err
	}
	st.people, err = s.threadPeople(rq, st)
	return st, err
}

// exactScores counts the votes of posts that the viewer voted on: scores are
// recounted behind a vote, and a voter must see their own at once.
func (s *Server) exactScores(rq *request, st *threadState) error {
	st.votes = map[string]int64{}
	for id := range st.mine.Votes {
		ref := community.Ref{Kind: community.AnAnswer, ID: id}
		if id == st.thread.ID {
			ref.Kind = community.AQuestion
		}
		up, down, err := s.community.Score(rq.ctx, rq.actor, ref)
		if err != nil {
			return err
		}
		st.votes[id] = up - down
	}
	return nil
}

func (s *Server) threadPeople(rq *request, st *threadState) (people, error) {
	var ids, bodies []string
	add := func(p *community.Post) {
		ids = append(ids, p.Author, p.EditedBy)
		if p.Removed != nil {
			ids = append(ids, p.Removed.By)
		}
		bodies = append(bodies, p.HTML)
	}
	add(&st.thread.Post)
	if st.thread.Lock != nil {
		ids = append(ids, st.thread.Lock.By)
	}
	for _, a := range append(st.answers.Items, st.removed...) {
		add(&a.Post)
	}
	for _, page := range st.comments {
		for _, c := range page.Items {
			add(&c.Post)
		}
	}
	return s.peopleOf(rq.ctx, ids, bodies...)
}

// question, answer and comment turn facts into what is shown.
func (s *Server) question(rq *request, st *threadState, site string) *postView {
	t := st.thread
	v := s.post(rq, st, community.AQuestion, t.ID, &t.Post, t.Stats.Score, site)
	v.Can.Edit = st.rights.Edit && t.Removed == nil
	v.Can.Remove = st.rights.RemoveThread && t.Removed == nil
	v.Can.Restore = st.rights.RemoveThread && t.Removed != nil
	v.Can.Comment = st.rights.Comment
	s.addComments(rq, st, v)
	v.Key = keyOf(v.Key, v.Can, v.Comments)
	return v
}

func (s *Server) answer(rq *request, st *threadState, a *community.Answer, site string) *postView {
	v := s.post(rq, st, community.AnAnswer, a.ID, &a.Post, a.Stats.Score, site)
	acc := st.thread.Accepted
	if acc != nil && acc.Answer == a.ID {
		w := s.when(acc.At)
		v.Accepted = &w
	}
	if a.Verified != nil {
		w := s.when(a.Verified.At)
		v.Verified = &w
	}
	v.Official, v.Private = a.Official, a.Private
	up := a.Removed == nil
	v.Can.Accept = up && !a.Private && st.rights.Accept && v.Accepted == nil
	v.Can.Unaccept = st.rights.Accept && v.Accepted != nil
	v.Can.Verify = up && st.rights.Verify && a.Verified == nil
	v.Can.Unverify = st.rights.Verify && a.Verified != nil
	v.Can.Comment = st.rights.Comment && up
	s.addComments(rq, st, v)
	v.Key = keyOf(v.Key, v.Can, v.Comments, v.Accepted != nil, v.Verified != nil)
	return v
}

func (s *Server) comment(rq *request, st *threadState, c *community.Comment, site string) *postView {
	v := s.post(rq, st, community.AComment, c.ID, &c.Post, c.Stats.Score, site)
	v.Can.Vote = false
	return v
}

func (s *Server) addComments(rq *request, st *threadState, v *postView) {
	page := st.comments[v.ID]
	for _, c := range page.Items {
		v.Comments = append(v.Comments, s.comment(rq, st, c, v.Site))
	}
	if page.Next != "" {
		v.More = fmt.Sprintf("/posts/%s/%s/comments?after=%s", v.Kind, v.ID, template.URLQueryEscaper(page.Next))
	}
}

func (s *Server) post(rq *request, st *threadState, kind community.Kind, id string, p *community.Post, score int64, site string) *postView {
	mine := !rq.actor.Guest() && p.Author == rq.actor.ID
	v := &postView{
		Kind: kind, ID: id, Thread: st.thread.ID, Author: st.people.of(p.Author), Asker: p.Author == st.thread.Author && kind != community.AQuestion,
		HTML: st.people.fill(p.HTML), Images: p.Images, Created: s.when(p.Created), Edited: s.when(p.Edited), EditedBy: st.people.of(p.EditedBy),
		Score: score, Mine: st.mine.Votes[id], CSRF: csrfMark, FormKey: keyMark + "-" + id, Site: site, Signed: !rq.actor.Guest(),
	}
	if exact, ok := st.votes[id]; ok {
		v.Score = exact
	}
	v.Can = postRights{Vote: st.rights.Vote && !mine, History: p.Edit > 0, Flag: s.judges != nil && v.Signed && !mine && p.Removed == nil}
	if p.Removed != nil {
		waits := p.Removed.Kind == community.Held || p.Removed.Kind == community.Hidden
		v.Removed = &removalView{st.people.of(p.Removed.By), s.when(p.Removed.At), p.Removed.Reason, waits}
		v.Can.Vote = false
	}
	if kind != community.AQuestion {
		open := st.thread.Lock == nil || st.rights.EditOthers
		v.Can.Edit = (p.Removed == nil || (mine && v.Removed.Waits)) && open && (mine || st.rights.EditOthers)
		v.Can.Remove = p.Removed == nil && (mine || st.rights.RemoveOthers)
		v.Can.Restore = p.Removed != nil && (st.rights.RemoveOthers || (mine && p.Removed.By == rq.actor.ID))
	}
	v.Key = keyOf(p.Edit, p.Edited, p.Removed != nil, p.Renderer, v.HTML, v.Score, v.Mine, v.Author, v.Can)
	return v
}

// keyOf is a short fingerprint of what it is given.
func keyOf(parts ...any) string {
	h := fnv.New64a()
	for _, p := range parts {
		if posts, ok := p.([]*postView); ok {
			for _, c := range posts {
				fmt.Fprint(h, c.ID, c.Key, "\x00")
			}
			continue
		}
		fmt.Fprintf(h, "%v\x00", p)
	}
	return fmt.Sprintf("%x", h.Sum64())
}

// Question is the thread's first post.
func (v *threadView) Question() *postView { return v.postView }
