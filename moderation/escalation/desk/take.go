package desk

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// takeReply brings an agent's public reply into the thread.
func (j *job) takeReply(ctx context.Context) error {
	ch := *j.d.Change
	var entry Entry
	err := j.ask(ctx, func(ctx context.Context) (err error) {
		entry, err = j.c.desk.Read(ctx, ch)
		return err
	})
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
		return nothingToDo{"The reply was removed on the desk."}
	}
	if err != nil {
		return err
	}
	ctx, cancel := j.e.call(ctx)
	defer cancel()
	return fromCases(j.e.cases.Reply(ctx, j.d.Case, Reply{
		ID: replyID(j.d.Desk, ch.ID), Desk: j.d.Desk, RemoteID: ch.ID, Link: j.c.desk.Link(ch.Ticket), At: ch.At, Entry: entry,
	}))
}

// replyID is the same whichever way a reply comes in, and however often.
func replyID(desk, remote string) string { return store.DeriveID("desk reply", desk, remote) }
