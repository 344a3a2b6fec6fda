package moderation

import (
	"context"
	"errors"
	"math"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// Reason is why a member flags a post.
type Reason string

const (
	Spam      Reason = "spam"
	Rude      Reason = "rude"
	OffTopic  Reason = "off_topic"
	NotAnswer Reason = "not_an_answer"
	Personal  Reason = "personal" // shows personal data: an address, a number, a key
	Illegal   Reason = "illegal"
	Other     Reason = "other"
)

// ReasonInfo describes a reason on the form.
type ReasonInfo struct {
	Reason    Reason
	Label     string
	NeedsNote bool // a message is required
	Hides     bool // counts towards hiding the post by itself
}

// Reasons lists the reasons in the order of the form (after Discourse's flag
// types: illegal and other need a message and never hide by themselves).
var Reasons = []ReasonInfo{
	{Spam, "Spam or advertising", false, true},
	{Rude, "Rude or abusive", false, true},
	{OffTopic, "Does not belong here", false, true},
	{Personal, "Shows personal data", false, true},
	{NotAnswer, "Not an answer", false, false},
	{Illegal, "Illegal content", true, false},
	{Other, "Something else", true, false},
}

func reasonInfo(r Reason) (ReasonInfo, bool) {
	for _, i := range Reasons {
		if i.Reason == r {
			return i, true
		}
	}
	return ReasonInfo{}, false
}

// Outcome is what became of a flag.
type Outcome string

const (
	Pending   Outcome = "pending"
	Agreed    Outcome = "agreed"
	Disagreed Outcome = "disagreed"
)

// Flag is one member's report of one post. Its id is derived from both, so a
// member flags a post once until it is decided.
type Flag struct {
	store.Meta
	outbox.Box
	Ref     community.Ref `json:"ref"`
	Post    string        `json:"post"` // the ref's id, for the index
	Thread  string        `json:"thread"`
	By      string        `json:"by"`
	Reason  Reason        `json:"reason"`
	Note    string        `json:"note,omitempty"`
	Weight  float64       `json:"weight"` // see weightOf
	At      store.Millis  `json:"at"`
	Outcome Outcome       `json:"outcome"`
	Decided store.Millis  `json:"decided,omitempty"`
}

// flagsADay is how many posts a member may flag in 24 hours (Discourse: 20).
const flagsADay = 20

// Flag reports a post to the moderators. Flagging it again changes the reason.
func (s *Service) Flag(ctx context.Context, by community.Actor, ref community.Ref, reason Reason, note string) (*Flag, error) {
	if by.Guest() {
		return nil, fault.New(fault.Unauthorized, "Please sign in to report a post.")
	}
	if err := s.people.Active(by); err != nil {
		return nil, err
	}
	info, ok := reasonInfo(reason)
	if !ok {
		return nil, fault.Field("reason", "Say what is wrong with the post: choose one of the reasons.")
	}
	note, err := community.Prose("note", note, 0, 1000)
	if err != nil {
		return nil, err
	}
	if info.NeedsNote && len([]rune(note)) < 10 {
		return nil, fault.Field("note", "Please say in a sentence what is wrong, so that a moderator can judge it.")
	}
	p, t, _, err := s.people.PostOf(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	if p.Author == by.ID {
		return nil, fault.New(fault.Forbidden, "This is your own post. You can edit or remove it yourself.")
	}
	if err := s.today(ctx, by); err != nil {
		return nil, err
	}
	weight, err := s.weightOf(ctx, by)
	if err != nil {
		return nil, err
	}
	id := store.DeriveID("flag", string(ref.Kind), ref.ID, by.ID)
	fresh := func() *Flag { return &Flag{Ref: ref, Post: ref.ID, Thread: t.ID, By: by.ID} }
	return s.flags.Upsert(ctx, id, fresh, func(f *Flag) error {
		if f.Outcome == Pending && f.Reason == reason && f.Note == note {
			return store.ErrUnchanged
		}
		f.Reason, f.Note, f.Weight, f.Outcome, f.Decided, f.At = reason, note, weight, Pending, 0, s.now()
		if !f.Emit(s.routes, id, outbox.Event{Kind: flagged, At: s.now(), By: by.ID, Thread: t.ID, Post: ref.ID}) {
			return fault.New(fault.Unavailable, "Please try again in a minute.")
		}
		return nil
	})
}

func (s *Service) today(ctx context.Context, by community.Actor) error {
	if by.Staff() {
		return nil
	}
	n, err := s.flags.Count(ctx, store.Where("by", by.ID).Between("at", s.now()-24*60*60*1000, nil))
	if err != nil || n < flagsADay {
		return err
	}
	return fault.New(fault.TooMany, "You have reported %d posts within a day, the most for now. Thank you: the moderators will look at them.", flagsADay)
}

// weightOf is the weight of a member's flag, by Discourse's rule: 1, plus 5 for
// staff or the member's level, plus a bonus for accuracy; never below 0.
func (s *Service) weightOf(ctx context.Context, by community.Actor) (float64, error) {
	agreed, err := s.flags.Count(ctx, store.Where("by", by.ID).And("outcome", Agreed))
	if err != nil {
		return 0, err
	}
	disagreed, err := s.flags.Count(ctx, store.Where("by", by.ID).And("outcome", Disagreed))
	if err != nil {
		return 0, err
	}
	standing := 5.0
	if !by.Staff() {
		level := 1
		if s.levels != nil {
			if level, err = s.levels.Level(ctx, by.ID); err != nil {
				return 0, err
			}
		}
		standing = float64(level)
	}
	return max(0, 1+standing+AccuracyBonus(agreed, disagreed)), nil
}

// AccuracyBonus is nought up to 5 decided flags; then the distance from 70 %
// right, scaled to -1..1, times log4(n) times 5 (Discourse, reviewable scores):
// 10 of 10 gives +8.3, 7 of 10 gives 0, none of 10 gives -8.3.
func AccuracyBonus(agreed, disagreed int64) float64 {
	n := agreed + disagreed
	if n <= 5 {
		return 0
	}
	const fair = 0.7
	right := float64(agreed) / float64(n)
	distance := (right - fair) / (1 - fair)
	if right < fair {
		distance = (right - fair) / fair
	}
	return distance * math.Log(float64(n)) / math.Log(4) * 5
}

// HideAt is the weight at which flags hide a post by themselves (Discourse:
// 12.5 x 6/9 = 8.33, about five flags of members at level 1).
const HideAt = 8.33

// weigh is the follower that brings flags into the review queue, and hides the
// post when they weigh enough. It works from the flags as they stand.
func (s *Service) weigh(ctx context.Context, d outbox.Delivery) error {
	f, err := s.flags.Get(ctx, d.Document)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	p, t, _, err := s.people.PostOf(ctx, community.System, f.Ref)
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	sum, err := s.sumFlags(ctx, f.Post)
	if err != nil || sum.count == 0 {
		return err
	}
	if err := s.open(ctx, f.Ref, t, p, func(i *openItem) {
		i.Flags, i.Score, i.Reasons, i.Illegal = sum.count, sum.score, sum.reasons, sum.reasons[Illegal] > 0
	}); err != nil {
		return err
	}
	if sum.hiding < HideAt {
		return nil
	}
	return s.autoHide(ctx, f.Ref, p)
}

type flagSum struct {
	count         int64
	score, hiding float64
	reasons       map[Reason]int64
}

// maxFlags bounds the flags of one post that are weighed.
const maxFlags = 200

func (s *Service) sumFlags(ctx context.Context, post string) (flagSum, error) {
	sum := flagSum{reasons: map[Reason]int64{}}
	p, err := s.flags.Find(ctx, store.Where("post", post).And("outcome", Pending).Order("at").Limit(maxFlags))
	for _, f := range p.Items {
		info, _ := reasonInfo(f.Reason)
		sum.count++
		sum.score += f.Weight
		sum.reasons[f.Reason]++
		if info.Hides {
			sum.hiding += f.Weight
		}
	}
	return sum, err
}

// autoHide hides a post until a moderator has judged it. Posts of staff, and
// posts that a moderator approved since, are left alone.
func (s *Service) autoHide(ctx context.Context, ref community.Ref, p *community.Post) error {
	author, err := s.people.Member(ctx, p.Author)
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	if author.Actor().Staff() {
		return nil
	}
	cause := "flags." + itemID(ref)
	to := &community.Removal{By: community.System.ID, At: s.now(), Kind: community.Hidden, Cause: cause,
		Reason: "Several members reported this post. It is hidden until a moderator has looked at it. You can edit it to mend what is wrong."}
	if err := s.people.Judge(ctx, community.System.ID, ref, to, func(standing *community.Removal) bool { return standing == nil }); err != nil {
		return err
	}
	return s.inbox.Tell(ctx, cause+p.Author, notify.Notice{Member: p.Author, Kind: notify.NoticeDecision, Thread: threadOf(ref, s, ctx), Post: ref, Text: to.Reason})
}

func threadOf(ref community.Ref, s *Service, ctx context.Context) string {
	_, t, _, err := s.people.PostOf(ctx, community.System, ref)
	if err != nil {
		return ""
	}
	return t.ID
}

// MyFlag returns the actor's standing flag on a post; nil when there is none.
func (s *Service) MyFlag(ctx context.Context, by community.Actor, ref community.Ref) (*Flag, error) {
	f, err := s.flags.Get(ctx, store.DeriveID("flag", string(ref.Kind), ref.ID, by.ID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return f, err
}
