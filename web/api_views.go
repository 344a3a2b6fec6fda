package web

import (
	"time"

	"selfie/community"
	"selfie/internal/store"
)

// apiMember is a member as others see them.
type apiMember struct {
	ID     string `json:"id,omitempty" doc:"Absent for former members."`
	Name   string `json:"name"`
	Badge  string `json:"badge,omitempty" doc:"Staff or Moderator."`
	Former bool   `json:"former,omitempty" doc:"The account is closed."`
}

func viewMember(m memberView) apiMember { return apiMember{m.ID, m.Name, m.Badge, m.Former} }

func (p people) api(id string) apiMember { return viewMember(p.of(id)) }

// maybe is nobody for an empty id.
func (p people) maybe(id string) *apiMember {
	if id == "" {
		return nil
	}
	m := p.api(id)
	return &m
}

func moment(m store.Millis) *time.Time {
	if m == 0 {
		return nil
	}
	t := m.Time()
	return &t
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// apiMark is who did something, when, and why.
type apiMark struct {
	By     apiMember `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// APIPost is what questions, answers and comments have in common.
type APIPost struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind" enum:"question,answer,comment"`
	URL      string     `json:"url" doc:"The page that shows it."`
	Author   apiMember  `json:"author"`
	Body     string     `json:"body" doc:"Markdown, as typed."`
	HTML     string     `json:"html" doc:"The body, rendered and safe."`
	Images   []string   `json:"images" doc:"Ids of the uploads that it shows."`
	Created  time.Time  `json:"created"`
	Edit     int64      `json:"edit" doc:"Counts edits. Send it back with an edit."`
	Edited   *time.Time `json:"edited,omitempty"`
	EditedBy *apiMember `json:"edited_by,omitempty"`
	Score    int64      `json:"score"`
	MyVote   int64      `json:"my_vote,omitempty" doc:"The caller's vote: 1 or -1."`
	Removed  *apiMark   `json:"removed,omitempty" doc:"Taken away; only its author and staff still see it."`
}

// apiThread is a question with its state.
type apiThread struct {
	APIPost
	Title       string           `json:"title"`
	Space       string           `json:"space" doc:"The id of its space."`
	Tags        []string         `json:"tags"`
	State       string           `json:"state" enum:"new,needs_answer,answered,waiting,solved,stale"`
	Private     bool             `json:"private" doc:"For its asker and staff only."`
	Answers     int64            `json:"answers"`
	Comments    int64            `json:"comments" doc:"On the question."`
	MeToos      int64            `json:"me_toos"`
	Views       int64            `json:"views"`
	Activity    time.Time        `json:"activity" doc:"When the last post was written."`
	Accepted    string           `json:"accepted,omitempty" doc:"The id of the accepted answer."`
	DuplicateOf string           `json:"duplicate_of,omitempty" doc:"The id of the original question."`
	Lock        *apiMark         `json:"lock,omitempty"`
	MeToo       bool             `json:"me_too" doc:"The caller has the same problem."`
	Watching    bool             `json:"watching" doc:"The caller is told what happens here."`
	Rights      *apiThreadRights `json:"rights,omitempty" doc:"What the caller may do here."`
}

// apiThreadRights say what the caller may do on a thread.
type apiThreadRights struct {
	Answer        bool `json:"answer"`
	Comment       bool `json:"comment"`
	Vote          bool `json:"vote"`
	Edit          bool `json:"edit"`
	EditOthers    bool `json:"edit_others"`
	Accept        bool `json:"accept"`
	Verify        bool `json:"verify"`
	Lock          bool `json:"lock"`
	MarkDuplicate bool `json:"mark_duplicate"`
	Move          bool `json:"move"`
	SetPrivate    bool `json:"set_private"`
	Remove        bool `json:"remove"`
	RemoveOthers  bool `json:"remove_others"`
	MeToo         bool `json:"me_too"`
}

// apiThreadRow is a question in a list.
type apiThreadRow struct {
	ID       string    `json:"id"`
	URL      string    `json:"url"`
	Title    string    `json:"title"`
	Excerpt  string    `json:"excerpt"`
	Space    string    `json:"space"`
	Tags     []string  `json:"tags"`
	State    string    `json:"state" enum:"new,needs_answer,answered,waiting,solved,stale"`
	Author   apiMember `json:"author"`
	Created  time.Time `json:"created"`
	Activity time.Time `json:"activity"`
	LastBy   apiMember `json:"last_by"`
	Answers  int64     `json:"answers"`
	Score    int64     `json:"score"`
	MeToos   int64     `json:"me_toos"`
	Views    int64     `json:"views"`
	Private  bool      `json:"private"`
	Locked   bool      `json:"locked"`
	Removed  bool      `json:"removed,omitempty"`
	Dup      bool      `json:"duplicate,omitempty"`
}

// apiAnswer is one answer.
type apiAnswer struct {
	APIPost
	Thread   string   `json:"thread"`
	Accepted bool     `json:"accepted"`
	Verified *apiMark `json:"verified,omitempty" doc:"The company confirms it."`
	Comments int64    `json:"comments"`
}

// apiComment is one comment.
type apiComment struct {
	APIPost
	Thread string `json:"thread"`
	On     string `json:"on" doc:"The id of the question or answer it stands under."`
}

// apiRevision is a post as it stood after an edit.
type apiRevision struct {
	Edit  int64     `json:"edit"`
	By    apiMember `json:"by"`
	At    time.Time `json:"at"`
	Note  string    `json:"note,omitempty"`
	Title string    `json:"title,omitempty"`
	Tags  []string  `json:"tags,omitempty"`
	Body  string    `json:"body"`
}

// threadRows shows threads as a list.
func (s *Server) threadRows(k *call, threads []*community.Thread) ([]apiThreadRow, error) {
	var ids []string
	for _, t := range threads {
		ids = append(ids, t.Author, t.Stats.LastBy)
	}
	known, err := s.peopleOf(k.ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := []apiThreadRow{}
	for _, t := range threads {
		st := t.Stats
		rows = append(rows, apiThreadRow{
			ID: t.ID, URL: s.absolute(threadURL(t.ID)), Title: t.Title, Excerpt: excerpt(t.HTML, 170), Space: t.Space, Tags: list(t.Tags),
			State: string(st.State), Author: known.api(t.Author), Created: t.Created.Time(), Activity: st.Activity.Time(), LastBy: known.api(st.LastBy),
			Answers: st.Answers, Score: st.Score, MeToos: st.MeToos, Views: st.Views,
			Private: t.Private, Locked: t.Lock != nil, Removed: t.Removed != nil, Dup: t.Duplicate != nil,
		})
	}
	return rows, nil
}

func (s *Server) threadPage(k *call, p store.Page[community.Thread], err error) (apiPage[apiThreadRow], error) {
	if err != nil {
		return apiPage[apiThreadRow]{}, err
	}
	rows, err := s.threadRows(k, p.Items)
	return pageOf(k, rows, p.Next), err
}

// shown is what several posts of one thread share: who wrote them, and how the
// caller voted.
type shown struct {
	people people
	votes  map[string]int64
	mine   community.Mine
}

// show reads what posts are shown with.
func (s *Server) showPosts(k *call, thread string, posts map[string]*community.Post, read []community.Written, more ...string) (*shown, error) {
	v := &shown{}
	bodies, ids := []string{}, more
	var keys []string
	for id, p := range posts {
		keys, ids, bodies = append(keys, id), append(ids, p.Author, p.EditedBy), append(bodies, p.HTML)
		if p.Removed != nil {
			ids = append(ids, p.Removed.By)
		}
	}
	var err error
	if v.people, err = s.peopleOf(k.ctx, ids, bodies...); err != nil {
		return nil, err
	}
	v.mine, err = s.community.Mine(k.ctx, k.actor, thread, keys, read...)
	return v, err
}

func (s *Server) viewPost(v *shown, kind community.Kind, id, thread string, p *community.Post, score int64) APIPost {
	url := threadURL(thread)
	if id != thread {
		url += "#post-" + id
	}
	out := APIPost{
		ID: id, Kind: string(kind), URL: s.absolute(url), Author: v.people.api(p.Author), Body: p.Body, HTML: string(v.people.fill(p.HTML)), Images: list(p.Images),
		Created: p.Created.Time(), Edit: p.Edit, Edited: moment(p.Edited), EditedBy: v.people.maybe(p.EditedBy), Score: score, MyVote: v.mine.Votes[id],
	}
	if p.Removed != nil {
		out.Removed = &apiMark{v.people.api(p.Removed.By), p.Removed.At.Time(), p.Removed.Reason}
	}
	return out
}

// viewThread shows a thread with the caller's rights.
func (s *Server) viewThread(k *call, t *community.Thread) (apiThread, error) {
	locker := ""
	if t.Lock != nil {
		locker = t.Lock.By
	}
	v, err := s.showPosts(k, t.ID, map[string]*community.Post{t.ID: &t.Post}, []community.Written{t}, locker)
	if err != nil {
		return apiThread{}, err
	}
	st := t.Stats
	out := apiThread{
		APIPost: s.viewPost(v, community.AQuestion, t.ID, t.ID, &t.Post, st.Score), Title: t.Title, Space: t.Space, Tags: list(t.Tags), State: string(st.State),
		Private: t.Private, Answers: st.Answers, Comments: st.Comments, MeToos: st.MeToos, Views: st.Views, Activity: st.Activity.Time(),
		MeToo: v.mine.MeToo, Watching: v.mine.Watching,
	}
	if t.Accepted != nil {
		out.Accepted = t.Accepted.Answer
	}
	if t.Lock != nil {
		out.Lock = &apiMark{v.people.api(t.Lock.By), t.Lock.At.Time(), t.Lock.Reason}
	}
	if !k.actor.Guest() {
		out.Rights = viewRights(s.community.Rights(k.ctx, k.actor, t))
	}
	out.DuplicateOf, err = s.rootID(k, t)
	return out, err
}

func viewRights(r community.Rights) *apiThreadRights {
	return &apiThreadRights{
		Answer: r.Answer, Comment: r.Comment, Vote: r.Vote, Edit: r.Edit, EditOthers: r.EditOthers, Accept: r.Accept, Verify: r.Verify,
		Lock: r.Lock, MarkDuplicate: r.MarkDuplicate, Move: r.Move, SetPrivate: r.SetPrivate, Remove: r.RemoveThread, RemoveOthers: r.RemoveOthers, MeToo: r.MeToo,
	}
}

// viewAnswers shows answers of one thread.
func (s *Server) viewAnswers(k *call, t *community.Thread, answers []*community.Answer) ([]apiAnswer, error) {
	posts, more := map[string]*community.Post{}, []string{}
	for _, a := range answers {
		posts[a.ID] = &a.Post
		if a.Verified != nil {
			more = append(more, a.Verified.By)
		}
	}
	v, err := s.showPosts(k, t.ID, posts, nil, more...)
	if err != nil {
		return nil, err
	}
	out := []apiAnswer{}
	for _, a := range answers {
		x := apiAnswer{APIPost: s.viewPost(v, community.AnAnswer, a.ID, t.ID, &a.Post, a.Stats.Score), Thread: t.ID, Comments: a.Stats.Comments}
		x.Accepted = t.Accepted != nil && t.Accepted.Answer == a.ID
		if a.Verified != nil {
			x.Verified = &apiMark{By: v.people.api(a.Verified.By), At: a.Verified.At.Time()}
		}
		out = append(out, x)
	}
	return out, nil
}

func (s *Server) viewAnswer(k *call, t *community.Thread, a *community.Answer) (apiAnswer, error) {
	out, err := s.viewAnswers(k, t, []*community.Answer{a})
	if err != nil {
		return apiAnswer{}, err
	}
	return out[0], nil
}

// viewComments shows comments of one thread.
func (s *Server) viewComments(k *call, thread string, comments []*community.Comment) ([]apiComment, error) {
	posts := map[string]*community.Post{}
	for _, c := range comments {
		posts[c.ID] = &c.Post
	}
	v, err := s.showPosts(k, thread, posts, nil)
	if err != nil {
		return nil, err
	}
	out := []apiComment{}
	for _, c := range comments {
		out = append(out, apiComment{s.viewPost(v, community.AComment, c.ID, thread, &c.Post, c.Stats.Score), thread, c.On})
	}
	return out, nil
}

func (s *Server) viewComment(k *call, c *community.Comment) (apiComment, error) {
	out, err := s.viewComments(k, c.Thread, []*community.Comment{c})
	if err != nil {
		return apiComment{}, err
	}
	return out[0], nil
}
