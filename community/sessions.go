package community

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Sessions last 90 days from when they were last seen, which is written down at
// most hourly.
const (
	sessionLasts   = store.Millis(90 * 24 * time.Hour / time.Millisecond)
	sessionTouches = store.Millis(time.Hour / time.Millisecond)
	memberTouches  = store.Millis(24 * time.Hour / time.Millisecond)
	maxSessions    = 100 // that are listed
)

// Device is what a browser says of itself when somebody signs in.
type Device struct{ Agent, IP string }

func sessionID(token string) string { return store.DeriveID("session", token) }

// begin signs the member in on a device and returns the secret for its cookie.
func (s *Service) begin(ctx context.Context, m *Member, dev Device) (token string, err error) {
	token, now := store.Token(), s.now()
	return token, s.sessions.Insert(ctx, &Session{
		Meta: store.Meta{ID: sessionID(token)}, Member: m.ID, Number: m.Sessions,
		Created: now, Seen: now, Expires: now + sessionLasts, Agent: agentName(dev.Agent), IP: shortIP(dev.IP),
	})
}

// ActorOf is who holds the token of a session's cookie. A token that is
// unknown, expired or void is a guest's. The only error is the store's own.
func (s *Service) ActorOf(ctx context.Context, token string) (Actor, error) {
	if token == "" || len(token) > 100 {
		return Actor{}, nil
	}
	session, err := s.sessions.Get(ctx, sessionID(token))
	if errors.Is(err, store.ErrNotFound) {
		return Actor{}, nil
	} else if err != nil {
		return Actor{}, err
	}
	m, err := s.readMember(ctx, session.Member)
	if errors.Is(err, store.ErrNotFound) {
		return Actor{}, nil
	} else if err != nil {
		return Actor{}, err
	}
	if !session.serves(m, s.now()) {
		return Actor{}, nil
	}
	s.touch(ctx, session, m)
	by := m.Actor()
	by.Session = session.ID
	return by, nil
}

// serves reports whether the session signs m in at that moment.
func (s *Session) serves(m *Member, now store.Millis) bool {
	return s.Member == m.ID && s.Number == m.Sessions && s.Expires > now && m.Closed == 0
}

// touch notes that session and member were seen. A failure costs nothing but
// the note: the next request writes it.
func (s *Service) touch(ctx context.Context, session *Session, m *Member) {
	now := s.now()
	if now < session.Seen+sessionTouches {
		return
	}
	_, err := s.sessions.Update(ctx, session.ID, func(session *Session) error {
		if now < session.Seen+sessionTouches {
			return store.ErrUnchanged
		}
		session.Seen, session.Expires = now, now+sessionLasts
		return nil
	})
	if err == nil && now >= m.Seen+memberTouches {
		_, err = s.members.Update(ctx, m.ID, func(m *Member) error {
			if m.Closed != 0 || now < m.Seen+memberTouches {
				return store.ErrUnchanged
			}
			m.Seen = now
			return nil
		})
	}
	if err != nil {
		s.log.Debug("session not touched", "session", session.ID, "err", err)
	}
}

// SignOut ends the actor's present session. Without one it does nothing.
func (s *Service) SignOut(ctx context.Context, by Actor) error {
	if by.Session == "" {
		return nil
	}
	return s.dropSession(ctx, by.Session)
}

// Sessions lists where the actor is signed in, latest seen first, at most 100.
func (s *Service) Sessions(ctx context.Context, by Actor) ([]*Session, error) {
	m, err := s.own(ctx, by)
	if err != nil {
		return nil, err
	}
	page, err := s.sessions.Find(ctx, store.Where("member", m.ID).Order("-seen").Limit(maxSessions))
	if err != nil {
		return nil, err
	}
	var live []*Session
	for _, session := range page.Items {
		if session.serves(m, s.now()) {
			live = append(live, session)
		}
	}
	return live, nil
}

// EndSession signs the actor out on one device. A session of somebody else is
// NotFound, as is one that ended.
func (s *Service) EndSession(ctx context.Context, by Actor, id string) error {
	if by.Guest() {
		return errSignIn
	}
	session, err := s.sessions.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && session.Member != by.ID {
		return fault.New(fault.NotFound, "You are not signed in there any more.")
	}
	if err != nil {
		return err
	}
	return s.dropSession(ctx, id)
}

// EndOtherSessions signs the actor out everywhere, by one write, and in again
// on this device: token is for its cookie.
func (s *Service) EndOtherSessions(ctx context.Context, by Actor) (token string, err error) {
	m, err := s.own(ctx, by)
	if err != nil {
		return "", err
	}
	var dev Device
	if here, err := s.sessions.Get(ctx, by.Session); err == nil && here.Member == m.ID {
		dev = Device{Agent: here.Agent, IP: here.IP}
	}
	m, err = s.members.Update(ctx, m.ID, func(m *Member) error {
		if m.Closed != 0 {
			return errSignIn
		}
		m.Sessions++
		return nil
	})
	if err != nil {
		return "", err
	}
	return s.begin(ctx, m, dev)
}

func (s *Service) dropSession(ctx context.Context, id string) error {
	return store.IgnoreAbsent(s.sessions.Delete(ctx, id, 0))
}

// agentName keeps what is printable of a User-Agent, at most 200 bytes.
func agentName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, cut(s, 1000))
	return strings.ToValidUTF8(cut(s, 200), "")
}

// shortIP keeps of an address only its network, /24 or /48: enough for "was
// that me?", too little to find somebody by.
func shortIP(s string) string {
	if network, err := netip.ParsePrefix(s); err == nil {
		s = network.Addr().String()
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	bits := 48
	if addr.Is4() {
		bits = 24
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}
