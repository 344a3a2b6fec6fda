package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// editing is a post that is being changed.
type editing struct {
	ref    community.Ref
	thread *community.Thread
	post   *community.Post
}

func (s *Server) postOf(rq *request, r community.Ref) (e editing, err error) {
	e.ref = r
	switch r.Kind {
	case community.AQuestion:
		if e.thread, err = s.community.Thread(rq.ctx, rq.actor, r.ID); err == nil {
			e.post = &e.thread.Post
		}
	case community.AnAnswer:
		var a *community.Answer
		if a, e.thread, err = s.community.Answer(rq.ctx, rq.actor, r.ID); err == nil {
			e.post = &a.Post
		}
	default:
		var cm *community.Comment
		if cm, e.thread, err = s.community.Comment(rq.ctx, rq.actor, r.ID); err == nil {
			e.post = &cm.Post
		}
	}
	return e, err
}

// editForm shows a post as its author typed it.
func (s *Server) editForm(c *fiber.Ctx, rq *request) error {
	r, err := ref(c)
	if err != nil {
		return err
	}
	e, err := s.postOf(rq, r)
	if err != nil {
		return err
	}
	f := &askForm{Body: e.post.Body, Edit: e.post.Edit}
	if r.Kind == community.AQuestion {
		f.Title, f.Tags = e.thread.Title, strings.Join(e.thread.Tags, " ")
	}
	d, err := s.community.Draft(rq.ctx, rq.actor, placeOf(r))
	if err != nil {
		return err
	}
	if d.Body != "" && d.Body != e.post.Body {
		f.Kept, f.Body = true, d.Body
		if r.Kind == community.AQuestion {
			f.Title, f.Tags = d.Title, d.Tags
		}
	}
	return s.show(c, rq, "edit", "Edit", editPage(r, e, f), noIndex)
}

func placeOf(r community.Ref) string { return "edit:" + string(r.Kind) + ":" + r.ID }

// editData is the page of an edit.
type editData struct {
	*askForm
	Ref     community.Ref
	Thread  *community.Thread
	Conflct []markup.DiffLine // what changed meanwhile, when someone else was first
}

func editPage(r community.Ref, e editing, f *askForm) *editData {
	f.Action, f.Place, f.Editing = "/posts/"+string(r.Kind)+"/"+r.ID+"/edit", placeOf(r), true
	return &editData{askForm: f, Ref: r, Thread: e.thread}
}

func (s *Server) postEdit(c *fiber.Ctx, rq *request) error {
	r, err := ref(c)
	if err != nil {
		return err
	}
	f := readAsk(c)
	if f.Edit, err = number(c, "edit"); err != nil {
		return err
	}
	e, err := s.postOf(rq, r)
	if err != nil {
		return err
	}
	if f.Pictures, err = s.formPictures(c, rq); err == nil && ticked(c, "preview") {
		if f.Preview, err = s.preview(rq, f.Body, f.Pictures); err == nil {
			return s.show(c, rq, "edit", "Edit", editPage(r, e, f), noIndex)
		}
	}
	if err == nil {
		err = s.saveEdit(rq, r, f)
	}
	if err != nil {
		return s.editAgain(c, rq, r, e, f, err)
	}
	if err := s.community.DropDraft(rq.ctx, rq.actor, placeOf(r)); err != nil {
		s.logger(c, rq).Warn("draft stays", "error", err)
	}
	s.flash(c, "saved")
	return back(c, threadURL(e.thread.ID)+"#post-"+r.ID)
}

func (s *Server) saveEdit(rq *request, r community.Ref, f *askForm) error {
	var err error
	body := placePictures(f.Body, f.Pictures)
	switch r.Kind {
	case community.AQuestion:
		_, err = s.community.EditThread(rq.ctx, rq.actor, r.ID, f.Edit, f.draft(), f.Note)
	case community.AnAnswer:
		_, err = s.community.EditAnswer(rq.ctx, rq.actor, r.ID, f.Edit, body, f.Note)
	default:
		_, err = s.community.EditComment(rq.ctx, rq.actor, r.ID, f.Edit, body)
	}
	return err
}

// editAgain shows the edit as typed. When someone else was first, their text is
// laid beside it, and saving again builds on theirs.
func (s *Server) editAgain(c *fiber.Ctx, rq *request, r community.Ref, e editing, f *askForm, problem error) error {
	d := editPage(r, e, f)
	if fault.Is(problem, fault.Conflict) && e.post.Edit != f.Edit {
		d.Conflct = markup.Diff(e.post.Body, f.Body)
		f.Edit = e.post.Edit
	}
	return s.showForm(c, rq, "edit", "Edit", d, func(errs formErrors) { f.Errors = errs }, problem, noIndex)
}

// historyData is the page of a post's versions.
type historyData struct {
	Thread   *community.Thread
	Ref      community.Ref
	Versions []versionView
	Next     string
}

type versionView struct {
	Edit          int64
	By            memberView
	At            when
	Note          string
	Title         string
	OldTitle      string
	Tags, OldTags []string
	Changed       bool // title or tags
	Lines         []markup.DiffLine
	First         bool // the version that was asked
	Body          string
}

const historySize = 15

func (s *Server) history(c *fiber.Ctx, rq *request) error {
	r, err := ref(c)
	if err != nil {
		return err
	}
	t, err := s.threadOf(rq, r)
	if err != nil {
		return err
	}
	page, err := s.community.History(rq.ctx, rq.actor, r, c.Query("after"), historySize)
	if err != nil {
		return err
	}
	d := &historyData{Thread: t, Ref: r, Next: nextPage(c, page.Next)}
	if d.Versions, err = s.versions(rq, page); err != nil {
		return err
	}
	return s.show(c, rq, "history", "History: "+t.Title, d, noIndex)
}

// versions lays each version beside the one before it. The last of a page that
// goes on has its predecessor on the next page, which starts with it again.
func (s *Server) versions(rq *request, page store.Page[community.Revision]) ([]versionView, error) {
	var ids []string
	for _, rev := range page.Items {
		ids = append(ids, rev.By)
	}
	known, err := s.peopleOf(rq.ctx, ids)
	if err != nil {
		return nil, err
	}
	var list []versionView
	for i, rev := range page.Items {
		v := versionView{Edit: rev.Edit, By: known.of(rev.By), At: s.when(rev.At), Note: rev.Note, Title: rev.Title, Tags: rev.Tags, Body: rev.Body}
		switch {
		case i+1 < len(page.Items):
			old := page.Items[i+1]
			v.Lines, v.OldTitle, v.OldTags = markup.Diff(old.Body, rev.Body), old.Title, old.Tags
			v.Changed = rev.Title != old.Title || strings.Join(rev.Tags, " ") != strings.Join(old.Tags, " ")
		default:
			v.First = page.Next == ""
			v.Lines = markup.Diff(rev.Body, rev.Body)
		}
		list = append(list, v)
	}
	return list, nil
}
