package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Action is what a moderator decides.
type Action string

const (
	Approve Action = "approve" // nothing is wrong: shown (again), flags were mistaken
	Hide    Action = "hide"    // out of sight; the author may mend and ask again
	Delete  Action = "delete"
	Lock    Action = "lock"    // the whole thread takes nothing more
	Warn    Action = "warn"    // the author is told; the post stays
	Suspend Action = "suspend" // the author may only read for Days; the post is deleted
)

// Actions lists the actions in the order of the page.
var Actions = []Action{Approve, Hide, Delete, Lock, Warn, Suspend}

// CannedReasons are offered beside free text.
var CannedReasons = []string{
	"This is advertising, which is not allowed here.",
	"This is rude. Please write as you would speak to a neighbour.",
	"This shows personal data. Please remove it and post again.",
	"This does not answer the question. Please comment, or ask a question of your own.",
	"This does not belong in this space.",
}

// Suspensions are the lengths offered, in days (Discourse's penalty steps of
// 24, 72, 168 and 720 hours).
var Suspensions = []int{1, 3, 7, 30}

// Decision is what a moderator decided about an item, and why.
type Decision struct {
	ID     string          `json:"id"`
	Action Action          `json:"action"`
	By     string          `json:"by"`
	At     store.Millis    `json:"at"`
	Reason string          `json:"reason,omitempty"` // the author is told
	Note   string          `json:"note,omitempty"`   // for moderators only
	Days   int             `json:"days,omitempty"`
	Undone *community.Mark `json:"undone,omitempty"`

	// What stood before, for undoing: of the post, and why it was in the queue.
	Before *community.Removal `json:"before,omitempty"`
	Was    *openItem          `json:"was,omitempty"`
}

func (a Action) upholds() bool { return a != Approve }

// Verdict is a decision as a moderator gives it. Version is the item's revision
// that the moderator saw.
type Verdict struct {
	Action       Action
	Reason, Note string
	Days         int
	Version      int64
}

// Decide judges an item. Another decision since Version is a Conflict.
func (s *Service) Decide(ctx context.Context, by community.Actor, id string, v Verdict) (*Item, error) {
	v, err := v.clean()
	if err != nil {
		return nil, err
	}
	i, err := s.judged(ctx, by, id)
	if err != nil {
		return nil, err
	}
	p, _, _, err := s.people.PostOf(ctx, community.System, i.Ref)
	if err != nil {
		return nil, err
	}
	if err := s.mayJudge(ctx, by, p, v.Action); err != nil {
		return nil, err
	}
	before, edition := p.Removed, p.Edit
	return s.items.Update(ctx, id, func(i *Item) error {
		if i.Rev != v.Version || i.State != StateOpen {
			return fault.New(fault.Conflict, "This item changed while you were looking at it. Look again before you decide.")
		}
		if c := i.Claim; c != nil && c.By != by.ID && c.Until > s.now() {
			return fault.New(fault.Conflict, "Another moderator is looking at this until %s.", c.Until.Time().Format("15:04 UTC"))
		}
		d := Decision{ID: fmt.Sprintf("%s.%d", id, i.Rev+1), Action: v.Action, By: by.ID, At: s.now(), Reason: v.Reason, Note: v.Note, Days: v.Days, Before: before, Was: i.known()}
		i.Decisions = append(i.Decisions, d)
		if over := len(i.Decisions) - maxDecisions; over > 0 {
			i.Decisions = slices.Delete(i.Decisions, 0, over)
		}
		i.State, i.Decided, i.Claim, i.Edition = StateDecided, s.now(), nil, edition
		i.know(openItem{})
		return s.emit(i, decided, by, d)
	})
}

func (s *Service) emit(i *Item, kind string, by community.Actor, d Decision) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if !i.Emit(s.routes, i.ID, outbox.Event{Kind: kind, At: s.now(), By: by.ID, Thread: i.Thread, Post: i.Ref.ID, Member: i.Author, Payload: b}) {
		return fault.New(fault.Unavailable, "Please try again in a minute.")
	}
	return nil
}

func (v Verdict) clean() (Verdict, error) {
	var err error
	if v.Reason, err = community.Prose("reason", v.Reason, 0, 500); err != nil {
		return v, err
	}
	if v.Note, err = community.Prose("note", v.Note, 0, 1000); err != nil {
		return v, err
	}
	if !slices.Contains(Actions, v.Action) {
		return v, fault.Field("action", "Choose what to do: approve, hide, delete, lock, warn or suspend.")
	}
	if v.Action.upholds() && len([]rune(v.Reason)) < 5 {
		return v, fault.Field("reason", "Say why: the author is told, and learns what to do better.")
	}
	if v.Action == Suspend && (v.Days < 1 || v.Days > 365) {
		return v, fault.Field("days", "Suspend for 1 to 365 days.")
	}
	return v, nil
}

func (s *Service) mayJudge(ctx context.Context, by community.Actor, p *community.Post, a Action) error {
	if p.Author == by.ID && a == Approve {
		return fault.New(fault.Forbidden, "This is your own post: another moderator must judge it.")
	}
	if a != Suspend {
		return nil
	}
	author, err := s.people.Member(ctx, p.Author)
	if err != nil {
		return fault.New(fault.Conflict, "The author has no account any more, so there is nobody to suspend.")
	}
	if author.Actor().Staff() {
		return fault.New(fault.Forbidden, "Staff cannot be suspended here. Ask an administrator.")
	}
	return nil
}

// Undo takes the latest decision of an item back; the item is open again.
func (s *Service) Undo(ctx context.Context, by community.Actor, id string) (*Item, error) {
	if _, err := s.judged(ctx, by, id); err != nil {
		return nil, err
	}
	return s.items.Update(ctx, id, func(i *Item) error {
		if i.State != StateDecided || len(i.Decisions) == 0 {
			return fault.New(fault.Conflict, "There is no decision to undo.")
		}
		d := &i.Decisions[len(i.Decisions)-1]
		if d.Undone != nil {
			return store.ErrUnchanged
		}
		d.Undone = &community.Mark{By: by.ID, At: s.now()}
		i.State, i.Opened = StateOpen, s.now()
		if d.Was != nil {
			i.know(*d.Was)
		}
		return s.emit(i, decUndone, by, *d)
	})
}

// carryOut is the follower that does what was decided, or undoes it. Each step
// asks the present state and may be repeated.
func (s *Service) carryOut(ctx context.Context, d outbox.Delivery) error {
	var dec Decision
	if err := json.Unmarshal(d.Payload, &dec); err != nil {
		return outbox.Permanent(err)
	}
	i, err := s.items.Get(ctx, d.Document)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	undo := d.Kind == decUndone
	for _, step := range []func(context.Context, *Item, Decision, bool) error{s.doPost, s.doLock, s.doMember, s.settleFlags, s.recordDeed, s.tellAuthor} {
		if err := step(ctx, i, dec, undo); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) doPost(ctx context.Context, i *Item, d Decision, undo bool) error {
	var to *community.Removal
	switch d.Action {
	case Hide, Delete, Suspend:
		kind := community.Deleted
		if d.Action == Hide {
			kind = community.Hidden
		}
		to = &community.Removal{By: d.By, At: d.At, Reason: d.Reason, Kind: kind, Cause: d.ID}
	case Approve:
	default:
		return nil
	}
	if undo {
		return s.people.Judge(ctx, d.Undone.By, i.Ref, d.Before, func(standing *community.Removal) bool {
			return d.Action == Approve || (standing != nil && standing.Cause == d.ID)
		})
	}
	return s.people.Judge(ctx, d.By, i.Ref, to, func(standing *community.Removal) bool {
		if d.Action == Approve {
			return standing != nil && standing.Cause != "" // what a person removed by hand stays removed
		}
		return standing == nil || standing.Kind != community.Deleted || standing.Cause == d.ID
	})
}

func (s *Service) doLock(ctx context.Context, i *Item, d Decision, undo bool) error {
	if d.Action != Lock {
		return nil
	}
	return s.people.JudgeLock(ctx, d.By, i.Thread, d.Reason, !undo)
}

func (s *Service) doMember(ctx context.Context, i *Item, d Decision, undo bool) error {
	if d.Action != Suspend {
		return nil
	}
	until := d.At + store.Millis(d.Days)*24*60*60*1000
	if undo {
		until = 0
	}
	return s.people.JudgeMember(ctx, i.Author, until)
}

// settleFlags tells each flag its outcome, and each flagger.
func (s *Service) settleFlags(ctx context.Context, i *Item, d Decision, undo bool) error {
	from, to, at := Pending, Disagreed, d.At
	if d.Action.upholds() {
		to = Agreed
	}
	if undo {
		from, to, at = to, Pending, 0
	}
	q := store.Where("post", i.Ref.ID).And("outcome", from).Order("at")
	return s.flags.Each(ctx, q, func(f *Flag) error {
		if undo && f.Decided != d.At {
			return nil
		}
		if !undo && f.At > d.At {
			return nil // raised after the decision: judged anew
		}
		if _, err := s.flags.Update(ctx, f.ID, func(f *Flag) error { f.Outcome, f.Decided = to, at; return nil }); err != nil {
			return store.IgnoreAbsent(err)
		}
		return s.tellFlagger(ctx, i, d, f, undo)
	})
}

func (s *Service) tellFlagger(ctx context.Context, i *Item, d Decision, f *Flag, undo bool) error {
	text := "A moderator looked at the post you reported and left it as it is. Thank you for looking after the place."
	if d.Action.upholds() {
		text = "A moderator agreed with your report and acted on it. Thank you for looking after the place."
	}
	if undo {
		text = "The decision about the post you reported was taken back; a moderator will look again."
	}
	return s.inbox.Tell(ctx, fmt.Sprint(d.ID, undo), notify.Notice{Member: f.By, Kind: notify.NoticeFlag, Thread: i.Thread, Post: i.Ref, Text: text})
}

func (s *Service) tellAuthor(ctx context.Context, i *Item, d Decision, undo bool) error {
	if i.Author == "" || i.Author == d.By {
		return nil
	}
	text := map[Action]string{
		Approve: "A moderator looked at your post: it is shown.",
		Hide:    "A moderator hid your post: %s You can edit it to mend this.",
		Delete:  "A moderator removed your post: %s",
		Lock:    "A moderator locked the thread of your post: %s",
		Warn:    "A moderator asks you: %s",
		Suspend: "Your account may only read for %d days: %s",
	}[d.Action]
	switch {
	case undo:
		text = "A decision about your post was taken back; it is as it was before."
	case d.Action == Suspend:
		text = fmt.Sprintf(text, d.Days, d.Reason)
	case d.Action != Approve:
		text = fmt.Sprintf(text, d.Reason)
	case d.Before == nil:
		return nil // approved without ever having been out of sight: the author need not know
	}
	return s.inbox.Tell(ctx, fmt.Sprint(d.ID, undo), notify.Notice{Member: i.Author, Kind: notify.NoticeDecision, Thread: i.Thread, Post: i.Ref, Text: text})
}
