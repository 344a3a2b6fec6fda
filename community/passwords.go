package community

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"selfie/internal/fault"
)

// Passwords have 10 to 200 characters of any kind. Length and not being common
// is all that is asked, after NIST SP 800-63B, 5.1.1.2.
const (
	minPassword = 10
	maxPassword = 200
)

// hashCost is what one argon2id hash costs.
type hashCost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// ownCost is of OWASP's list of equally strong choices the one with 19 MiB.
var ownCost = hashCost{memory: 19 * 1024, passes: 2, lanes: 1}

// testCost is the least that argon2id takes, for Options.CheapPasswords.
var testCost = hashCost{memory: 8, passes: 1, lanes: 1}

// weaker reports whether c asks less of a guesser than another cost.
func (c hashCost) weaker(than hashCost) bool {
	return c.memory < than.memory || c.passes < than.passes
}

// sane bounds what a stored hash, perhaps an imported one, may make us spend.
func (c hashCost) sane() bool {
	return c.lanes >= 1 && c.lanes <= 4 && c.passes >= 1 && c.passes <= 10 &&
		c.memory >= 8*uint32(c.lanes) && c.memory <= 128*1024
}

// hashed is a password's hash with all that is needed to make it again.
type hashed struct {
	hashCost
	salt, sum []byte
}

var phc64 = base64.RawStdEncoding.Strict()

// String is the PHC string format.
func (h hashed) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.memory, h.passes, h.lanes, phc64.EncodeToString(h.salt), phc64.EncodeToString(h.sum))
}

func parseHashed(s string) (h hashed, ok bool) {
	part := strings.Split(s, "$")
	if len(part) != 6 {
		return h, false
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.lanes); err != nil || !h.sane() {
		return h, false
	}
	var err1, err2 error
	h.salt, err1 = phc64.DecodeString(part[4])
	h.sum, err2 = phc64.DecodeString(part[5])
	ok = err1 == nil && err2 == nil && len(h.salt) >= 8 && len(h.salt) <= 64 && len(h.sum) >= 16 && len(h.sum) <= 64
	return h, ok && h.String() == s // one spelling only; checks name and version too
}

// hashPassword makes the string that Member.Password keeps.
func (s *Service) hashPassword(ctx context.Context, password string) (string, error) {
	h := hashed{hashCost: s.cost, salt: make([]byte, 16), sum: make([]byte, 32)}
	rand.Read(h.salt)
	sum, err := s.derive(ctx, h, password)
	if err != nil {
		return "", err
	}
	h.sum = sum
	return h.String(), nil
}

// verifyPassword reports whether stored is a hash of password. It costs the
// same when nothing usable is stored, so that time does not tell which accounts
// exist. Its error is Unavailable or nil.
func (s *Service) verifyPassword(ctx context.Context, stored, password string) (bool, error) {
	h, usable := parseHashed(stored)
	if !usable {
		h = hashed{hashCost: s.cost, salt: make([]byte, 16), sum: make([]byte, 32)}
	}
	if len(password) > maxPassword*utf8.UTFMax {
		password, usable = "", false
	}
	sum, err := s.derive(ctx, h, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, h.sum) == 1 && usable, nil
}

// derive computes h's sum for password. Few run at once: each takes its memory.
func (s *Service) derive(ctx context.Context, h hashed, password string) ([]byte, error) {
	select {
	case s.passwords <- struct{}{}:
		defer func() { <-s.passwords }()
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "Too many people are signing in at this moment. Please try again.")
	}
	return argon2.IDKey([]byte(norm.NFC.String(password)), h.salt, h.passes, h.memory, h.lanes, uint32(len(h.sum))), nil
}

// checkPassword says whether a person may choose this password; own are the
// names and addresses it must not simply repeat. Its error is Invalid on field.
func checkPassword(field, password string, own ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return fault.Field(field, "The password is not valid UTF-8.")
	case n < minPassword:
		return fault.Field(field, "A password needs at least %d characters; this has %d. A few words make a good one.", minPassword, n)
	case n > maxPassword:
		return fault.Field(field, "A password may have at most %d characters; this has %d.", maxPassword, n)
	case common(password):
		return fault.Field(field, "This password is one of the first that others would guess. Please choose another.")
	}
	for _, name := range own {
		local, _, _ := strings.Cut(name, "@")
		for _, known := range []string{name, local} {
			if known = plain(known); known != "" && (plain(password) == known || core(password) == known) {
				return fault.Field(field, "The password must not be your name or e-mail address. Please choose another.")
			}
		}
	}
	return nil
}

//go:embed commonpasswords.txt
var commonText string

// commonWords are whole passwords and words that passwords are commonly made of.
var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			words[word] = true
		}
	}
	return words
})

// common holds for listed passwords, listed words with digits and signs around
// them, a short piece repeated, and plain runs like 0123456789.
func common(password string) bool {
	p := plain(password)
	words := commonWords()
	return words[p] || words[core(p)] || repeats(p) || runs(p)
}

// plain is how passwords and names are compared: small letters, no spaces.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), "")
}

// core is plain s without the digits and signs around it.
func core(s string) string {
	return strings.TrimFunc(plain(s), func(r rune) bool { return !unicode.IsLetter(r) })
}

func repeats(s string) bool {
	runes := []rune(s)
	for period := 1; period <= 4; period++ {
		same := true
		for i := period; i < len(runes); i++ {
			same = same && runes[i] == runes[i-period]
		}
		if same {
			return true
		}
	}
	return false
}

func runs(s string) bool {
	for _, keys := range []string{"01234567890123456789012345", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn"} {
		if strings.Contains(keys, s) || strings.Contains(reversed(keys), s) {
			return true
		}
	}
	return false
}

func reversed(s string) string {
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	return string(b)
}
