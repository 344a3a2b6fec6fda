package browser

import (
	"regexp"
	"testing"
)

var link = regexp.MustCompile(`https?://[^\s<"]+/(confirm|reset)\?token=[^\s<"&]+`)

// Mail that no server takes is kept for the operator, and its links work:
// confirming an address, choosing a new password. Devices are listed and signed
// out, and a closed account leaves its posts to a former member.
func TestAccountFromSignUpToClosing(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		ada := s.Admin(t)
		mia := s.Join(t, "Mia")
		thread := mia.Ask("general", "Saddle sinks slowly", "By a centimetre a day.")
		operator := chromium.Open(t, s, v).As(ada)
		b := chromium.Open(t, s, v).As(mia)

		b.Visit("/settings").See("Not confirmed").Sound().Shot("settings")
		b.Visit(mailed(t, operator, mia.Email, "confirm")).See("Confirm your address").Sound().Shot("confirm")
		b.Press("This is my address").See("Your e-mail address is confirmed")
		b.Visit("/settings").See("Confirmed").SeeNot("Not confirmed")

		other := chromium.Open(t, s, v)
		other.Allow(401, 422).Visit("/sign-in").Sound().Shot("sign-in")
		other.Fill("E-mail", mia.Email).Fill("Password", "not the password").Press("Sign in")
		other.See("password").Holds("E-mail", mia.Email).Sound().Shot("sign-in-wrong")
		other.Follow("Forgot your password?").At("/forgot").Sound().Shot("forgot")
		other.Fill("E-mail", mia.Email).Press("Send the link").See("Ask for your link", "No mail is sent from here yet").Sound().Shot("forgot-sent")
		other.Visit(mailed(t, operator, mia.Email, "reset")).See("Choose a new password").Sound().Shot("reset")
		other.Fill("New password", "five loud bicycles").Press("Save and sign in").See("Your password is changed")
		b.Allow(401, 422).Visit("/settings").See("Please sign in")

		b.Fill("E-mail", mia.Email).Fill("Password", "five loud bicycles").Press("Sign in").At("/settings").See("Devices", "this one")
		b.In("#sessions").Press("Sign out everywhere else")
		b.See("Your other devices are signed out")
		other.Visit("/settings").See("Please sign in")

		b.Visit("/settings").In("#profile").Fill("Name", "Mia Moon").Fill("About you", "I *ride* to work.").Press("Save profile")
		b.See("Saved.").Visit(thread).See("Mia Moon")
		b.Visit("/settings").In("#prefs").Press("dark").Press("Save")
		b.See("Saved.").Sound().Shot("settings-dark")

		b.Visit("/settings").Press("I want to leave").In("#close").Fill("Your password", "five loud bicycles").Press("Close my account for good")
		b.See("Your account is closed")
		b.Visit(thread).See("former member", "Saddle sinks slowly").SeeNot("Mia").Sound().Shot("thread-former")
		b.Visit("/sign-in").Fill("E-mail", mia.Email).Fill("Password", "five loud bicycles").In("main").Press("Sign in")
		b.await("a refusal", `document.querySelector('[role=alert], .field-error')`).At("/sign-in")
		operator.Visit("/admin/members").See("closed").Sound().Shot("admin-members")
		operator.Visit("/admin/checks").See("Version").Sound().Shot("admin-checks")
	})
}

// mailed waits for the mail of a kind to someone and returns the path of its link.
func mailed(t *testing.T, operator *Tab, to, kind string) (path string) {
	t.Helper()
	err := operator.until(func() error {
		operator.Visit("/admin/mail")
		page := value[string](operator, `[...document.querySelectorAll('details')].filter(d => d.textContent.includes(`+quote(to)+`)).map(d => d.textContent).join('\n')`)
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if m[1] == kind {
				path = m[0]
				return nil
			}
		}
		return operator.shows("a mail of the kind " + kind)
	})
	if err != nil {
		operator.fatalf("no mail %q for %s", kind, to)
	}
	operator.Sound().Shot("admin-mail")
	return path
}
