package notify

import (
	"context"
	"fmt"
	"net"
	"strconv"

	mail "github.com/wneessen/go-mail"
)

// SMTP sends by one mail server.
type SMTP struct {
	Addr           string // host:port
	User, Password string
	From           string
	Plain          bool // no TLS; otherwise STARTTLS, or TLS on port 465
}

// Send implements Sender.
func (s SMTP) Send(ctx context.Context, m Message) error {
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return fmt.Errorf("mail server %q: %w", s.Addr, err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("mail server %q: %w", s.Addr, err)
	}
	o := []mail.Option{mail.WithPort(n), mail.WithTLSPolicy(mail.TLSMandatory), mail.WithTimeout(sendWithin)}
	switch {
	case s.Plain:
		o = append(o, mail.WithTLSPolicy(mail.NoTLS))
	case n == 465:
		o = append(o, mail.WithSSL())
	}
	if s.User != "" {
		o = append(o, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	c, err := mail.NewClient(host, o...)
	if err != nil {
		return err
	}
	return c.DialAndSendWithContext(ctx, msg)
}

func (s SMTP) message(m Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(s.From); err != nil {
		return nil, err
	}
	if err := msg.AddToFormat(m.Name, m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID + "@selfie") // stable: a repeated hand-over can be told
	msg.SetDate()
	if m.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return msg, nil
}
