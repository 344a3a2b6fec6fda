package web

import (
	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// answerForm is the form below a thread, with whatever was typed.
type answerForm struct {
	Place    string
	Body     string
	Key      string
	Pictures []picture
	Preview  *previewView
	Errors   formErrors
	Kept     bool // the text comes from a draft
}

// startAnswer brings the form up with the member's draft.
func (s *Server) startAnswer(rq *request, thread string) (answerForm, error) {
	f := answerForm{Place: "answer:" + thread, Key: keyMark}
	if rq.actor.Guest() {
		return f, nil
	}
	d, err := s.community.Draft(rq.ctx, rq.actor, f.Place)
	if err != nil {
		return f, err
	}
	f.Body, f.Kept = d.Body, d.Body != ""
	if d.Key != "" {
		f.Key = d.Key
	}
	return f, nil
}

// postAnswer takes an answer, or shows how it would look.
func (s *Server) postAnswer(c *fiber.Ctx, rq *request) error {
	id := c.Params("id")
	f := answerForm{Place: "answer:" + id, Body: text(c, "body"), Key: value(c, "key")}
	var err error
	if f.Pictures, err = s.formPictures(c, rq); err != nil {
		return s.answerAgain(c, rq, f, err)
	}
	if ticked(c, "preview") {
		f.Preview, err = s.preview(rq, f.Body, f.Pictures)
		return s.answerAgain(c, rq, f, err)
	}
	a, err := s.community.PostAnswer(rq.ctx, rq.actor, community.AnswerDraft{
		Thread: id, Body: placePictures(f.Body, f.Pictures), Images: pictureIDs(f.Pictures), Key: f.Key})
	if err != nil {
		return s.answerAgain(c, rq, f, err)
	}
	if err := s.community.DropDraft(rq.ctx, rq.actor, f.Place); err != nil {
		s.logger(c, rq).Warn("draft stays", "error", err)
	}
	s.flash(c, "answered")
	return back(c, threadURL(id)+"#post-"+a.ID)
}

// answerAgain shows the thread with the form as typed.
func (s *Server) answerAgain(c *fiber.Ctx, rq *request, f answerForm, problem error) error {
	st, err := s.readThread(rq, c.Params("id"), "")
	if err != nil {
		return err
	}
	return s.showThread(c, rq, st, f, problem)
}

// commentsData is the page of one post's comments.
type commentsData struct {
	Thread *community.Thread
	Post   *postView
	Next   string
	Body   string
	Key    string
	Errors formErrors
}

// comments shows all comments of a post, and the form for one more.
func (s *Server) comments(c *fiber.Ctx, rq *request) error {
	d, err := s.commentsData(c, rq, c.Query("after"))
	if err != nil {
		return err
	}
	return s.show(c, rq, "comments", "Comments: "+d.Thread.Title, d, noIndex)
}

func noIndex(v *view) { v.NoIndex = true }

func (s *Server) commentsData(c *fiber.Ctx, rq *request, cursor string) (*commentsData, error) {
	r, err := ref(c)
	if err != nil {
		return nil, err
	}
	t, err := s.threadOf(rq, r)
	if err != nil {
		return nil, err
	}
	st := &threadState{thread: t, rights: s.community.Rights(rq.ctx, rq.actor, t), comments: map[string]store.Page[community.Comment]{}}
	page, err := s.community.Comments(rq.ctx, rq.actor, t, r.ID, cursor, 50)
	if err != nil {
		return nil, err
	}
	next := nextPage(c, page.Next)
	page.Next = ""
	st.comments[r.ID] = page
	var a *community.Answer
	if r.Kind == community.AnAnswer {
		if a, _, err = s.community.Answer(rq.ctx, rq.actor, r.ID); err != nil {
			return nil, err
		}
		st.answers.Items = []*community.Answer{a}
	}
	if st.people, err = s.threadPeople(rq, st); err != nil {
		return nil, err
	}
	d := &commentsData{Thread: t, Next: next, Key: keyMark}
	switch r.Kind {
	case community.AnAnswer:
		d.Post = s.answer(rq, st, a, "")
	case community.AQuestion:
		d.Post = s.question(rq, st, "")
	default:
		return nil, fault.New(fault.NotFound, "Comments stand under questions and answers.")
	}
	return d, nil
}

func (s *Server) postComment(c *fiber.Ctx, rq *request) error {
	r, err := ref(c)
	if err != nil {
		return err
	}
	d := community.CommentDraft{On: r, Body: text(c, "body"), Key: value(c, "key")}
	made, err := s.community.PostComment(rq.ctx, rq.actor, d)
	if err != nil {
		page, again := s.commentsData(c, rq, "")
		if again != nil {
			return err
		}
		page.Body, page.Key = d.Body, d.Key
		return s.showForm(c, rq, "comments", "Comments: "+page.Thread.Title, page, func(e formErrors) { page.Errors = e }, err, noIndex)
	}
	return back(c, threadURL(made.Thread)+"#post-"+made.ID)
}
