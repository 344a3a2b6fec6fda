package browser

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Press presses a button, opens a fold or ticks a box, where a person would: in
// its middle, and only if nothing lies over it.
func (b *Tab) Press(name string) *Tab {
	b.t.Helper()
	return b.press(name, pressable)
}

// Follow follows a link.
func (b *Tab) Follow(name string) *Tab {
	b.t.Helper()
	return b.press(name, []string{"link"})
}

// place is where an element can be pressed.
type place struct {
	X, Y  float64
	Cover string // what lies over it; "" is nothing
}

const placeOf = `function() {
	this.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'})
	const r = [...this.getClientRects()].find(r => r.width && r.height)
	if (!r) return {X: 0, Y: 0, Cover: 'nothing: it has no size'}
	const x = r.left + r.width / 2, y = r.top + r.height / 2
	const top = document.elementFromPoint(x, y)
	const same = top && (this.contains(top) || top.contains(this) && getComputedStyle(top).display !== 'none' && top.closest('label,summary,a,button') || top.closest('label')?.control === this)
	return {X: x, Y: y, Cover: same ? '' : top ? top.outerHTML.slice(0, 120) : 'the edge of the window'}
}`

func (b *Tab) press(name string, roles []string) *Tab {
	b.t.Helper()
	err := b.until(func() error {
		c, err := b.look(name, roles)
		if err != nil {
			return err
		}
		p, err := on[place](b, c, placeOf, nil)
		if err != nil {
			return err
		}
		if p.Cover != "" {
			return fmt.Errorf("it is covered by %s", p.Cover)
		}
		return chromedp.Do(b.ctx, chromedp.MouseClickXY(p.X, p.Y))
	})
	if err != nil {
		b.fatalf("pressing %q: %v", name, err)
	}
	return b
}

// Fill types into the field with this label, in place of what it holds. A field
// with choices gets the choice of that text. A part of the page that is exchanged
// at that moment takes the field away under the hands: then it is begun again.
func (b *Tab) Fill(label, value string) *Tab {
	b.t.Helper()
	if err := b.until(func() error { return b.fill(label, value) }); err != nil {
		b.fatalf("filling %q with %q: %v", label, value, err)
	}
	return b
}

const begin = `function(text) {
	if (this.tagName !== 'SELECT') {
		this.scrollIntoView({block: 'center', behavior: 'instant'}); this.focus(); this.select()
		return this.getRootNode().activeElement === this ? 'type' : 'it does not take the keyboard'
	}
	const o = [...this.options].find(o => o.text.trim() === text)
	if (!o) return 'there is only: ' + [...this.options].map(o => o.text.trim()).join(', ')
	this.value = o.value
	this.dispatchEvent(new Event('input', {bubbles: true}))
	this.dispatchEvent(new Event('change', {bubbles: true}))
	return this.isConnected ? 'chosen' : 'it was exchanged'
}`

func (b *Tab) fill(label, value string) error {
	c, err := b.look(label, fillable)
	if err != nil {
		return err
	}
	switch said, err := on[string](b, c, begin, value); {
	case err != nil:
		return err
	case said == "chosen":
		return nil
	case said != "type":
		return errors.New(said)
	}
	if value == "" {
		b.Key(kb.Backspace)
		return nil
	}
	must(b, input.InsertText, input.InsertTextParams{Text: value})
	took, err := on[bool](b, c, `function() { return this.isConnected && this.value !== '' }`, nil)
	if err == nil && !took {
		err = errors.New("it was exchanged while it was typed into")
	}
	return err
}

// Holds waits until the field with this label holds value.
func (b *Tab) Holds(label, value string) *Tab {
	b.t.Helper()
	err := b.until(func() error {
		c, err := b.look(label, fillable)
		if err != nil {
			return err
		}
		got, err := on[string](b, c, `function() { return this.value }`, nil)
		if err == nil && got != value {
			err = fmt.Errorf("it holds %q", got)
		}
		return err
	})
	if err != nil {
		b.fatalf("%q should hold %q: %v", label, value, err)
	}
	return b
}

// Key presses a key where the focus is; see package kb for their names.
func (b *Tab) Key(keys string, modifiers ...chromedp.Modifier) *Tab {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...))), "pressing a key")
	return b
}

// Upload chooses files in the file field with this label, or in the picker that
// the button of this name opens.
func (b *Tab) Upload(label string, files ...string) *Tab {
	b.t.Helper()
	c := b.find(label, []string{"button"})
	field, err := on[bool](b, c, `function() { return this.type === 'file' }`, nil)
	b.must(err, "looking at %q", label)
	if !field {
		c = b.picker(label)
	}
	must(b, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, BackendNodeID: c.node})
	return b
}

// picker presses a button and waits for the file picker that it opens. It
// presses again now and then: what came in above may have moved the button away.
func (b *Tab) picker(button string) (c control) {
	b.t.Helper()
	b.mu.Lock()
	b.choosers = nil
	b.mu.Unlock()
	const again = 40 // looks
	look := 0
	err := b.until(func() error {
		if look%again == 0 {
			b.Press(button)
		}
		look++
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.choosers) == 0 {
			return errors.New("no file picker opened")
		}
		c.node = b.choosers[0]
		return nil
	})
	b.must(err, "pressing %q", button)
	return c
}

// Paste pastes a PNG picture into the field with this label.
func (b *Tab) Paste(label string, png []byte) *Tab {
	b.t.Helper()
	return b.hand(label, png, `this.focus()
		this.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))`)
}

// Drop drops a PNG picture onto the field with this label.
func (b *Tab) Drop(label string, png []byte) *Tab {
	b.t.Helper()
	return b.hand(label, png, `for (const name of ['dragenter', 'dragover', 'drop'])
		this.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}))`)
}

// hand gives a picture to a field as the browser would: in an event.
func (b *Tab) hand(label string, png []byte, script string) *Tab {
	b.t.Helper()
	_, err := on[any](b, b.find(label, fillable), `async function(encoded) {
		const bytes = Uint8Array.from(atob(encoded), c => c.charCodeAt(0))
		const data = new DataTransfer()
		data.items.add(new File([bytes], 'image.png', {type: 'image/png'}))
		`+script+`
	}`, base64.StdEncoding.EncodeToString(png))
	b.must(err, "a picture for %q", label)
	return b
}
