package browser

import (
	"image/color"
	"regexp"
	"testing"
)

// A picture that waits for a moderator is its author's and the moderators' to see.
// Others find nothing; where its address is known already, as in a page that was
// open before, a placeholder of its size says that it waits.
func TestHeldPicturesWait(t *testing.T) {
	t.Parallel()
	for _, v := range []View{Phone, Desktop, Phone.NoScript()} {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			if err := chromium.start(); err != nil {
				missing(t, err)
			}
			s := selfie.Serve(t, "SELFIE_HOLD_IMAGES=true")
			ada := s.Admin(t)
			thread := ada.Ask("general", "Which lamp means the pads are worn?", "Two lamps are lit.")
			ben := s.Join(t, "Ben")
			author := chromium.Open(t, s, v).As(ben)
			author.Visit(thread).Fill("Your answer", "This one, in red.")
			if v.Script {
				author.Upload("Screenshot", file(t, "lamp.png", screenshot(t, color.RGBA{200, 30, 30, 255}))).done(1).Fill("What does it show?", "red lamp")
			} else {
				author.Upload("Add screenshots", file(t, "lamp.png", screenshot(t, color.RGBA{200, 30, 30, 255})))
			}
			author.Press("Post answer").See("Only the author and the staff see this for now").await("its picture", `document.querySelector('.answer .prose img')?.src`)
			address := value[string](author, `document.querySelector('.answer .prose img').getAttribute('src').match(/^.images.[a-z0-9]+/)[0]`)
			author.Reload().Sound().Shot("held-author")

			guest := chromium.Open(t, s, v)
			guest.Visit(thread).SeeNot("This one, in red")
			guest.await("no picture of it", `!document.documentElement.innerHTML.includes(`+quote(address)+`)`)
			if v.Script { // as in a page that was open while the post was shown
				guest.await("the placeholder in its size", `(async () => {
					const a = Object.assign(document.createElement('a'), {className: 'shot', href: '`+address+`/full'})
					a.innerHTML = '<img src="`+address+`/1600" srcset="`+address+`/320 320w, `+address+`/1600 640w" sizes="(min-width: 46rem) 42rem, 92vw" width="640" height="400" alt="red lamp">'
					document.querySelector('.question .prose').append(a)
					await a.firstChild.decode()
					return a.firstChild.naturalWidth >= 320 && Math.abs(a.firstChild.clientWidth / a.firstChild.clientHeight - 1.6) < .02
				})()`)
				guest.Shot("held-page").Focus("a.shot").Key("\r").await("it in full", `document.querySelector('dialog.view img')?.naturalWidth === 640`)
				guest.Shot("held-view").Key("\x1b").Dark(true)
				guest.Shot("held-page-dark")
			}
			guest.Visit(address).await("what it says", `document.documentElement.getAttribute('aria-label') === 'This picture waits for a moderator' && !document.querySelector('image')`)
			guest.Shot("held-alone")

			item := ada.await("/review", regexp.MustCompile(`href="(/review/[^"?]+)"`))
			judge := chromium.Open(t, s, v).As(ada)
			judge.Visit("/review").Sound().Shot("review-picture-queue")
			judge.Visit(item).await("the picture to judge", `(i => { if (i) i.loading = 'eager'; return i?.complete && i.naturalWidth > 0 })(document.querySelector('.prose img'))`)
			judge.Sound().Shot("review-picture")
			decide(judge, "Approve: nothing is wrong", "")
			judge.See("Decided.")
			retry(t, guest, thread, "This one, in red.")
			guest.SeePicture("").Visit(address).await("the picture itself", `document.images[0]?.naturalWidth === 640`)
		})
	}
}
