package mongo

import (
	"net/url"
	"strings"
)

// secrets are the parts of an address that no message may show.
type secrets []string

// secretOptions are the address's options whose values are passwords or tokens.
var secretOptions = []string{"tlscertificatekeyfilepassword", "sslclientcertificatekeypassword", "authmechanismproperties", "proxypassword"}

// secretsOf finds the password and the secret options of an address, as
// written and as meant. whole: they can only stand in a message as they are.
// That does not hold for an address with reserved characters in its password,
// which the driver takes for something else, and may show in pieces.
func secretsOf(uri string) (found secrets, whole bool) {
	_, rest, _ := strings.Cut(uri, "://")
	password := ""
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		_, password, _ = strings.Cut(rest[:at], ":")
		found = found.add(password)
	}
	_, query, _ := strings.Cut(rest, "?")
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		for _, secret := range secretOptions {
			if strings.EqualFold(name, secret) {
				found = found.add(value)
			}
		}
	}
	_, err := url.PathUnescape(password)
	return found, err == nil && !strings.ContainsAny(password, ":/?#[]@")
}

func (s secrets) add(written string) secrets {
	if written == "" {
		return s
	}
	s = append(s, written)
	if meant, err := url.PathUnescape(written); err == nil && meant != written {
		s = append(s, meant)
	}
	return s
}

// hide replaces every secret in a text.
func (s secrets) hide(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, "xxxxx")
	}
	return text
}

// failure is an error of the driver in words without secrets.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }

// Unwrap gives errors.Is and errors.As the cause. Its own text is not fit to show.
func (f *failure) Unwrap() error { return f.err }

func (s secrets) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{"mongo: " + what + ": " + s.hide(err.Error()), err}
}
