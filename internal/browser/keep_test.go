package browser

import (
	"net/url"
	"strings"
	"testing"
)

const typed = "It rattles at 25 km/h, and only downhill."

// Nothing typed is lost: to a reload, to a mistake in the form, to a session
// that ended meanwhile.
func TestWhatIsTypedIsKept(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		s.Admin(t).Tag("noise")
		mia := s.Join(t, "Mia")
		b := chromium.Open(t, s, v).As(mia)

		b.Visit("/ask").Fill("Your question in one line", "Something rattles").Fill("What happens?", typed)
		if v.Script {
			b.See("Draft saved").Reload()
			b.See("We kept what you wrote last time").Holds("Your question in one line", "Something rattles").Holds("What happens?", typed).Sound().Shot("ask-kept")
			b.Press("Start anew").At("/ask").Holds("What happens?", "")
			b.Fill("Your question in one line", "Something rattles").Fill("What happens?", typed)
		}

		b.Allow(422).Fill("Tags", "a b c d e f g h").Press("Post question")
		b.See("tags").Holds("What happens?", typed).Holds("Your question in one line", "Something rattles").Sound().Shot("ask-mistake")
		b.await("the field to be named as wrong", `(f => f?.id === 'tags' && document.getElementById(f.getAttribute('aria-describedby').split(' ').at(-1))?.textContent.trim())(document.querySelector('[aria-invalid=true]'))`)
		if v.Script {
			b.await("the focus to be there", `document.activeElement.id === 'tags'`)
		}

		b.Fill("Tags", "noise")
		mia.Submit("/settings", "/sign-out", url.Values{})
		b.Allow(401, 403).Press("Post question")
		if b.until(func() error { return b.shows("Send it again") }) == nil && !b.has("Sign in", []string{"button"}) {
			b.Press("Send it again")
		}
		b.See("Please sign in").Sound().Shot("error-expired")
		b.Fill("E-mail", mia.Email).Fill("Password", Password)
		b.In("main").Press("Sign in")
		b.At("/ask").Holds("What happens?", typed).Sound().Shot("welcome-back")
		b.Press("Post question").See("Your question is posted", typed, "noise")
	})
}

// A server that is gone while someone posts loses nothing: the text is still in
// the form, and goes through once the server is back, once.
func TestServerGoneWhilePosting(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		s.Admin(t)
		mia := s.Join(t, "Mia")
		thread := mia.Ask("general", "Which oil for the chain?", "Wet or dry, and how often?")
		b := chromium.Open(t, s, v).As(s.Join(t, "Ben"))
		b.Visit(thread).Fill("Your answer", typed)
		b.gone()
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		b.Press("Post answer")
		b.await("the browser's own error page", `location.href.startsWith('chrome-error:')`)
		s.Start()
		b.Back()
		b.Holds("Your answer", typed).Press("Post answer")
		b.See("Your answer is posted", typed)
		if status, _, page := mia.Get(thread); status != 200 || strings.Count(page, `aria-label="Answer by Ben`) != 1 {
			t.Errorf("the answer is there %d times (status %d)", strings.Count(page, `aria-label="Answer by Ben`), status)
		}
	})
}

// Errors are pages of the site, with a way on.
func TestErrorPages(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		ada := s.Admin(t)
		mia := s.Join(t, "Mia")
		thread := mia.Ask("general", "Which oil for the chain?", "Wet or dry, and how often?")
		b := chromium.Open(t, s, v).As(mia).Allow(403, 404, 409, 410)
		b.Visit("/threads/nothing").See("There is nothing here").Sound().Shot("error-404")
		b.In("main").Fill("Search", "chain")
		b.In("main").Press("Search").At("/search")
		b.Visit("/admin").SeeNot("Name of the community").Sound().Shot("error-403")
		b.Visit("/reset?token=wrong").See("link").Sound().Shot("error-link")

		b.Visit(thread).Fill("Your answer", typed)
		ada.Submit(thread, thread+"/lock", url.Values{"reason": {"This goes in circles"}})
		b.Press("Post answer").At(thread + "/answers").See("ocked").Sound().Shot("error-locked")
		b.await("the text to be kept", `[...document.querySelectorAll('textarea')].some(t => t.value === `+quote(typed)+`)`)
	})
}

// Whoever is too fast is told how long to wait, and loses nothing.
func TestTooManyRequests(t *testing.T) {
	for _, v := range []View{Phone, Desktop.NoScript()} {
		t.Run(v.Name, func(t *testing.T) {
			if err := chromium.start(); err != nil {
				missing(t, err)
			}
			s := selfie.Serve(t, "SELFIE_LIMIT_FACTOR=0.2") // two posts a minute
			mia := s.Admin(t)
			b := chromium.Open(t, s, v).As(mia).Allow(429)
			for _, title := range []string{"First of many questions", "Second of many questions", "Third of many questions"} {
				b.Visit("/ask").Fill("Your question in one line", title).Fill("What happens?", typed+" "+title).Press("Post question")
				b.await("an answer", `!document.querySelector('form[action="/ask"] [aria-busy]') && location.pathname !== '/ask' || document.querySelector('[role=alert], .error-page')`)
			}
			b.See("Please wait").Sound().Shot("error-429")
			b.await("the text to be kept", `[...document.querySelectorAll('textarea')].some(t => t.value.startsWith(`+quote(typed)+`))`)
		})
	}
}
