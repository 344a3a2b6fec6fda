package archive

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/store"
)

func TestSites(t *testing.T) {
	for dump, want := range map[string]site{
		"router":                        {"router", []string{"router.stackexchange.com"}},
		"Router.StackExchange.com":      {"router", []string{"router.stackexchange.com"}},
		"router.meta":                   {"router.meta", []string{"router.meta.stackexchange.com", "meta.router.stackexchange.com"}},
		"router.meta.stackexchange.com": {"router.meta", []string{"router.meta.stackexchange.com", "meta.router.stackexchange.com"}},
		"meta.router.stackexchange.com": {"router.meta", []string{"router.meta.stackexchange.com", "meta.router.stackexchange.com"}},
		"stackoverflow.com":             {"stackoverflow", []string{"stackoverflow.com", "www.stackoverflow.com"}},
		"superuser":                     {"superuser", []string{"superuser.com", "www.superuser.com"}},
		"meta.superuser.com":            {"superuser.meta", []string{"meta.superuser.com"}},
		"mathoverflow.net":              {"mathoverflow", []string{"mathoverflow.net", "www.mathoverflow.net"}},
		"meta.stackexchange.com":        {"meta", []string{"meta.stackexchange.com", "www.meta.stackexchange.com"}},
		"meta.meta":                     {"meta.meta", []string{"meta.meta.stackexchange.com"}},
	} {
		if got := newSite(dump); got.name != want.name || !slices.Equal(got.hosts, want.hosts) {
			t.Errorf("%s: %+v, want %+v", dump, got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	s := newSite("router", "help.lumen.example")
	for address, want := range map[string]target{
		"https://router.stackexchange.com/questions/12/some-title":                {kind: question, id: 12},
		"http://router.stackexchange.com/questions/12":                            {kind: question, id: 12},
		"https://router.stackexchange.com/questions/12/some-title/34#34":          {kind: question, id: 34},
		"https://router.stackexchange.com/questions/12/some-title#34":             {kind: question, id: 34},
		"https://router.stackexchange.com/questions/12/some-title/34":             {kind: question, id: 34},
		"https://router.stackexchange.com/questions/12/t?answertab=votes#tab-top": {kind: question, id: 12},
		"https://router.stackexchange.com/q/12/99":                                {kind: question, id: 12},
		"https://router.stackexchange.com/a/34":                                   {kind: question, id: 34},
		"https://router.stackexchange.com/questions/12/t#comment56_34":            {kind: comment, id: 56, on: 34},
		"https://router.stackexchange.com/users/-1/community":                     {kind: user, id: -1},
		"https://ROUTER.stackexchange.com/users/7":                                {kind: user, id: 7},
		"https://help.lumen.example/q/1":                                          {kind: question, id: 1},
		"/questions/12/some-title":                                                {kind: question, id: 12},
		"//router.stackexchange.com/a/34":                                         {kind: question, id: 34},
		"/questions/tagged/wifi":                                                  {kind: "tag", tag: "wifi"},
		"https://router.stackexchange.com/questions":                              {},
		"https://router.stackexchange.com/questions/ask":                          {},
		"https://router.stackexchange.com/questions/tagged/wifi+mesh":             {},
		"https://router.stackexchange.com/review/1":                               {},
		"https://router.stackexchange.com/q/-1":                                   {},
		"https://router.stackexchange.com/q/99999999999999999999":                 {},
		"https://other.stackexchange.com/questions/12":                            {},
		"https://router.stackexchange.com.evil.example/q/12":                      {},
		"ftp://router.stackexchange.com/q/12":                                     {},
		"mailto:a@router.stackexchange.com":                                       {},
	} {
		u, ok := s.absolute(address)
		if !ok {
			t.Fatalf("%s is no address", address)
		}
		if got, ok := s.target(u); (ok && got != want) || ok != (want.kind != "") {
			t.Errorf("%s: %+v (%t), want %+v", address, got, ok, want)
		}
	}
}

func importOf(posts map[int64]*known) *seImport {
	im := &seImport{site: newSite("router"), report: &Report{}, survey: survey{users: map[int64]bool{7: true}, posts: posts}}
	im.links = im.report.Of("links of the site")
	return im
}

func TestRewrite(t *testing.T) {
	im := importOf(map[int64]*known{1: {kind: typeQuestion}, 2: {kind: typeAnswer, parent: 1}, 3: {kind: typeAnswer, parent: 9}, 4: {kind: typeWiki}})
	thread := "/threads/" + im.site.id(question, 1)
	for raw, want := range map[string]string{
		"/q/1":                                 thread,
		"https://router.stackexchange.com/a/2": thread + "#post-" + im.site.id(answer, 2),
		"https://router.stackexchange.com/q/1#comment5_2": thread + "#post-" + im.site.id(comment, 5),
		"https://router.stackexchange.com/users/7/x":      "/members/" + im.site.id(user, 7),
		"https://router.stackexchange.com/users/8/x":      "https://router.stackexchange.com/users/8/x",
		"https://router.stackexchange.com/a/3":            "https://router.stackexchange.com/a/3",
		"https://router.stackexchange.com/q/4":            "https://router.stackexchange.com/q/4",
		"/help/on-topic":                                  "https://router.stackexchange.com/help/on-topic",
		"faq":                                             "https://router.stackexchange.com/faq",
		"https://lumen.example/a b?c=ü":                   "https://lumen.example/a b?c=ü",
		"mailto:x@lumen.example":                          "mailto:x@lumen.example",
		"javascript:alert(1)":                             "javascript:alert(1)", // left for the policy, which drops it
		"http://[broken":                                  "http://[broken",
		"":                                                "",
	} {
		if got := im.rewrite(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

// inline are the elements that a comment may show.
var inline = []string{"p", "br", "a", "code", "em", "strong", "del"}

func onlyInline(t *testing.T, text, html string) {
	t.Helper()
	for rest := html; ; {
		_, tag, found := strings.Cut(rest, "<")
		if !found {
			return
		}
		rest = tag
		name := strings.FieldsFunc(strings.TrimPrefix(tag, "/"), func(r rune) bool { return r == ' ' || r == '>' || r == '/' })[0]
		if !slices.Contains(inline, name) {
			t.Errorf("the comment %q shows a %s: %s", text, name, html)
			return
		}
	}
}

var comments = []string{"plain", "# no heading", "1. no list\n2) neither", "- no\n+ list\n* here", "> no quote", "```\nno fence\n```", "~~~\nno fence",
	"text\n===", "text\n---", "***", "a|b\n-|-\n1|2", "a | b\n:--|--:\n1 | 2", "    no code", "\tno code", "[1]: /q/1 'no definition'", "* * *", "_ _ _", "1.", "-", "#", ">",
	"see https://router.stackexchange.com/q/1", "`https://router.stackexchange.com/q/1`", "[x](/q/1 \"title\")", "<b>raw</b>", "![p](https://lumen.example/p.png)", "\x00\x01", ""}

func TestCommentsAreOneKindOfText(t *testing.T) {
	im, r := importOf(map[int64]*known{1: {kind: typeQuestion}}), markup.New()
	for _, text := range comments {
		onlyInline(t, text, r.Render(im.commentBody(text), markup.Options{Image: noPicture}).HTML)
	}
	thread := "/threads/" + im.site.id(question, 1)
	for text, want := range map[string]string{
		"see https://router.stackexchange.com/q/1.": "see [https://router.stackexchange.com/q/1](" + thread + ").",
		"[x](/q/1 \"title\") and [y]( /q/1)":        "[x](" + thread + " \"title\") and [y](" + thread + ")",
		"`https://router.stackexchange.com/q/1`":    "`https://router.stackexchange.com/q/1`",
		"**bold** *it* -dash 3.14 #tag =x +1":       "**bold** *it* -dash 3.14 #tag =x +1",
		"1. a\r\n#  b":                              "1\\. a\n\\#  b",
	} {
		if got := im.commentBody(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzComment(f *testing.F) {
	for _, text := range comments {
		f.Add(text)
	}
	im, r := importOf(map[int64]*known{1: {kind: typeQuestion}}), markup.New()
	f.Fuzz(func(t *testing.T, text string) {
		onlyInline(t, text, r.Render(im.commentBody(text), markup.Options{Image: noPicture}).HTML)
	})
}

// TestRealComments holds the comments of a dump to the same: the one whose
// folder SELFIE_SE_DUMP names, else the small one of the project.
func TestRealComments(t *testing.T) {
	folder := os.Getenv("SELFIE_SE_DUMP")
	if folder == "" {
		folder = "testdata/stackexchange/router.meta"
	}
	im, r := importOf(map[int64]*known{}), markup.New()
	n := 0
	err := rowsOf(t.Context(), filepath.Join(folder, "Comments.xml"), func(int64) {}, func(row row) error {
		n++
		text := row.text("Text")
		onlyInline(t, text, r.Render(im.commentBody(text), markup.Options{Image: noPicture}).HTML)
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d comments: %v", n, err)
	}
}

func TestDatesAreUTC(t *testing.T) {
	for text, want := range map[string]string{
		"2010-08-25T19:50:51.187":       "2010-08-25T19:50:51.187Z",
		"2010-08-25T19:50:51":           "2010-08-25T19:50:51Z",
		"2010-08-25T19:50:51.187Z":      "2010-08-25T19:50:51.187Z",
		"2010-08-25T19:50:51.187+02:00": "2010-08-25T17:50:51.187Z",
		"2010-08-25":                    "2010-08-25T00:00:00Z",
		"1969-12-31T00:00:00":           "", "": "", "yesterday": "", "2010-13-01T00:00:00": "",
	} {
		r := row{{Value: text}}
		r[0].Name.Local = "Date"
		at, ok := r.date("Date")
		if got := at.Time().Format("2006-01-02T15:04:05.999Z07:00"); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s (%t), want %s", text, got, ok, want)
		}
	}
}

func clean(r io.Reader) (string, error) {
	b, err := io.ReadAll(transform.NewReader(r, transform.Chain(unicode.UTF8BOM.NewDecoder(), charRefs{})))
	return string(b), err
}

func TestForbiddenCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"\ufeffx": "x", "a&#x1;b": "a\uFFFDb", "&#0;": "\uFFFD", "&#xD800;": "\uFFFD", "&#xFFFE;": "\uFFFD", "&#x1F4A1;&#xA;&#9;": "&#x1F4A1;&#xA;&#9;",
		"&amp;&lt; & &#": "&amp;&lt; & &#", "a\x01\tb\r\n": "a\uFFFD\tb\r\n", "&#x110000;": "\uFFFD", "ü\xffü": "ü\uFFFDü", "&#xZZ;": "&#xZZ;", "&": "&",
	} {
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(in), "by bytes": iotest.OneByteReader(strings.NewReader(in))} {
			if got, err := clean(r); err != nil || got != want {
				t.Errorf("%q %s: %q (%v), want %q", in, name, got, err, want)
			}
		}
	}
	long := strings.Repeat("ü&#x1;", 20_000)
	if got, err := clean(strings.NewReader(long)); err != nil || got != strings.Repeat("ü\uFFFD", 20_000) {
		t.Errorf("a long text: %d bytes, %v", len(got), err)
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, ip := range []string{"8.8.8.8", "151.101.1.69", "2606:4700::1111", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(ip)) {
			t.Errorf("%s is public", ip)
		}
	}
	for _, ip := range []string{"127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1",
		"240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
		"64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1", "::127.0.0.1"} {
		if public(netip.MustParseAddr(ip)) {
			t.Errorf("%s is not public", ip)
		}
	}
	if admitPublic(netip.MustParseAddrPort("8.8.8.8:22")) || !admitPublic(netip.MustParseAddrPort("8.8.8.8:443")) {
		t.Error("the ports of the web are 80 and 443")
	}
}

func TestFetchIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/picture":
			_, _ = w.Write([]byte("bytes"))
		case "/large":
			_, _ = w.Write(make([]byte, fetchBytes+1))
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "ftp://lumen.example/x", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	anywhere := newWeb(func(netip.AddrPort) bool { return true })
	if b, err := anywhere.Fetch(t.Context(), server.URL+"/picture"); err != nil || string(b) != "bytes" {
		t.Errorf("a picture: %q, %v", b, err)
	}
	for path, kind := range map[string]fault.Kind{"/large": fault.TooLarge, "/loop": fault.Invalid, "/away": fault.Invalid, "/none": fault.NotFound} {
		if _, err := anywhere.Fetch(t.Context(), server.URL+path); !fault.Is(err, kind) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, address := range []string{server.URL + "/picture", "http://localhost/x", "http://[::1]/x"} {
		if _, err := NewWeb().Fetch(t.Context(), address); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s is a machine of the house: %v", address, err)
		}
	}
	for _, address := range []string{"ftp://lumen.example/x", "file:///etc/passwd", "http://user:secret@lumen.example/", "://", "gopher://127.0.0.1:25/"} {
		if _, err := anywhere.Fetch(t.Context(), address); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", address, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := anywhere.Fetch(ended, server.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled import: %v", err)
	}
}

func TestIDsFollowFromTheDump(t *testing.T) {
	a, b := newSite("router.meta"), newSite("meta.router.stackexchange.com")
	if a.id(answer, 5) != b.id(answer, 5) || a.id(answer, 5) == a.id(question, 5) || a.id(answer, 5) != store.DeriveID("se", "router.meta", "answer", "5") {
		t.Error("ids are not those of site, kind and number")
	}
	if _, err := url.Parse("/threads/" + a.id(question, 1)); err != nil {
		t.Error(err)
	}
}
