package web

import (
	"context"

	"selfie/community"
)

// apiLock locks a thread.
type apiLock struct {
	IDIn
	Body struct {
		Reason string `json:"reason" doc:"Readers are shown it."`
	}
}

// apiMove moves a thread.
type apiMove struct {
	IDIn
	Body struct {
		Space string `json:"space"`
	}
}

// apiOf names the original of a duplicate.
type apiOf struct {
	IDIn
	Body struct {
		Of string `json:"of" doc:"The id of the question that was asked before."`
	}
}

// apiAccept names the answer that solved it.
type apiAccept struct {
	IDIn
	Body struct {
		Answer string `json:"answer"`
	}
}

// threadVerb is a verb that needs nothing but the thread.
type threadVerb func(ctx context.Context, by community.Actor, thread string) (*community.Thread, error)

func (s *Server) apiThreadActs(a *api) {
	e := func(method, path, id, says string) endpoint {
		return endpoint{method: method, path: "/threads/{id}/" + path, id: id, tag: "Threads", says: says, who: membersOnly, limit: limitVote}
	}
	plain := func(e endpoint, verb threadVerb) {
		serve(a, e, func(k *call, in *IDIn) (apiThread, error) {
			t, err := verb(k.ctx, k.actor, in.ID)
			return s.threadMade(k, t, err)
		})
	}
	serve(a, e("PUT", "lock", "lock-thread", "Lock a thread (moderators)"), func(k *call, in *apiLock) (apiThread, error) {
		t, err := s.community.SetLock(k.ctx, k.actor, in.ID, in.Body.Reason)
		return s.threadMade(k, t, err)
	})
	plain(e("DELETE", "lock", "unlock-thread", "Unlock a thread (moderators)"), s.community.Unlock)
	serve(a, e("PUT", "space", "move-thread", "Move a thread to another space (moderators)"), func(k *call, in *apiMove) (apiThread, error) {
		t, err := s.community.Move(k.ctx, k.actor, in.ID, in.Body.Space)
		return s.threadMade(k, t, err)
	})
	serve(a, e("PUT", "duplicate", "mark-duplicate", "Say that a question was asked before"), func(k *call, in *apiOf) (apiThread, error) {
		t, err := s.community.MarkDuplicate(k.ctx, k.actor, in.ID, in.Body.Of)
		return s.threadMade(k, t, err)
	})
	plain(e("DELETE", "duplicate", "undo-duplicate", "Make a duplicate a question of its own again"), s.community.UndoDuplicate)
	serve(a, e("PUT", "accepted", "accept-answer", "Mark the answer that solved it"), func(k *call, in *apiAccept) (apiThread, error) {
		t, err := s.community.Accept(k.ctx, k.actor, in.ID, in.Body.Answer)
		return s.threadMade(k, t, err)
	})
	plain(e("DELETE", "accepted", "unaccept-answer", "Take the accepted mark back"), s.community.Unaccept)
	plain(e("PUT", "private", "make-private", "Show a thread to its asker and staff only"), s.private(true))
	plain(e("DELETE", "private", "make-public", "Open a private thread"), s.private(false))
	s.apiInterests(e, a)
}

func (s *Server) private(on bool) threadVerb {
	return func(ctx context.Context, by community.Actor, id string) (*community.Thread, error) {
		return s.community.SetPrivate(ctx, by, id, on)
	}
}

// apiInterests are the caller's own relations to a thread.
func (s *Server) apiInterests(e func(method, path, id, says string) endpoint, a *api) {
	set := func(e endpoint, on bool, verb func(context.Context, community.Actor, string, bool) (*community.Interest, error)) {
		act(a, e, func(k *call, in *IDIn) error {
			_, err := verb(k.ctx, k.actor, in.ID, on)
			return err
		})
	}
	set(e("PUT", "me-too", "say-me-too", "Say that the caller has the same problem"), true, s.community.SetMeToo)
	set(e("DELETE", "me-too", "unsay-me-too", "Take that back"), false, s.community.SetMeToo)
	set(e("PUT", "watch", "watch-thread", "Be told what happens in a thread"), true, s.community.SetWatch)
	set(e("DELETE", "watch", "unwatch-thread", "Not be told any more"), false, s.community.SetWatch)
}
