package community

import "context"

// Rights say what a page may offer an actor on a thread. The verbs decide
// again; a right shown here and refused there is a bug, not a hole.
type Rights struct {
	Answer, Comment, Vote                  bool
	Edit, EditOthers                       bool // the question; anyone's posts
	Accept, Verify                         bool
	Lock, MarkDuplicate, Move, SetPrivate  bool
	RemoveOthers, RemoveThread, SeeRemoved bool
	MeToo                                  bool
}

// Rights tells what the actor may do on a thread that it sees.
func (s *Service) Rights(ctx context.Context, by Actor, t *Thread) Rights {
	sp, err := s.readSpace(ctx, t.Space)
	if err != nil || s.active(by) != nil {
		return Rights{}
	}
	may := func(do Action) bool { return s.may.May(ctx, by, do, sp) == nil }
	p := post{Ref{AQuestion, t.ID}, &t.Post, t, sp}
	open := t.admit(by, sp) == nil
	mine := t.Author == by.ID
	return Rights{
		Answer:        open && may(DoAnswer),
		Comment:       open && may(DoComment),
		Vote:          t.Removed == nil && t.Lock == nil && may(DoVoteUp),
		Edit:          s.mayEdit(ctx, by, p) == nil,
		EditOthers:    may(DoEditOthers) && (t.Lock == nil || by.Moderates(sp)),
		Accept:        mine || may(DoAccept),
		Verify:        may(DoVerify),
		Lock:          may(DoLock),
		MarkDuplicate: (mine && t.Lock == nil) || may(DoMarkDup),
		Move:          may(DoMove),
		SetPrivate:    mine || may(DoReadPrivate),
		RemoveOthers:  may(DoDelete),
		RemoveThread:  s.mayRemove(ctx, by, p) == nil,
		SeeRemoved:    by.Staff(),
		MeToo:         !mine && t.Removed == nil,
	}
}
