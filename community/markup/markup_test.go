package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const (
	shotID    = "aaaaaaaaaa0001"
	foreignID = "bbbbbbbbbb0002" // somebody else's upload
)

// members and uploads of the tests.
func testOptions() Options {
	return Options{
		Image: func(id string) (Picture, bool) { return Picture{Width: 800, Height: 600}, id == shotID },
		Mention: func(handle string) (string, bool) {
			id, ok := map[string]string{"ann": "m-ann", "ann.lee": "m-lee", "josé": "m_jose", "bad": `x"y`}[handle]
			return id, ok
		},
	}
}

// tree writes a parsed document in short: element[attributes](children), text quoted.
func tree(t testing.TB, source string) string {
	t.Helper()
	var b strings.Builder
	for n := range parseBody(t, source).ChildNodes() {
		writeTree(&b, n)
	}
	return b.String()
}

func writeTree(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		if strings.TrimSpace(n.Data) != "" {
			fmt.Fprintf(b, "%q", strings.TrimLeft(n.Data, "\n"))
		}
		return
	}
	b.WriteString(n.Data)
	for _, a := range n.Attr {
		if a.Key != "rel" && a.Key != "loading" && a.Key != "decoding" && a.Key != "tabindex" {
			fmt.Fprintf(b, "[%s=%s]", a.Key, a.Val)
		}
	}
	b.WriteByte('(')
	for c := range n.ChildNodes() {
		writeTree(b, c)
	}
	b.WriteByte(')')
}

func TestRender(t *testing.T) {
	shown := `img[src=/images/` + shotID + `/1600][alt=%s][width=800][height=600]()`
	shot := func(alt string) string {
		return `a[class=shot][href=/images/` + shotID + `/full](` + fmt.Sprintf(shown, alt) + `)`
	}
	who := func(id string) string {
		return `a[class=mention][data-member=` + id + `][href=/members/` + id + `]("@` + id + `")`
	}
	for _, tt := range []struct{ name, source, want string }{
		{"line breaks", "a\nb", `p("a"br()"b")`},
		{"emphasis", "**a** *b* ~~c~~ `d`", `p(strong("a")em("b")del("c")code("d"))`},
		{"headings go below the page's", "# a\n## b\n##### c", `h3("a")h4("b")h6("c")`},
		{"raw HTML is text", "my <router> <b>x</b>", `p("my <router> <b>x</b>")`},
		{"HTML block is text", "<script>\nalert(1)\n</script>", `p("<script>"br()"alert(1)"br()"</script>")`},
		{"comment is text", "<!-- a -->", `p("<!-- a -->")`},
		{"language", "```Go x\na <\n```", "pre(code[class=language-go](\"a <\\n\"))"},
		{"odd language", "```a\"b\na\n```", "pre(code(\"a\\n\"))"},
		{"list start", "3. a\n4. b", `ol[start=3](li("a")li("b"))`},
		{"tasks", "- [ ] a\n- [x] b\n- [x](/c)", `ul(li(span[class=task]("☐")" a")li(span[class=task]("☑")" b")li(a[href=/c]("x")))`},
		{"table", "|a|b|\n|-|-:|\n|c|d|", `div[class=table-scroll][role=region][aria-label=Table](table(thead(tr(th("a")th[align=right]("b")))` +
			`tbody(tr(td("c")td[align=right]("d")))))`},
		{"link", `[a](https://b.c/d?e=1&f=2 "t")`, `p(a[href=https://b.c/d?e=1&f=2][title=t]("a"))`},
		{"bare link", "see https://b.c.", `p("see "a[href=https://b.c]("https://b.c")".")`},
		{"mail", "a@b.cd", `p(a[href=mailto:a@b.cd]("a@b.cd"))`},
		{"own page", "[a](/threads/x)", `p(a[href=/threads/x]("a"))`},
		{"script link", "[a](javascript:alert(1))", `p("a")`},
		{"script link in disguise", "[a](java&#115;cript:x) <javascript:x> [b](JaVaScRiPt:x)", `p("a javascript:x b")`},
		{"data link", "[a](data:text/html,x)", `p("a")`},
		{"other host in disguise", `[a](//evil.com) [b](/\evil.com)`, `p("a "a[href=/%5Cevil.com]("b"))`},
		{"relative link", "[a](b) [c](#d)", `p("a c")`},
		{"other scheme", "ftp://a.b/c", `p("ftp://a.b/c")`},
		{"link in a link", "[<http://a.b>](http://c.d)", `p(a[href=http://c.d]("http://a.b"))`},
		{"upload", "![A \"b\" *c*](/images/" + shotID + ")", `p(` + shot(`A "b" c`) + `)`},
		{"upload without description", "![](/images/" + shotID + ")", `p(` + shot(`Image`) + `)`},
		{"upload in a link", "[![a](/images/" + shotID + ")](http://b.c)", `p(a[href=http://b.c](` + fmt.Sprintf(shown, "a") + `))`},
		{"foreign upload", "![a](/images/" + foreignID + ")", `p("a")`},
		{"remote picture", "![a](https://b.c/d.png)", `p(a[href=https://b.c/d.png]("a"))`},
		{"remote picture without description", "![](https://b.c/d.png)", `p(a[href=https://b.c/d.png]("image (b.c)"))`},
		{"remote picture in a link", "[![a](https://b.c/d.png)](https://e.f)", `p(a[href=https://e.f]("a"))`},
		{"picture of data", "![a](data:image/png;base64,xx)", `p("a")`},
		{"mention", "@ann: hi", `p(` + who("m-ann") + `": hi")`},
		{"mention, longest first", "(@ann.lee) @ann.other @ann.", `p("("` + who("m-lee") + `") "` + who("m-ann") + `".other "` + who("m-ann") + `".")`},
		{"mention in emphasis", "**@ann** _@josé_", `p(strong(` + who("m-ann") + `)em(` + who("m_jose") + `))`},
		{"no mention", "`@ann` \\@ann x@ann @nobody @a @ann/x @ann@b @bad [@ann](/x)",
			`p(code("@ann")" @ann x@ann @nobody @a @ann/x @ann@b @bad "a[href=/x]("@ann"))`},
		{"broken encoding", "a\xff\x00b\r\nc", `p("a` + "\uFFFD\uFFFD" + `b"br()"c")`},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tree(t, New().Render(tt.source, testOptions()).HTML); got != tt.want {
				t.Errorf("%q\n got %s\nwant %s", tt.source, got, tt.want)
			}
		})
	}
}

func TestRenderReportsWhatItShows(t *testing.T) {
	r := New()
	got := r.Render(strings.Join([]string{
		"@ann @josé @ann ![a](/images/" + shotID + ") ![a](/images/" + foreignID + ")",
		"[x](https://a.b) [y](https://a.b) [z](javascript:1) ![p](https://c.d/e.png)",
	}, "\n\n"), testOptions())
	if !slices.Equal(got.Images, []string{shotID}) {
		t.Errorf("images %q", got.Images)
	}
	if !slices.Equal(got.Mentions, []string{"m-ann", "m_jose"}) {
		t.Errorf("mentions %q", got.Mentions)
	}
	if !slices.Equal(got.Links, []string{"https://a.b", "https://c.d/e.png"}) {
		t.Errorf("links %q", got.Links)
	}
	if want := "a a\nx y z p"; got.Text != want {
		t.Errorf("text %q, want %q", got.Text, want)
	}
	if all := r.Render("![](/images/"+foreignID+") @ann", Options{}); len(all.Images) != 1 || len(all.Mentions) != 0 {
		t.Errorf("without callbacks: %+v", all)
	}
}

func TestLinksCarryRel(t *testing.T) {
	got := New().Render("[a](http://b.c) [d](/e) <http://f.g> h@i.jk ![k](http://l.m)", Options{}).HTML
	if n := strings.Count(got, `rel="`+linkRel+`"`); n != 5 {
		t.Errorf("%d of 5 links carry rel: %s", n, got)
	}
}

func TestPolicyRefuses(t *testing.T) {
	p := newPolicy()
	for _, tt := range []struct{ source, want string }{
		{`<a href="javascript:x" class="mention">a</a>`, `a[class=mention]("a")`},
		{`<a href="/x" onclick="y" style="z" target="_blank">a</a>`, `a[href=/x]("a")`},
		{`<img src="https://a.b/c.png" onerror="x">`, ""},
		{`<img src="/images/aaaaaaaaaa/1600?sig=1" alt="x">`, "img[alt=x]()"},
		{`<code class="language-go evil">a</code>`, `code("a")`},
		{`<iframe src="/x"></iframe><svg><script>x</script></svg><style>a</style>b`, `"b"`},
		{`<h1 id="x">a</h1><h3 id="x">b</h3>`, `"a"h3("b")`},
		{`<input type="text"><form action="/x">a</form>`, `"a"`},
	} {
		if got := tree(t, p.Sanitize(tt.source)); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.source, got, tt.want)
		}
	}
}

func TestFillMentions(t *testing.T) {
	stored := New().Render("hi @ann and @josé", testOptions()).HTML
	names := map[string]string{"m-ann": "Ann <&> Lee"}
	got := FillMentions(stored, func(id string) string { return names[id] })
	want := `p("hi "a[class=mention][data-member=m-ann][href=/members/m-ann]("@Ann <&> Lee")" and "` +
		`a[class=mention][data-member=m_jose][href=/members/m_jose]("former member"))`
	if tree(t, got) != want {
		t.Errorf(" got %s\nwant %s", tree(t, got), want)
	}
	names["m-ann"] = "Ann"
	if again := FillMentions(got, func(id string) string { return names[id] }); !strings.Contains(again, ">@Ann<") {
		t.Errorf("filled HTML cannot be filled again: %s", again)
	}
	if text := Text(got); text != "hi @Ann <&> Lee and former member" {
		t.Errorf("text %q", text)
	}
	for _, broken := range []string{mentionStart, mentionStart + `x`, mentionStart + `x">`, mentionStart + `x</a>`} {
		if got := FillMentions(broken, func(string) string { return "n" }); got != broken {
			t.Errorf("%q became %q", broken, got)
		}
	}
	if n := testing.AllocsPerRun(10, func() { FillMentions("<p>no mention</p>", nil) }); n != 0 {
		t.Errorf("%v allocations without a mention", n)
	}
}

func TestForgedMentionStaysText(t *testing.T) {
	got := New().Render(mentionStart+`m-ann" href="/members/m-ann">@boss</a>`, Options{}).HTML
	if strings.Contains(got, mentionStart) {
		t.Errorf("a member wrote a mention by hand: %s", got)
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, source, want string }{
		{"blocks", "a\nb\n\n> c\n\n- d\n- e", "a\nb\nc\nd\ne"},
		{"code keeps its spaces", "x\n```\na  b\n  c\n```\ny", "x\na  b\n  c\ny"},
		{"cells", "|a|b|\n|-|-|\n|c||\n", "a b\nc"},
		{"entities", "a &amp; &lt;b&gt; <c>", "a & <b> <c>"},
		{"inline", "a**b**c `d`", "abc d"},
		{"picture", "see ![the *lamp*](/images/aaaaaaaaaa)", "see the lamp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := New().Render(tt.source, Options{}).Text; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestExcerpt(t *testing.T) {
	for _, tt := range []struct {
		text string
		max  int
		want string
	}{
		{"short", 10, "short"},
		{"two\n lines", 20, "two lines"},
		{"one two three", 9, "one two…"},
		{"one two, three", 10, "one two…"},
		{"one two three", 8, "one two…"},
		{"abcdefghijkl", 5, "abcd…"},
		{"a abcdefghijkl", 7, "a abcd…"},
		{"ééééé ééééé", 8, "ééééé…"},
		{"日本語の文章", 4, "日本語…"},
		{"ab", 1, "…"},
		{"ab", 0, ""},
		{"", 5, ""},
	} {
		if got := Excerpt(tt.text, tt.max); got != tt.want {
			t.Errorf("Excerpt(%q, %d) = %q, want %q", tt.text, tt.max, got, tt.want)
		}
	}
}
