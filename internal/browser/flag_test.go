package browser

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

const (
	rudeWords  = "Buy a better one and stop whining, you fool."
	hiddenSays = "Several members reported this post. It is hidden until a moderator has looked at it."
)

// A post hides itself once the reports weigh enough, those of staff more than
// those of newcomers; a moderator takes it up, which another sees, decides with
// a reason that the author is told and a word for those who reported it, and
// takes the decision back, of which both are told. What is out of sight is
// nowhere to be found by outsiders.
func TestReportedHiddenDecidedUndone(t *testing.T) {
	each(t, scriptedAndPlain, func(t *testing.T, s *Site, v View) {
		ada := s.Admin(t)
		mia, rob, eve := s.Join(t, "Mia Maurer"), s.Join(t, "Rob Rude"), s.Join(t, "Eve Ernst")
		mod := ada.Promote(s.Join(t, "Max Moderator"), "moderator")
		thread := mia.Ask("general", "My saddle sinks slowly", "By a centimetre a day.")
		rob.Answer(thread, rudeWords)
		found(t, ada, "whining", thread)

		witness := chromium.Open(t, s, v).As(eve)
		witness.Visit(thread).In("article.answer").Press("More about this answer")
		witness.In("article.answer").Follow("Report")
		witness.See("Report a post", "you fool").Sound().Shot("flag")
		witness.Press("Rude or abusive").Fill("What should a moderator know?", "He calls people fools.").Press("Report")
		witness.At(thread).See("A moderator will look at it")
		flag := mia.await(thread, regexp.MustCompile(`href="(/posts/answer/[^"/]+/flag)"`))
		for _, p := range []*Person{mia, s.Join(t, "Noah Nagel")} {
			p.Submit(flag, flag, url.Values{"reason": {"rude"}})
		}
		outsiders(t, s, v, thread, true) // three newcomers do not weigh enough
		ada.Promote(s.Join(t, "Ina Agent"), "agent").Submit(flag, flag, url.Values{"reason": {"rude"}})

		author := chromium.Open(t, s, v).As(rob)
		retry(t, author, "/notifications", hiddenSays)
		author.Visit(thread).See("you fool", "Only the author and the staff see this for now", hiddenSays).Sound().Shot("thread-hidden-author")
		outsiders(t, s, v, thread, false)

		item := mod.await("/review", regexp.MustCompile(`href="(/review/[^"?]+)"`))
		judge := chromium.Open(t, s, v).As(mod)
		judge.Visit("/review").See("4 × Rude or abusive", "Out of sight").Sound().Shot("review-hidden")
		judge.Follow("My saddle sinks slowly").At(item).Press("I am looking at this").See("You are looking at this: let go").Sound().Shot("review-claimed")
		other := chromium.Open(t, s, v).As(ada).Allow(409)
		other.Visit("/review").See("Max Moderator is looking")
		decide(other.Visit(item), "Delete", "This is rude.")
		other.See("Another moderator is looking at this until").Sound()

		decide(judge, "Hide: the author may mend it", "Please write as you would speak to a neighbour.")
		judge.See("Decided. The author is told, and so is who reported it.", "Nothing to decide")
		retry(t, author, "/notifications", "A moderator hid your post: Please write as you would speak to a neighbour.")
		author.Sound().Shot("notifications-hidden")
		retry(t, witness, "/notifications", "A moderator agreed with your report and acted on it.")
		witness.SeeNot("Rob Rude").Sound()
		outsiders(t, s, v, thread, false)
		chromium.Open(t, s, v).Visit("/log").See("Hidden: Please write as you would speak to a neighbour.").SeeNot("Max Moderator").SeeNot("Rob Rude").Sound()

		judge.Visit(item).See("Hidden: Please write", "a moderator agreed").Press("Undo the last decision")
		judge.At(item).See("The decision is undone", "taken back by Max Moderator").Sound().Shot("review-undone")
		retry(t, author, "/notifications", "A decision about your post was taken back; it is as it was before.")
		retry(t, witness, "/notifications", "The decision about the post you reported was taken back; a moderator will look again.")
		outsiders(t, s, v, thread, false) // as it was before: hidden by the reports

		judge.Visit(item).See("not decided yet")
		decide(judge, "Approve: nothing is wrong", "")
		retry(t, author, "/notifications", "A moderator looked at your post: it is shown.")
		retry(t, witness, "/notifications", "A moderator looked at the post you reported and left it as it is.")
		outsiders(t, s, v, thread, true)
		author.Visit(thread).See("you fool").SeeNot("Only the author and the staff")
	})
}

// decide judges the item that is open in the tab.
func decide(b *Tab, action, reason string) {
	b.t.Helper()
	b.Press(action).Fill("Reason, which the author reads", reason).Press("Decide")
}

// outsiders look wherever the answer could be read: the thread, the lists, the
// search, the feed.
func outsiders(t *testing.T, s *Site, v View, thread string, visible bool) {
	t.Helper()
	guest := chromium.Open(t, s, v)
	if visible {
		retry(t, guest, thread, "you fool")
		guest.See("1 answer")
		retry(t, guest, "/search?q=whining", "My saddle sinks slowly")
		return
	}
	guest.Visit(thread).See("My saddle sinks slowly", "No answer yet").SeeNot("fool").SeeNot("Rob Rude").Sound()
	guest.Visit("/search?q=whining").SeeNot("My saddle sinks slowly")
	stranger := s.visitor(t, "Guest")
	for _, path := range []string{thread, "/", "/search?q=whining", "/feed.atom"} {
		_, _, body := stranger.Get(path)
		if strings.Contains(body, "whining,") || strings.Contains(body, "Rob Rude") {
			t.Errorf("a guest reads the hidden answer at %s", path)
		}
	}
}
