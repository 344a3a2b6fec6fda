package community

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// LinkPurpose is what a signed link lets its holder do.
type LinkPurpose string

const (
	LinkConfirm     LinkPurpose = "confirm"     // confirm the e-mail address; once
	LinkReset       LinkPurpose = "reset"       // set a new password; once
	LinkUnsubscribe LinkPurpose = "unsubscribe" // stop all mail; may be repeated
)

var errGoneLink = fault.New(fault.Gone, "This link has expired or was used: ask for a new one.")

// A link's token is base64url(mac | expiry | member id). The MAC also covers
// the purpose and the member's state that the link is bound to, so that nothing
// is stored and what a used link changed makes it void.
var link64 = base64.RawURLEncoding.Strict()

const maxLink = 200 // bytes; ours have about 75

// Link signs a token for the member, to be put into the address that a mail
// carries. Reset and confirm links die when used, and with any change of
// password or address or a sign-out everywhere; unsubscribe links, which stand
// in old mails, only with the address. All die when the account is closed.
func (s *Service) Link(ctx context.Context, purpose LinkPurpose, m *Member, validFor time.Duration) (string, error) {
	secret, err := s.linkSecret(ctx)
	if err != nil {
		return "", err
	}
	body := binary.BigEndian.AppendUint64(nil, uint64(s.now())+uint64(max(0, validFor.Milliseconds())))
	body = append(body, m.ID...)
	return link64.EncodeToString(append(linkMAC(secret, purpose, body, m), body...)), nil
}

// OpenLink returns the member that a link is for, and changes nothing. Whatever
// is wrong with the link is the same Gone.
func (s *Service) OpenLink(ctx context.Context, purpose LinkPurpose, token string) (*Member, error) {
	id, valid, err := s.openLink(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	m, err := s.members.Get(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, errGoneLink
	case err != nil:
		return nil, err
	}
	return m, valid(m)
}

// useLink is OpenLink and what the link allows in one write: of two uses at
// once, the second finds the link void.
func (s *Service) useLink(ctx context.Context, purpose LinkPurpose, token string, apply func(*Member) error) (*Member, error) {
	id, valid, err := s.openLink(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	m, err := s.members.Update(ctx, id, func(m *Member) error {
		if err := valid(m); err != nil {
			return err
		}
		return apply(m)
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, errGoneLink
	}
	return m, err
}

// openLink reads whom the token is for and returns the check that the member's
// present state must pass. Until it passed, the id proves nothing.
func (s *Service) openLink(ctx context.Context, purpose LinkPurpose, token string) (id string, valid func(*Member) error, err error) {
	secret, err := s.linkSecret(ctx)
	if err != nil {
		return "", nil, err
	}
	if len(token) > maxLink {
		return "", nil, errGoneLink
	}
	raw, err := link64.DecodeString(token)
	if err != nil || len(raw) <= sha256.Size+8 || link64.EncodeToString(raw) != token { // the decoder skips line ends
		return "", nil, errGoneLink
	}
	mac, body := raw[:sha256.Size], raw[sha256.Size:]
	expires := store.Millis(binary.BigEndian.Uint64(body))
	now := s.now()
	return string(body[8:]), func(m *Member) error {
		if !hmac.Equal(mac, linkMAC(secret, purpose, body, m)) || m.Closed != 0 || expires <= now {
			return errGoneLink
		}
		return nil
	}, nil
}

func (s *Service) linkSecret(ctx context.Context) ([]byte, error) {
	conf, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if len(conf.Secret) < 32 {
		return nil, errors.New("community: the settings hold no secret to sign links with")
	}
	return []byte(conf.Secret), nil
}

func linkMAC(secret []byte, purpose LinkPurpose, body []byte, m *Member) []byte {
	mac := hmac.New(sha256.New, secret)
	for _, part := range append([]string{"selfie link 1", string(purpose), string(body)}, binding(purpose, m)...) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // keeps parts apart
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// binding is the state of the member that a link lives and dies with.
func binding(purpose LinkPurpose, m *Member) []string {
	sessions := strconv.FormatInt(m.Sessions, 10)
	switch purpose {
	case LinkUnsubscribe:
		return []string{m.ID, m.EmailKey}
	case LinkConfirm:
		return []string{m.ID, m.EmailKey, sessions, strconv.FormatInt(int64(m.Confirmed), 10)}
	}
	return []string{m.ID, m.EmailKey, sessions, m.Password}
}
