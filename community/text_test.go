package community

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"selfie/internal/fault"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ in, want, problem string }{
		{"Ada", "Ada", ""},
		{"  Ada \u00a0 Lovelace\n", "Ada Lovelace", ""},
		{"e\u0301t", "ét", ""},
		{"e\u202a\u0301t", "ét", ""},
		{"\u202aC:\\x\u202c", "C:\\x", ""},
		{"\u2067שלום\u2069", "שלום", ""},
		{"👩\u200d🔧", "👩\u200d🔧", ""},
		{"100% %d", "100% %d", ""},
		{"", "", "fill this in"},
		{" \t ", "", "fill this in"},
		{"\u200b\u200b\u200b", "", "fill this in"},
		{"\u3164\u3164", "", "fill this in"},
		{"a", "", "at least 2 characters"},
		{"a\nb", "", "one line"},
		{"a\tb", "", "one line"},
		{"a\x00b", "", "one line"},
		{"abc\u202edef", "", "direction"},
		{"a\xffb", "", "UTF-8"},
		{strings.Repeat("é", 12), strings.Repeat("é", 12), ""},
		{strings.Repeat("é", 13), "", "at most 12 characters, please; this has 13"},
		{strings.Repeat("a", 100000), "", "at most 12 characters"},
	} {
		got, err := line("the_name", c.in, 2, 12)
		checkText(t, c.in, got, c.want, c.problem, err)
	}
	if got, err := line("about", " ", 0, 5); got != "" || err != nil {
		t.Errorf("an optional line: %q, %v", got, err)
	}
}

func TestProse(t *testing.T) {
	for _, c := range []struct{ in, want, problem string }{
		{"one\r\ntwo\rthree\n\n", "one\ntwo\nthree", ""},
		{"\n \n    code\n", "    code", ""},
		{"a\tb", "a\tb", ""},
		{"\u2068x\u2069 y", "\u2068x\u2069 y", ""},
		{"cafe\u0301", "café", ""},
		{"\n\n", "", "fill this in"},
		{"one\ntwo\x1b[0m", "", "line 2 holds a control"},
		{"x\x00", "", "control"},
		{"\u202dabc", "", "direction"},
		{"\xc3(", "", "UTF-8"},
		{strings.Repeat("a", 31), "", "at most 30"},
	} {
		got, err := prose("the_name", c.in, 1, 30)
		checkText(t, c.in, got, c.want, c.problem, err)
	}
}

func checkText(t *testing.T, in, got, want, problem string, err error) {
	t.Helper()
	if problem == "" {
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
		return
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Field != "the_name" || !strings.Contains(f.Public, problem) || !strings.HasPrefix(f.Public, "The name: ") {
		t.Errorf("%q: got %v, want a fault with %q", in, err, problem)
	}
}

func TestEmailKey(t *testing.T) {
	long := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 3)
	for in, want := range map[string]string{
		" Ada.Lovelace+x@Example.COM ": "ada.lovelace+x@example.com",
		"o'hara@mail.example":          "o'hara@mail.example",
		"a@bücher.example":             "a@xn--bcher-kva.example",
		"a@BÜCHER.example":             "a@xn--bcher-kva.example",
		long + "de":                    long + "de",
		long + "defghijk":              "",
		"":                             "",
		"ada":                          "",
		"@example.com":                 "",
		"ada@":                         "",
		"ada@localhost":                "",
		"ada@[127.0.0.1]":              "",
		"ada@127.0.0.1":                "",
		"ada@example..com":             "",
		"ada@.example.com":             "",
		"ada@-x.com":                   "",
		"a..b@example.com":             "",
		".a@example.com":               "",
		"a@b@example.com":              "",
		"\"a b\"@example.com":          "",
		"a b@example.com":              "",
		"a@exam ple.com":               "",
		"a@example.com\nbcc: x@y.de":   "",
		"a@example.com\r\n":            "a@example.com",
		"a\x00@example.com":            "",
		"ад@example.com":               "",
		"a\xff@example.com":            "",
		"<a@example.com>":              "",
	} {
		got, err := emailKey(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
		if err != nil && (!fault.Is(err, fault.Invalid) || err.(*fault.Error).Field != "email") {
			t.Errorf("%q: not a fault on email: %v", in, err)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("Ada")
	f.Add("a\u202e\xff\r\n\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range []func(string, string, int, int) (string, error){line, prose} {
			once, err := read("x", s, 1, 50)
			if err != nil {
				continue
			}
			if twice, err := read("x", once, 1, 50); twice != once || err != nil {
				t.Errorf("%q read twice: %q, then %q, %v", s, once, twice, err)
			}
			if !utf8.ValidString(once) || strings.ContainsAny(once, "\x00\r\u202d\u202e") {
				t.Errorf("%q gave %q", s, once)
			}
		}
		if key, err := emailKey(s); err == nil {
			if again, err := emailKey(key); again != key || err != nil {
				t.Errorf("%q: key %q, then %q, %v", s, key, again, err)
			}
		}
	})
}
