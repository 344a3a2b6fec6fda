// Package ocr reads the text in pictures, by a program that an operator may
// install, and says what in a text should perhaps not be shown to everyone.
//
// Without the program everything else works; who may know is told why. What was
// read is a guess: it finds threads, suggests descriptions and warns, and
// decides nothing alone.
package ocr

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reader reads the text in one PNG or JPEG. It may be called concurrently.
//
// Kinds: Unavailable (too many wait, the deadline passed, or ctx ended: the same
// picture may be tried again) and Invalid (this picture cannot be read). A
// picture without text is read, as "".
type Reader interface {
	Read(ctx context.Context, picture []byte) (string, error)
}

// State says whether pictures are read here, for operators.
type State struct {
	On        bool
	Program   string   // its path
	Version   string   // as it tells it
	Languages []string // that it reads, as it names them
	Says      string   // one sentence: what is on, or why it is off and how to mend it
}

// MaxText bounds what is kept of one picture, in bytes.
const MaxText = 16 << 10

// Tidy returns what a program read as clean lines: valid UTF-8 without control
// characters, single spaces, no lines of specks, and at most MaxText bytes.
func Tidy(read string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.ToValidUTF8(read, "")) {
		line = strings.Join(strings.FieldsFunc(line, blank), " ")
		if !legible(line) {
			continue
		}
		if b.Len()+len(line)+1 > MaxText {
			b.WriteString(cut(line, MaxText-b.Len()))
			break
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), " \n")
}

func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r)
}

// legible reports whether a line is more than edges and icons misread: two
// letters or digits, and not fewer of them than of other signs.
func legible(line string) bool {
	signs, others := count(line)
	return signs >= 2 && signs >= others
}

// count tells letters and digits from other signs; spaces are neither.
func count(line string) (signs, others int) {
	for _, r := range line {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			signs++
		case r != ' ':
			others++
		}
	}
	return signs, others
}

// cut returns at most n bytes of s, in whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:max(n, 0)]
}

// maxAlt bounds a suggested description, in runes of the line.
const maxAlt = 120

// Alt suggests a description of a screenshot from its text: the first line that
// reads like a sentence or a message, else the first with a word, but none that
// should perhaps not be shown; "" when there is none.
func Alt(text string) string {
	second := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		signs, others := count(line)
		if signs < 4 || signs < 3*others || len(Finds(line)) > 0 {
			continue
		}
		if words(line) >= 3 {
			return "Screenshot: " + short(line)
		}
		if second == "" && words(line) >= 1 {
			second = line
		}
	}
	if second == "" {
		return ""
	}
	return "Screenshot: " + short(second)
}

// words counts the words of two letters or more.
func words(line string) (n int) {
	for _, w := range strings.Fields(line) {
		letters := 0
		for _, r := range w {
			if unicode.IsLetter(r) {
				letters++
			}
		}
		if letters >= 2 {
			n++
		}
	}
	return n
}

// short ends a long line behind a word.
func short(line string) string {
	runes := []rune(line)
	if len(runes) <= maxAlt {
		return line
	}
	head := string(runes[:maxAlt])
	if i := strings.LastIndexByte(head, ' '); i > len(head)/2 {
		head = head[:i]
	}
	return head + "…"
}
