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
// written and as meant. It is made for addresses the driver refuses, too.
func secretsOf(uri string) secrets {
	var found secrets
	_, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		if _, password, ok := strings.Cut(rest[:at], ":"); ok {
			found = found.add(password)
		}
	}
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		for _, secret := range secretOptions {
			if strings.EqualFold(name, secret) {
				found = found.add(value)
			}
		}
	}
	return found
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
