package markup

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFromHTML shows the Markdown itself where its form matters to who edits it.
func TestFromHTML(t *testing.T) {
	for _, tt := range []struct{ name, html, want string }{
		{"paragraphs", "<p>One\n two.</p><p>Three</p>", "One two.\n\nThree"},
		{"line break", "a<br>b<br/>\n<br>c", "a\nb\n\nc"},
		{"emphasis", "<p>a <b>bold </b>and <i>it</i><s>x</s></p>", "a **bold** and *it*~~x~~"},
		{"nested emphasis", "<em>a <strong>b</strong> c</em>", "*a **b** c*"},
		{"emphasis that cannot close", `x <b>"q"</b>y`, `x "q"y`},
		{"link", `<a href="http://x.y/a_(b)">t [1]</a>`, `[t \[1\]](http://x.y/a_(b))`},
		{"autolink", `<a href="http://x.y/a">http://x.y/a</a>`, "<http://x.y/a>"},
		{"bare address stays text", "see http://x.y and www.x.y", `see http\://x.y and www\.x.y`},
		{"script link", `<a href="javascript:alert(1)">t</a>`, "t"},
		{"protocol-relative", `<img src="//i.x.y/a.png" alt="A">`, "![A](https://i.x.y/a.png)"},
		{"picture in a link", `<a href="http://x"><img src="http://y" alt="z"></a>`, "[![z](http://y)](http://x)"},
		{"list", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"},
		{"loose list", "<ol start=9><li><p>a</p><p>b</p></li><li><p>c</p></li></ol>", "9. a\n\n   b\n\n10. c"},
		{"two lists", "<ul><li>a</li></ul><ul><li>b</li></ul>", "- a\n\n* b"},
		{"nested list that starts late", "<ul><li>a<ol start=3><li>b</li></ol></li></ul>", "- a\n\n  3. b"},
		{"items without a list", "x<li>a<li>b", "x\n\n- a\n- b"},
		{"quote", "<blockquote><p>a</p><blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"},
		{"code", "<code>a`b</code> <code>`</code>", "``a`b`` `` ` ``"},
		{"pre", "<pre class=\"lang-go s\"><code>a\n\n```\n</code></pre>", "````go\na\n\n```\n````"},
		{"language comment", "<!-- language: lang-py --><pre><code>a\n</code></pre>", "```py\na\n```"},
		{"language for all", "<!-- language-all: js --><pre>a</pre><!-- language: none --><pre>b</pre>", "```js\na\n```\n\n```\nb\n```"},
		{"heading", "<h2>a <em>b</em> #</h2>", `## a *b* \#`},
		{"rule", "a<hr>b", "a\n\n___\n\nb"},
		{"table", `<table><tr><th>a<th align=right>b<tr><td><code>x|y</code><td>p|q</table>`,
			"| a | b |\n| --- | ---: |\n| `x\\|y` | p\\|q |"},
		{"keys", "press <kbd>Ctrl</kbd>, x<sup>2</sup>", "press Ctrl, x2"},
		{"looks like Markdown", "<p>*a* _b_ `c` [d](e) # f</p><p># g</p><p>- h</p><p>1. i</p><p>&gt; j</p><p>===</p>",
			"\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) # f\n\n\\# g\n\n\\- h\n\n1\\. i\n\n\\> j\n\n\\==="},
		{"entities", "&amp;copy; &lt;b&gt; &amp; C:\\dir a_b", `\&copy; \<b> & C:\dir a_b`},
		{"scripts", "a<script>b</script><style>c</style>", "a"},
		{"nothing", " \n ", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := FromHTML(tt.html); got != tt.want {
				t.Errorf("FromHTML(%q)\n got %q\nwant %q", tt.html, got, tt.want)
			}
		})
	}
}

func TestFromHTMLRewritesAddresses(t *testing.T) {
	got := FromHTMLWith(`<a href="/questions/7">q</a> <img src="http://old/x.png" alt="pic"> <a href="/gone">z</a>`,
		func(a string) string {
			return map[string]string{"/questions/7": "/threads/abc", "http://old/x.png": "/images/aaaaaaaaaa"}[a]
		})
	if want := "[q](/threads/abc) ![pic](/images/aaaaaaaaaa) z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRoundTrip renders the import of thousands of generated documents and compares
// what a reader sees.
func TestRoundTrip(t *testing.T) {
	r := New()
	for seed := range uint64(2000) {
		g := newGenerator(seed)
		source := g.blocks(3)
		markdown := FromHTML(source)
		rendered := r.Render(markdown, Options{}).HTML
		want, got := outlineOf(t, source, true), outlineOf(t, rendered, false)
		if diff := differences(want, got); diff != nil {
			t.Fatalf("seed %d: %v\nHTML:     %s\nMarkdown:\n%s\nrendered: %s\nwant %q\ngot  %q",
				seed, diff, source, markdown, rendered, want, got)
		}
	}
}

// generator writes random documents in the shapes that posts have.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) some(most int, one func() string) string {
	var b strings.Builder
	for range 1 + g.IntN(most) {
		b.WriteString(one())
	}
	return b.String()
}

func (g generator) blocks(depth int) string {
	return g.some(3, func() string { return g.block(depth) })
}

func (g generator) block(depth int) string {
	kind := g.IntN(9)
	if depth == 0 {
		kind %= 5
	}
	inline := func() string { return g.inline(2) }
	switch kind {
	case 0, 1:
		return "<p>" + g.some(4, inline) + "</p>\n"
	case 2:
		return fmt.Sprintf("<h%[1]d>%s</h%[1]d>", 1+g.IntN(4), g.text()+g.inline(1))
	case 3:
		return g.pick("<pre><code>", `<pre class="lang-c"><code>`) + g.pick("a &lt;b&gt;\n\n  c\n", "\tx\n", "```\n~~~\n", "- a\n# b") + "</code></pre>"
	case 4:
		return "<hr>"
	case 5:
		return "<blockquote>" + g.blocks(depth-1) + "</blockquote>"
	case 6:
		row := func() string { return "<tr><td>" + g.inline(1) + "</td><td>" + g.inline(2) + "</td></tr>" }
		return "<table><tr><th>h</th><th>" + g.text() + "</th></tr>" + g.some(3, row) + "</table>"
	}
	tag := g.pick("ul", "ol", `ol start="3"`)
	end, _, _ := strings.Cut(tag, " ")
	item := func() string {
		return "<li>" + g.pick(g.text(), "<p>"+g.some(2, inline)+"</p>"+g.blocks(depth-1), g.text()+g.blocks(depth-1)) + "</li>"
	}
	return "<" + tag + ">" + g.some(3, item) + "</" + end + ">"
}

func (g generator) inline(depth int) string {
	if depth == 0 {
		return g.text()
	}
	inner := func() string { return g.some(2, func() string { return g.inline(depth - 1) }) }
	switch g.IntN(9) {
	case 0:
		return "<b>" + inner() + "</b>"
	case 1:
		return "<em>" + inner() + "</em>"
	case 2:
		return "<del>" + inner() + "</del>"
	case 3:
		return "x<code>" + g.pick("a`b", " `` ", "a\\", "*x*", "a|b", "&lt;i&gt;", "\\|") + "</code>y"
	case 4:
		return `<a href="` + g.pick("http://a.b/c_d*e", "https://a.b/(c", "/q?a=1&amp;copy;=2", "mailto:a@b.cd", "http://a.b/ü|") + `">` + g.text() + "</a>"
	case 5:
		return `<img src="http://p.q/r.png" alt="` + g.pick("", "a [b] *c*", "d!") + `">`
	case 6:
		return g.text() + "<br>" + g.text()
	}
	return g.text()
}

func (g generator) text() string {
	return g.pick("word", " word ", "a*b", "_c_", "1. d", "# e", "- f", "&lt;g&gt;", "[h](i)", "`j", "k\\", "!", "&amp;amp;", "~~l~~",
		"m@n.op", "http://q.r/s", " www.t.uv", "|", "+ w", "=== ", "---", "\"x\"", "é", "(y)", "&gt; z", "**", "a &amp;", "*", "\u00a0", "^", ":-", "@name")
}
