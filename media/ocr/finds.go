package ocr

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Kind is what a Find is.
type Kind string

const (
	Email  Kind = "email"
	Card   Kind = "card"   // the number of a payment card
	Key    Kind = "key"    // an API key, a token, a password
	Serial Kind = "serial" // of a device or a licence
)

// Find is something in a text that should perhaps not be shown to everyone. Text
// is masked: it tells its owner which one is meant, and nobody the rest.
type Find struct {
	Kind Kind   `json:"kind" enum:"email,card,key,serial"`
	Text string `json:"text" doc:"Masked, as in j…@example.com."`
}

// maxFinds bounds the finds in one text.
const maxFinds = 20

// pattern is one shape of what is looked for; the last group, if any, is the
// secret part. mask returns "" for what only looks like it.
type pattern struct {
	kind Kind
	re   *regexp.Regexp
	mask func(string) string
}

// patterns stand in the order in which they claim a stretch of text.
var patterns = []pattern{
	{Key, regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`), func(string) string { return "a private key" }},
	{Key, regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}`), maskKey}, // JSON web token
	{Key, regexp.MustCompile(`\b(?:sk|pk|rk)_(?:live|test)_\w{12,}|\bsk-[\w-]{20,}|\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abeoprs]-[\w-]{10,}|\bwhsec_[\w+/=]{16,}|\bA[KS]IA[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bSG\.[\w-]{16,}\.[\w-]{16,}`), maskKey},
	{Key, regexp.MustCompile(`(?i)\b(?:api[ _-]?key|access[ _-]?key|client[ _-]?secret|secret[ _-]?key|auth[ _-]?token|access[ _-]?token|bearer|token|secret|password|passwort|kennwort|passphrase|pwd)\s?[:=]\s?([^\s,;"']{8,})`), maskSecret},
	{Key, regexp.MustCompile(`\b[Bb]earer ([\w.~+/-]{20,}=*)`), maskSecret},
	{Email, regexp.MustCompile(`(?i)\b[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}\b`), maskEmail},
	{Serial, regexp.MustCompile(`\b[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,5}\b`), maskSerial}, // licences
	{Serial, regexp.MustCompile(`(?i)(?:\bserial(?:[ -]?(?:no|nr|num|number|key))?|\bserien(?:nummer|nr)|\bs/n|\bsn|\bimei|\blicen[sc]e key|\bproduct key)\b\.?\s?[:#=]?\s?([a-z0-9][a-z0-9-]{5,39})`), maskSerial},
	{Card, regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`), maskCard},
}

// Finds lists what in a text should perhaps not be shown, each once, in the order
// of the text: e-mail addresses, card numbers that pass their check digit, keys
// and tokens of known shapes or named as such, and serial numbers.
func Finds(text string) []Find {
	list := []Find{}
	for _, s := range spansOf(cut(text, 2*MaxText)) {
		if len(list) < maxFinds && !slices.Contains(list, s.find) {
			list = append(list, s.find)
		}
	}
	return list
}

// Mask returns a text with all that Finds would list masked: for everyone's eyes,
// and for search.
func Mask(text string) string {
	text = cut(text, 2*MaxText)
	var b strings.Builder
	at := 0
	for _, s := range spansOf(text) {
		b.WriteString(text[at:s.from])
		b.WriteString(s.find.Text)
		at = s.to
	}
	return b.String() + text[at:]
}

// spansOf lists the finds in their order; none meets another.
func spansOf(text string) (spans []span) {
	for _, p := range patterns {
		for _, m := range p.re.FindAllStringSubmatchIndex(text, -1) {
			at := span{m[0], m[1], Find{}}
			from, to := m[len(m)-2], m[len(m)-1]
			masked := p.mask(text[from:to])
			if masked == "" || slices.ContainsFunc(spans, at.meets) {
				continue
			}
			at.find = Find{p.kind, masked}
			spans = append(spans, at)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	return spans
}

// span is a stretch of the text, in bytes, and what it is.
type span struct {
	from, to int
	find     Find
}

func (s span) meets(o span) bool { return s.from < o.to && o.from < s.to }

func maskEmail(s string) string {
	at := strings.LastIndexByte(s, '@')
	return s[:1] + "…" + s[at:]
}

func maskKey(s string) string { return s[:4] + "…" }

// maskSecret is for what a name announces: a sentence goes on in words, a secret
// has something else in it.
func maskSecret(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '.' && r != '-' }) {
		return ""
	}
	return "…" + tail(s, 2)
}

func maskSerial(s string) string {
	if !strings.ContainsFunc(s, unicode.IsDigit) {
		return ""
	}
	return "…" + tail(s, 3)
}

func tail(s string, n int) string {
	r := []rune(s)
	return string(r[max(len(r)-n, 0):])
}

// maskCard keeps the last four digits, as receipts do, of what can be a card: a
// check digit that fits (Luhn, ISO/IEC 7812-1) behind a first digit of 2 to 6.
func maskCard(s string) string {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(s)
	if digits[0] < '2' || digits[0] > '6' || !luhn(digits) || strings.Count(digits, digits[:1]) == len(digits) {
		return ""
	}
	return "…" + digits[len(digits)-4:]
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
