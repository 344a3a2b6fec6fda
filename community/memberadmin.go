package community

import (
	"context"
	"slices"

	"selfie/internal/fault"
	"selfie/internal/store"
)

const maxSuspension = store.Millis(100 * 365 * 24 * 3600 * 1000)

var errLastAdmin = fault.New(fault.Conflict, "This is the only administrator. Make somebody else one first.")

func (s *Service) mayAdminister(ctx context.Context, by Actor) error {
	if err := s.active(by); err != nil {
		return err
	}
	return s.may.May(ctx, by, DoAdminister, nil)
}

// onlyOperator is for what is done at the machine and never through the web.
func onlyOperator(by Actor) error {
	if by.ID == System.ID {
		return nil
	}
	return fault.New(fault.Forbidden, "Only the operator of the server may do this.")
}

// ListMembers lists members of a role ("": all, closed accounts too), latest
// joined first, for administrators. limit is 1 to 100; 0 means 50.
func (s *Service) ListMembers(ctx context.Context, by Actor, role Role, cursor string, limit int) (store.Page[Member], error) {
	var none store.Page[Member]
	if err := s.mayAdminister(ctx, by); err != nil {
		return none, err
	}
	q := store.All()
	if role != "" {
		if !role.Valid() {
			return none, errNoRole
		}
		q = store.Where("role", role)
	}
	if limit <= 0 {
		limit = 50
	}
	return page(s.members.Find(ctx, q.Order("-joined").After(cursor).Limit(min(limit, 100))))
}

// MemberByEmail finds a member by address, for administrators.
func (s *Service) MemberByEmail(ctx context.Context, by Actor, email string) (*Member, error) {
	if err := s.mayAdminister(ctx, by); err != nil {
		return nil, err
	}
	if _, err := emailKey(email); err != nil {
		return nil, err
	}
	m, err := s.byEmail(ctx, email)
	if err == nil && m == nil {
		return nil, errNoMember
	}
	return m, err
}

var errNoRole = fault.Field("role", "Role: choose customer, moderator, agent or admin.")

// SetRole gives a member another role; administrators do. The last
// administrator stays one.
func (s *Service) SetRole(ctx context.Context, by Actor, id string, role Role) error {
	if err := s.mayAdminister(ctx, by); err != nil {
		return err
	}
	if !role.Valid() {
		return errNoRole
	}
	m, err := s.Member(ctx, id)
	if err != nil {
		return err
	}
	if m.Role == Admin && role != Admin {
		return s.demote(ctx, id, role)
	}
	now := s.now()
	return s.administer(ctx, id, func(m *Member) error { return m.become(role, now) })
}

func (m *Member) become(role Role, now store.Millis) error {
	switch {
	case m.Role == role:
		return store.ErrUnchanged
	case m.Role == Admin:
		return fault.New(fault.Conflict, "This member was made an administrator in this moment. Please look again.")
	case role == Admin && m.Suspended > now:
		return fault.New(fault.Conflict, "This member is suspended. Lift the suspension before making them an administrator.")
	}
	m.Role = role
	return nil
}

// demote takes the administrator's role from a member. No write spans two
// members, so of two administrators who demote each other at once both may
// succeed: whoever then finds none left undoes the own demotion. A crash just
// there leaves none, and the next start prints a set-up link again.
func (s *Service) demote(ctx context.Context, id string, role Role) error {
	if admins, err := s.admins(ctx); err != nil {
		return err
	} else if admins <= 1 {
		return errLastAdmin
	}
	set := func(role Role) error {
		return s.administer(ctx, id, func(m *Member) error { m.Role = role; return nil })
	}
	if err := set(role); err != nil {
		return err
	}
	admins, err := s.admins(ctx)
	if err != nil || admins > 0 {
		return err
	}
	if err := set(Admin); err != nil {
		return err
	}
	return errLastAdmin
}

// SetGroups sets the groups a member belongs to, at most 50; administrators do.
func (s *Service) SetGroups(ctx context.Context, by Actor, id string, groups []string) error {
	if err := s.mayAdminister(ctx, by); err != nil {
		return err
	}
	clean, err := cleanGroups(groups)
	if err != nil {
		return err
	}
	return s.administer(ctx, id, func(m *Member) error {
		if slices.Equal(m.Groups, clean) {
			return store.ErrUnchanged
		}
		m.Groups = clean
		return nil
	})
}

// Suspend lets a member only read until then; 0 lifts it. Moderators suspend
// customers, administrators everybody but administrators.
func (s *Service) Suspend(ctx context.Context, by Actor, id string, until store.Millis) error {
	if err := s.active(by); err != nil {
		return err
	}
	if by.Role != Moderator && !by.IsAdmin() {
		return fault.New(fault.Forbidden, "Only moderators and administrators may suspend members.")
	}
	if now := s.now(); until != 0 && (until <= now || until > now+maxSuspension) {
		return fault.Field("until", "Suspended until: give a time to come, at most a hundred years ahead.")
	}
	return s.administer(ctx, id, func(m *Member) error {
		switch {
		case m.Role == Admin:
			return fault.New(fault.Conflict, "Administrators cannot be suspended. Give them another role first.")
		case m.Role != Customer && !by.IsAdmin():
			return fault.New(fault.Forbidden, "Only an administrator may suspend staff.")
		case m.Suspended == until:
			return store.ErrUnchanged
		}
		m.Suspended = until
		return nil
	})
}

// administer updates an account that is open.
func (s *Service) administer(ctx context.Context, id string, apply func(*Member) error) error {
	_, err := someMember(s.members.Update(ctx, id, func(m *Member) error {
		if m.Closed != 0 {
			return fault.New(fault.Conflict, "This account is closed.")
		}
		return apply(m)
	}))
	return err
}

// NewMember is an account made by others than the person. Without a password
// the person sets one by a reset link. An empty role is Customer.
type NewMember struct {
	Name, Email, Password string
	Role                  Role
}

// CreateMember makes an account on an administrator's word: its address counts
// as confirmed, and the community may be closed to newcomers.
func (s *Service) CreateMember(ctx context.Context, by Actor, in NewMember) (*Member, error) {
	if err := s.mayAdminister(ctx, by); err != nil {
		return nil, err
	}
	if in.Role == "" {
		in.Role = Customer
	}
	if !in.Role.Valid() {
		return nil, errNoRole
	}
	conf, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.newMember(conf, in)
	if err != nil {
		return nil, err
	}
	if in.Password != "" {
		if m.Password, err = s.newPassword(ctx, "password", in.Password, m); err != nil {
			return nil, err
		}
	}
	m.Confirmed = m.Joined
	if err := s.emitMember(m, by.ID, MemberJoined, nil); err != nil {
		return nil, err
	}
	return m, s.insertMember(ctx, conf, m)
}

// SetPassword gives a member a new password and signs all their devices out;
// the operator does it at the machine.
func (s *Service) SetPassword(ctx context.Context, by Actor, id, password string) error {
	if err := onlyOperator(by); err != nil {
		return err
	}
	m, err := s.Member(ctx, id)
	if err != nil {
		return err
	}
	hash, err := s.newPassword(ctx, "password", password, m)
	if err != nil {
		return err
	}
	return s.administer(ctx, id, func(m *Member) error {
		m.Password = hash
		m.Sessions++
		return s.emitMember(m, by.ID, PasswordChanged, nil)
	})
}
