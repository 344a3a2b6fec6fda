package moderation

import (
	"context"
	"errors"
	"fmt"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Deed is one line of the action log: who did what to which post, and why. The
// public sees it without the moderator's name, the author's name and the note.
type Deed struct {
	store.Meta
	Action Action        `json:"action"`
	Undo   bool          `json:"undo,omitempty"`
	Ref    community.Ref `json:"ref"`
	Thread string        `json:"thread"`
	Member string        `json:"member"` // the author
	By     string        `json:"by"`
	Reason string        `json:"reason,omitempty"`
	Note   string        `json:"note,omitempty"`
	Days   int           `json:"days,omitempty"`
	Public bool          `json:"public"` // approvals and warnings are nobody else's business
	At     store.Millis  `json:"at"`
}

func (s *Service) recordDeed(ctx context.Context, i *Item, d Decision, undo bool) error {
	deed := &Deed{Action: d.Action, Undo: undo, Ref: i.Ref, Thread: i.Thread, Member: i.Author, By: d.By, Reason: d.Reason, Note: d.Note, Days: d.Days, At: d.At,
		Public: d.Action != Approve && d.Action != Warn}
	if undo {
		deed.By, deed.At, deed.Note = d.Undone.By, d.Undone.At, ""
	}
	deed.ID = store.DeriveID("deed", d.ID, fmt.Sprint(undo))
	_, _, err := s.deeds.Put(ctx, deed)
	return err
}

// Log lists what moderators did, the latest first. Moderators read it whole;
// others read the public-safe part, and only about threads in spaces they read.
func (s *Service) Log(ctx context.Context, by community.Actor, cursor string, limit int) (store.Page[Deed], error) {
	whole := by.Role == community.Moderator || by.Role == community.Admin
	q := store.Where("public", true).Order("-at")
	if whole {
		q = store.All().Order("-at")
	}
	p, err := s.deeds.Find(ctx, q.After(cursor).Limit(limit))
	if errors.Is(err, store.ErrCursor) {
		return p, fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	if err != nil || whole {
		return p, err
	}
	err = s.publicSafe(ctx, by, &p)
	return p, err
}

// publicSafe blanks what is nobody's business, and drops threads in spaces
// that the actor does not read.
func (s *Service) publicSafe(ctx context.Context, by community.Actor, p *store.Page[Deed]) error {
	spaces, err := s.people.Spaces(ctx, by)
	if err != nil {
		return err
	}
	readable := map[string]bool{}
	for _, sp := range spaces {
		readable[sp.ID] = true
	}
	ids := make([]string, len(p.Items))
	for i, d := range p.Items {
		ids[i] = d.Thread
	}
	threads, err := s.people.ThreadsByID(ctx, community.System, ids)
	if err != nil {
		return err
	}
	kept := p.Items[:0]
	for _, d := range p.Items {
		if t := threads[d.Thread]; t == nil || !readable[t.Space] || t.Private {
			continue
		}
		d.By, d.Member, d.Note = "", "", ""
		kept = append(kept, d)
	}
	p.Items = kept
	return nil
}

// LogOf lists what was decided about one member's posts, for moderators.
func (s *Service) LogOf(ctx context.Context, by community.Actor, member, cursor string, limit int) (store.Page[Deed], error) {
	if by.Role != community.Moderator && by.Role != community.Admin {
		return store.Page[Deed]{}, fault.New(fault.Forbidden, "Only moderators see a member's record.")
	}
	return s.deeds.Find(ctx, store.Where("member", member).Order("-at").After(cursor).Limit(limit))
}
