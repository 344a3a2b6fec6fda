package desk

import (
	"context"

	"selfie/internal/store"
)

// open makes the case's ticket: look, and create only when nothing sent before
// can still arrive.
func (j *job) open(ctx context.Context, v CaseView) (string, error) {
	if j.d.Sent != 0 || j.d.Tries > 0 {
		found, err := j.lookForTicket(ctx)
		if found != "" || err != nil {
			return found, err
		}
	}
	c, err := j.content(ctx, v.Opening)
	if err != nil {
		return "", err
	}
	if err := j.sending(ctx); err != nil {
		return "", err
	}
	var t Ticket
	err = j.ask(ctx, func(ctx context.Context) (err error) {
		t, err = j.c.desk.Create(ctx, NewTicket{
			Ref: j.l.Ref, Title: v.Title, URL: v.URL, Notice: v.Notice,
			Opening: Post{Author: c.Author, At: c.At, URL: c.URL, HTML: c.HTML, Attachments: c.Attachments},
		})
		return err
	})
	if err != nil {
		return "", j.notSent(ctx, err)
	}
	return t.ID, j.adopt(ctx, t, j.e.firstCheck())
}

// lookForTicket takes the oldest ticket that carries the case; the sweep is
// told when there are more.
func (j *job) lookForTicket(ctx context.Context) (string, error) {
	var found []Ticket
	err := j.ask(ctx, func(ctx context.Context) (err error) {
		found, err = j.c.desk.Find(ctx, j.l.Ref)
		return err
	})
	if err != nil || len(found) == 0 {
		return "", err
	}
	wait := j.e.firstCheck()
	if len(found) > 1 {
		wait = 0
	}
	return found[0].ID, j.adopt(ctx, found[0], wait)
}

// adopt makes a ticket the case's.
func (j *job) adopt(ctx context.Context, t Ticket, check store.Millis) error {
	_, err := j.e.links.Update(ctx, j.l.ID, func(l *Link) error {
		l.Ticket = t.ID
		l.knows(t.ID)
		if l.Agreed == "" {
			l.Agreed, l.There = t.Status, t.Status
		}
		l.Check, l.Checks = max(1, j.e.now()+check), 0
		return nil
	})
	return ours(err)
}
