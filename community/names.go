package community

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// A name has 2 to 40 runes and need not be unique; a handle has 2 to 30 of
// [a-z0-9_-] and is.
const (
	minName   = 2
	maxName   = 40
	maxHandle = 30
)

// memberName reads the name a member of that role wants. Names that speak for
// the company, or for nobody, are kept for staff. community is the name of the
// whole, which counts as speaking for the company.
func memberName(s string, role Role, community string) (string, error) {
	name, err := line("name", s, minName, maxName)
	if err != nil {
		return "", err
	}
	if role == Customer && speaksForUs(name, community) {
		return "", fault.Field("name", "The name “%s” is kept for the people who run this community. Please choose another.", name)
	}
	return name, nil
}

// official are words that nobody but staff may be called, and companions words
// that change nothing about that: "The Official Support Team".
var (
	official = []string{"formermember", "administrator", "administrators", "administration", "admin", "admins",
		"moderator", "moderators", "moderation", "mod", "mods", "system", "sysadmin", "sysop", "superuser", "root", "operator",
		"support", "helpdesk", "official", "staff", "webmaster", "postmaster"}
	companions = []string{"the", "team", "desk", "help", "service", "services", "customer", "customers",
		"user", "member", "members", "forum", "community", "site", "account", "center", "centre", "your", "our", "chief", "head", "global", "real"}
)

// speaksForUs holds for names made of official words and companions, however
// they are spaced, written or spelt with look-alikes.
func speaksForUs(name, community string) bool {
	ours := official
	if own := skeleton(community, false); len(own) >= 3 {
		ours = append(slices.Clone(official), own)
	}
	return madeOf(skeleton(name, true), ours) || madeOf(skeleton(name, false), ours)
}

// madeOf reports whether s is a row of companions and at least one of ours.
func madeOf(s string, ours []string) bool {
	plainTo, oursTo := make([]bool, len(s)+1), make([]bool, len(s)+1)
	plainTo[0] = true
	for i := range s {
		for _, w := range companions {
			if w = alike.Replace(w); strings.HasPrefix(s[i:], w) {
				plainTo[i+len(w)] = plainTo[i+len(w)] || plainTo[i]
				oursTo[i+len(w)] = oursTo[i+len(w)] || oursTo[i]
			}
		}
		for _, w := range ours {
			if w = alike.Replace(w); strings.HasPrefix(s[i:], w) {
				oursTo[i+len(w)] = oursTo[i+len(w)] || plainTo[i] || oursTo[i]
			}
		}
	}
	return oursTo[len(s)]
}

// skeleton is how a name looks at a glance: small letters without accents,
// spaces and signs, look-alikes made one. Digits stand for the letters they
// resemble, or for nothing.
func skeleton(s string, digits bool) string {
	s = strings.ToLower(norm.NFKD.String(s))
	if digits {
		s = digitsAlike.Replace(s)
	}
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, foreignAlike.Replace(s))
	return alike.Replace(letters)
}

var (
	digitsAlike  = strings.NewReplacer("0", "o", "1", "i", "|", "i", "!", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t", "8", "b")
	foreignAlike = strings.NewReplacer(
		"а", "a", "в", "b", "е", "e", "к", "k", "м", "m", "н", "h", "о", "o", "р", "p", "с", "c", "т", "t", "у", "y", "х", "x",
		"і", "i", "ј", "j", "ѕ", "s", "ԁ", "d", "һ", "h", "ո", "n", "ѵ", "v", "г", "r", "п", "n",
		"α", "a", "β", "b", "ε", "e", "η", "n", "ι", "i", "κ", "k", "μ", "m", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x", "ς", "s", "σ", "o",
		"ı", "i", "ɑ", "a", "ɡ", "g", "ø", "o", "đ", "d", "ł", "l", "ß", "ss", "æ", "ae", "œ", "oe")
	alike = strings.NewReplacer("rn", "m", "vv", "w", "l", "i", "j", "i")
)

// handleBase makes the handle that a name suggests; "" when nothing of the name
// can be written in a handle.
func handleBase(name string) string {
	s := spelt.Replace(strings.ToLower(norm.NFKD.String(name)))
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			b.WriteRune(r)
		case unicode.IsMark(r), r == '\'', r == '’':
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	base := strings.Trim(cut(b.String(), maxHandle), "-_")
	if len(base) < 2 {
		return ""
	}
	return base
}

var spelt = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i", "ħ", "h", "ŋ", "n")

func cut(s string, max int) string { return s[:min(len(s), max)] }

// handleFor is handleBase, or "" where the handle would speak for the company
// though the name does not.
func handleFor(name string, role Role, community string) string {
	base := handleBase(name)
	if role == Customer && speaksForUs(base, community) {
		return ""
	}
	return base
}

const handleTries = 12

// withHandle runs write with one handle after another, made from base, until
// the write fails for no taken handle: the unique index decides, in that write.
func withHandle(base string, write func(handle string) error) error {
	for try := range handleTries {
		if err := write(handleAt(base, try)); !taken(err, "handle") {
			return err
		}
	}
	return fault.New(fault.Unavailable, "No free handle was found for this name. Please try again.")
}

// handleAt is base, then base-2 to base-4, then base with ever more random
// digits, so that the thousandth Maria is served as soon as the fifth.
func handleAt(base string, try int) string {
	switch {
	case base == "":
		base, try = "member", try+4
	case try == 0:
		return base
	}
	number := strconv.Itoa(try + 1)
	if try >= 4 {
		least := pow10(min(try-1, 9)) // more digits than any number before
		number = strconv.FormatInt(least+rand.Int64N(9*least), 10)
	}
	return strings.TrimRight(cut(base, maxHandle-1-len(number)), "-_") + "-" + number
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// taken reports whether err says that a unique index over that one field was violated.
func taken(err error, field string) bool {
	var exists *store.ExistsError
	return errors.As(err, &exists) && exists.Index == store.OnUniqueSparse(field).Name()
}
