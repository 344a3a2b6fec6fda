package media

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
)

// pictures are of every kind that travels, odd of size.
func pictures() []image.Image {
	r := image.Rect(0, 0, 7, 5)
	list := []image.Image{image.NewGray(r), image.NewNRGBA(r), image.NewRGBA(r)}
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444} {
		list = append(list, image.NewYCbCr(r, ratio))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, img := range list {
		_ = rowsOfPixels(img, func(row []byte) error {
			for i := range row {
				row[i] = byte(random.Uint32())
			}
			return nil
		})
	}
	return list
}

func TestPixelsTravel(t *testing.T) {
	for _, img := range pictures() {
		var b bytes.Buffer
		if err := writePixels(&b, img); err != nil {
			t.Fatal(err)
		}
		back, err := readPixels(bytes.NewReader(b.Bytes()), 7, 5)
		if err != nil || !reflect.DeepEqual(back, img) {
			t.Errorf("%T came as %T, %v", img, back, err)
		}
		for cut := range b.Len() {
			if _, err := readPixels(bytes.NewReader(b.Bytes()[:cut]), 7, 5); !errors.Is(err, errPixels) {
				t.Errorf("%T of %d bytes: %v", img, cut, err)
			}
		}
	}
	if err := writePixels(&bytes.Buffer{}, image.NewCMYK(image.Rect(0, 0, 1, 1))); err == nil {
		t.Error("a kind that nobody reads was written")
	}
	padded := image.NewGray(image.Rect(0, 0, 16, 5)).SubImage(image.Rect(0, 0, 7, 5))
	var b bytes.Buffer
	if err := writePixels(&b, padded); err != nil || b.Len() != pixelsHead+7*5 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

// FuzzPixels reads whatever a decoder may write: one picture of the size that was
// expected or an error, in bounded memory; and what is a picture is written back
// byte by byte.
func FuzzPixels(f *testing.F) {
	for _, img := range pictures() {
		var b bytes.Buffer
		if err := writePixels(&b, img); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), uint16(7), uint16(5))
	}
	f.Fuzz(func(t *testing.T, data []byte, w, h uint16) {
		width, height := int(w%300)+1, int(h%300)+1
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		img, err := readPixels(bytes.NewReader(data), width, height)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(4*width*height+256<<10) {
			t.Fatalf("%d x %d cost %d bytes", width, height, spent)
		}
		if err != nil {
			if !errors.Is(err, errPixels) || img != nil {
				t.Fatalf("%v, %v", img, err)
			}
			return
		}
		var back bytes.Buffer
		if err := writePixels(&back, img); err != nil || img.Bounds() != image.Rect(0, 0, width, height) || !bytes.Equal(back.Bytes(), data) {
			t.Fatalf("%v is written as %d bytes of %d: %v", img.Bounds(), back.Len(), len(data), err)
		}
		scanOf(img).fit(3)
	})
}
