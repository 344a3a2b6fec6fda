package search

import (
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/outbox"
	"selfie/internal/scene"
	"selfie/internal/store"
	"selfie/search/quick"
	"selfie/search/synonyms"
)

// wordy is a stage whose admin says which words mean the same.
type wordy struct {
	*stage
	said *synonyms.Service
}

func newWordy(t *testing.T) *wordy {
	t.Helper()
	w := &wordy{}
	s := scene.New(t, scene.SQLite(t), func(db *store.DB, _ *outbox.Relay, _ *community.Service) { w.said = synonyms.Open(db) })
	w.stage = &stage{Scene: s, dir: t.TempDir(), options: Options{Synonyms: w.said}}
	w.open()
	t.Cleanup(func() { s.OK(w.Index.Close()) })
	return w
}

// says replaces what the community says, and lets every node hear of it.
func (w *wordy) says(lines ...string) *wordy {
	w.T.Helper()
	groups, err := synonyms.Parse(strings.Join(lines, "\n"))
	w.OK(err)
	b, err := w.said.Book(w.Ctx)
	w.OK(err)
	_, err = w.said.Save(w.Ctx, w.Actor("admin"), b.Rev, groups)
	w.OK(err).OK(w.Tailer.CatchUp(w.Ctx))
	return w
}

func (w *wordy) ranked(q string, titles ...string) *wordy {
	w.T.Helper()
	if got := titlesOf(w.all(q)); !slices.Equal(got, titles) {
		w.T.Fatalf("%q finds %q, want %q", q, got, titles)
	}
	return w
}

// TestSynonymsReachQueriesWithoutReindexing: what an admin says counts from the
// next query on, here and on another node, and the index is not touched.
func TestSynonymsReachQueriesWithoutReindexing(t *testing.T) {
	w := newWordy(t)
	w.as("agent1").asked("WLAN drops at night", "It is gone until the morning.")
	w.asked("My wifi is slow", "Each page takes a minute.")
	w.asked("Gateway hums", "It does so all day long.")
	w.asked("Where is the wireless network key", "The sticker with it is gone.")
	w.asked("Network of dealers", "Who sells lamps?")
	w.caughtUp().as("guest")
	other, err := Open(w.Svc, Options{Synonyms: w.said})
	w.OK(err)
	t.Cleanup(func() { other.Close() })
	second := outbox.NewTailer(w.DB, nil, 0)
	other.Follow(second)
	w.OK(other.Rebuild(w.Ctx, nil))
	w.ranked("wifi", "My wifi is slow").finds("router")

	before, err := w.Index.live.checkpoint()
	w.OK(err)
	w.says("wifi, wi-fi, WLAN, wireless network", "router => gateway").as("guest")
	w.ranked("wifi", "My wifi is slow", "WLAN drops at night", "Where is the wireless network key")
	w.finds("wlan", "My wifi is slow", "WLAN drops at night", "Where is the wireless network key")
	w.finds("my wireless network", "My wifi is slow", "WLAN drops at night", "Where is the wireless network key", "Network of dealers")
	w.finds("router", "Gateway hums").finds("gateway", "Gateway hums")
	w.finds(`"wifi"`, "My wifi is slow").finds("gone -wifi", "WLAN drops at night", "Where is the wireless network key")
	w.finds("wifi is:new -gone", "My wifi is slow")
	if h := w.shows("router", "It does so all day"); h.Thread.Title != "Gateway hums" {
		t.Errorf("%q", h.Snippet)
	}
	w.OK(second.CatchUp(w.Ctx))
	if hits, _, err := other.Search(w.Ctx, w.By, "router", "", 5); err != nil || len(hits) != 1 {
		t.Fatalf("the other node finds %d, %v", len(hits), err)
	}
	list, err := w.Index.Related(w.Ctx, w.By, "wifi", "", "", 5)
	if w.OK(err); len(list) != 3 || list[0].Title != "My wifi is slow" {
		t.Errorf("%d are offered while typing", len(list))
	}

	w.says("gateway => router").as("guest").finds("router").finds("wifi", "My wifi is slow")
	w.says().as("guest").finds("router")
	after, err := w.Index.live.checkpoint()
	if w.OK(err); len(before) == 0 || len(after) == 0 {
		t.Fatal("the index was not followed")
	}
	w.reopen(func() { w.says("router, gateway") })
	w.as("guest").finds("router", "Gateway hums")
}

// TestSynonymsSpeakEachLanguage: words are cut as the language of the query has
// them, whatever form the admin gave.
func TestSynonymsSpeakEachLanguage(t *testing.T) {
	w := newWordy(t)
	w.as("agent1").asked("Die Verbindungen brechen ab", "Seit gestern ist das so, und ich weiss nicht warum es die Leitung nicht hält.")
	w.asked("無線接続が切れます", "昨日から接続できません。どうすれば直りますか。")
	w.asked("The lamp is red", "It does not go out when I press it.")
	w.caughtUp()
	w.says("Abbrüche => Verbindung", "ワイヤレス, 無線", "lights, lamps").as("guest")
	w.finds("Abbruch", "Die Verbindungen brechen ab").finds("ワイヤレス", "無線接続が切れます").finds("light", "The lamp is red")
}

// TestTyingOutSavesNothing: other synonyms can be asked by for once.
func TestTryingOutSavesNothing(t *testing.T) {
	w := newWordy(t)
	w.as("agent1").asked("Gateway hums", "It does so all day long.")
	w.caughtUp().as("guest")
	r, err := w.Index.Look(w.Ctx, w.By, Request{Query: "my Router is loud", Trying: true, Synonyms: []synonyms.Group{{Words: []string{"router"}, Means: []string{"gateway", "hub"}}}})
	w.OK(err)
	if len(r.Hits) != 1 || len(r.Widened) != 1 || r.Widened[0].Typed != "Router" || !slices.Equal(r.Widened[0].Also, []string{"gateway", "hub"}) {
		t.Fatalf("%d hits, widened by %+v", len(r.Hits), r.Widened)
	}
	w.finds("router")
}

// TestSynonymsCountLess: a word typed comes before a rarer one that stands for
// it, and a phrase only where all of it stands.
func TestSynonymsCountLess(t *testing.T) {
	x := quick.New(shape())
	put := func(id, title string) {
		x.Put(quick.Doc{ID: id, Terms: shape().Weigh(quick.TextOf(strings.Fields(title)))})
	}
	put("typed", "network down")
	put("rare", "wlan down")
	put("both", "home hub")
	put("half", "home")
	for i := range 50 {
		put(string(rune('A'+i)), "network trouble")
	}
	ask := func(terms ...quick.Term) (ids []string) {
		for _, h := range x.Search(quick.Query{Terms: terms, Limit: 60}) {
			ids = append(ids, h.ID)
		}
		return ids
	}
	a := also{[]token{{term: "wlan"}}, []string{"network"}}
	if ids := ask(quick.Term{Text: "network", Weight: 1}, a.term(1)); len(ids) != 52 || ids[51] != "rare" {
		t.Errorf("%v", ids)
	}
	a = also{[]token{{term: "home"}, {term: "hub"}}, []string{"box"}}
	if ids := ask(a.term(1)); !slices.Equal(ids, []string{"both"}) {
		t.Errorf("%v", ids)
	}
	if ids := ask(quick.Term{Text: "home", With: []string{"nothing"}, Weight: 1}); ids != nil {
		t.Errorf("%v", ids)
	}
}

// FuzzSynonymQueries: no query and no synonyms make the search fail.
func FuzzSynonymQueries(f *testing.F) {
	r := newReader()
	f.Add("wifi, wi-fi\nrouter => gateway hub", `my wifi "router" -hub tag:x`)
	f.Add("a b c d, a b, a", "a b c d e")
	f.Fuzz(func(t *testing.T, said, query string) {
		groups, err := synonyms.Parse(said)
		if err != nil {
			return
		}
		list, shown := r.trying(groups).widened(strings.Join(Parse(query).words(), " "))
		if len(list) > maxAlso || len(shown) > len(list) {
			t.Fatalf("%d are %d", len(shown), len(list))
		}
		for _, a := range list {
			if term := a.term(1); term.Text == "" || slices.Contains(term.With, "") || len(term.For) == 0 {
				t.Fatalf("%+v", term)
			}
		}
		_ = plan{terms: r.terms(query), also: list, ranked: true}.compile(nil)
	})
}
