package desk

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// send appends a post, once: what may have arrived before is looked for.
func (j *job) send(ctx context.Context) (string, error) {
	note := j.d.What == SendNote
	if note && !j.c.desk.Capabilities().HasInternalNotes {
		return "", nothingToDo{"This desk keeps no internal notes."}
	}
	if j.d.Sent != 0 || j.d.Tries > 0 {
		remote, err := j.lookForPost(ctx)
		if remote != "" || err != nil {
			return remote, err
		}
	}
	c, err := j.content(ctx, j.d.Post)
	if err != nil {
		return "", err
	}
	if err := j.sending(ctx); err != nil {
		return "", err
	}
	var remote string
	err = j.ask(ctx, func(ctx context.Context) (err error) {
		remote, err = j.c.desk.Append(ctx, j.l.Ticket, Post{
			Key: j.d.ID, Internal: note, Author: c.Author, At: c.At, URL: c.URL, HTML: c.HTML, Attachments: c.Attachments,
		})
		return err
	})
	return remote, j.notSent(ctx, j.gone(ctx, err))
}

func (j *job) lookForPost(ctx context.Context) (string, error) {
	var remote string
	err := j.ask(ctx, func(ctx context.Context) (err error) {
		remote, err = j.c.desk.FindPost(ctx, j.l.Ticket, j.d.ID)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return remote, j.gone(ctx, err)
}

// gone marks the link when the desk says that its ticket was deleted.
func (j *job) gone(ctx context.Context, err error) error {
	if !fault.Is(err, fault.Gone) {
		return err
	}
	if lost := j.e.lose(ctx, j.l.ID); lost != nil {
		return lost
	}
	return err
}

// lose gives a ticket up: what waits for it is dropped, and the sweep leaves it
// alone.
func (e *Engine) lose(ctx context.Context, caseID string) error {
	_, err := e.links.Update(ctx, caseID, func(l *Link) error {
		l.Lost, l.Check = true, 0
		l.Due = store.At(e.db.Now())
		l.Wakes++
		return nil
	})
	return ours(err)
}
