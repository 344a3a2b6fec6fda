package community

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/store"
)

const (
	maxAbout    = 2000 // runes
	maxLocation = 80
)

var errNoMember = fault.New(fault.NotFound, "There is no such member.")

// Member returns one member, of a closed account too: show DisplayName. E-mail
// and password hash are in it and not for the page.
func (s *Service) Member(ctx context.Context, id string) (*Member, error) {
	return someMember(s.readMember(ctx, id))
}

// Members returns members by id; unknown ids are left out.
func (s *Service) Members(ctx context.Context, ids []string) (map[string]*Member, error) {
	seen := make(map[string]bool, len(ids))
	var distinct []string
	for _, id := range ids {
		if id != "" && !seen[id] {
			seen[id] = true
			distinct = append(distinct, id)
		}
	}
	return s.members.GetMany(ctx, distinct)
}

// MemberByHandle finds a member by the handle of an @mention, in any case.
func (s *Service) MemberByHandle(ctx context.Context, handle string) (*Member, error) {
	handle = strings.ToLower(strings.TrimPrefix(handle, "@"))
	if handle == "" || len(handle) > maxHandle {
		return nil, errNoMember
	}
	return someMember(s.members.First(ctx, store.Where("handle", handle)))
}

func someMember(m *Member, err error) (*Member, error) {
	if errors.Is(err, store.ErrNotFound) {
		return nil, errNoMember
	}
	return m, err
}

// ProfileEdit is what members say about themselves. About is Markdown of at
// most 2,000 runes.
type ProfileEdit struct{ Name, About, Location string }

// EditProfile changes the actor's profile. A new name brings a new handle, in
// the same one write; mentions hold ids and follow by themselves.
func (s *Service) EditProfile(ctx context.Context, by Actor, e ProfileEdit) (*Member, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	m, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	conf, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if e, err = e.checked(m, conf); err != nil {
		return nil, err
	}
	html := s.render.Render(e.About, markup.Options{Image: func(string) (markup.Picture, bool) { return markup.Picture{}, false }}).HTML
	edit := func(handle string) error {
		m, err = s.members.Update(ctx, by.ID, func(m *Member) error {
			if m.Closed != 0 {
				return errSignIn
			}
			renamed := m.Name != e.Name
			m.Name, m.About, m.AboutHTML, m.Location = e.Name, e.About, html, e.Location
			if handle != "" {
				m.Handle = handle
			}
			if !renamed {
				return nil
			}
			return s.emitMember(m, by.ID, MemberRenamed, nil)
		})
		return err
	}
	base := handleFor(e.Name, m.Role, conf.Name)
	if m.Handle != "" && base == handleFor(m.Name, m.Role, conf.Name) {
		return m, edit("")
	}
	err = withHandle(base, edit)
	return m, err
}

// checked brings the edit into the form that is kept. A name that stands is not
// judged again: it may be imported, or of former staff.
func (e ProfileEdit) checked(m *Member, conf *Settings) (ProfileEdit, error) {
	var err error
	if trimmed(e.Name) != m.Name || m.Name == "" {
		if e.Name, err = memberName(e.Name, m.Role, conf.Name); err != nil {
			return e, err
		}
	} else {
		e.Name = m.Name
	}
	if e.About, err = prose("about", e.About, 0, maxAbout); err != nil {
		return e, err
	}
	e.Location, err = line("location", e.Location, 0, maxLocation)
	return e, err
}

// EditPrefs sets what the actor is mailed about and how pages look.
func (s *Service) EditPrefs(ctx context.Context, by Actor, p Prefs) error {
	if p.Theme != "" && p.Theme != "light" && p.Theme != "dark" {
		return fault.Field("theme", "Theme: choose light, dark, or as the device has it.")
	}
	m, err := s.own(ctx, by)
	if err != nil {
		return err
	}
	_, err = s.members.Update(ctx, m.ID, func(m *Member) error {
		if m.Closed != 0 {
			return errSignIn
		}
		if m.Prefs == p {
			return store.ErrUnchanged
		}
		m.Prefs = p
		return nil
	})
	return err
}

// Unsubscribe stops all mail to the member whose mail carried the link. Doing
// it again is harmless.
func (s *Service) Unsubscribe(ctx context.Context, link string) (*Member, error) {
	return s.useLink(ctx, LinkUnsubscribe, link, func(m *Member) error {
		quiet := Prefs{Theme: m.Prefs.Theme, NoWeekly: true, NoSaved: true}
		if m.Prefs == quiet {
			return store.ErrUnchanged
		}
		m.Prefs = quiet
		return nil
	})
}

// CloseOwn closes the actor's account for good, as CloseMember does.
func (s *Service) CloseOwn(ctx context.Context, by Actor, password string, purge bool) error {
	m, err := s.proven(ctx, by, "password", password)
	if err != nil {
		return err
	}
	return s.closeMember(ctx, by, m.ID, purge)
}

// CloseMember closes an account for good: one write blanks all that says who it
// was and voids every session. Posts stay, by a former member; with purge the
// earlier texts of that member's posts go too. For administrators, and for
// others' accounts: one's own is closed by CloseOwn. The last administrator's
// cannot be closed. Closing again is harmless and may add the purge.
func (s *Service) CloseMember(ctx context.Context, by Actor, id string, purge bool) error {
	if err := s.mayAdminister(ctx, by); err != nil {
		return err
	}
	if id == by.ID {
		return fault.New(fault.Forbidden, "Close your own account from your settings, where your password is asked for.")
	}
	return s.closeMember(ctx, by, id, purge)
}

func (s *Service) closeMember(ctx context.Context, by Actor, id string, purge bool) error {
	m, err := s.Member(ctx, id)
	if err != nil {
		return err
	}
	if m.Role == Admin {
		if err := s.demote(ctx, id, Customer); err != nil {
			return err
		}
	}
	payload, err := json.Marshal(map[string]bool{"purge": purge})
	if err != nil {
		return err
	}
	now := s.now()
	_, err = someMember(s.members.Update(ctx, id, func(m *Member) error {
		if m.Role == Admin {
			return fault.New(fault.Conflict, "This member was made an administrator in this moment. Look again before closing the account.")
		}
		if m.Closed != 0 && !purge {
			return store.ErrUnchanged
		}
		m.blank(now)
		return s.emitMember(m, by.ID, MemberClosed, payload)
	}))
	return err
}

// blank leaves of the member what says nothing about the person: what is not
// named here is gone.
func (m *Member) blank(now store.Millis) {
	if m.Closed != 0 {
		now = m.Closed
	}
	*m = Member{
		Meta: m.Meta, Box: m.Box, Role: Customer, Joined: m.Joined, Suspended: m.Suspended, Closed: now,
		Sessions: m.Sessions + 1, Origin: m.Origin, Stats: m.Stats,
	}
}

// afterClose follows MemberClosed: it deletes what else only the member had
// use for. It may run again, and beside itself.
func (s *Service) afterClose(ctx context.Context, memberID string, purge bool) error {
	err := s.sessions.Each(ctx, store.Where("member", memberID).Order("-seen").Limit(200), func(x *Session) error {
		return s.dropSession(ctx, x.ID)
	})
	if err != nil {
		return err
	}
	err = s.drafts.Each(ctx, store.Where("member", memberID).Order("-updated").Limit(200), func(d *Draft) error {
		return store.IgnoreAbsent(s.drafts.Delete(ctx, d.ID, 0))
	})
	if err = errors.Join(err, s.dropUploadsOf(ctx, memberID, purge)); err != nil || !purge {
		return err
	}
	return s.history.Each(ctx, store.Where("by", memberID).Order("-at").Limit(200), func(r *Revision) error {
		_, err := s.history.Update(ctx, r.ID, func(r *Revision) error {
			if r.Title == "" && r.Body == "" && r.Note == "" && len(r.Tags) == 0 {
				return store.ErrUnchanged
			}
			r.Title, r.Body, r.Note, r.Tags = "", "", "", nil
			return nil
		})
		return store.IgnoreAbsent(err)
	})
}
