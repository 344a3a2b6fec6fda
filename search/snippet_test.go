package search

import (
	"fmt"
	"html/template"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

func TestSnippets(t *testing.T) {
	s := newStage(t)
	s.as("asker").asked("Router blinks red", "The gateway <b>does not</b> connect & the lamp is red. "+strings.Repeat("Nothing to see here. ", 40))
	s.as("helper").Answer("Nobody knows about the lamp.").As("other").Answer("Press reset; the lamp turns green. " + strings.Repeat("Wait a while. ", 40)).As("asker").Accept()
	answer := s.Answer_.ID
	s.caughtUp().as("guest")
	if h := s.shows("gateway", "<mark>gateway</mark>", "&amp;"); h.Answer != "" || strings.Contains(string(h.Snippet), "<b>") {
		t.Fatalf("got %+v", h)
	}
	if h := s.shows("lamps", "the <mark>lamp</mark> turns green"); h.Answer != answer {
		t.Fatalf("the accepted answer does not come first: %+v", h)
	}
	if h := s.shows("blinks", "Press reset"); h.Answer != answer {
		t.Fatalf("found by its title, want what solved it: %+v", h)
	}
	s.shows(`"lamp turns green"`, "<mark>lamp</mark> <mark>turns</mark> <mark>green</mark>")
	s.as("asker").asked("接続が切れてしまうのです", "毎朝プリンターの接続が切れてしまいます。")
	s.caughtUp().as("guest").shows("プリンター", "毎朝<mark>プリンター</mark>の接続")
}

// FuzzSnippet: whatever the text and the query are, a snippet is text and
// <mark>, and not much longer than it should be.
func FuzzSnippet(f *testing.F) {
	f.Add("lamp <script>alert(1)</script> lamp", "lamp")
	f.Add("<mark>lamp</mark> & \"lamp\" 'x' \x00 \xff", "lamp script mark")
	f.Add(strings.Repeat("wörter ", 100)+"<img src=x onerror=alert(1)>", `"img src"`)
	f.Add("İstanbul ΑΣ ς lamp's lamps’ K", "istanbul lamp σ k")
	f.Add(strings.Repeat("a", 5000), strings.Repeat("a", 64))
	r := newReader()
	f.Fuzz(func(t *testing.T, text, q string) {
		query := Parse(q)
		p := plan{query: query}
		p.terms, p.phrases = r.wanted(query)
		texts := []piece{r.piece("en", "", false, text), r.piece("en", "a", true, q)}
		snippet, _ := p.snippet(texts)
		if err := onlyMarks(snippet); err != nil {
			t.Fatalf("%v in %q", err, snippet)
		}
		if n := utf8.RuneCountInString(html.UnescapeString(string(snippet))); n > snippetRunes+2+snippetRunes*len("<mark></mark>") {
			t.Fatalf("%d runes", n)
		}
	})
}

func onlyMarks(h template.HTML) error {
	z := html.NewTokenizer(strings.NewReader(string(h)))
	depth := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			if depth != 0 {
				return fmt.Errorf("a mark that is not closed")
			}
			return nil
		case html.StartTagToken:
			if tok := z.Token(); tok.Data != "mark" || len(tok.Attr) > 0 {
				return fmt.Errorf("tag %s", tok)
			}
			depth++
		case html.EndTagToken:
			if tok := z.Token(); tok.Data != "mark" {
				return fmt.Errorf("tag %s", tok)
			}
			depth--
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
			return fmt.Errorf("markup %s", z.Token())
		}
		if depth < 0 || depth > 1 {
			return fmt.Errorf("marks do not pair")
		}
	}
}
