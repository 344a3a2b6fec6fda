package synonyms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/search/words"
)

func TestParse(t *testing.T) {
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s, n), ",") }
	numbered := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("word%d, other%d", i, i))
		}
		return list
	}
	for _, c := range []struct{ text, want, refused string }{
		{"", "", ""},
		{" wifi ,Wi-Fi,  wlan, WIFI \r\n\r\n router=>gateway ,home\thub", "wifi, Wi-Fi, wlan\nrouter => gateway, home hub", ""},
		{"a→b\nc ⇒ d\ne -> f\nA => B", "a => b\nc => d\ne => f", ""},
		{"router => router, gateway", "router => gateway", ""},
		{"wifi", "", "Line 1: one word alone"},
		{"a, b\n\nwifi, WIFI", "", "Line 3: one word alone"},
		{"a => b => c", "", "Line 1: it has two arrows"},
		{"=> b", "", "both sides"},
		{"a =>", "", "both sides"},
		{"a => A", "", "not the same ones"},
		{"a, ?!", "", "no letter and no digit"},
		{"a, " + strings.Repeat("x", MaxRunes+1), "", "too long"},
		{"a, " + strings.Repeat("é", MaxRunes), "a, " + strings.Repeat("é", MaxRunes), ""},
		{strings.Join([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}, ","), "", "it has 11 words"},
		{many(20, "a,b,"), "a, b", ""},
		{strings.Join(numbered(MaxGroups), "\n"), strings.Join(numbered(MaxGroups), "\n"), ""},
		{strings.Join(numbered(MaxGroups+1), "\n"), "", "501 groups"},
	} {
		groups, err := Parse(c.text)
		switch {
		case c.refused != "":
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%.40q: %v, want a refusal with %q", c.text, err, c.refused)
			}
		case err != nil || Print(groups) != c.want:
			t.Errorf("%.40q is read as %q, %v", c.text, Print(groups), err)
		}
	}
	if _, err := Clean([]Group{{Words: []string{"a, b", "c"}}}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "Group 1") {
		t.Errorf("a comma in a word: %v", err)
	}
}

func cutIn(l words.Language) func(string) []words.Token {
	var a words.Analyzer
	return func(s string) []words.Token { return a.Tokens(s, l) }
}

func TestFind(t *testing.T) {
	groups, err := Parse("wifi, wi-fi, wireless network\nrouter => gateway\nrouters, hub\nthe, that\nnetwork, net")
	if err != nil {
		t.Fatal(err)
	}
	cut := cutIn(words.English)
	table := NewTable(groups, cut)
	for text, want := range map[string]string{
		"my wifi":                  "0-1: wi fi | wireless network",
		"no wireless networks":     "0-2: wifi | wi fi; 1-2: net",
		"wireless on the network":  "1-2: net",
		"Routers":                  "0-1: gateway; 0-1: hub",
		"gateway":                  "",
		"the":                      "",
		"the lamp and that button": "",
	} {
		var got []string
		for _, m := range table.Find(cut(text), 9) {
			var also []string
			for _, p := range m.Also {
				var terms []string
				for _, tok := range p.Run {
					terms = append(terms, tok.Term)
				}
				also = append(also, strings.Join(terms, " "))
			}
			got = append(got, fmt.Sprintf("%d-%d: %s", m.From, m.To, strings.Join(also, " | ")))
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %q, want %q", text, strings.Join(got, "; "), want)
		}
	}
	if n := len(table.Find(cut(strings.Repeat("router ", 100)), 5)); n != 5 {
		t.Errorf("%d matches where 5 are the most", n)
	}
	if (*Table)(nil).Find(cut("router"), 5) != nil {
		t.Error("no table finds something")
	}
}

// FuzzSynonyms: whatever is typed is read or refused with a sentence; what is
// read prints as it is read, keeps its bounds, and widens any text within them.
func FuzzSynonyms(f *testing.F) {
	f.Add("wifi, wi-fi\nrouter => gateway", "my wifi router")
	f.Add("a,b\r\n\r\n=>\x00,\xff→é", "a")
	f.Add("無線, ワイヤレス\n-> x", "無線接続")
	f.Fuzz(func(t *testing.T, text, query string) {
		groups, err := Parse(text)
		if err != nil {
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Public == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := Parse(Print(groups))
		if err != nil || !slices.EqualFunc(groups, again, same) {
			t.Fatalf("%q is read as %q, and that as %q, %v", text, Print(groups), Print(again), err)
		}
		for _, g := range groups {
			if len(g.Words) > MaxWords || len(g.Means) > MaxWords {
				t.Fatalf("a group of %d => %d", len(g.Words), len(g.Means))
			}
		}
		for _, l := range []words.Language{words.English, words.Neutral, words.CJK} {
			cut := cutIn(l)
			tokens := cut(query)
			for _, m := range NewTable(groups, cut).Find(tokens, 20) {
				if m.From < 0 || m.To <= m.From || m.To > len(tokens) || len(m.Also) == 0 || len(m.Also) > MaxWords {
					t.Fatalf("%+v in %q", m, query)
				}
			}
		}
	})
}

func TestSave(t *testing.T) {
	scene.OverEngines(t, func(t *testing.T, engine func(*testing.T) store.Engine) {
		var s *Service
		at := scene.New(t, engine(t), func(db *store.DB, _ *outbox.Relay, _ *community.Service) { s = Open(db) })
		admin, agent := at.Actor("admin"), at.Actor("agent")
		b, err := s.Show(at.Ctx, admin)
		if at.OK(err); b.Rev != 0 || len(b.Groups) != 0 {
			t.Fatalf("before anything was said: %+v", b)
		}
		groups, _ := Parse("wifi, wlan")
		_, err = s.Save(at.Ctx, agent, 0, groups)
		at.Refused(err, fault.Forbidden)
		_, err = s.Show(at.Ctx, agent)
		at.Refused(err, fault.Forbidden)
		_, err = s.Save(at.Ctx, admin, 0, []Group{{Words: []string{"alone"}}})
		at.Refused(err, fault.Invalid)
		b, err = s.Save(at.Ctx, admin, 0, groups)
		if at.OK(err); b.Rev == 0 || b.By != admin.ID || b.Saved == 0 {
			t.Fatalf("saved %+v", b)
		}
		if again, err := s.Save(at.Ctx, admin, b.Rev, groups); err != nil || again.Rev != b.Rev {
			t.Errorf("the same again makes revision %d of %d, %v", again.Rev, b.Rev, err)
		}
		_, err = s.Save(at.Ctx, admin, 0, nil)
		at.Refused(err, fault.Conflict)
		if b, err = s.Save(at.Ctx, admin, b.Rev, nil); err != nil || len(b.Groups) != 0 {
			t.Errorf("all taken back: %+v, %v", b, err)
		}
	})
}
