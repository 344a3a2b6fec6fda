package markup

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
)

const sourceLimit = 30_000 // runes, as the caller allows

// hostile are units that make Markdown parsers slow, deep or verbose when repeated.
var hostile = []string{
	">", "> ", "[", "![", "]", "*", "**a*", "*a _b ", "_a_b", "***a", "a**b", "_", "`", "` `` ", "`a`b``c```", "<", "<a", "<!--", "<x>",
	"- ", "- a\n", "-\n", "1. ", "- x\n ", "(", "[a](", "[](", "[](/)", "[a]", "[[]", "![[]()", "[^1]", "[a]:b\n", "~", "~~a", "|", "|a", "|\n",
	"\\", "&", "&#", "@", "@a.", "@ann ", "(@ann", "http://", "http://a.b/)(", "www.", "a@", "x.x.@", "# ", "\t", "> a\n", "\n> -",
	"[a](b \"", "[a](b (", "[a](<b", "[a][", "[a]: <b\n\n",
	"``` \n", "~~~\n", "<http:", "*_", "![](http://x)", "![](/images/aaaaaaaaaaaa)", "\u00a0", "é", "\xff", "&amp;", "\"",
}

func TestHostileSourceIsBounded(t *testing.T) {
	sources := map[string]string{
		"wide table over empty rows": strings.Repeat("|a", 100) + "|\n" + strings.Repeat("|-", 100) + "|\n" + strings.Repeat("|\n", 14_000),
		"one address, many uses":     "[a]: http://x/" + strings.Repeat("y", 2000) + "\n\n" + strings.Repeat("[a]", 9000),
		"one title, many uses":       "[a]: /x \"" + strings.Repeat("y", 9000) + "\"\n\n" + strings.Repeat("[a]", 6000),
		"one picture, many uses":     "[a]: http://x/" + strings.Repeat("y", 2000) + "\n\n" + strings.Repeat("![a]", 7000),
	}
	for _, unit := range hostile {
		sources["repeated "+unit] = strings.Repeat(unit, sourceLimit/utf8.RuneCountInString(unit))
	}
	r := New()
	for name, source := range sources {
		done := make(chan Rendered, 1)
		go func() { done <- r.Render(source, testOptions()) }()
		select {
		case got := <-done:
			if len(got.HTML) > 30*len(source) {
				t.Errorf("%q: %d bytes of HTML from %d", name, len(got.HTML), len(source))
			}
			assertSafe(t, r, got.HTML)
		case <-time.After(time.Minute):
			t.Fatalf("%q: not rendered within a minute", name)
		}
	}
}

func TestCallbacksAreBounded(t *testing.T) {
	asked := 0
	opt := Options{Mention: func(string) (string, bool) { asked++; return "m", true }}
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "@a.b.c%d ", i)
	}
	got := New().Render(b.String(), opt)
	if asked > maxHandles || strings.Count(got.HTML, mentionStart) > maxMentions {
		t.Errorf("%d handles asked, %d mentions", asked, strings.Count(got.HTML, mentionStart))
	}
}

// assertSafe holds HTML against what must never reach a page, on the parsed tree.
func assertSafe(t testing.TB, r *Renderer, safe string) {
	t.Helper()
	if again := r.policy.Sanitize(safe); again != safe {
		t.Errorf("the policy changes its own output\nfirst  %q\nsecond %q", safe, again)
	}
	if strings.Contains(strings.ToLower(safe), "<script") {
		t.Errorf("a script in %q", safe)
	}
	for n := range parseBody(t, safe).Descendants() {
		if n.Type == html.CommentNode {
			t.Errorf("a comment in %q", safe)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "id" {
				t.Errorf("attribute %s in %q", a.Key, safe)
			}
			if a.Key == "href" || a.Key == "src" {
				assertAddress(t, a.Val)
			}
		}
	}
}

// assertAddress reads an address as a browser does: white space and controls at its
// start and inside of a scheme do not count.
func assertAddress(t testing.TB, address string) {
	t.Helper()
	bare := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, address))
	for _, good := range []string{"http://", "https://", "mailto:"} {
		if strings.HasPrefix(bare, good) {
			return
		}
	}
	if !strings.HasPrefix(bare, "/") || strings.HasPrefix(bare, "//") || strings.HasPrefix(bare, `/\`) {
		t.Errorf("address %q", address)
	}
}

func FuzzRender(f *testing.F) {
	for _, unit := range hostile {
		f.Add(strings.Repeat(unit, 40))
	}
	f.Add("# a\n\n[b](javascript:x) <script>alert(1)</script> ![c](/images/aaaaaaaaaa) @ann\n\n|a|b|\n|-|:-:|\n|1|2|\n")
	f.Add("[x](<java\nscript:alert(1)>) [y]( data:x) <a@b.c> [z](vbscript:x \"onclick=1\")\n\n```a b\n\"><img onerror=x>\n```")
	f.Add("<img src=x onerror=alert(1)> &lt;script&gt; [a](http://[::1]/%zz) [b](http://a.b/?q=%00&#10;)")
	r := New()
	f.Fuzz(func(t *testing.T, source string) {
		got := r.Render(source, testOptions())
		assertSafe(t, r, got.HTML)
		if len(got.HTML) > 4096+60*len(source) {
			t.Errorf("%d bytes of HTML from %d", len(got.HTML), len(source))
		}
		if !utf8.ValidString(got.HTML) || !utf8.ValidString(got.Text) {
			t.Errorf("broken encoding from %q", source)
		}
		FillMentions(got.HTML, func(id string) string { return id })
		if e := Excerpt(got.Text, 80); utf8.RuneCountInString(e) > 80 {
			t.Errorf("excerpt of %d runes", utf8.RuneCountInString(e))
		}
	})
}

func FuzzFromHTML(f *testing.F) {
	g := newGenerator(7)
	for range 20 {
		f.Add(g.blocks(2))
	}
	f.Add("<ul><ol><li><pre><table><td><a href=x><b><p>y")
	f.Add(strings.Repeat("<div>", 600))
	r := New()
	f.Fuzz(func(t *testing.T, source string) {
		assertSafe(t, r, r.Render(FromHTML(source), Options{}).HTML)
	})
}

func BenchmarkRender(b *testing.B) {
	source := strings.Repeat("The **lamp** on my router blinks *red* since the update to `7.2`, see [the page](https://example.com/a?b=c).\n\n"+
		"- unplug it\n- wait\n\n> it says so\n\n```sh\nping 10.0.0.1\n```\n\n| model | light |\n|---|---|\n| X1 | red |\n\n", 12)
	b.SetBytes(int64(len(source)))
	r := New()
	for b.Loop() {
		r.Render(source, Options{})
	}
}

func BenchmarkFillMentions(b *testing.B) {
	stored := New().Render(strings.Repeat("thanks @ann, this helped\n\n", 100), testOptions()).HTML
	for b.Loop() {
		FillMentions(stored, func(string) string { return "Ann" })
	}
}
