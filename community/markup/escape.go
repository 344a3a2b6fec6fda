package markup

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	entityLike = regexp.MustCompile(`^&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});`)
	// What GFM would make a link of without being asked.
	bareScheme = regexp.MustCompile(`(?i)(https?|ftp):`)
	bareWWW    = regexp.MustCompile(`www\.`)

	lineStart = regexp.MustCompile(`^(?:#{1,6}(?:\s|$)|[-+](?:\s|$)|>|[=]+\s*$|[-:|][-:| ]*$)`)
	numbered  = regexp.MustCompile(`^(\d{1,9})([.)](?:\s|$))`)
)

// escapeText makes text that Markdown reads as just that. More says that something
// follows on the line, which a final character might otherwise combine with.
func escapeText(s string, more bool) string {
	var b strings.Builder
	for i, r := range s {
		if mustEscape(s, i, r, more) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	text := bareScheme.ReplaceAllString(b.String(), `$1\:`)
	return bareWWW.ReplaceAllString(text, `www\.`)
}

func mustEscape(s string, i int, r rune, more bool) bool {
	after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
	last := i+utf8.RuneLen(r) == len(s)
	switch r {
	case '*', '`', '[', ']', '~':
		return true
	case '_':
		return last || i == 0 || !wordRune(after) || !wordRune(lastRune(' ', s[:i]))
	case '\\':
		return last || after < utf8.RuneSelf && !wordRune(after) && after != ' '
	case '<':
		return last || unicode.IsLetter(after) || strings.ContainsRune("/!?", after)
	case '&':
		return last && more || entityLike.MatchString(s[i:])
	case '!':
		return last && more
	case '@':
		return i > 0 && !last && wordRune(after) && !unicode.IsSpace(lastRune(' ', s[:i]))
	}
	return false
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// guardLines escapes what would begin a block at the start of a line.
func guardLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case lineStart.MatchString(line):
			lines[i] = `\` + line
		case numbered.MatchString(line):
			lines[i] = numbered.ReplaceAllString(line, `$1\$2`)
		}
	}
	return strings.Join(lines, "\n")
}

// codeSpan quotes code with more backticks than it holds in a row.
func codeSpan(code string) string {
	if code == "" {
		return ""
	}
	ticks := strings.Repeat("`", longestRun(code, '`')+1)
	spaced := strings.Trim(code, " ") != "" && code[0] == ' ' && code[len(code)-1] == ' '
	if code[0] == '`' || code[len(code)-1] == '`' || spaced {
		code = " " + code + " "
	}
	return ticks + code + ticks
}

// destination writes an address between the parentheses of a link.
func destination(href string) string {
	balanced := balancedParens(href)
	var b strings.Builder
	for i, r := range href {
		switch {
		case r <= ' ' || r == 0x7f || strings.ContainsRune("<>`\\\"", r) || (r == '(' || r == ')') && !balanced:
			fmt.Fprintf(&b, "%%%02X", r)
		case r == '&' && entityLike.MatchString(href[i:]):
			b.WriteString("&amp;")
		case unicode.IsSpace(r):
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func balancedParens(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 || depth > 16 {
			return false
		}
	}
	return depth == 0
}
