package desk

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func TestBackoffGrowsWithinItsBounds(t *testing.T) {
	for n := range 40 {
		whole := min(mostWait, leastWait<<min(n, 20))
		if d := backoff("id", n); d < whole/2 || d > whole {
			t.Errorf("wait %d is %v, want %v to %v", n, d, whole/2, whole)
		}
	}
	if backoff("a", 9) == backoff("b", 9) {
		t.Error("what failed together comes back together")
	}
}

func TestFitLeavesTheRestToTheLink(t *testing.T) {
	c := Content{URL: "http://help.test/p?a=1&b=2", HTML: strings.Repeat("<p>word</p>", 100), Attachments: []Attachment{
		{Name: "a ü.png", Data: make([]byte, 10)}, {Name: "big.png", Data: make([]byte, 11)},
	}}
	got := fit(c, Capabilities{HasAttachments: true, MaxAttachment: 10, MaxBody: 400})
	if len(got.Attachments) != 1 || got.Attachments[0].Name != "a__.png" {
		t.Errorf("kept %+v", got.Attachments)
	}
	if len(got.HTML) > 400 || !strings.Contains(got.HTML, "b=2") || !strings.HasPrefix(got.HTML, "<p>word</p>") {
		t.Errorf("%d bytes: %s", len(got.HTML), got.HTML)
	}
	whole := fit(c, Capabilities{})
	if len(whole.Attachments) != 0 || !strings.Contains(whole.HTML, "2 more in the thread") || strings.Contains(whole.HTML, "Cut here") {
		t.Errorf("without attachments: %+v", whole)
	}
}

func TestBodyEscapesWhatPeopleWrote(t *testing.T) {
	b := NewTicket{Ref: "selfie-1", Notice: "a < b\nc", URL: "http://x/?a=\"", Opening: Post{Author: Person{Name: "<script>"}, At: time.Unix(0, 0), HTML: "<p>ok</p>"}}.Body()
	if strings.Contains(b, "<script>") || !strings.Contains(b, "a &lt; b<br>") || !strings.Contains(b, "[ref:selfie-1]") || !strings.Contains(b, "<p>ok</p>") {
		t.Error(b)
	}
}

// FuzzCut: what is cut fits, is cut at whole tokens, and closes what it opens.
func FuzzCut(f *testing.F) {
	f.Add("<p>one <b>two</b></p><p>three</p>", 20)
	f.Add("<ul><li>a<li>b</ul><img src=x><br>", 12)
	f.Add("<p title='>'>x</p>", 9)
	f.Fuzz(func(t *testing.T, src string, limit int) {
		limit %= 4096
		got := cut(src, limit)
		if len(got) > max(0, limit) {
			t.Fatalf("%d bytes, at most %d: %q", len(got), limit, got)
		}
		if !balanced(src) {
			return // only safe HTML, which is balanced, is promised to stay so
		}
		if !balanced(got) {
			t.Fatalf("%q of %q", got, src)
		}
	})
}

func balanced(src string) bool {
	var open []string
	z := html.NewTokenizer(strings.NewReader(src))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		name, _ := z.TagName()
		switch {
		case kind == html.StartTagToken && !voidElements[string(name)]:
			open = append(open, string(name))
		case kind == html.EndTagToken && voidElements[string(name)]:
			return false
		case kind == html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}
