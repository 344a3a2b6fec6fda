// Package ocrtest draws screenshots for tests, and reads what a test says.
package ocrtest

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"sync"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Screenshot draws lines of black text on white, 15 pixels high, in a window of
// w by h pixels, as a PNG.
func Screenshot(t testing.TB, w, h int, lines ...string) []byte {
	t.Helper()
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 15, DPI: 72})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, w, 28), image.NewUniform(color.RGBA{40, 80, 160, 255}), image.Point{}, draw.Src)
	pen := font.Drawer{Dst: img, Src: image.Black, Face: face}
	for i, line := range lines {
		pen.Dot = fixed.P(40, 80+28*i)
		pen.DrawString(line)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Fake is a Reader that reads what it is told.
type Fake struct {
	mu    sync.Mutex
	reads int
	Says  func(picture []byte) (string, error)
}

// Saying is a Fake that reads one text in every picture.
func Saying(text string) *Fake {
	return &Fake{Says: func([]byte) (string, error) { return text, nil }}
}

// Read implements ocr.Reader.
func (f *Fake) Read(_ context.Context, picture []byte) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	return f.Says(picture)
}

// Reads tells how often it was asked.
func (f *Fake) Reads() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reads
}
