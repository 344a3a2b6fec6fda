package browser

import (
	"image/color"
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

var imageURL = regexp.MustCompile(`/images/[a-z0-9]+/[a-z0-9]+`)

// Outsiders find nothing of a restricted space and of a private question: no
// page, no line of a list, no hit, no picture.
func TestPrivateThingsAreInvisibleToOutsiders(t *testing.T) {
	each(t, views, func(t *testing.T, s *Site, v View) {
		ada := s.Admin(t)
		ada.Space("beta", "Beta testers", "groups", "beta")
		secret := ada.Ask("beta", "Zeppelin release is late", "Nobody knows about the zeppelin.", "zeppelin")

		mia := s.Join(t, "Mia")
		asker := chromium.Open(t, s, v).As(mia)
		asker.Visit("/ask").SeeNot("Beta testers").Fill("Your question in one line", "My invoice of the zeppelin is wrong")
		if asker.has("What is it about?", fillable) {
			asker.Fill("What is it about?", "General")
		}
		asker.Fill("What happens?", "It shows the account of someone else.")
		picture(t, asker, v)
		asker.Press("Private").Press("Post question")
		asker.See("Private: only the asker and the support staff see this.").Sound().Shot("thread-private")
		private := asker.Path()
		_, _, page := mia.Get(private)
		image := imageURL.FindString(page)
		if status, _, _ := mia.Get(image); image == "" || status != http.StatusOK {
			t.Fatalf("the asker's own picture %q: %d", image, status)
		}
		retry(t, chromium.Open(t, s, v).As(ada), "/search?q=zeppelin", "invoice of the zeppelin")

		for _, who := range []*Person{s.Join(t, "Eve Outsider"), s.visitor(t, "Guest")} {
			b := chromium.Open(t, s, v).As(who).Allow(404)
			for _, path := range []string{secret, private, "/spaces/beta"} {
				b.Visit(path).See("There is nothing here").SeeNot("zeppelin").SeeNot("Zeppelin")
			}
			for _, path := range []string{"/", "/?show=newest", "/?show=unanswered", "/spaces", "/spaces/general", "/tags", "/search?q=" + url.QueryEscape("zeppelin invoice")} {
				b.Visit(path).SeeNot("invoice").SeeNot("Zeppelin").SeeNot("Beta testers")
			}
			for _, path := range []string{image, "/feed.atom", "/sitemap.xml", "/posts/question/" + private[len("/threads/"):] + "/history", private + "/live"} {
				status, _, body := who.Get(path)
				if status != http.StatusNotFound && (regexp.MustCompile(`(?i)zeppelin|invoice`).MatchString(body) || path == image) {
					t.Errorf("%s reads %s: %d", who, path, status)
				}
			}
			b.Sound()
		}
		chromium.Open(t, s, v).As(ada).Visit(private).See("It shows the account").Visit(secret).See("Nobody knows about")
	})
}

// picture adds one screenshot to the question being asked.
func picture(t *testing.T, b *Tab, v View) {
	t.Helper()
	path := file(t, "shot.png", screenshot(t, color.RGBA{0, 90, 90, 255}))
	if v.Script {
		b.Upload("Screenshot", path)
		b.await("the picture", `document.querySelectorAll('.upload input').length === 1`)
		return
	}
	b.Upload("Add screenshots", path)
}
