package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
)

// pictures names the setting by which the README's pictures are made anew.
const pictures = "SELFIE_PICTURES"

// The README opens with these: wide enough for a desktop's two columns, tall
// enough for some questions, and a phone of the same height beside it.
var (
	pictureDesktop = View{"picture-desktop", 1280, 1000, false, true}
	picturePhone   = View{"picture-phone", 390, 972, true, true}
)

// The demonstration looks as the README promises: questions with pictures, an
// answer that solved one, nothing broken, nothing cut off.
func TestPicturesOfTheReadme(t *testing.T) {
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	s := selfie.Demo(t)
	home := chromium.Open(t, s, pictureDesktop)
	home.Visit("/").See("What is the problem?", "Questions", "Popular tags", "Getting started")
	home.await("a page of questions", `document.querySelectorAll('.thread').length >= 15`)
	home.whole().Sound().keep("selfie.png")

	phone := chromium.Open(t, s, picturePhone)
	phone.Visit("/?show=solved").await("a solved question with a picture", `document.querySelector('.thread .thumb')`)
	phone.whole().Visit(value[string](phone, `document.querySelector('.thread .thumb').href`))
	phone.See("1 answer", "Solved it")
	phone.await("the question's picture", `document.querySelector('.question .prose img')`)
	phone.whole().Sound().keep("selfie-phone.png")
}

// whole fails the test unless every picture of the page is shown, whole.
func (b *Tab) whole() *Tab {
	b.t.Helper()
	broken := value[[]string](b, `Promise.all([...document.images].map(async i => {
		i.loading = 'eager'
		return await i.decode().then(() => i.naturalWidth > 0 ? '' : i.src, () => i.src)
	})).then(list => list.filter(Boolean))`)
	for _, src := range broken {
		b.t.Errorf("%s: the picture %s is broken", b.URL(), src)
	}
	return b
}

// keep keeps what the window shows, from the top of the page, as a picture of
// the documentation, if that is asked for.
func (b *Tab) keep(name string) {
	b.t.Helper()
	if os.Getenv(pictures) == "" {
		return
	}
	value[bool](b, `(scrollTo({top: 0, behavior: 'instant'}), document.activeElement.blur(), true)`)
	res := must(b, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	docs := filepath.Join(filepath.Dir(filepath.Dir(here())), "docs")
	b.must(os.WriteFile(filepath.Join(docs, name), res.Data, 0o644), "keeping %s", name)
}
