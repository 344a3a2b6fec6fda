package community

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// SignUp is what a newcomer gives. Setup is the one-time token that makes the
// first administrator; usually empty.
type SignUp struct{ Name, Email, Password, Setup string }

var (
	errBadSignIn = fault.New(fault.Unauthorized, "E-mail address and password do not belong together. Check both, or set a new password.")
	errSetupUsed = &fault.Error{Kind: fault.Conflict, Field: "setup",
		Public: "This set-up link does not work any more: it was used, or the server has started again since and printed a new one."}
)

// SignUp makes an account and signs it in on the device; the address is then to
// be confirmed by a link that is mailed. With the set-up token the account is
// the first administrator's, confirmed at once: no mail may work yet.
func (s *Service) SignUp(ctx context.Context, in SignUp, dev Device) (*Member, string, error) {
	conf, err := s.Settings(ctx)
	if err != nil {
		return nil, "", err
	}
	role := Customer
	if in.Setup != "" {
		if err := s.checkSetup(ctx, conf, in.Setup); err != nil {
			return nil, "", err
		}
		role = Admin
	} else if !conf.SignUp {
		return nil, "", fault.New(fault.Forbidden, "New accounts are not open to everybody here. Ask the people who run this community for one.")
	}
	m, err := s.newMember(conf, NewMember{Name: in.Name, Email: in.Email, Role: role})
	if err != nil {
		return nil, "", err
	}
	if m.Password, err = s.newPassword(ctx, "password", in.Password, m); err != nil {
		return nil, "", err
	}
	if role == Admin {
		return s.foundCommunity(ctx, m, in.Setup, dev)
	}
	if err := errors.Join(s.emitMember(m, m.ID, MemberJoined, nil), s.emitMember(m, m.ID, ConfirmRequested, nil)); err != nil {
		return nil, "", err
	}
	if err := s.insertMember(ctx, conf, m); err != nil {
		return nil, "", err
	}
	token, err := s.begin(ctx, m, dev)
	return m, token, err
}

// foundCommunity inserts the first administrator. Its id is derived from the token, so
// that a token makes one administrator however often it is used at once; the
// token is void as soon as one exists, so forgetting it may fail.
func (s *Service) foundCommunity(ctx context.Context, m *Member, setup string, dev Device) (*Member, string, error) {
	m.ID, m.Confirmed = store.DeriveID("founder", setup), m.Joined
	if err := s.emitMember(m, m.ID, MemberJoined, nil); err != nil {
		return nil, "", err
	}
	err := withHandle(handleBase(m.Name), func(handle string) error {
		m.Handle = handle
		return s.members.Insert(ctx, m)
	})
	var exists *store.ExistsError
	if errors.As(err, &exists) && exists.Index == "id" {
		return nil, "", errSetupUsed
	}
	if err != nil {
		return nil, "", emailTaken(err)
	}
	if _, err := s.settings.Update(ctx, settingsID, func(c *Settings) error { c.Setup = ""; return nil }); err != nil {
		s.log.Warn("used set-up token not forgotten", "err", err)
	}
	token, err := s.begin(ctx, m, dev)
	return m, token, err
}

// SetupToken makes a fresh one-time token for the first administrator's
// SignUp, and voids an earlier one. needed is false once there is an administrator.
func (s *Service) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	if admins, err := s.admins(ctx); err != nil || admins > 0 {
		return "", false, err
	}
	token = store.Token()
	_, err = s.settings.Update(ctx, settingsID, func(c *Settings) error { c.Setup = setupHash(token); return nil })
	return token, err == nil, err
}

func setupHash(token string) string { return store.DeriveID("setup", token) }

func (s *Service) checkSetup(ctx context.Context, conf *Settings, token string) error {
	admins, err := s.admins(ctx)
	if err != nil {
		return err
	}
	if admins > 0 || conf.Setup == "" || subtle.ConstantTimeCompare([]byte(conf.Setup), []byte(setupHash(token))) != 1 {
		return errSetupUsed
	}
	return nil
}

func (s *Service) admins(ctx context.Context) (int64, error) {
	return s.members.Count(ctx, store.Where("role", Admin))
}

// SignIn signs a member in on a device. Whatever is wrong, the fault and the
// work are the same.
func (s *Service) SignIn(ctx context.Context, email, password string, dev Device) (*Member, string, error) {
	m, err := s.byEmail(ctx, email)
	if err != nil {
		return nil, "", err
	}
	stored := ""
	if m != nil {
		stored = m.Password
	}
	if ok, err := s.verifyPassword(ctx, stored, password); err != nil {
		return nil, "", err
	} else if !ok || m.Closed != 0 {
		return nil, "", errBadSignIn
	}
	s.strengthen(ctx, m, password)
	token, err := s.begin(ctx, m, dev)
	return m, token, err
}

// strengthen hashes the password anew where its hash asks less of a guesser
// than ours do now. Failing at it keeps nobody out.
func (s *Service) strengthen(ctx context.Context, m *Member, password string) {
	if h, ok := parseHashed(m.Password); !ok || !h.weaker(s.cost) {
		return
	}
	stronger, err := s.hashPassword(ctx, password)
	if err == nil {
		_, err = s.members.Update(ctx, m.ID, func(now *Member) error {
			if now.Password != m.Password {
				return store.ErrUnchanged
			}
			now.Password = stronger
			return nil
		})
	}
	if err != nil {
		s.log.Warn("password not hashed anew", "member", m.ID, "err", err)
	}
}

// ChangePassword sets a new password, which signs out every device by that
// same write, and signs this one in again. Faults name the fields "old" and "new".
func (s *Service) ChangePassword(ctx context.Context, by Actor, old, new string, dev Device) (token string, err error) {
	m, err := s.proven(ctx, by, "old", old)
	if err != nil {
		return "", err
	}
	hash, err := s.newPassword(ctx, "new", new, m)
	if err != nil {
		return "", err
	}
	m, err = s.members.Update(ctx, m.ID, func(now *Member) error {
		if now.Password != m.Password || now.Closed != 0 {
			return fault.New(fault.Conflict, "The password was changed somewhere else in this moment. Please try again.")
		}
		now.Password = hash
		now.Sessions++
		return s.emitMember(now, now.ID, PasswordChanged, nil)
	})
	if err != nil {
		return "", err
	}
	return s.begin(ctx, m, dev)
}

// RequestReset has a link mailed that sets a new password. It says nothing
// about whether the address is known; asking again before the mail was made
// changes nothing.
func (s *Service) RequestReset(ctx context.Context, email string) error {
	if _, err := emailKey(email); err != nil {
		return err
	}
	m, err := s.byEmail(ctx, email)
	if err != nil || m == nil {
		return err
	}
	_, err = s.members.Update(ctx, m.ID, func(m *Member) error {
		if m.Closed != 0 || m.EmailKey == "" || owes(m, ResetRequested) {
			return store.ErrUnchanged
		}
		return s.emitMember(m, m.ID, ResetRequested, nil)
	})
	return err
}

// ResetPassword sets the password that a reset link allows, once. It signs out
// every device and this one in, and confirms the address that the link went to.
func (s *Service) ResetPassword(ctx context.Context, link, password string, dev Device) (*Member, string, error) {
	m, err := s.OpenLink(ctx, LinkReset, link)
	if err != nil {
		return nil, "", err
	}
	hash, err := s.newPassword(ctx, "password", password, m)
	if err != nil {
		return nil, "", err
	}
	now := s.now()
	m, err = s.useLink(ctx, LinkReset, link, func(m *Member) error {
		m.Password = hash
		m.Sessions++
		if m.Confirmed == 0 {
			m.Confirmed = now
		}
		return s.emitMember(m, m.ID, PasswordChanged, nil)
	})
	if err != nil {
		return nil, "", err
	}
	token, err := s.begin(ctx, m, dev)
	return m, token, err
}

// RequestConfirm has the link mailed (again) that confirms the address.
func (s *Service) RequestConfirm(ctx context.Context, by Actor) error {
	m, err := s.own(ctx, by)
	if err != nil {
		return err
	}
	_, err = s.members.Update(ctx, m.ID, func(m *Member) error {
		switch {
		case m.Confirmed != 0:
			return fault.New(fault.Conflict, "Your e-mail address is confirmed already.")
		case m.EmailKey == "":
			return fault.New(fault.Conflict, "Your account has no e-mail address yet. Give one first.")
		case owes(m, ConfirmRequested):
			return store.ErrUnchanged
		}
		return s.emitMember(m, m.ID, ConfirmRequested, nil)
	})
	return err
}

// Confirm notes that the address a confirm link went to is the member's, once.
func (s *Service) Confirm(ctx context.Context, link string) (*Member, error) {
	now := s.now()
	return s.useLink(ctx, LinkConfirm, link, func(m *Member) error { m.Confirmed = now; return nil })
}

// ChangeEmail gives the actor another address, to be confirmed anew. It asks for
// the password, because whoever has the address can reset the password.
func (s *Service) ChangeEmail(ctx context.Context, by Actor, password, email string) error {
	m, err := s.proven(ctx, by, "password", password)
	if err != nil {
		return err
	}
	key, err := emailKey(email)
	if err != nil {
		return err
	}
	_, err = s.members.Update(ctx, m.ID, func(now *Member) error {
		if now.Password != m.Password || now.Closed != 0 {
			return fault.New(fault.Conflict, "The password was changed somewhere else in this moment. Please try again.")
		}
		before, same := now.Email, now.EmailKey == key
		now.Email, now.EmailKey = strings.TrimSpace(email), key
		if same {
			return nil
		}
		var told error
		if now.Confirmed != 0 { // else it may be a stranger's
			told = s.emitMember(now, now.ID, EmailChanged, payload(map[string]string{"before": before}))
		}
		now.Confirmed = 0
		return errors.Join(told, s.emitMember(now, now.ID, ConfirmRequested, nil))
	})
	return emailTaken(err)
}

// proven is own, for a person who also gave the right password.
func (s *Service) proven(ctx context.Context, by Actor, field, password string) (*Member, error) {
	m, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	if m.Password == "" {
		return nil, fault.New(fault.Conflict, "Your account has no password yet. Ask for a link to set one on the sign-in page.")
	}
	ok, err := s.verifyPassword(ctx, m.Password, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.Field(field, "This is not your present password.")
	}
	return m, nil
}

// newPassword checks and hashes a password chosen for m.
func (s *Service) newPassword(ctx context.Context, field, password string, m *Member) (string, error) {
	if err := checkPassword(field, password, m.Name, m.Email); err != nil {
		return "", err
	}
	return s.hashPassword(ctx, password)
}

// own is the actor's own account: whoever is signed in, suspended or not.
func (s *Service) own(ctx context.Context, by Actor) (*Member, error) {
	if by.Guest() {
		return nil, errSignIn
	}
	m, err := s.Member(ctx, by.ID)
	if err == nil && m.Closed != 0 {
		return nil, errSignIn
	}
	return m, err
}

// byEmail is the member of that address, or nil.
func (s *Service) byEmail(ctx context.Context, email string) (*Member, error) {
	key, err := emailKey(email)
	if err != nil {
		return nil, nil
	}
	m, err := s.members.First(ctx, store.Where("email_key", key))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return m, err
}

// newMember makes the document of a new account, as yet without password and handle.
func (s *Service) newMember(conf *Settings, in NewMember) (*Member, error) {
	name, err := memberName(in.Name, in.Role, conf.Name)
	if err != nil {
		return nil, err
	}
	key, err := emailKey(in.Email)
	if err != nil {
		return nil, err
	}
	return &Member{
		Meta: store.Meta{ID: store.NewID(s.db.Now())}, Name: name, Email: strings.TrimSpace(in.Email), EmailKey: key,
		Role: in.Role, Joined: s.now(), Prefs: Prefs{MailAnswers: true, MailWatching: true, MailMentions: true},
	}, nil
}

// insertMember adds m under the first free handle.
func (s *Service) insertMember(ctx context.Context, conf *Settings, m *Member) error {
	return emailTaken(withHandle(handleFor(m.Name, m.Role, conf.Name), func(handle string) error {
		m.Handle = handle
		return s.members.Insert(ctx, m)
	}))
}

func emailTaken(err error) error {
	if !taken(err, "email_key") {
		return err
	}
	return &fault.Error{Kind: fault.Conflict, Field: "email", Err: err,
		Public: "There is an account with this e-mail address already. Sign in, or set a new password."}
}

// emitMember adds an event about m to the write under way.
func (s *Service) emitMember(m *Member, by, kind string, payload []byte) error {
	if m.Emit(s.routes, m.ID, outbox.Event{Kind: kind, At: s.now(), By: by, Member: m.ID, Payload: payload}) {
		return nil
	}
	return fault.New(fault.Unavailable, "Too much is still waiting to be done for this account. Please try again later.")
}

// owes reports whether an event of that kind still waits in m.
func owes(m *Member, kind string) bool {
	for _, e := range m.Outbox {
		if e.Kind == kind {
			return true
		}
	}
	return false
}
