package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// MailState is where a message stands.
type MailState string

const (
	Queued MailState = "queued"
	Sent   MailState = "sent"
	Kept   MailState = "kept"   // there is no mail server: an admin reads it
	Failed MailState = "failed" // given up after maxTries
)

// Mail is one message to a member. The address is read from the member when it
// is sent, unless Address names a former one.
type Mail struct {
	store.Meta
	Member  string       `json:"member"`
	Address string       `json:"address,omitempty"`
	Subject string       `json:"subject"`
	Text    string       `json:"text"`
	Bulk    bool         `json:"bulk"` // carries the one-click unsubscribe of RFC 8058
	State   MailState    `json:"state"`
	Tries   int          `json:"tries,omitempty"`
	Next    store.Millis `json:"next"`
	Error   string       `json:"error,omitempty"`
	At      store.Millis `json:"created"`

	To string `json:"-"` // filled at reading
}

// Message is a mail as a Sender gets it.
type Message struct {
	ID, To, Name, Subject, Text, HTML string
	Unsubscribe                       string // address for List-Unsubscribe; "" for account mail
}

const (
	sendEvery  = 5 * time.Second
	sendWithin = 30 * time.Second
	maxTries   = 8
	mailsADay  = 100 // to one member (Discourse: max_emails_per_day_per_user)
)

var subjects = map[string]string{
	NoticeAnswer:    "%s answered: %s",
	NoticeComment:   "%s commented: %s",
	NoticeMention:   "%s mentioned you: %s",
	NoticeAccepted:  "%s accepted your answer: %s",
	NoticeVerified:  "%s confirmed an answer: %s",
	NoticeSolved:    "%s marked as solved: %s",
	NoticeDuplicate: "%s found that this was asked before: %s",
	NoticeRemoved:   "%s removed a post: %s",
}

func wants(m *community.Member, kind string, own bool) bool {
	switch {
	case m.Email == "" || m.Confirmed == 0:
		return false
	case kind == NoticeWeek:
		return !m.Prefs.NoWeekly
	case kind == NoticeSaved:
		return !m.Prefs.NoSaved
	case kind == NoticeMention:
		return m.Prefs.MailMentions
	case own || kind == NoticeAccepted || kind == NoticeVerified || kind == NoticeDuplicate || kind == NoticeRemoved:
		return m.Prefs.MailAnswers
	}
	return m.Prefs.MailWatching
}

// mailNotice queues the mail that goes with a notice, if the member wants it.
func (s *Service) mailNotice(ctx context.Context, d outbox.Delivery, f *fact, m *community.Member, kind string) error {
	if !wants(m, kind, f.thread.Author == m.ID) {
		return nil
	}
	if enough, err := s.enough(ctx, m.ID); err != nil || enough {
		return err
	}
	author, err := s.people.Members(ctx, []string{d.By})
	if err != nil {
		return err
	}
	names := func(id string) string { return author[id].DisplayName() }
	text := fmt.Sprintf("Hello %s,\n\n%s\n\n%s\n\nRead and reply: %s\n", m.DisplayName(),
		fmt.Sprintf(subjects[kind], names(d.By), f.thread.Title),
		quote(markup.Excerpt(markup.Text(markup.FillMentions(f.body, names)), 600)), s.addressOf(f))
	return s.queue(ctx, &Mail{
		Meta: store.Meta{ID: store.DeriveID("mail", d.ID, m.ID)}, Member: m.ID, Bulk: true,
		Subject: fmt.Sprintf(subjects[kind], names(d.By), f.thread.Title), Text: text,
	})
}

// enough reports whether a member got as many mails in a day as there may be.
func (s *Service) enough(ctx context.Context, member string) (bool, error) {
	n, err := s.mails.Count(ctx, store.Where("member", member).Between("created", store.At(s.db.Now().Add(-24*time.Hour)), nil))
	return n >= mailsADay, err
}

func quote(text string) string {
	if text == "" {
		return ""
	}
	return "> " + strings.ReplaceAll(text, "\n", "\n> ")
}

func (s *Service) addressOf(f *fact) string {
	a := s.base + "/threads/" + f.thread.ID
	if f.ref.ID != f.thread.ID {
		a += "#post-" + f.ref.ID
	}
	return a
}

// letter is what an account's owner is written: with a link to act on, or about
// what was done, perhaps by somebody else.
type letter struct {
	purpose            community.LinkPurpose // "" without a link
	life               time.Duration
	page, subject, say string
	end                string
}

const ignore = "If this was not you, ignore this message: nothing changes."

var letters = map[string]letter{
	community.ConfirmRequested: {community.LinkConfirm, 7 * 24 * time.Hour, "/confirm", "Please confirm your e-mail address",
		"Confirm that this address is yours, so that we can tell you about answers:", ignore},
	community.ResetRequested: {community.LinkReset, time.Hour, "/reset", "Choose a new password",
		"Someone, probably you, asked for a new password. Choose it here within an hour:", ignore},
	community.PasswordChanged: {"", 0, "/forgot", "Your password was changed",
		"The password of your account was changed, and every other device was signed out.",
		"If this was not you, choose a new password now:"},
	community.EmailChanged: {"", 0, "/", "Your e-mail address was changed",
		"Your account now has another e-mail address. This one gets no more mail.",
		"If this was not you, somebody knows your password: write to those who run this community at once."},
}

// accountMail is the follower that writes to an account's owner. An event whose
// purpose is over (the address is confirmed) sends nothing.
func (s *Service) accountMail(ctx context.Context, d outbox.Delivery) error {
	m, err := s.people.Member(ctx, d.Member)
	if err != nil || m.Email == "" || m.Closed != 0 {
		return fault.IgnoreAbsent(err)
	}
	l := letters[d.Kind]
	if l.purpose == community.LinkConfirm && m.Confirmed != 0 {
		return nil
	}
	mail := &Mail{Meta: store.Meta{ID: store.DeriveID("mail", d.ID, m.ID)}, Member: m.ID, Subject: l.subject}
	if d.Kind == community.EmailChanged {
		var was struct{ Before string }
		if err := json.Unmarshal(d.Payload, &was); err != nil || was.Before == "" {
			return err
		}
		mail.Address = was.Before
	}
	mail.Text = fmt.Sprintf("Hello %s,\n\n%s\n\n%s\n\n%s\n", m.DisplayName(), l.say, l.end, s.base+l.page)
	if l.purpose != "" {
		token, err := s.people.Link(ctx, l.purpose, m, l.life)
		if err != nil {
			return err
		}
		mail.Text = fmt.Sprintf("Hello %s,\n\n%s\n\n%s%s?token=%s\n\n%s\n", m.DisplayName(), l.say, s.base, l.page, token, l.end)
	}
	return s.queue(ctx, mail)
}

func (s *Service) queue(ctx context.Context, m *Mail) error {
	m.At = store.At(s.db.Now())
	m.State, m.Next = Queued, m.At
	if s.sender == nil {
		m.State = Kept
	}
	_, _, err := s.mails.Put(ctx, m)
	return err
}

// sendDue hands every queued message that is due to the mail server.
func (s *Service) sendDue(ctx context.Context) error {
	if s.sender == nil {
		return nil
	}
	due := store.Where("state", Queued).Between("next", nil, store.At(s.db.Now())).Order("next")
	return s.mails.Each(ctx, due, func(m *Mail) error { return s.sendOne(ctx, m) })
}

func (s *Service) sendOne(ctx context.Context, m *Mail) error {
	to, err := s.people.Member(ctx, m.Member)
	if fault.Is(err, fault.NotFound) || (err == nil && (to.Closed != 0 || to.Email == "")) {
		return store.IgnoreAbsent(s.mails.Delete(ctx, m.ID, 0))
	}
	if err != nil {
		return err
	}
	failure := s.hand(ctx, m, to)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, err = s.mails.Update(ctx, m.ID, func(m *Mail) error {
		m.Tries++
		m.State, m.Error = Sent, ""
		if failure != nil {
			m.State, m.Error = Queued, failure.Error()
			m.Next = store.At(s.db.Now().Add(time.Minute << (m.Tries - 1)))
			if m.Tries >= maxTries {
				m.State = Failed
			}
		}
		return nil
	})
	return store.IgnoreAbsent(err)
}

func (s *Service) hand(ctx context.Context, m *Mail, to *community.Member) error {
	out := Message{ID: m.ID, To: cmp.Or(m.Address, to.Email), Name: to.DisplayName(), Subject: m.Subject, Text: m.Text}
	if m.Bulk {
		token, err := s.people.Link(ctx, community.LinkUnsubscribe, to, 365*24*time.Hour)
		if err != nil {
			return err
		}
		out.Unsubscribe = s.base + "/unsubscribe?token=" + token
		out.Text += "\n--\nNo more of these: " + out.Unsubscribe + "\n"
	}
	out.HTML = htmlOf(out.Text)
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return s.sender.Send(ctx, out)
}

// htmlOf shows the text as it is, with its addresses as links.
func htmlOf(text string) string {
	var b strings.Builder
	b.WriteString(`<div style="font-family:sans-serif;font-size:16px;line-height:1.5;white-space:pre-wrap">`)
	for i, word := range strings.SplitAfter(text, " ") {
		_ = i
		for _, part := range strings.SplitAfter(word, "\n") {
			bare := strings.TrimSpace(part)
			if strings.HasPrefix(bare, "http://") || strings.HasPrefix(bare, "https://") {
				e := html.EscapeString(bare)
				b.WriteString(`<a href="` + e + `">` + e + `</a>` + part[len(strings.TrimRight(part, " \n")):])
				continue
			}
			b.WriteString(html.EscapeString(part))
		}
	}
	b.WriteString("</div>")
	return b.String()
}

// KeptMail lists the messages that were kept or given up, newest first, to admins.
func (s *Service) KeptMail(ctx context.Context, by community.Actor, cursor string, limit int) (list []Mail, next string, err error) {
	if !by.IsAdmin() {
		return nil, "", fault.New(fault.Forbidden, "Only an administrator may read this.")
	}
	kept := store.Where("state", Kept).Order("-created").After(cursor).Limit(limit)
	failed := store.Where("state", Failed).Order("-created").After(cursor).Limit(limit)
	p, err := s.mails.Merge(ctx, kept, failed)
	if errors.Is(err, store.ErrCursor) {
		return nil, "", fault.New(fault.Invalid, "This page of the list is no longer there. Start again from its beginning.")
	}
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(p.Items))
	for i, m := range p.Items {
		ids[i] = m.Member
	}
	to, err := s.people.Members(ctx, ids)
	for _, m := range p.Items {
		if t := to[m.Member]; t != nil {
			m.To = cmp.Or(m.Address, t.Email)
		}
		list = append(list, *m)
	}
	return list, p.Next, err
}

// Counts tells how many messages stand in each state that needs an operator.
func (s *Service) Counts(ctx context.Context) (queued, kept, failed int64, err error) {
	if queued, err = s.mails.Count(ctx, store.Where("state", Queued)); err != nil {
		return
	}
	if kept, err = s.mails.Count(ctx, store.Where("state", Kept)); err != nil {
		return
	}
	failed, err = s.mails.Count(ctx, store.Where("state", Failed))
	return
}
