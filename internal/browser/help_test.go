package browser

import (
	"net/url"
	"regexp"
	"testing"
)

// scripted and plain: each story runs once as most people come (a phone with
// JavaScript) and once with what forms alone can do, on the other device. The
// pages between are looked at on all four by the stories of asking.
var scriptedAndPlain = []View{Phone, Desktop.NoScript()}

// Who asks what was answered before is offered the answer, says that it solved
// the problem, and asks nothing; who wrote the answer is told and credited, and
// the operator sees the question that was not needed.
func TestAnswerSparesAQuestion(t *testing.T) {
	each(t, scriptedAndPlain, func(t *testing.T, s *Site, v View) {
		ada, ben := s.Admin(t), s.Join(t, "Ben Brandt")
		thread := solvedThread(t, s, ben)
		found(t, ada, "chain squeaks", thread)
		title := "My chain squeaks after the rain"

		guest := chromium.Open(t, s, v)
		guest.Visit("/ask").Fill("Your question in one line", title)
		if !v.Script {
			guest.Fill("What happens?", "It squeaks, and I have oiled it.").Press("Check for answers")
		}
		guest.See("Is it one of these?", "Chain squeaks in the wet", "Wipe it dry, then one drop of wet oil", "The answer that solved it, by Ben Brandt")
		guest.NoOverflow().Axe().Shot("ask-offer") // not Sound: what is offered moves the form on, as it must
		guest.Press("This solved it").See("Wonderful!", "Ben Brandt hears that their answer helped you").SeeButton("No, it did not").Sound().Shot("solved")

		noah := chromium.Open(t, s, v).As(s.Join(t, "Noah Nagel"))
		led(noah, v, title)
		noah.At(thread).See("Did this solve your problem?").Sound().Shot("thread-led")
		noah.In("#visit").Press("Yes")
		noah.See("Wonderful!", "Ben Brandt hears that their answer helped you")

		author := chromium.Open(t, s, v).As(ben)
		retry(t, author, "/notifications", "Your answer solved someone's problem before they asked.")
		author.See("Chain squeaks in the wet").Sound().Shot("notifications-helped")
		points := ben.await("/leaders?span=all", regexp.MustCompile(`href="(/members/[^"/]+/points)"`))
		retry(t, author, points, "Visitors helped 2")
		author.See("answer helped a visitor: Chain squeaks in the wet").Sound().Shot("points-helped")
		retry(t, author, "/leaders?span=all", "2 visitors helped")

		operator := chromium.Open(t, s, v).As(ada)
		operator.Visit("/admin/deflection").See("Answers that spared most questions", "Chain squeaks in the wet", "by Ben Brandt, 2 visitors helped").Sound().Shot("deflection")
		operator.See("Said it is solved A visitor pressed “This solved it”. " + counts(v))

		// What the guest typed was kept: saying "no" after all leads back to it, and
		// takes the credit back.
		guest.Press("No, it did not").Holds("Your question in one line", title)
		retry(t, author, points, "Visitors helped 1")
	})
}

// led goes to the thread as the view allows: from the offer where links open in
// the same tab, from a search where they open beside the question.
func led(b *Tab, v View, title string) {
	b.t.Helper()
	if v.Script {
		b.Visit("/search?q=" + url.QueryEscape("chain squeaks")).In("main").Follow("Chain squeaks in the wet")
		return
	}
	b.Visit("/ask").Fill("Your question in one line", title).Press("Check for answers").See("Is it one of these?")
	b.Follow("Open Chain squeaks in the wet")
}

// counts are the visits that ended well, as the funnel tells them: all, their
// share, those who began to ask, and those who searched.
func counts(v View) string {
	if v.Script {
		return "2 100% 1 1"
	}
	return "2 100% 2 0"
}

// solvedThread is a question that ben answered and its asker marked as solved.
func solvedThread(t *testing.T, s *Site, ben *Person) (thread string) {
	t.Helper()
	mia := s.Join(t, "Mia Maurer")
	thread = mia.Ask("general", "Chain squeaks in the wet", "After every ride in the rain it squeaks for days.")
	ben.Answer(thread, "Wipe it dry, then one drop of wet oil on each link. Wait an hour and wipe it again.")
	mia.Submit(thread, mia.await(thread, regexp.MustCompile(`action="(/answers/[^"/]+/accept)"`)), url.Values{})
	return thread
}

// found waits until the search index, which follows the store, has a thread.
// The person is staff: what they look for counts as nobody's attempt.
func found(t *testing.T, p *Person, query, thread string) {
	t.Helper()
	p.await("/search?q="+url.QueryEscape(query), regexp.MustCompile(`href="(`+regexp.QuoteMeta(thread)+`)[?"#]`))
}
