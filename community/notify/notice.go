package notify

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// The kinds of notices.
const (
	NoticeAnswer    = "answer"    // By answered a thread of yours, or one you watch
	NoticeComment   = "comment"   // By commented on a post of yours, or in a thread you watch
	NoticeMention   = "mention"   // By mentioned you
	NoticeAccepted  = "accepted"  // your answer was accepted
	NoticeVerified  = "verified"  // your answer was confirmed by the company
	NoticeSolved    = "solved"    // a thread that you watch was solved
	NoticeDuplicate = "duplicate" // your question was marked as a duplicate
	NoticeRemoved   = "removed"   // a post of yours was removed
	NoticeDecision  = "decision"  // a moderator decided about a post of yours; Text says why
	NoticeFlag      = "flag"      // what became of a flag of yours
	NoticeHelped    = "helped"    // an answer of yours solved someone's problem before they asked
	NoticeCase      = "case"      // an agent took up, answered or closed your case
	NoticeWeek      = "week"      // how many your answers helped last week
	NoticeSaved     = "saved"     // By asked what a saved search of yours looks for
	NoticeSuggested = "suggested" // an answer that may fit your question was found automatically
)

// Notice is one line of a member's notifications. Its id is derived from event
// and member.
type Notice struct {
	store.Meta
	Member string        `json:"member"`
	Kind   string        `json:"kind"`
	Thread string        `json:"thread"`
	Post   community.Ref `json:"post"`
	By     string        `json:"by,omitempty"`
	At     store.Millis  `json:"at"`
	Seen   bool          `json:"seen"`
	Text   string        `json:"text,omitempty"` // what a moderator or the system says about it
	Link   string        `json:"link,omitempty"` // where it leads, as a path of this site; "" is to the post

	Title string `json:"-"` // of the thread, filled at reading; without a thread it is Text
}

// recipient is who is told what about an event.
type recipient struct{ member, kind string }

// tell is the follower that turns an event into notices and mail. It reads
// present state: who may not see the thread now is not told.
func (s *Service) tell(ctx context.Context, d outbox.Delivery) error {
	f, err := s.factOf(ctx, d)
	if err != nil || f == nil {
		return err
	}
	told := map[string]bool{d.By: true, "": true, community.System.ID: true}
	for _, r := range f.direct {
		if err := s.tellOne(ctx, d, f, r, told); err != nil {
			return err
		}
	}
	if f.watchers == "" {
		return nil
	}
	return s.people.Watchers(ctx, d.Thread, func(member string) error {
		return s.tellOne(ctx, d, f, recipient{member, f.watchers}, told)
	})
}

func (s *Service) tellOne(ctx context.Context, d outbox.Delivery, f *fact, r recipient, told map[string]bool) error {
	if told[r.member] {
		return nil
	}
	told[r.member] = true
	m, err := s.people.Member(ctx, r.member)
	if err != nil {
		return fault.IgnoreAbsent(err)
	}
	if m.Closed != 0 {
		return nil
	}
	if _, _, _, err := s.people.PostOf(ctx, m.Actor(), f.ref); err != nil {
		return fault.IgnoreAbsent(err)
	}
	n := &Notice{Member: m.ID, Kind: r.kind, Thread: d.Thread, Post: f.ref, By: d.By, At: d.At}
	n.ID = store.DeriveID("notice", d.ID, m.ID)
	if _, _, err := s.notices.Put(ctx, n); err != nil {
		return err
	}
	return s.mailNotice(ctx, d, f, m, r.kind)
}

// Tell puts a notice of another package's making before a member, under an id
// derived from its cause. It mails nothing. The member and whether they see
// the thread are checked here.
func (s *Service) Tell(ctx context.Context, cause string, n Notice) error {
	m, err := s.people.Member(ctx, n.Member)
	if err != nil || m.Closed != 0 {
		return fault.IgnoreAbsent(err)
	}
	return s.put(ctx, cause, n)
}

// Letter is the mail that goes with a notice: what stands between the greeting
// and the address that the notice's Link leads to, if it has one.
type Letter struct {
	Subject, Text string
	List          []Entry // addresses of this site, one below the other
}

// Entry is an address of this site and what is there.
type Entry struct{ Title, Path string }

// Write tells as Tell does, and mails as well; once a cause, and no more than
// anyone is mailed in a day. A member who wants neither gets neither.
func (s *Service) Write(ctx context.Context, cause string, n Notice, l Letter) error {
	m, err := s.people.Member(ctx, n.Member)
	if err != nil || m.Closed != 0 || n.Kind == NoticeWeek && m.Prefs.NoWeekly {
		return fault.IgnoreAbsent(err)
	}
	if err := s.put(ctx, cause, n); err != nil || !wants(m, n.Kind, false) {
		return err
	}
	if enough, err := s.enough(ctx, m.ID); err != nil || enough {
		return err
	}
	return s.queue(ctx, &Mail{Meta: store.Meta{ID: store.DeriveID("mail", cause, m.ID)}, Member: m.ID, Bulk: true, Subject: l.Subject,
		Text: fmt.Sprintf("Hello %s,\n\n%s\n", m.DisplayName(), s.textOf(l, n.Link))})
}

func (s *Service) textOf(l Letter, to string) string {
	text := l.Text
	for _, e := range l.List {
		text += "\n\n" + e.Title + "\n" + s.base + e.Path
	}
	if to != "" {
		text += "\n\n" + s.base + to
	}
	return text
}

func (s *Service) put(ctx context.Context, cause string, n Notice) error {
	n.Meta = store.Meta{ID: store.DeriveID("notice", cause, n.Member)}
	n.At, n.Seen = store.At(s.db.Now()), false
	_, _, err := s.notices.Put(ctx, &n)
	return err
}

// fact is what an event means to those who are told.
type fact struct {
	ref      community.Ref
	thread   *community.Thread
	body     string // safe HTML of the post, "" when there is none to show
	direct   []recipient
	watchers string // kind of notice for watchers; "" tells none
}

// factOf reads present state; nil when there is nothing to tell any more.
func (s *Service) factOf(ctx context.Context, d outbox.Delivery) (*fact, error) {
	t, err := s.people.Thread(ctx, community.System, d.Thread)
	if err != nil {
		return nil, fault.IgnoreAbsent(err)
	}
	f := &fact{thread: t, ref: community.Ref{Kind: community.AQuestion, ID: t.ID}}
	switch d.Kind {
	case community.ThreadAsked:
		f.mention(t.HTML)
	case community.PostEdited:
		return f, s.editFact(ctx, d, f)
	case community.AnswerPosted, community.AnswerAccepted, community.AnswerVerified:
		return s.answerFact(ctx, d, f)
	case community.CommentPosted:
		return s.commentFact(ctx, d, f)
	case community.PostRestored:
		return s.restoredFact(ctx, d, f)
	case community.MarkedDup:
		if t.Duplicate == nil {
			return nil, nil
		}
		f.direct = []recipient{{t.Author, NoticeDuplicate}}
	case community.PostRemoved:
		return s.removedFact(ctx, d, f)
	}
	return f, nil
}

func (s *Service) answerFact(ctx context.Context, d outbox.Delivery, f *fact) (*fact, error) {
	a, _, err := s.people.Answer(ctx, community.System, d.Post)
	if err != nil || a.Removed != nil {
		return nil, fault.IgnoreAbsent(err)
	}
	f.ref = community.Ref{Kind: community.AnAnswer, ID: a.ID}
	f.body = a.HTML
	switch d.Kind {
	case community.AnswerPosted:
		f.direct = append(f.direct, recipient{f.thread.Author, NoticeAnswer})
		f.mention(a.HTML)
		f.watchers = NoticeAnswer
	case community.AnswerAccepted:
		if f.thread.Accepted == nil || f.thread.Accepted.Answer != a.ID {
			return nil, nil
		}
		f.direct = append(f.direct, recipient{a.Author, NoticeAccepted})
		f.watchers = NoticeSolved
	case community.AnswerVerified:
		if a.Verified == nil {
			return nil, nil
		}
		f.direct = append(f.direct, recipient{a.Author, NoticeVerified}, recipient{f.thread.Author, NoticeVerified})
	}
	return f, nil
}

// restoredFact announces a post that was held when it was written: only now do
// others see it.
func (s *Service) restoredFact(ctx context.Context, d outbox.Delivery, f *fact) (*fact, error) {
	if string(d.Payload) != `"`+string(community.Held)+`"` || d.Post == f.thread.ID {
		return nil, nil
	}
	if a, _, err := s.people.Answer(ctx, community.System, d.Post); err == nil {
		d.Event.Kind, d.By = community.AnswerPosted, a.Author
		return s.answerFact(ctx, d, f)
	}
	d.Event.Kind = community.CommentPosted
	return s.commentFact(ctx, d, f)
}

func (s *Service) commentFact(ctx context.Context, d outbox.Delivery, f *fact) (*fact, error) {
	c, _, err := s.people.Comment(ctx, community.System, d.Post)
	if err != nil || c.Removed != nil {
		return nil, fault.IgnoreAbsent(err)
	}
	f.ref = community.Ref{Kind: community.AComment, ID: c.ID}
	f.body = c.HTML
	f.mention(c.HTML)
	owner := f.thread.Author
	if c.On != c.Thread {
		a, _, err := s.people.Answer(ctx, community.System, c.On)
		if err != nil {
			return nil, fault.IgnoreAbsent(err)
		}
		owner = a.Author
	}
	f.direct = append(f.direct, recipient{owner, NoticeComment})
	f.watchers = NoticeComment
	return f, nil
}

// editFact tells members whom an edit mentions; those told before by the same
// post are told once, because the notice's id comes from the edit's event and
// a mention that stood already is left out.
func (s *Service) editFact(ctx context.Context, d outbox.Delivery, f *fact) error {
	if f.thread.ID == d.Post {
		f.mention(f.thread.HTML)
	} else if a, _, err := s.people.Answer(ctx, community.System, d.Post); err == nil {
		f.ref = community.Ref{Kind: community.AnAnswer, ID: a.ID}
		f.mention(a.HTML)
	}
	var fresh []recipient
	for _, r := range f.direct {
		known, err := s.wasMentioned(ctx, r.member, f.ref)
		if err != nil {
			return err
		}
		if !known {
			fresh = append(fresh, r)
		}
	}
	f.direct = fresh
	return nil
}

// wasMentioned looks through the member's latest notices.
func (s *Service) wasMentioned(ctx context.Context, member string, ref community.Ref) (bool, error) {
	p, err := s.notices.Find(ctx, store.Where("member", member).Order("-at").Limit(100))
	for _, n := range p.Items {
		if n.Post == ref {
			return true, err
		}
	}
	return false, err
}

// removedFact tells an author what a person removed. What moderation removed it
// tells itself, with the decision.
func (s *Service) removedFact(ctx context.Context, d outbox.Delivery, f *fact) (*fact, error) {
	for _, kind := range []community.Kind{community.AQuestion, community.AnAnswer, community.AComment} {
		ref := community.Ref{Kind: kind, ID: d.Post}
		p, _, _, err := s.people.PostOf(ctx, community.System, ref)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil || p.Removed == nil || p.Removed.Cause != "" {
			return nil, err
		}
		f.ref, f.direct = ref, []recipient{{p.Author, NoticeRemoved}}
		return f, nil
	}
	return nil, nil
}

var mentioned = regexp.MustCompile(`data-member="([A-Za-z0-9_-]+)"`)

// maxMentions bounds whom one post calls (Khoros: 50 a post; Discourse: 10).
const maxMentions = 10

func (f *fact) mention(html string) {
	for i, m := range mentioned.FindAllStringSubmatch(html, -1) {
		if i < maxMentions {
			f.direct = append(f.direct, recipient{m[1], NoticeMention})
		}
	}
}

// Notices lists the actor's notices, newest first. Notices of threads that the
// actor no longer sees are left out, so pages may be short.
func (s *Service) Notices(ctx context.Context, by community.Actor, cursor string, limit int) (list []Notice, next string, err error) {
	if by.Guest() {
		return nil, "", fault.New(fault.Unauthorized, "Please sign in to see your notifications.")
	}
	p, err := s.notices.Find(ctx, store.Where("member", by.ID).Order("-at").After(cursor).Limit(limit))
	if errors.Is(err, store.ErrCursor) {
		return nil, "", fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(p.Items))
	for i, n := range p.Items {
		ids[i] = n.Thread
	}
	threads, err := s.people.ThreadsByID(ctx, by, ids)
	if err != nil {
		return nil, "", err
	}
	for _, n := range p.Items {
		t := threads[n.Thread]
		if n.Thread == "" {
			n.Title, n.Text = n.Text, ""
		} else if t != nil {
			n.Title = t.Title
		}
		if t != nil || n.Thread == "" {
			list = append(list, *n)
		}
	}
	return list, p.Next, nil
}

// Unread counts the actor's unseen notices, exactly.
func (s *Service) Unread(ctx context.Context, by community.Actor) (int64, error) {
	if by.Guest() {
		return 0, nil
	}
	return s.notices.Count(ctx, store.Where("member", by.ID).And("seen", false))
}

// MarkSeen marks the notices with these ids, or all when there are none.
func (s *Service) MarkSeen(ctx context.Context, by community.Actor, ids ...string) error {
	if by.Guest() {
		return fault.New(fault.Unauthorized, "Please sign in to see your notifications.")
	}
	if len(ids) > 0 {
		for _, id := range ids[:min(len(ids), 200)] {
			if err := s.markOne(ctx, by, id); err != nil {
				return err
			}
		}
		return nil
	}
	return s.notices.Each(ctx, store.Where("member", by.ID).And("seen", false).Order("-at"), func(n *Notice) error {
		return s.markOne(ctx, by, n.ID)
	})
}

func (s *Service) markOne(ctx context.Context, by community.Actor, id string) error {
	_, err := s.notices.Update(ctx, id, func(n *Notice) error {
		if n.Member != by.ID || n.Seen {
			return store.ErrUnchanged
		}
		n.Seen = true
		return nil
	})
	return store.IgnoreAbsent(err)
}
