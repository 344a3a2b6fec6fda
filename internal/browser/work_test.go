package browser

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// work makes a community where moderators and agents have something to do: the
// angry question opens a case by itself.
func work(t *testing.T, s *Site) (ada, mia *Person, thread string) {
	t.Helper()
	ada, mia = s.Admin(t), s.Join(t, "Mia Maurer")
	ben := s.Join(t, "Ben Brandt")
	ada.Tag("brakes", "chain")
	oil := mia.Ask("general", "Which oil for the chain?", "Wet or dry, and how often?", "chain")
	ben.Answer(oil, "Dry oil in summer, every 200 kilometres.")
	mia.Submit(oil, mia.await(oil, regexp.MustCompile(`action="(/answers/[^"/]+/accept)"`)), url.Values{})
	thread = mia.Ask("general", "My brakes squeal in the rain and the shop does not answer", "This is a **disgrace**. I wrote three times, and nobody answers; I am furious.", "brakes")
	ben.Answer(thread, "Buy better ones at https://brakes.example, these are rubbish.")
	answer := ada.await(thread, regexp.MustCompile(`href="(/posts/answer/[^"/]+)/flag"`))
	mia.Submit(answer+"/flag", answer+"/flag", url.Values{"reason": {"spam"}, "note": {"He links to this shop in every answer that he writes."}})
	return ada, mia, thread
}

// What moderators and agents work with is sound on a phone and on a desktop,
// with work on it.
func TestPagesOfWork(t *testing.T) {
	for _, v := range []View{Phone, Desktop} {
		t.Run(v.Name, func(t *testing.T) {
			if err := chromium.start(); err != nil {
				missing(t, err)
			}
			s := selfie.Serve(t)
			ada, mia, thread := work(t, s)
			item := ada.await("/review", regexp.MustCompile(`href="(/review/[^"?]+)"`))
			b := chromium.Open(t, s, v).As(ada)
			b.inBothThemes(sight{name: "review", path: "/review"})
			b.inBothThemes(sight{name: "review-item", path: item})
			at := ada.await("/desk?state=submitted", regexp.MustCompile(`href="(/desk/[^"?]+)"`))
			b.inBothThemes(sight{name: "desk", path: "/desk"})
			b.inBothThemes(sight{name: "case", path: at})
			b.Visit(at).Press("Take it").See("With support")
			b.Fill("Answer", "We are sorry. A new pair of pads is on its way to you.")
			b.Press("Post answer").See("Thank you! Your answer is posted.", "Waiting for the customer")
			b.Fill("Note for colleagues", "Pads sent by parcel").Press("Add note").See("Pads sent by parcel")
			b.Visit(item).Fill("Reason, which the author reads", "This is advertising, which is not allowed here.").Press("Hide: the author may mend it").Press("Decide")
			b.See("Nothing to decide").Visit(item).See("Hidden: This is advertising").Axe().Shot("kind-review-item-decided")
			b.inBothThemes(sight{name: "rules", path: "/admin/rules"})
			b.inBothThemes(sight{name: "log", path: "/log"})
			b.inBothThemes(sight{name: "case-answered", path: at})
			points := ada.await("/leaders", regexp.MustCompile(`href="(/members/[^"/]+/points)"`))
			b.inBothThemes(sight{name: "leaders", path: "/leaders"})
			b.inBothThemes(sight{name: "points", path: points})
			b.Visit("/members/" + strings.Split(points, "/")[2]).Sound()
			chromium.Open(t, s, v).As(mia).inBothThemes(sight{name: "thread-case", path: thread})
		})
	}
}
