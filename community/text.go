package community

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"selfie/internal/fault"
)

// Line and Prose are the checks that every text a person types here passes,
// wherever it is kept: see line and prose, which say what they refuse. What they
// return is the text to keep.
func Line(field, s string, min, max int) (string, error) { return line(field, s, min, max) }

// Prose is Line for text of many lines.
func Prose(field, s string, min, max int) (string, error) { return prose(field, s, min, max) }

// line reads one line of text: normalised (NFC), trimmed, runs of spaces made
// one, of min to max runes. Control characters and bidirectional overrides are
// an Invalid fault on field; marks that only embed or isolate are dropped,
// because one left open would turn round what stands behind the line.
func line(field, s string, min, max int) (string, error) {
	if err := readable(field, s, max); err != nil {
		return "", err
	}
	s = strings.Join(strings.Fields(norm.NFC.String(strings.Map(withoutEmbedding, trimmed(s)))), " ")
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.Field(field, "%s: write it in one line, without control characters.", label(field))
	}
	return s, between(field, s, min, max)
}

// prose reads text of many lines: normalised (NFC), line ends made "\n", blank
// lines before and white space behind it removed, of min to max runes. Control
// characters other than tab and line end, and bidirectional overrides, are an
// Invalid fault on field.
func prose(field, s string, min, max int) (string, error) {
	if err := readable(field, s, max); err != nil {
		return "", err
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(norm.NFC.String(s))
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		return "", fault.Field(field, "%s: line %d holds a control character. Remove it, or paste the text without its formatting.",
			label(field), strings.Count(s[:i], "\n")+1)
	}
	s = withoutBlankStart(strings.TrimRightFunc(s, unicode.IsSpace))
	return s, between(field, s, min, max)
}

// emailKey checks an e-mail address and returns the form under which it is
// unique: trimmed and lower case, the domain in its ASCII form. Quoted local
// parts, address literals and domains without a dot are refused: nobody who
// signs up for a community has one, and a typing error looks like one.
func emailKey(s string) (key string, err error) {
	bad := fault.Field("email", "That does not look like an e-mail address. Write it like name@example.com.")
	local, domain, found := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "@")
	if !found || len(local) > 64 || len(s) > 1000 || !atoms(local) {
		return "", bad
	}
	domain, err = idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(domain, ".") || !hostname(domain) {
		return "", bad
	}
	key = local + "@" + domain
	if len(key) > maxEmail {
		return "", fault.Field("email", "That e-mail address is too long: at most %d characters.", maxEmail)
	}
	return key, nil
}

const maxEmail = 254 // RFC 5321, 4.5.3.1.3: a path of 256 octets less its brackets

// atoms is the dot-atom of RFC 5322, 3.2.3, in lower case.
func atoms(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.Trim(atom, "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~") != "" {
			return false
		}
	}
	return true
}

// hostname holds for names of letters, digits and inner hyphens whose last
// label is no number.
func hostname(s string) bool {
	last := ""
	for name := range strings.SplitSeq(s, ".") {
		if name == "" || len(name) > 63 || name[0] == '-' || name[len(name)-1] == '-' ||
			strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
		last = name
	}
	return strings.Trim(last, "0123456789") != ""
}

// readable refuses what no normalising can save. Text far too long is refused
// before work is spent on it.
func readable(field, s string, max int) error {
	switch {
	case !utf8.ValidString(s):
		return fault.Field(field, "%s: the text is not valid UTF-8.", label(field))
	case utf8.RuneCountInString(s) > 4*max+1000:
		return tooLong(field, utf8.RuneCountInString(s), max)
	case strings.ContainsAny(s, "\u202d\u202e"):
		return fault.Field(field, "%s: it holds an invisible mark that turns the direction of writing round. Remove it, or type the text anew.", label(field))
	}
	return nil
}

func between(field, s string, min, max int) error {
	n := utf8.RuneCountInString(s)
	switch {
	case min > 0 && strings.IndexFunc(s, visible) < 0:
		return fault.Field(field, "%s: please fill this in.", label(field))
	case n < min:
		return fault.Field(field, "%s: at least %d characters, please; this has %d.", label(field), min, n)
	case n > max:
		return tooLong(field, n, max)
	}
	return nil
}

func tooLong(field string, n, max int) error {
	return fault.Field(field, "%s: at most %d characters, please; this has %d.", label(field), max, n)
}

func visible(r rune) bool {
	const hangulFillers = "\u115f\u1160\u3164\uffa0" // letters by category, blank on the screen
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !strings.ContainsRune(hangulFillers, r) && r != '\u2800'
}

func trimmed(s string) string { return strings.TrimFunc(s, unicode.IsSpace) }

func withoutEmbedding(r rune) rune {
	if r >= '\u202a' && r <= '\u202c' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff' {
		return -1
	}
	if unicode.IsSpace(r) && !unicode.IsControl(r) {
		return ' '
	}
	if unicode.IsControl(r) {
		return 0 // kept from Fields, which would make a space of it, and refused after
	}
	return r
}

func withoutBlankStart(s string) string {
	for {
		first, rest, found := strings.Cut(s, "\n")
		if !found || strings.TrimSpace(first) != "" {
			return s
		}
		s = rest
	}
}

// label is a field's name as a person reads it: "stale_after" is "Stale after".
func label(field string) string {
	s := strings.ReplaceAll(field, "_", " ")
	if s == "" {
		return "Text"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
