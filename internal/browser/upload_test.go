package browser

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"selfie/media/ocr/ocrtest"
)

// Pictures come in by every way at once, stay with the draft on every device,
// and what is no picture is refused with the reason while the text stays.
func TestPicturesAreTakenIn(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Phone, onDisk}, {Desktop, onDisk}, {Phone, onS3}, {Desktop, onS3}}, func(t *testing.T, s *Site, v View) {
		s.Admin(t).Space("brakes", "Brakes", "public", "")
		cara := s.Join(t, "Cara")
		b := chromium.Open(t, s, v).As(cara).Allow(404, 413, 415, 422)
		b.Visit("/ask").Fill("Your question in one line", "Which lamp means the pads are worn?").Fill("What happens?", "Two lamps are lit.").Fill("What is it about?", "Brakes")
		b.Upload("Screenshot", file(t, "one.png", screenshot(t, color.RGBA{200, 30, 30, 255})), file(t, "two.png", screenshot(t, color.RGBA{30, 160, 30, 255})),
			file(t, "notes.txt", []byte("no picture")), file(t, "broken.png", screenshot(t, color.Black)[:300]))
		b.See("“notes.txt” is not a picture.", "broken.png")
		b.done(2).await("the refusal", `document.querySelector('.upload[data-state=refused] .field-error')?.innerText.includes('broken.png')`)
		b.Press("Take broken.png out").Holds("What happens?", b.text("What happens?"))
		if v.Touch {
			b.Upload("Camera", file(t, "camera.jpg", photo(t, 800, 600, 1)))
		} else {
			b.SeeNoButton("Camera").Paste("What happens?", screenshot(t, color.RGBA{30, 30, 200, 255}))
		}
		b.done(3).dragOver("What happens?").Shot("upload-drop")
		b.Drop("What happens?", screenshot(t, color.RGBA{90, 90, 30, 255})).done(4)
		b.Fill("What does it show? (one.png)", "red lamp").See("Draft saved").Sound().Shot("upload-cards")

		body := b.text("What happens?")
		b.Dark(true)
		b.Reload().done(4).Holds("What happens?", body).Holds("What does it show?", "red lamp").Axe().Shot("upload-cards-dark")
		b.Dark(false)
		elsewhere := chromium.Open(t, s, Desktop).As(cara)
		elsewhere.Visit("/ask").done(4).Holds("What happens?", body)
		elsewhere.await("their small pictures", `[...document.querySelectorAll('.upload > img')].every(i => i.complete && i.naturalWidth > 0)`)
		b.Fill("What happens?", "Two lamps are lit.").See("Not in your text any more.")
		b.Press("Put it back").await("the picture in the text", `document.querySelector('#ask-body').value.includes('red lamp')`)
		b.Press("Put it back").await("another one", `document.querySelector('#ask-body').value.match(/images/g).length === 2`)
		b.Fill("What does it show? (Picture 2)", "green lamp").Press("Post question").See("Your question is posted").SeePicture("red lamp").SeePicture("green lamp")
		look(t, b)
		enlarge(t, b)
		noScript := chromium.Open(t, s, v.NoScript())
		noScript.Visit(b.Path()).Follow("red lamp").await("the picture in full", `document.images[0]?.naturalWidth === 640 && document.contentType === 'image/png'`)
	})
}

// look fails the test unless the pictures of the page keep their place free and
// come in the size that is needed.
func look(t *testing.T, b *Tab) {
	t.Helper()
	b.Reload().SeePicture("red lamp").Sound()
	wrong := value[[]string](b, `[...document.querySelectorAll('.question .prose .shot img')].filter(i =>
		!(i.loading === 'lazy' && i.getAttribute('width') === '640' && i.getAttribute('height') === '400' && i.srcset.includes(' 320w, ') && i.sizes && i.dataset.blur.startsWith('data:image/'))).map(i => i.outerHTML)`)
	for _, html := range wrong {
		t.Errorf("a picture tells too little: %s", html)
	}
}

// enlarge looks at the pictures of a question in full, by keys and by fingers.
func enlarge(t *testing.T, b *Tab) {
	t.Helper()
	b.Focus("a.shot").Key(kb.Enter).await("the large picture", `document.querySelector('dialog.view img')?.naturalWidth === 640`)
	b.In("dialog.view").See("1 of 2", "red lamp")
	b.Axe().Shot("view")
	b.Key(kb.ArrowRight).In("dialog.view").See("2 of 2", "green lamp")
	b.Press("Larger").await("it to be larger", `document.querySelector('.view-stage.is-zoomed')`)
	b.Key("0").await("it to fit again", `!document.querySelector('.view-stage.is-zoomed')`)
	if b.view.Touch {
		b.pinch(20, 60, 100).await("it to be larger by pinching", `document.querySelector('.view-stage.is-zoomed')`)
	}
	b.Key(kb.Escape).await("the page again", `!document.querySelector('dialog.view') && document.activeElement.matches('a.shot') && document.activeElement.querySelector('img').alt === 'green lamp'`)
}

// pinch puts two fingers on the middle of the screen, so far from it, and moves them.
func (b *Tab) pinch(apart ...float64) *Tab {
	b.t.Helper()
	touch := func(kind input.DispatchTouchEventType, points ...*input.TouchPoint) {
		if points == nil {
			points = []*input.TouchPoint{}
		}
		must(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	kind := input.DispatchTouchEventType("touchStart")
	for _, d := range apart {
		one, two := 0.0, 1.0
		touch(kind, &input.TouchPoint{X: 195 - d, Y: 400, ID: &one}, &input.TouchPoint{X: 195 + d, Y: 400, ID: &two})
		kind = "touchMove"
	}
	touch("touchEnd")
	return b
}

// closer looks closer at the picture in the editor, covers a place of a few pixels,
// and looks at all of it again.
func closer(t *testing.T, b *Tab) {
	t.Helper()
	shown := `(c => c.getBoundingClientRect().width / c.closest('.paint-stage').clientWidth)(document.querySelector('dialog.paint canvas'))`
	fit := value[float64](b, shown)
	b.In("dialog.paint").Press("Larger").Press("Larger").Press("Larger").Press("Larger")
	if got := value[float64](b, shown); got < 4*fit {
		t.Errorf("it is shown %.1f times as large", got/fit)
	}
	b.drag(".49 .49 .51 .51").await("a small place to be black, and nothing beside it", `(pen => {
		const black = (x, y) => pen.getImageData(x, y, 1, 1).data.slice(0, 3).every(c => c === 0)
		return black(394, 296) && black(406, 304) && !black(388, 300) && !black(412, 300) && !black(400, 290) && !black(400, 310)
	})(document.querySelector('dialog.paint canvas').getContext('2d'))`)
	b.Sound().Shot("paint-closer")
	b.Press("Move the picture").drag(".5 .5 .45 .45")
	b.Press("Move the picture").await("another part of it", `(s => s.scrollLeft > 0 && s.scrollTop > 0)(document.querySelector('.paint-stage'))`)
	if b.view.Touch {
		b.pinch(100, 60, 10)
	} else {
		b.Focus("dialog.paint canvas").Key("-").Key("0")
	}
	b.await("all of it", `!document.querySelector('.paint-stage.is-zoomed') && document.querySelector('.paint-stage').scrollLeft === 0`)
	if got := value[float64](b, shown); got != fit {
		t.Errorf("all of it is %v, and was %v", got, fit)
	}
}

// Without JavaScript pictures come in with the form, stay with it while it is
// mended, and are left out with a tick.
func TestPicturesWithoutJavaScript(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Phone.NoScript(), onDisk}, {Desktop.NoScript(), onS3}}, func(t *testing.T, s *Site, v View) {
		s.Admin(t)
		b := chromium.Open(t, s, v).As(s.Join(t, "Cara")).Allow(413, 415, 422)
		b.Visit("/ask").Fill("Your question in one line", "Which lamp means the pads are worn?").Fill("What happens?", "Two lamps are lit.")
		b.Upload("Add screenshots", file(t, "one.png", screenshot(t, color.RGBA{200, 30, 30, 255})), file(t, "camera.jpg", photo(t, 900, 700, 6)), file(t, "broken.png", screenshot(t, color.Black)[:300]))
		b.Press("Post question").See("broken.png").Holds("What happens?", "Two lamps are lit.")
		b.await("the two that are pictures", `[...document.querySelectorAll('.chosen-one img')].filter(i => i.complete && i.naturalWidth > 0).length === 2`)
		b.Sound().Shot("upload-plain")
		b.await("the photo to be left out", `((box) => (box.click(), box.checked))(document.querySelectorAll('.chosen-one input[type=checkbox]')[1])`)
		b.await("words for the other", `((field) => (field.value = 'red lamp'))(document.querySelector('.chosen-one input[name^=alt]'))`)
		b.Press("Post question").See("Your question is posted").SeePicture("red lamp").await("no other picture", `document.querySelectorAll('.question .prose img').length === 1`)
		b.Reload().SeePicture("red lamp").Sound().Follow("red lamp").await("it in full", `document.images[0]?.naturalWidth === 640`)
	})
}

// A line that is slow, breaks off or swallows the answer costs patience only:
// nothing is lost, sent needlessly or stored twice, and one may change one's mind.
func TestPicturesOverBadLines(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Desktop, onDisk}, {Phone, onS3}}, func(t *testing.T, s *Site, v View) {
		far, wire := s.Wire(t)
		s.Admin(t).Space("brakes", "Brakes", "public", "")
		b := chromium.Open(t, far, v).As(s.Join(t, "Cara").over(far)).Allow(404)
		b.gone()
		b.Visit("/ask").Fill("Your question in one line", "Why does it rattle?").Fill("What happens?", "It rattles.").Fill("What is it about?", "Brakes")

		wire.Breaks(cut, lost)
		b.Upload("Screenshot", file(t, "rattle.jpg", photo(t, 900, 700, 1))).See("Trying again").done(1)
		if n := len(wire.Files()); n != 1 {
			t.Errorf("the picture arrived %d times", n)
		}
		before := wire.Sent()
		b.Upload("Screenshot", file(t, "again.jpg", photo(t, 900, 700, 1))).See("again.jpg is in your text already.").done(1)
		if wire.Sent() != before {
			t.Errorf("what the server has was sent again")
		}

		b.line(30_000, false)
		b.Upload("Screenshot", file(t, "slow.jpg", photo(t, 1000, 900, 2)))
		b.await("half of it", `(p => p && p.value > 0.05 && p.value < 1)(document.querySelector('.upload progress:not([hidden])'))`)
		b.Press("Cancel slow.jpg").await("its card to go", `document.querySelectorAll('.upload').length === 1`)

		b.line(-1, true)
		b.Upload("Screenshot", file(t, "late.png", screenshot(t, color.RGBA{200, 30, 30, 255}))).See("Trying again")
		b.Press("Post question").See("Posting as soon as the picture has arrived")
		b.line(-1, false)
		b.See("Your question is posted").await("both pictures", `document.querySelectorAll('.question .prose img').length === 2`)

		b.Visit("/ask").Fill("Your question in one line", "Does it rattle again?").Fill("What happens?", "It does.").Fill("What is it about?", "Brakes").hasten()
		wire.Breaks(cut, cut, cut, cut, cut)
		b.Upload("Screenshot", file(t, "rattle.png", screenshot(t, color.RGBA{9, 9, 90, 255}))).SeeButton("Try again").See("The connection broke.")
		b.Press("Post question").See("One picture is not in your text. Post without it?").In("dialog").Press("Cancel")
		b.Press("Try again").done(1)
	})
}

// Photos are made smaller before they are sent, upright; screenshots are sent as
// they are.
func TestPhotosShrinkBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Phone, onDisk}, {Desktop, onS3}}, func(t *testing.T, s *Site, v View) {
		far, wire := s.Wire(t)
		s.Admin(t).Space("brakes", "Brakes", "public", "")
		b := chromium.Open(t, far, v).As(s.Join(t, "Cara").over(far)).Allow(404)
		big, flat := photo(t, 2400, 1800, 6), screenshot(t, color.RGBA{30, 30, 200, 255})
		b.Visit("/ask").Upload("Screenshot", file(t, "big.jpg", big)).done(1)
		b.Upload("Screenshot", file(t, "flat.png", flat)).done(2)
		got, format, err := image.DecodeConfig(bytes.NewReader(wire.Files()[0]))
		if err != nil || format != "jpeg" || got.Width != 1200 || got.Height != 1600 {
			t.Errorf("the photo was sent as %s of %dx%d (%v)", format, got.Width, got.Height, err)
		}
		b.See(fmt.Sprintf("%.1f MB →", float64(len(big))/1e6))
		if !bytes.Equal(wire.Files()[1], flat) {
			t.Error("the screenshot was changed")
		}
	})
}

// done waits until so many pictures are in the text.
func (b *Tab) done(n int) *Tab {
	b.t.Helper()
	return b.await(fmt.Sprintf("%d pictures in the text", n), fmt.Sprintf(`document.querySelectorAll('.upload[data-state=done]').length === %d`, n))
}

// hasten lets the page's pauses pass twenty times as fast.
func (b *Tab) hasten() *Tab {
	b.t.Helper()
	return b.await("a faster clock", `((wait) => { window.setTimeout = (run, ms, ...rest) => wait(run, ms / 20, ...rest); return true })(window.setTimeout)`)
}

// text is what the field with this label holds.
func (b *Tab) text(label string) string {
	b.t.Helper()
	s, err := on[string](b, b.find(label, fillable), `function() { return this.value }`, nil)
	b.must(err, "reading %q", label)
	return s
}

// dragOver holds a picture over the field with this label, and waits for the place to drop it.
func (b *Tab) dragOver(label string) *Tab {
	b.t.Helper()
	b.hand(label, []byte{0}, `this.dispatchEvent(new DragEvent('dragenter', {dataTransfer: data, bubbles: true, cancelable: true}))`)
	return b.await("the place to drop it", `getComputedStyle(document.querySelector('.editor.is-drop'), '::after').content.includes('Drop')`)
}

// line makes the tab's connection slow, in bytes per second sent (-1 is no bound), or gone.
func (b *Tab) line(upload float64, offline bool) {
	b.t.Helper()
	must(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: offline, DownloadThroughput: -1, UploadThroughput: upload}}})
	must(b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: offline, DownloadThroughput: -1, UploadThroughput: upload})
}

// over is the same person by another address of the site.
func (p *Person) over(far *Site) *Person {
	near, err := url.Parse(p.site.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	to, err := url.Parse(far.URL)
	if err != nil {
		p.t.Fatal(err)
	}
	there := *p
	there.site = far
	there.client.Jar.SetCookies(to, p.client.Jar.Cookies(near))
	return &there
}

// photo is a JPEG of grain, which nothing makes small, to be turned as EXIF's
// orientation says.
func photo(t *testing.T, width, height int, orientation uint16) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	r := rand.New(rand.NewPCG(uint64(width), uint64(orientation)))
	for i := range img.Pix {
		img.Pix[i] = uint8(90 + i*60/len(img.Pix) + r.IntN(50))
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return append(append([]byte{0xff, 0xd8}, exif(orientation)...), out.Bytes()[2:]...)
}

// exif is the segment of a JPEG that holds its orientation.
func exif(orientation uint16) []byte {
	tiff := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(tiff)+2)), tiff...)
}

// What is blacked out or blurred in the editor is gone before anything is sent:
// the line never carries the picture as it was.
func TestPicturesAreEditedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Phone, onDisk}, {Desktop, onS3}}, func(t *testing.T, s *Site, v View) {
		far, wire := s.Wire(t)
		s.Admin(t).Space("brakes", "Brakes", "public", "")
		b := chromium.Open(t, far, v).As(s.Join(t, "Cara").over(far)).Allow(404)
		secret := secrets(t)
		b.Visit("/ask").Fill("Your question in one line", "Is this key still valid?").Fill("What happens?", "It says no.").Fill("What is it about?", "Brakes")
		b.Press("Edit pictures before they are sent").Upload("Screenshot", file(t, "key.png", secret)).In("dialog.paint").See("Nothing leaves this device")
		b.drag(".05 .05 .5 .3") // black out
		closer(t, b)
		b.Press("Blur").drag(".55 .05 .95 .3")
		b.Press("Box").drag(".2 .5 .5 .7")
		b.Press("Undo").Press("Redo").Shot("paint")
		b.Press("Arrow").drag(".3 .9 .6 .75")
		b.Press("Text").Fill("Words", "This key")
		b.drag(".1 .85 .12 .85")
		b.Sound().Dark(true)
		b.Shot("paint-dark").Dark(false)
		b.Press("Crop").drag("0 0 1 .97")
		b.Press("Black out").Focus("canvas").Key(kb.Enter).Key(kb.ArrowRight).Key(kb.ArrowDown, chromedp.ModifierShift).Key(kb.Enter)
		if n := wire.Sent(); n != 0 {
			t.Fatalf("%d pictures were sent while the editor was open", n)
		}
		b.Press("Use picture").done(1)
		if len(wire.Files()) != 1 {
			t.Fatalf("%d files were sent", len(wire.Files()))
		}
		got := decoded(t, wire.Files()[0])
		if size := got.Bounds(); size.Dx() != 800 || size.Dy() < 570 || size.Dy() > 590 {
			t.Errorf("the picture was cut to %v", size)
		}
		for _, p := range []image.Point{{60, 50}, {200, 100}, {380, 160}, {410, 300}} {
			if r, g, bl, _ := got.At(p.X, p.Y).RGBA(); r+g+bl != 0 {
				t.Errorf("at %v it is not black", p)
			}
		}
		if n := coloursIn(got, image.Rect(460, 45, 740, 160)); n > 12*5 {
			t.Errorf("the blurred part has %d colours", n)
		}
		same(t, decoded(t, secret), got, image.Rect(650, 400, 780, 560))
		b.Press("Post question").See("Your question is posted").await("its picture", `document.querySelector('.question .prose img')`)
	})
}

// A picture that was sent already is exchanged by editing it: the first upload
// leaves the text and the draft. Leaving the editor sends nothing.
func TestSentPicturesAreExchangedByEditing(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Desktop, onDisk}, {Phone, onS3}}, func(t *testing.T, s *Site, v View) {
		far, wire := s.Wire(t)
		s.Admin(t).Space("brakes", "Brakes", "public", "")
		cara := s.Join(t, "Cara")
		b := chromium.Open(t, far, v).As(cara.over(far)).Allow(404)
		b.Visit("/ask").Fill("What happens?", "Before.").Upload("Screenshot", file(t, "key.png", secrets(t)))
		b.done(1).Fill("What does it show?", "a key").See("Draft saved")
		first := b.text("What happens?")
		b.Reload().done(1).Press("Edit Picture 1").In("dialog.paint").See("It was sent already")
		b.drag(".05 .05 .5 .3").Press("Use picture").await("the new picture alone", `(v => v.includes('![a key](/images/') && v !== `+quote(first)+` && v.match(/images/g).length === 1)(document.querySelector('#ask-body').value)`)
		b.done(1).Holds("What does it show?", "a key")
		cara.gone(pictureIn(first))
		if r, g, bl, _ := decoded(t, wire.Files()[1]).At(200, 100).RGBA(); r+g+bl != 0 {
			t.Error("the new picture is not black where it should be")
		}
		b.Press("Edit pictures before they are sent").Upload("Screenshot", file(t, "other.png", screenshot(t, color.Black)), file(t, "third.png", screenshot(t, color.RGBA{9, 99, 9, 255})))
		b.In("dialog.paint").Press("Cancel")
		b.See("Not sent.")
		if len(wire.Files()) != 2 {
			t.Error("the picture was sent though the editor was left")
		}
		b.In("dialog.paint").See("Nothing leaves").Press("Use picture") // the third, as it is
		b.done(2).Press("Send").done(3)

		last := b.text("What happens?")
		third := pictureIn(last[strings.LastIndex(last, "!["):])
		b.Press("Take third.png out").done(2)
		cara.gone(third)
		b.Fill("What happens?", last).See("A picture that you took out is gone.").await("the two others alone", `(v => !v.includes(`+quote(third)+`) && v.match(/images/g).length === 2)(document.querySelector('#ask-body').value)`)
	})
}

// An edit takes a picture out of a post for everyone, once it is saved: until then
// it stays, and may be put back.
func TestPicturesAreTakenOutByEditing(t *testing.T) {
	t.Parallel()
	eachHome(t, []venue{{Phone, onDisk}, {Desktop, onS3}}, func(t *testing.T, s *Site, v View) {
		s.Admin(t)
		cara := s.Join(t, "Cara")
		b := chromium.Open(t, s, v).As(cara).Allow(409)
		b.Visit("/ask").Fill("Your question in one line", "Which lamp means the pads are worn?").Fill("What happens?", "Two lamps are lit.")
		b.Upload("Screenshot", file(t, "one.png", screenshot(t, color.RGBA{200, 30, 30, 255})), file(t, "two.png", screenshot(t, color.RGBA{30, 160, 30, 255}))).done(2)
		b.Press("Post question").See("Your question is posted")
		thread := b.Path()
		b.In(".question").Follow("Edit")
		b.done(2).Sound().Shot("edit-pictures")
		body := b.text("Text")
		first := pictureIn(body)
		b.Press("Take Picture 1 out").done(1).Fill("Text", body).await("it again", `document.querySelector('#edit-body').value.includes(`+quote(first)+`)`)
		guest := chromium.Open(t, s, v).Allow(404)
		guest.Visit(first).await("it, for everyone", `document.images[0]?.naturalWidth === 640`)
		b.Fill("Text", strings.Replace(body, "![screenshot]("+first+")", "", 1)).Press("Save").At(thread)
		b.SeePicture("screenshot").await("one picture", `document.querySelectorAll('.question .prose img').length === 1`)
		guest.Visit(first).See("There is nothing here")
		if status, _, _ := cara.Get(first); status != http.StatusOK {
			t.Errorf("its owner is answered %d", status)
		}
	})
}

var pictureMark = regexp.MustCompile(`/images/[a-z0-9]+`)

// pictureIn is the address of the first picture in a text.
func pictureIn(text string) string { return pictureMark.FindString(text) }

// gone waits until nobody is shown a picture any more, not even its owner.
func (p *Person) gone(picture string) {
	p.t.Helper()
	err := eventually(p.t.Context(), func() error {
		if status, _, _ := p.Get(picture + "/320"); picture == "" || status != http.StatusNotFound {
			return fmt.Errorf("the picture %q is there still: %d", picture, status)
		}
		return nil
	})
	if err != nil {
		p.t.Error(err)
	}
}

// What a picture gives away is said before it is posted, with a press to black
// it out, and words to describe it by.
func TestPicturesAreLookedInto(t *testing.T) {
	if _, err := find("tesseract"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("NOT RUN: what pictures give away; apt-get install tesseract-ocr")
	}
	t.Parallel()
	eachHome(t, []venue{{Desktop, onDisk}, {Phone, onS3}}, lookInto)
}

func lookInto(t *testing.T, s *Site, v View) {
	far, wire := s.Wire(t)
	s.Admin(t).Space("brakes", "Brakes", "public", "")
	b := chromium.Open(t, far, v).As(s.Join(t, "Cara").over(far)).Allow(404)
	shot := ocrtest.Screenshot(t, 700, 300, "Error 0x80070057 while the gears were set", "Signed in as cara.miller@example.com")
	b.Visit("/ask").Fill("Your question in one line", "What does this error mean?").Fill("What happens?", "It stops.").Fill("What is it about?", "Brakes")
	b.Upload("Screenshot", file(t, "error.png", shot)).See("This screenshot seems to show an e-mail address (c…@example.com). Black it out?")
	b.Press("Use “").await("the description in the text", `document.querySelector('#ask-body').value.includes('![Screenshot: Error 0x80070057')`)
	b.Sound().Shot("upload-warning")
	b.Press("Black it out").drag("0 .3 1 .45").In("dialog.paint").Press("Use picture")
	b.done(1).SeeNot("Black it out")
	b.await("the second reading to find nothing", `document.querySelector('.upload[data-state=done] input').value.includes("Error 0x80070057")`)
	if n := len(wire.Files()); n != 2 {
		t.Errorf("%d files were sent", n)
	}
	b.See("Draft saved").Reload().done(1).Press("Edit Picture 1").drag(".9 .9 .95 .95").In("dialog.paint").Press("Cancel") // read from here, as scripts may not elsewhere
	b.Press("Throw away").done(1)
	b.Press("Post question").See("Your question is posted").SeePicture("Screenshot: Error 0x80070057 while the gears were set")

	other := chromium.Open(t, far, Desktop).As(s.Join(t, "Dan").over(far)).Allow(404)
	other.Visit("/ask").Upload("Screenshot", file(t, "mine.png", wire.Files()[1])).See("The same picture was shown here: “What does this error mean?”")
}

// secrets is a screenshot of 800x600 whose every region has a pattern of its own.
func secrets(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 800, 600))
	for y := range 600 {
		for x := range 800 {
			c := color.RGBA{255, 255, 255, 255}
			if (x/3+y/7)%5 == 0 {
				c = color.RGBA{uint8(40 + x/8), uint8(30 + y/6), 120, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func coloursIn(img image.Image, r image.Rectangle) int {
	seen := map[color.Color]bool{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			seen[img.At(x, y)] = true
		}
	}
	return len(seen)
}

// same fails the test if two pictures differ in a part of them.
func same(t *testing.T, a, b image.Image, r image.Rectangle) {
	t.Helper()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 {
				t.Fatalf("at %d,%d what was left alone has changed", x, y)
			}
		}
	}
}

// drag draws in the editor of pictures, from one place to another, in parts of
// the picture's width and height: by finger where the view has touch.
func (b *Tab) drag(places string) *Tab {
	b.t.Helper()
	var x1, y1, x2, y2 float64
	if _, err := fmt.Sscan(places, &x1, &y1, &x2, &y2); err != nil {
		b.t.Fatal(err)
	}
	b.await("the picture in the editor", `document.querySelector('dialog.paint canvas').width > 300`)
	r := value[[]float64](b, `(r => [r.left, r.top, r.width, r.height])(document.querySelector('dialog.paint canvas').getBoundingClientRect())`)
	at := func(x, y float64) (float64, float64) { return r[0] + x*(r[2]-0.01), r[1] + y*(r[3]-0.01) }
	for i, k := range []float64{0, 0, .5, 1, 1} {
		x, y := at(x1+k*(x2-x1), y1+k*(y2-y1))
		b.touch(i, x, y)
	}
	return b
}

// touch is one of the five moments of a stroke: come, press, move, move, leave.
func (b *Tab) touch(i int, x, y float64) {
	b.t.Helper()
	if b.view.Touch {
		if i == 0 {
			return
		}
		p := input.DispatchTouchEventParams{Type: []input.DispatchTouchEventType{"", "touchStart", "touchMove", "touchMove", "touchEnd"}[i], TouchPoints: []*input.TouchPoint{}}
		if i < 4 {
			p.TouchPoints = append(p.TouchPoints, &input.TouchPoint{X: x, Y: y})
		}
		must(b, input.DispatchTouchEvent, p)
		return
	}
	p := input.DispatchMouseEventParams{Type: []input.DispatchMouseEventType{"mouseMoved", "mousePressed", "mouseMoved", "mouseMoved", "mouseReleased"}[i], X: x, Y: y, ClickCount: 1}
	if i > 0 {
		p.Button, p.Buttons = "left", 1
	}
	must(b, input.DispatchMouseEvent, p)
}

// Focus puts the focus on the first element of a selector.
func (b *Tab) Focus(selector string) *Tab {
	b.t.Helper()
	return b.await("something to focus: "+selector, `(e => e && (e.focus(), document.activeElement === e))(document.querySelector(`+quote(selector)+`))`)
}
