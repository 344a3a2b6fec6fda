package community

// The kinds of events that community documents carry.
const (
	MemberJoined     = "member_joined"
	ConfirmRequested = "confirm_requested" // send (again) the link that confirms the address
	ResetRequested   = "reset_requested"   // send the link that sets a new password
	PasswordChanged  = "password_changed"  // tell the owner, who may not have done it
	EmailChanged     = "email_changed"     // Payload {"before": address}: tell the owner there
	MemberRenamed    = "member_renamed"
	MemberClosed     = "member_closed" // Payload {"purge": bool}

	SpaceChanged   = "space_changed"
	ThreadAsked    = "thread_asked"
	ThreadChanged  = "thread_changed" // private mark, space, lock: who may see or write
	ThreadOpened   = "thread_opened"  // made public, or moved: others may see it now who did not
	AnswerPosted   = "answer_posted"
	CommentPosted  = "comment_posted"
	PostEdited     = "post_edited" // Payload: the Revision that was replaced
	PostRemoved    = "post_removed"
	PostRestored   = "post_restored"   // Payload: the RemovalKind it had
	AnswerAccepted = "answer_accepted" // Payload {"before": answer id or ""}
	AcceptUndone   = "accept_undone"   // Payload {"before": answer id}
	AnswerVerified = "answer_verified"
	VerifyUndone   = "verify_undone"
	MarkedDup      = "marked_duplicate"
	DupUndone      = "duplicate_undone"
	Voted          = "voted"
	MeTooed        = "me_tooed"
	Watched        = "watched"

	PictureRead  = "picture_read"  // of an upload: what its text says is known, or that it cannot be
	PictureShown = "picture_shown" // of an upload: a post shows it from now on
)
