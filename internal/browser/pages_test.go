package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A page kind, and who looks at it.
type sight struct{ name, path, who string }

// Every kind of page is sound in light and dark, at its own width and at the
// narrowest: 320 pixels, as a window of 1280 at a zoom of 400 %.
func TestEveryPageInBothThemes(t *testing.T) {
	for _, v := range []View{Phone, Desktop} {
		t.Run(v.Name, func(t *testing.T) {
			if err := chromium.start(); err != nil {
				missing(t, err)
			}
			s := selfie.Serve(t)
			people, sights := furnish(t, s)
			for who, p := range people {
				b := chromium.Open(t, s, v).As(p).Allow(401, 404, 410)
				for _, page := range sights {
					if page.who == who {
						b.inBothThemes(page)
					}
				}
			}
		})
	}
}

func (b *Tab) inBothThemes(page sight) {
	b.t.Helper()
	b.Visit(page.path).Sound().Shot("kind-" + page.name)
	b.Dark(true)
	b.Visit(page.path).Axe().Shot("kind-" + page.name + "-dark")
	b.Dark(false)
	b.Sized(320, 640, func(b *Tab) { b.NoOverflow() })
	b.Sized(640, 450, func(b *Tab) { b.NoOverflow() }) // a desktop at 200 %
}

// furnish makes a community that has something of everything.
func furnish(t *testing.T, s *Site) (map[string]*Person, []sight) {
	t.Helper()
	people := map[string]*Person{"admin": s.Admin(t), "member": s.Join(t, "Mia"), "guest": s.visitor(t, "Guest")}
	ada, mia := people["admin"], people["member"]
	ada.Space("members", "Riders only", "members", "")
	ada.Tag("brakes", "noise", "weather", "maintenance", "chain")
	rich := mia.Ask("general", "A rather long question title that has to be wrapped on every telephone, doesn’t it", richBody, "brakes", "noise", "weather", "maintenance")
	ada.Answer(rich, "Look at the [manual](https://example.org/a/very/long/address/that/does/not/break/"+strings.Repeat("x", 60)+").\n\n```\nselfie --config /etc/"+strings.Repeat("long-", 30)+"\n```\n\n> quoted\n\n| a | b |\n|---|---|\n| 1 | "+strings.Repeat("wide ", 40)+" |")
	plain := mia.Ask("general", "Which oil for the chain?", "Wet or dry, and how often?", "chain")
	post := "/posts/question/" + plain[len("/threads/"):]
	list := []sight{
		{"home", "/", "guest"}, {"home-active", "/?show=active", "guest"}, {"home-unanswered", "/?show=unanswered", "guest"}, {"home-nothing", "/?show=solved", "guest"},
		{"spaces", "/spaces", "guest"}, {"space", "/spaces/general", "guest"}, {"tags", "/tags", "guest"}, {"tag", "/tags/brakes", "guest"},
		{"search", "/search?q=chain", "guest"}, {"search-nothing", "/search?q=xylophone", "guest"}, {"thread", rich, "guest"}, {"history", post + "/history", "guest"},
		{"comments", post + "/comments", "guest"}, {"sign-in", "/sign-in", "guest"}, {"sign-up", "/sign-up", "guest"}, {"forgot", "/forgot", "guest"},
		{"ask-guest", "/ask", "guest"}, {"error-401", "/notifications", "guest"}, {"error-404", "/nothing/here", "guest"}, {"error-reset", "/reset?token=wrong", "guest"},
		{"home-member", "/", "member"}, {"ask", "/ask", "member"}, {"edit", post + "/edit", "member"}, {"thread-member", rich, "member"}, {"settings", "/settings", "member"},
		{"notifications", "/notifications", "member"}, {"space-members", "/spaces/members", "member"}, {"comments-member", post + "/comments", "member"},
		{"thread-admin", rich, "admin"}, {"duplicate", plain + "/duplicate", "admin"}, {"review", "/review", "admin"}, {"desk", "/desk", "admin"}, {"log", "/log", "guest"}, {"leaders", "/leaders", "guest"}, {"rules", "/admin/rules", "admin"}, {"synonyms", "/admin/synonyms?q=chain", "admin"}, {"desks", "/admin/desks", "admin"}, {"deflection", "/admin/deflection", "admin"}, {"admin", "/admin", "admin"}, {"admin-spaces", "/admin/spaces", "admin"}, {"admin-space", "/admin/spaces/general", "admin"},
		{"admin-members", "/admin/members", "admin"}, {"admin-mail", "/admin/mail", "admin"}, {"admin-checks", "/admin/checks", "admin"}, {"member-self", "/settings", "admin"},
	}
	return people, list
}

const richBody = `It has **bold**, *slanted* and ` + "`code`" + ` words, and a list:

- first
- second
  - deeper

## A heading of its own

1. one
2. two

` + "```go\nfunc main() { println(\"a line of code that is quite a bit longer than a telephone is wide, so that it scrolls\") }\n```" + `

> A quotation from the manual.

averyveryverylongwordwithoutanyspacesthatwouldmakeanarrowpagewiderthanthewindowifitwerenotbroken`

// Whoever uses no pointer reaches everything: the skip link first, then in the
// order of the page, seeing where they are.
func TestKeyboardAlone(t *testing.T) {
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	s := selfie.Serve(t)
	s.Admin(t).Tag("chain")
	mia := s.Join(t, "Mia")
	mia.Ask("general", "Which oil for the chain?", "Wet or dry, and how often?", "chain")
	b := chromium.Open(t, s, Desktop).As(s.Join(t, "Ben"))
	b.Visit("/").See("Which oil for the chain?")
	b.Key(kb.Tab).focused("Skip to the content").Key(kb.Enter)
	b.await("the content to have the focus", `document.activeElement.id === 'main' || location.hash === '#main'`)
	b.tabTo("Which oil for the chain?").Key(kb.Enter)
	b.See("No answer yet")
	b.tabTo("This helps").Key(" ")
	b.In("article.question .votes").See("1")
	b.await("the focus to stay on the vote", `document.activeElement.getAttribute('aria-label') === 'This helps'`)
	b.tabTo("Your answer").Key("Dry oil in summer.")
	b.tabTo("Post answer").Key(kb.Enter)
	b.See("Thank you! Your answer is posted.", "Dry oil in summer.")

	b.Visit("/").Key("/").Key("chain").Key(kb.Enter)
	b.At("/search")
	b.Visit("/").tabTo("Your account, Ben, B").Key(kb.Enter)
	b.See("Settings").Key(kb.Escape).SeeNot("Sign out")
}

// tabTo presses Tab until the focus is on the control of this name, looking
// each time that the focus can be seen.
func (b *Tab) tabTo(name string) *Tab {
	b.t.Helper()
	const most = 120
	for range most {
		b.Key(kb.Tab)
		if b.focusName() == name {
			return b.focused(name)
		}
	}
	b.fatalf("%d presses of Tab did not lead to %q", most, name)
	return b
}

func (b *Tab) focusName() string {
	b.t.Helper()
	name := value[string](b, `(e => (e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent || '').trim())(document.activeElement)`)
	return flat(name)
}

// focused fails unless the control of this name has the focus, in sight and
// with a mark that shows it.
func (b *Tab) focused(name string) *Tab {
	b.t.Helper()
	err := b.until(func() error {
		if got := b.focusName(); got != name {
			return fmt.Errorf("the focus is on %q", got)
		}
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(e => {
			const r = e.getBoundingClientRect()
			const drawn = s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'
			const marked = x => drawn(getComputedStyle(x)) || drawn(getComputedStyle(x, '::after'))
			const around = [e, e.parentElement, e.closest('.editor'), e.closest('.thread, .thread > article')].filter(Boolean)
			const seen = r.width > 0 && r.bottom > 0 && r.top < innerHeight
			const top = document.elementFromPoint(r.left + r.width / 2, r.top + Math.min(r.height / 2, 20))
			return seen && around.some(marked) && (!top || e.contains(top) || top.contains(e))
		})(document.activeElement)`))
		if err == nil && !ok {
			err = fmt.Errorf("the focus cannot be seen there")
		}
		return err
	})
	if err != nil {
		b.fatalf("the focus on %q: %v", name, err)
	}
	return b
}
