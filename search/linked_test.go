package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"selfie/community"
	"selfie/internal/scene"
	"selfie/search/quick"
)

// TestDuplicatesTeach: only duplicates that whoever finds the original might
// read say anything of it, and what they say finds it.
func TestDuplicatesTeach(t *testing.T) {
	s := newStage(t)
	s.Space("club", community.MembersOnly)
	original := s.as("agent1").asked("Factory settings are gone", "The gateway forgot everything.")
	s.as("agent1").asked("How to wipe the box", "It should be as new.")
	s.as("moderator").DuplicateOf(original)
	s.as("agent1").asked("Secretly zapped box", "It should be as new.", scene.Privately())
	s.as("moderator").DuplicateOf(original)
	s.as("agent1").asked("Clubbers zapped box", "It should be as new.", scene.In("club"))
	s.as("moderator").DuplicateOf(original)
	s.caughtUp().as("guest").finds("wipe")
	lessons, err := s.Index.lessons(s.Ctx)
	s.OK(err)
	if len(lessons) != 1 || lessons[0].To != original.ID || !slices.Contains(lessons[0].Terms, "wipe") {
		t.Fatalf("lessons %+v", lessons)
	}
	g := s.Index.live
	g.quick.Use(linksOf(g.quick, lessons).With(quick.Weights{Alias: 1}))
	s.finds("wipe", original.Title).finds("zapped")
}

// TestOpenedIndexRanksAsOneThatWasFilled compares scores, which hang on every
// count and length.
func TestOpenedIndexRanksAsOneThatWasFilled(t *testing.T) {
	s := newStage(t)
	for i := range 30 {
		s.as("agent1").asked(fmt.Sprintf("Router number %d blinks", i), strings.Repeat("gateway red lamp ", i%7)+"wie geht das nicht ohne ein Kabel", scene.Tagged(fmt.Sprint("tag", i%3)))
		if i%4 == 0 {
			s.as("helper").Answer(strings.Repeat("hold the button ", 1+i%5))
		}
	}
	s.caughtUp()
	g := s.Index.live
	opened, err := g.ranked(t.Context())
	s.OK(err)
	for _, q := range []string{"router blinks", "gateway button", "red lamp hold", "kabel tag1", "number 7"} {
		ask := quick.Query{Terms: equal(s.Index.text.terms(q)), Limit: 50}
		if a, b := g.quick.Search(ask), opened.Search(ask); len(a) == 0 || !slices.Equal(a, b) {
			t.Fatalf("%s:\n%v\n%v", q, a, b)
		}
	}
	if a, b := g.quick.Tongues(0), opened.Tongues(0); !slices.Equal(a, b) {
		t.Errorf("languages %v and %v", a, b)
	}
}

// TestEachLanguageIsFoundByItsOwnForms: threads of several languages side by
// side.
func TestEachLanguageIsFoundByItsOwnForms(t *testing.T) {
	s := newStage(t)
	s.as("agent1").asked("Die Verbindungen brechen ab", "Seit gestern ist das so, und ich weiss nicht warum es die Leitung nicht hält.")
	s.as("agent1").asked("Les imprimantes tombent", "Depuis hier je ne sais pas pourquoi la ligne ne tient pas avec mon appareil.")
	s.as("agent1").asked("無線接続が切れます", "昨日から接続できません。どうすれば直りますか。")
	s.as("agent1").asked("The connections are dropping", "Since yesterday I do not know why it is not stable.")
	s.caughtUp().as("guest")
	s.finds("verbindung", "Die Verbindungen brechen ab")
	s.finds("imprimante", "Les imprimantes tombent")
	s.finds("無線", "無線接続が切れます")
	s.finds("connection", "The connections are dropping")
}
