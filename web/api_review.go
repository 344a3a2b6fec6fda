package web

import (
	"context"
	"time"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/moderation"
)

// apiFlag reports a post.
type apiFlag struct {
	IDIn
	Body struct {
		Reason string `json:"reason" enum:"spam,rude,off_topic,personal,not_an_answer,illegal,other"`
		Note   string `json:"note,omitempty" doc:"What moderators should know; illegal and other need one."`
	}
}

// apiVerdict decides a review item.
type apiVerdict struct {
	IDIn
	Body struct {
		Action  string `json:"action" enum:"approve,hide,delete,lock,warn,suspend"`
		Reason  string `json:"reason,omitempty" doc:"The author is told."`
		Note    string `json:"note,omitempty" doc:"For moderators only."`
		Days    int    `json:"days,omitempty" minimum:"0" maximum:"1000" doc:"Of a suspension."`
		Version int64  `json:"version" doc:"The item's version that you saw. If it has moved on, the answer is 409."`
	}
}

// apiReviewList asks for the queue.
type apiReviewList struct {
	Paging
	Show string `query:"show" enum:"open,decided" default:"open"`
}

// apiItem is everything about one post that a moderator must judge.
type apiItem struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind" enum:"question,answer,comment"`
	Post      string           `json:"post" doc:"The id of the post."`
	Thread    string           `json:"thread"`
	URL       string           `json:"url"`
	Title     string           `json:"title"`
	Excerpt   string           `json:"excerpt"`
	Author    apiMember        `json:"author"`
	State     string           `json:"state" enum:"open,decided"`
	Flags     int64            `json:"flags"`
	Weight    float64          `json:"weight" doc:"Of the pending flags."`
	Reasons   map[string]int64 `json:"reasons" doc:"Pending flags by reason."`
	Held      string           `json:"held,omitempty" doc:"Why the post waits for a moderator."`
	Hidden    bool             `json:"hidden" doc:"The post is out of sight."`
	Opened    time.Time        `json:"opened"`
	Claim     *apiClaim        `json:"claim,omitempty" doc:"Who looks at it just now."`
	Version   int64            `json:"version" doc:"Send it back with a decision."`
	Decisions []apiDecision    `json:"decisions" doc:"Newest last."`
}

// apiClaim is a soft claim: it ends by itself.
type apiClaim struct {
	By    apiMember `json:"by"`
	Until time.Time `json:"until"`
}

// apiDecision is what a moderator decided.
type apiDecision struct {
	Action string    `json:"action"`
	By     apiMember `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	Note   string    `json:"note,omitempty"`
	Days   int       `json:"days,omitempty"`
	Undone *apiMark  `json:"undone,omitempty"`
}

// apiDeed is one line of the action log. Names and notes are for moderators.
type apiDeed struct {
	Action string     `json:"action"`
	Undo   bool       `json:"undo,omitempty"`
	Kind   string     `json:"kind" enum:"question,answer,comment"`
	Post   string     `json:"post"`
	Thread string     `json:"thread"`
	Reason string     `json:"reason,omitempty"`
	Days   int        `json:"days,omitempty"`
	At     time.Time  `json:"at"`
	By     *apiMember `json:"by,omitempty"`
	Member *apiMember `json:"member,omitempty" doc:"The author of the post."`
	Note   string     `json:"note,omitempty"`
}

func (s *Server) apiReview(a *api) {
	if s.judges == nil {
		return
	}
	e := func(method, path, id, says string) endpoint {
		return endpoint{method: method, path: path, id: id, tag: "Moderation", says: says, who: membersOnly, limit: limitVote}
	}
	for _, p := range []struct {
		kind       community.Kind
		path, name string
	}{{community.AQuestion, "/threads", "thread"}, {community.AnAnswer, "/answers", "answer"}, {community.AComment, "/comments", "comment"}} {
		act(a, e("PUT", p.path+"/{id}/flag", "flag-"+p.name, "Report a post to the moderators"), func(k *call, in *apiFlag) error {
			_, err := s.judges.Flag(k.ctx, k.actor, community.Ref{Kind: p.kind, ID: in.ID}, moderation.Reason(in.Body.Reason), in.Body.Note)
			return err
		})
	}
	queue := e("GET", "/review", "list-review", "List what waits for a moderator, the most urgent first; or what was decided")
	queue.limit = unlimited
	serve(a, queue, s.apiListReview)
	get := e("GET", "/review/{id}", "get-review-item", "Show one review item (moderators)")
	get.limit = unlimited
	serve(a, get, s.apiItemBy(s.judges.Item))
	serve(a, e("PUT", "/review/{id}/claim", "claim-review-item", "Say that you look at it; ends by itself after ten minutes (moderators)"), s.apiItemBy(s.judges.Claim))
	serve(a, e("DELETE", "/review/{id}/claim", "release-review-item", "Take that back (moderators)"), s.apiItemBy(s.judges.Release))
	serve(a, e("POST", "/review/{id}/decision", "decide-review-item", "Decide: approve, hide, delete, lock, warn or suspend (moderators)"), func(k *call, in *apiVerdict) (apiItem, error) {
		v := moderation.Verdict{Action: moderation.Action(in.Body.Action), Reason: in.Body.Reason, Note: in.Body.Note, Days: in.Body.Days, Version: in.Body.Version}
		i, err := s.judges.Decide(k.ctx, k.actor, in.ID, v)
		return s.itemMade(k, i, err)
	})
	serve(a, e("DELETE", "/review/{id}/decision", "undo-review-decision", "Undo the latest decision (moderators)"), s.apiItemBy(s.judges.Undo))
	log := e("GET", "/log", "list-deeds", "List what moderators did, the latest first")
	log.who, log.limit = anyone, unlimited
	serve(a, log, s.apiLog)
}

func (s *Server) apiItemBy(verb func(context.Context, community.Actor, string) (*moderation.Item, error)) func(*call, *IDIn) (apiItem, error) {
	return func(k *call, in *IDIn) (apiItem, error) {
		i, err := verb(k.ctx, k.actor, in.ID)
		return s.itemMade(k, i, err)
	}
}

func (s *Server) apiListReview(k *call, in *apiReviewList) (apiPage[apiItem], error) {
	list := s.judges.Queue
	if in.Show == string(moderation.StateDecided) {
		list = s.judges.Done
	}
	p, err := list(k.ctx, k.actor, in.After, in.Limit)
	if err != nil {
		return apiPage[apiItem]{}, err
	}
	var out []apiItem
	for _, i := range p.Items {
		x, err := s.viewItem(k, i)
		if fault.Is(err, fault.NotFound) {
			continue // removed for good since
		}
		if err != nil {
			return apiPage[apiItem]{}, err
		}
		out = append(out, x)
	}
	return pageOf(k, out, p.Next), nil
}

// itemMade shows the item that a verb returned.
func (s *Server) itemMade(k *call, i *moderation.Item, err error) (apiItem, error) {
	if err != nil {
		return apiItem{}, err
	}
	return s.viewItem(k, i)
}

func (s *Server) viewItem(k *call, i *moderation.Item) (apiItem, error) {
	p, t, _, err := s.community.PostOf(k.ctx, k.actor, i.Ref)
	if err != nil {
		return apiItem{}, err
	}
	known, err := s.peopleOf(k.ctx, append(judgesOf(i), p.Author))
	if err != nil {
		return apiItem{}, err
	}
	x := apiItem{ID: i.ID, Kind: string(i.Ref.Kind), Post: i.Ref.ID, Thread: i.Thread, URL: s.absolute("/review/" + i.ID), Title: t.Title, Excerpt: excerpt(p.HTML, 220),
		Author: known.api(p.Author), State: string(i.State), Flags: i.Flags, Weight: i.Weight, Reasons: map[string]int64{}, Held: i.Held, Hidden: p.Removed != nil,
		Opened: i.Opened.Time(), Version: i.Rev, Decisions: []apiDecision{}}
	for reason, n := range i.Reasons {
		x.Reasons[string(reason)] = n
	}
	if i.Claim != nil && i.Claim.Until.Time().After(s.now()) {
		x.Claim = &apiClaim{known.api(i.Claim.By), i.Claim.Until.Time()}
	}
	for _, d := range i.Decisions {
		v := apiDecision{Action: string(d.Action), By: known.api(d.By), At: d.At.Time(), Reason: d.Reason, Note: d.Note, Days: d.Days}
		if d.Undone != nil {
			v.Undone = &apiMark{By: known.api(d.Undone.By), At: d.Undone.At.Time()}
		}
		x.Decisions = append(x.Decisions, v)
	}
	return x, nil
}

// judgesOf are the moderators that an item names.
func judgesOf(i *moderation.Item) (ids []string) {
	if i.Claim != nil {
		ids = append(ids, i.Claim.By)
	}
	for _, d := range i.Decisions {
		ids = append(ids, d.By)
		if d.Undone != nil {
			ids = append(ids, d.Undone.By)
		}
	}
	return ids
}

func (s *Server) apiLog(k *call, in *Paging) (apiPage[apiDeed], error) {
	p, err := s.judges.Log(k.ctx, k.actor, in.After, in.Limit)
	if err != nil {
		return apiPage[apiDeed]{}, err
	}
	var ids []string
	for _, d := range p.Items {
		ids = append(ids, d.By, d.Member)
	}
	known, err := s.peopleOf(k.ctx, ids)
	if err != nil {
		return apiPage[apiDeed]{}, err
	}
	var out []apiDeed
	for _, d := range p.Items {
		out = append(out, apiDeed{Action: string(d.Action), Undo: d.Undo, Kind: string(d.Ref.Kind), Post: d.Ref.ID, Thread: d.Thread,
			Reason: d.Reason, Days: d.Days, At: d.At.Time(), By: known.maybe(d.By), Member: known.maybe(d.Member), Note: d.Note})
	}
	return pageOf(k, out, p.Next), nil
}
