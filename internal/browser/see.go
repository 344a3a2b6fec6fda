package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// shown is the text that the page shows, in one line.
func (b *Tab) shown() (string, error) {
	s, err := eval[string](b, `((p) => p ? (p.body ?? p).innerText : '')(`+b.part()+`)`)
	return flat(s), err
}

// shows says what is wrong if the page does not show a text just now.
func (b *Tab) shows(text string) error {
	got, err := b.shown()
	if err == nil && !strings.Contains(got, text) {
		err = fmt.Errorf("it is not there")
	}
	return err
}

// See waits until the page shows each of these texts.
func (b *Tab) See(texts ...string) *Tab {
	b.t.Helper()
	for _, want := range texts {
		if err := b.until(func() error { return b.shows(want) }); err != nil {
			b.fatalf("looking for the text %q: %v", want, err)
		}
	}
	return b
}

// SeeNot waits until the page, once it is loaded, shows none of these texts.
func (b *Tab) SeeNot(texts ...string) *Tab {
	b.t.Helper()
	for _, unwanted := range texts {
		err := b.until(func() error {
			got, err := b.shown()
			if err == nil && strings.Contains(got, unwanted) {
				err = fmt.Errorf("it is there")
			}
			return err
		})
		if err != nil {
			b.fatalf("hoping not to see the text %q: %v", unwanted, err)
		}
	}
	return b
}

// SeePicture waits until a picture with this description is shown, decoded.
func (b *Tab) SeePicture(alt string) *Tab {
	b.t.Helper()
	return b.await("the picture "+alt, fmt.Sprintf(
		`[...document.images].some(i => i.alt === %q && (i.scrollIntoView({block: 'center'}), i.complete && i.naturalWidth > 0))`, alt))
}

// SeeButton waits until there is a button of this name; SeeNoButton until there
// is none.
func (b *Tab) SeeButton(name string) *Tab {
	b.t.Helper()
	b.find(name, pressable)
	return b
}

// SeeNoButton is the opposite of SeeButton.
func (b *Tab) SeeNoButton(name string) *Tab {
	b.t.Helper()
	err := b.until(func() error {
		if b.has(name, pressable) {
			return fmt.Errorf("it is there")
		}
		return nil
	})
	b.must(err, "hoping not to see the button %q", name)
	return b
}

// At waits until the page's address has this path.
func (b *Tab) At(path string) *Tab {
	b.t.Helper()
	return b.await("the address "+path, fmt.Sprintf(`document.readyState === 'complete' && location.pathname === %q`, path))
}

// Mark marks the page as it is, and Unmoved tells that it was not loaded anew
// since.
func (b *Tab) Mark() *Tab {
	b.t.Helper()
	value[bool](b, `window.marked = true`)
	return b
}

// Unmoved fails if the page was loaded anew since Mark.
func (b *Tab) Unmoved() *Tab {
	b.t.Helper()
	if !value[bool](b, `window.marked === true`) {
		b.fatalf("the page was loaded anew")
	}
	return b
}

// Shot keeps a picture of the whole page in the folder that SELFIE_SHOTS names.
func (b *Tab) Shot(name string) *Tab {
	b.t.Helper()
	b.shoot(name + "-" + b.view.Name)
	return b
}

const tallest = 4000 // CSS pixels of a picture

// shoot grows the window to the whole page, so that what sticks to its edges is
// where it belongs.
func (b *Tab) shoot(name string) {
	dir := os.Getenv("SELFIE_SHOTS")
	if dir == "" {
		return
	}
	height, err := eval[float64](b, fmt.Sprintf(`Math.min(%d, Math.max(innerHeight, document.documentElement.scrollHeight))`, tallest))
	if err != nil {
		return
	}
	b.Size(b.view.Width, int64(height))
	defer b.Size(b.view.Width, b.view.Height)
	res, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), res.Data, 0o644)
	}
	if err != nil {
		b.t.Logf("no picture %s: %v", name, err)
	}
}
