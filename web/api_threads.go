package web

import (
	"selfie/community"
	"selfie/internal/fault"
)

// apiThreadList filters a list of threads.
type apiThreadList struct {
	Paging
	Space      string `query:"space" doc:"The id of a space."`
	Tag        string `query:"tag"`
	State      string `query:"state" enum:"new,needs_answer,answered,waiting,solved,stale"`
	Unanswered bool   `query:"unanswered"`
	Sort       string `query:"sort" enum:"active,newest,hot,votes" doc:"Counts without tag, state and unanswered, of which only one can be given."`
}

// apiNewThread asks a question.
type apiNewThread struct {
	KeyIn
	Body struct {
		Space   string   `json:"space"`
		Title   string   `json:"title" doc:"8 to 150 characters."`
		Body    string   `json:"body" doc:"Markdown, at most 30,000 characters."`
		Tags    []string `json:"tags,omitempty" maxItems:"20" doc:"At most 5 different ones."`
		Images  []string `json:"images,omitempty" maxItems:"20" doc:"Ids of uploads to show besides those in the body; at most 10."`
		Private bool     `json:"private,omitempty" doc:"For the eyes of staff only."`
	}
}

// apiEditThread changes a question; what it does not name stays.
type apiEditThread struct {
	IDIn
	Body struct {
		Edit   int64    `json:"edit" doc:"The edit number of the version that you changed. If it has moved on, the answer is 409."`
		Title  *string  `json:"title,omitempty"`
		Body   *string  `json:"body,omitempty"`
		Tags   []string `json:"tags,omitempty" maxItems:"20"`
		Images []string `json:"images,omitempty" maxItems:"20"`
		Note   string   `json:"note,omitempty" doc:"What was changed, in at most 200 characters."`
	}
}

func (s *Server) apiThreads(a *api) {
	serve(a, endpoint{method: "GET", path: "/threads", id: "list-threads", tag: "Threads", says: "List questions"}, s.apiListThreads)
	serve(a, endpoint{method: "POST", path: "/threads", id: "ask", tag: "Threads", says: "Ask a question", who: membersOnly, limit: limitPost, status: 201}, s.apiAsk)
	serve(a, endpoint{method: "GET", path: "/threads/{id}", id: "get-thread", tag: "Threads", says: "Show a question"}, s.apiGetThread)
	serve(a, endpoint{method: "PATCH", path: "/threads/{id}", id: "edit-thread", tag: "Threads", says: "Edit a question", who: membersOnly, limit: limitPost}, s.apiPatchThread)
	serve(a, endpoint{method: "GET", path: "/threads/{id}/duplicates", id: "list-duplicates", tag: "Threads", says: "List the questions that were marked as duplicates of this one; at most 20"}, s.apiDuplicates)
	serve(a, endpoint{method: "GET", path: "/threads/{id}/related", id: "list-related", tag: "Threads", says: "List questions about the same thing", limit: limitSearch}, s.apiRelatedTo)
}

func (s *Server) apiListThreads(k *call, in *apiThreadList) (apiPage[apiThreadRow], error) {
	p, err := s.community.Threads(k.ctx, k.actor, community.Filter{
		Space: in.Space, Tag: in.Tag, State: community.State(in.State), Unanswered: in.Unanswered, Sort: community.Sort(in.Sort),
	}, in.After, in.Limit)
	return s.threadPage(k, p, err)
}

func (s *Server) apiAsk(k *call, in *apiNewThread) (apiThread, error) {
	b := in.Body
	t, err := s.community.Ask(k.ctx, k.actor, community.ThreadDraft{
		Space: b.Space, Title: b.Title, Body: b.Body, Tags: b.Tags, Images: b.Images, Private: b.Private, Key: in.Key,
	})
	return s.threadMade(k, t, err)
}

// threadMade shows the thread that a verb returned.
func (s *Server) threadMade(k *call, t *community.Thread, err error) (apiThread, error) {
	if err != nil {
		return apiThread{}, err
	}
	return s.viewThread(k, t)
}

func (s *Server) apiGetThread(k *call, in *IDIn) (apiThread, error) {
	t, err := s.community.Thread(k.ctx, k.actor, in.ID)
	if err == nil {
		s.community.CountView(t.ID)
	}
	return s.threadMade(k, t, err)
}

// rootID names the original of a duplicate, when the caller may read it.
func (s *Server) rootID(k *call, t *community.Thread) (string, error) {
	if t.Duplicate == nil {
		return "", nil
	}
	root, err := s.community.Root(k.ctx, k.actor, t)
	if fault.Is(err, fault.NotFound) || (err == nil && root.ID == t.ID) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return root.ID, nil
}

func (s *Server) apiPatchThread(k *call, in *apiEditThread) (apiThread, error) {
	t, err := s.community.Thread(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiThread{}, err
	}
	b := in.Body
	d := community.ThreadDraft{Title: or(b.Title, t.Title), Body: or(b.Body, t.Body), Tags: b.Tags, Images: b.Images}
	if b.Tags == nil {
		d.Tags = t.Tags
	}
	t, err = s.community.EditThread(k.ctx, k.actor, in.ID, b.Edit, d, b.Note)
	return s.threadMade(k, t, err)
}

func (s *Server) apiDuplicates(k *call, in *IDIn) (apiPage[apiThreadRow], error) {
	var none apiPage[apiThreadRow]
	if _, err := s.community.Thread(k.ctx, k.actor, in.ID); err != nil {
		return none, err
	}
	dups, err := s.community.Duplicates(k.ctx, k.actor, in.ID)
	if err != nil {
		return none, err
	}
	rows, err := s.threadRows(k, dups)
	return pageOf(k, rows, ""), err
}

func (s *Server) apiRelatedTo(k *call, in *IDIn) (apiPage[apiThreadRow], error) {
	t, err := s.community.Thread(k.ctx, k.actor, in.ID)
	if err != nil {
		return apiPage[apiThreadRow]{}, err
	}
	return s.relatedPage(k, t.Title, "", t.ID)
}
