package community

import (
	"context"

	"selfie/internal/fault"
)

// Action is something a privilege may be needed for.
type Action string

const (
	DoAsk         Action = "ask"
	DoAnswer      Action = "answer"
	DoComment     Action = "comment"
	DoVoteUp      Action = "vote_up"
	DoVoteDown    Action = "vote_down"
	DoEditOthers  Action = "edit_others"
	DoCreateTag   Action = "create_tag"
	DoManyLinks   Action = "many_links" // more than two links in one post
	DoMarkDup     Action = "mark_duplicate"
	DoAccept      Action = "accept_others" // accept an answer for the asker
	DoVerify      Action = "verify"
	DoLock        Action = "lock"
	DoDelete      Action = "delete_others"
	DoMove        Action = "move"
	DoSeeRemoved  Action = "see_removed"
	DoAdminister  Action = "administer"
	DoReadPrivate Action = "read_private"
)

// Privileges decides what an actor may do by standing: role and, where the
// reputation package implements it, earned reputation. May returns nil or a
// fault that says what is missing and how to get it. space may be nil.
type Privileges interface {
	May(ctx context.Context, by Actor, do Action, space *Space) error
}

// RolePrivileges grants by role alone: every member asks, answers, comments
// and votes; staff do the rest, moderators of a space within it.
type RolePrivileges struct{}

// May implements Privileges.
func (RolePrivileges) May(_ context.Context, by Actor, do Action, space *Space) error {
	switch do {
	case DoAsk, DoAnswer, DoComment, DoVoteUp, DoVoteDown, DoCreateTag, DoManyLinks:
		if by.Guest() {
			return errSignIn
		}
		return nil
	case DoAdminister:
		if by.IsAdmin() {
			return nil
		}
		return fault.New(fault.Forbidden, "Only an administrator may do this.")
	case DoVerify, DoAccept, DoReadPrivate:
		if by.Staff() {
			return nil
		}
	default:
		if by.Moderates(space) || by.Role == Agent {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "Only moderators and staff may do this. If something is wrong here, flag it and a moderator will look.")
}
