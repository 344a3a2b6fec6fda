package community

import (
	"context"
	"encoding/json"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

var errEdited = fault.New(fault.Conflict, "Someone else edited this post while you were writing. Your text is below: compare it with the new version and save again.")

// EditThread changes a question. edit is the number the editor started from:
// another one meanwhile is a Conflict.
func (s *Service) EditThread(ctx context.Context, by Actor, id string, edit int64, d ThreadDraft, note string) (*Thread, error) {
	d, err := cleanThread(d)
	if err != nil {
		return nil, err
	}
	p, next, err := s.startEdit(ctx, by, Ref{AQuestion, id}, note)
	if err != nil {
		return nil, err
	}
	if err := s.mayTag(ctx, by, p.Space, d.Tags); err != nil {
		return nil, err
	}
	if _, err := s.compose(ctx, by, p.Space, next, p.Ref, d.Body, d.Images); err != nil {
		return nil, err
	}
	return s.updateThread(ctx, id, func(t *Thread) error {
		if t.Edit != edit {
			return errEdited
		}
		if t.Title == d.Title && t.Body == next.Body && slices.Equal(t.Tags, d.Tags) {
			return store.ErrUnchanged
		}
		old := revisionOf(p.Ref, &t.Post)
		old.Title, old.Tags = t.Title, t.Tags
		t.Title, t.Tags = d.Title, d.Tags
		return s.applyEdit(&t.Box, &t.Post, next, old, t.ID)
	})
}

// EditAnswer changes an answer; as EditThread.
func (s *Service) EditAnswer(ctx context.Context, by Actor, id string, edit int64, body, note string) (*Answer, error) {
	p, next, err := s.composeEdit(ctx, by, Ref{AnAnswer, id}, body, note, 10, MaxBody)
	if err != nil {
		return nil, err
	}
	return s.answers.Update(ctx, id, func(a *Answer) error {
		if a.Edit != edit {
			return errEdited
		}
		if a.Body == next.Body {
			return store.ErrUnchanged
		}
		return s.applyEdit(&a.Box, &a.Post, next, revisionOf(p.Ref, &a.Post), a.Thread)
	})
}

// EditComment changes a comment; as EditThread.
func (s *Service) EditComment(ctx context.Context, by Actor, id string, edit int64, body string) (*Comment, error) {
	p, next, err := s.composeEdit(ctx, by, Ref{AComment, id}, body, "", 3, MaxComment)
	if err != nil {
		return nil, err
	}
	return s.comments.Update(ctx, id, func(c *Comment) error {
		if c.Edit != edit {
			return errEdited
		}
		if c.Body == next.Body {
			return store.ErrUnchanged
		}
		return s.applyEdit(&c.Box, &c.Post, next, revisionOf(p.Ref, &c.Post), c.Thread)
	})
}

func (s *Service) composeEdit(ctx context.Context, by Actor, ref Ref, body, note string, least, most int) (post, *Post, error) {
	body, err := prose("body", body, least, most)
	if err != nil {
		return post{}, nil, err
	}
	p, next, err := s.startEdit(ctx, by, ref, note)
	if err == nil {
		_, err = s.compose(ctx, by, p.Space, next, ref, body, nil)
	}
	return p, next, err
}

// startEdit loads a post and decides who may edit it: its author while the
// thread is open, others by privilege. It returns the post's next version,
// without its text.
func (s *Service) startEdit(ctx context.Context, by Actor, ref Ref, note string) (post, *Post, error) {
	if err := s.active(by); err != nil {
		return post{}, nil, err
	}
	note, err := line("note", note, 0, 200)
	if err != nil {
		return post{}, nil, err
	}
	p, err := s.postFor(ctx, by, ref)
	if err != nil {
		return p, nil, err
	}
	if err := s.mayEdit(ctx, by, p); err != nil {
		return p, nil, err
	}
	next := *p.Post
	next.Edited, next.EditedBy, next.EditNote = s.now(), by.ID, note
	return p, &next, nil
}

func (s *Service) mayEdit(ctx context.Context, by Actor, p post) error {
	if r := p.Post.Removed; r != nil && !(p.Post.Author == by.ID && (r.Kind == Hidden || r.Kind == Held)) {
		return fault.New(fault.Conflict, "This post was removed. Restore it before editing it.")
	}
	if p.Thread.Lock != nil && !by.Moderates(p.Space) {
		return fault.New(fault.Conflict, "This thread is locked: %s", p.Thread.Lock.Reason)
	}
	if p.Post.Author == by.ID {
		return nil
	}
	return s.may.May(ctx, by, DoEditOthers, p.Space)
}

// applyEdit puts the next text in place and lets the event carry what it replaced.
func (s *Service) applyEdit(b *outbox.Box, p, next *Post, old Revision, thread string) error {
	p.Body, p.HTML, p.Renderer, p.Images = next.Body, next.HTML, next.Renderer, next.Images
	p.Edited, p.EditedBy, p.EditNote = next.Edited, next.EditedBy, next.EditNote
	p.Edit++
	return s.emit(b, old.On, outbox.Event{Kind: PostEdited, By: next.EditedBy, Thread: thread, Post: old.On, Payload: payload(old)})
}

func revisionOf(ref Ref, p *Post) Revision {
	r := Revision{Ref: ref, On: ref.ID, Edit: p.Edit, Body: p.Body, By: p.EditedBy, At: p.Edited, Note: p.EditNote}
	r.ID = store.DeriveID("revision", ref.ID, string(ref.Kind), jsonInt(p.Edit))
	if p.Edit == 0 {
		r.By, r.At = p.Author, p.Created
	}
	return r
}

func jsonInt(n int64) string { b, _ := json.Marshal(n); return string(b) }

// keepRevision is the follower that stores what an edit replaced.
func (s *Service) keepRevision(ctx context.Context, d outbox.Delivery) error {
	var r Revision
	if err := json.Unmarshal(d.Payload, &r); err != nil {
		return outbox.Permanent(err)
	}
	_, _, err := s.history.Put(ctx, &r)
	return err
}

// History lists the versions of a post that the actor sees, newest first; the
// standing text comes first.
func (s *Service) History(ctx context.Context, by Actor, ref Ref, cursor string, limit int) (store.Page[Revision], error) {
	p, err := s.postFor(ctx, by, ref)
	if err != nil {
		return store.Page[Revision]{}, err
	}
	list, err := page(s.history.Find(ctx, store.Where("on", ref.ID).Order("-edit").After(cursor).Limit(limit)))
	if err != nil || cursor != "" {
		return list, err
	}
	standing := revisionOf(ref, p.Post)
	if ref.Kind == AQuestion {
		standing.Title, standing.Tags = p.Thread.Title, p.Thread.Tags
	}
	list.Items = slices.Insert(list.Items, 0, &standing)
	return list, nil
}
