package ocr_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"selfie/media/ocr"
)

func TestFinds(t *testing.T) {
	for _, c := range []struct {
		text string
		want []ocr.Find
	}{
		{"", nil},
		{"Error 0x80070057: The parameter is incorrect.", nil},
		{"Signed in as jane.doe@example.com.", []ocr.Find{{ocr.Email, "j…@example.com"}}},
		{"A@B.de and a@b, user@localhost, @handle", []ocr.Find{{ocr.Email, "A…@B.de"}}},
		{"jane@example.com jane@example.com", []ocr.Find{{ocr.Email, "j…@example.com"}}},
		{"4111 1111 1111 1111", []ocr.Find{{ocr.Card, "…1111"}}},
		{"5500-0000-0000-0004 exp 11/29", []ocr.Find{{ocr.Card, "…0004"}}},
		{"378282246310005", []ocr.Find{{ocr.Card, "…0005"}}},
		{"4111 1111 1111 1112 does not pass its check digit", nil},
		{"0000 0000 0000 0000", nil},
		{"1234567890128 is an article number", nil},
		{"2026-11-22 10:11:12.123456 took 000123 ms", nil},
		{"AWS AKIAIOSFODNN7EXAMPLE here", []ocr.Find{{ocr.Key, "AKIA…"}}},
		{"ghp_16C7e42F292c6912E7710c838347Ae178B4a", []ocr.Find{{ocr.Key, "ghp_…"}}},
		{"sk_live_4eC39HqLyjWDarjtT1zdp7dc", []ocr.Find{{ocr.Key, "sk_l…"}}},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.SflKxwRJSMeKKF2QT4", []ocr.Find{{ocr.Key, "eyJh…"}}},
		{"-----BEGIN RSA PRIVATE KEY-----", []ocr.Find{{ocr.Key, "a private key"}}},
		{"api_key = 7f3kd92hf8", []ocr.Find{{ocr.Key, "…f8"}}},
		{"Password: hunter2hunter2", []ocr.Find{{ocr.Key, "…r2"}}},
		{"Passwort: Geheim!99", []ocr.Find{{ocr.Key, "…99"}}},
		{"Password: required", nil},
		{"Authorization: Bearer abcdef0123456789abcdef", []ocr.Find{{ocr.Key, "…ef"}}},
		{"Serial Number: C02XK1ZZJGH5", []ocr.Find{{ocr.Serial, "…GH5"}}},
		{"S/N CN0812AB77", []ocr.Find{{ocr.Serial, "…B77"}}},
		{"Seriennummer 4711-0815-22", []ocr.Find{{ocr.Serial, "…-22"}}},
		{"IMEI 490154203237518", []ocr.Find{{ocr.Serial, "…518"}}},
		{"VK7JG-NPHTM-C97JM-9MPGT-3V66T", []ocr.Find{{ocr.Serial, "…66T"}}},
		{"serial communications", nil},
		{"build 123e4567-e89b-12d3-a456-426614174000", nil},
		{"jane@example.com\nCard 4242424242424242\nS/N: AB12CD34", []ocr.Find{{ocr.Email, "j…@example.com"}, {ocr.Card, "…4242"}, {ocr.Serial, "…D34"}}},
	} {
		if got := ocr.Finds(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
}

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Nothing to hide": "Nothing to hide",
		"Ask jane.doe@example.com, card 4111 1111 1111 1111!": "Ask j…@example.com, card …1111!",
		"Serial Number: C02XK1ZZJGH5\nPassword: hunter2x":     "…GH5\n…2x",
	} {
		if got := ocr.Mask(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAlt(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"|| == 12":                        "",
		"File Edit View\nOK":              "Screenshot: File Edit View",
		"OK\nSettings\nThe disk is full.": "Screenshot: The disk is full.",
		"Signed in as jane@example.com\nUpdate failed":  "Screenshot: Update failed",
		"x\nSettings\n12:30":                            "Screenshot: Settings",
		"Error 0x80070057: The parameter is incorrect.": "Screenshot: Error 0x80070057: The parameter is incorrect.",
	} {
		if got := ocr.Alt(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	long := ocr.Alt(strings.Repeat("many words ", 100))
	if n := utf8.RuneCountInString(long); n > 140 || !strings.HasSuffix(long, "…") {
		t.Errorf("%d runes: %q", n, long)
	}
}

func TestTidy(t *testing.T) {
	for read, want := range map[string]string{
		"":                                   "",
		" Hello\t\tworld \n\n\x0c":           "Hello world",
		"|\n— =\nOK\n~~ a ~~":                "OK",
		"a\x00b\u202ec\xff de\u200b":         "a b c de",
		"Update failed\n  Code\u00a00x1F\n|": "Update failed\nCode 0x1F",
	} {
		if got := ocr.Tidy(read); got != want {
			t.Errorf("%q: %q, want %q", read, got, want)
		}
	}
	if n := len(ocr.Tidy(strings.Repeat("Wörter ohne Ende\n", 5000))); n > ocr.MaxText {
		t.Errorf("%d bytes", n)
	}
}

// FuzzText holds what is read by anybody from anything: clean, bounded, and
// finds that show nothing of what they mask.
func FuzzText(f *testing.F) {
	for _, s := range []string{"jane@example.com", "4111 1111 1111 1111", "Password: hunter2x\x00", "S/N: 12345678", "Bearer aaaaaaaaaaaaaaaaaaaaaa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, read string) {
		text := ocr.Tidy(read)
		if !utf8.ValidString(text) || len(text) > ocr.MaxText || strings.ContainsAny(text, "\x00\r\t") {
			t.Fatalf("not tidy: %q", text)
		}
		if again := ocr.Tidy(text); again != text {
			t.Fatalf("tidied twice %q becomes %q", text, again)
		}
		if alt := ocr.Alt(text); strings.Contains(alt, "\n") || utf8.RuneCountInString(alt) > 140 {
			t.Fatalf("alt: %q", alt)
		}
		if masked := ocr.Mask(text); len(ocr.Finds(text)) == 0 && masked != text {
			t.Fatalf("masked without a find: %q", masked)
		}
		list := ocr.Finds(read)
		if len(list) > 20 {
			t.Fatalf("%d finds", len(list))
		}
		for _, x := range list {
			if x.Text == "" || !strings.Contains(x.Text, "…") && x.Text != "a private key" {
				t.Fatalf("not masked: %v", x)
			}
		}
	})
}
