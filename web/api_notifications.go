package web

import (
	"time"

	"selfie/internal/fault"
)

var errNoInbox = fault.New(fault.Unavailable, "There are no notifications here just now.")

// apiNotice is one notification.
type apiNotice struct {
	ID     string     `json:"id"`
	Kind   string     `json:"kind" doc:"answer, comment, mention, accepted, verified, solved, duplicate, removed; more may come."`
	Thread string     `json:"thread,omitempty"`
	Title  string     `json:"title"`
	Post   string     `json:"post,omitempty" doc:"The id of the post it is about."`
	URL    string     `json:"url"`
	By     *apiMember `json:"by,omitempty"`
	At     time.Time  `json:"at"`
	Seen   bool       `json:"seen"`
}

// apiSeen names notifications.
type apiSeen struct {
	Body struct {
		IDs []string `json:"ids,omitempty" maxItems:"100" doc:"Absent or empty: all of them."`
	}
}

func (s *Server) apiNotifications(a *api) {
	serve(a, endpoint{method: "GET", path: "/notifications", id: "list-notifications", tag: "Notifications", says: "List the caller's notifications, newest first", who: membersOnly}, s.apiNotices)
	act(a, endpoint{method: "POST", path: "/notifications/seen", id: "see-notifications", tag: "Notifications", says: "Mark notifications as seen", who: membersOnly, limit: limitVote}, s.apiSawNotices)
}

func (s *Server) apiNotices(k *call, in *Paging) (apiPage[apiNotice], error) {
	var none apiPage[apiNotice]
	if s.inbox == nil {
		return none, errNoInbox
	}
	notices, next, err := s.inbox.Notices(k.ctx, k.actor, in.After, in.Limit)
	if err != nil {
		return none, err
	}
	var ids []string
	for _, n := range notices {
		ids = append(ids, n.By)
	}
	known, err := s.peopleOf(k.ctx, ids)
	if err != nil {
		return none, err
	}
	var out []apiNotice
	for _, n := range notices {
		out = append(out, apiNotice{n.ID, n.Kind, n.Thread, n.Title, n.Post.ID, s.absolute(noticeURL(n)), known.maybe(n.By), n.At.Time(), n.Seen})
	}
	return pageOf(k, out, next), nil
}

func (s *Server) apiSawNotices(k *call, in *apiSeen) error {
	if s.inbox == nil {
		return errNoInbox
	}
	return s.inbox.MarkSeen(k.ctx, k.actor, in.Body.IDs...)
}
