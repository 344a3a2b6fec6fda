package media

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"
)

func randomRaster(w, h int) raster {
	random := rand.New(rand.NewPCG(5, 6))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(128 + 100*math.Sin(float64(i)/float64(w)) + float64(random.IntN(20)))
	}
	return scanOf(m).fit(max(w, h))
}

// The standard of comparison is x/image's filter of the same name.
func TestResampleAgreesWithReference(t *testing.T) {
	src := randomRaster(211, 137)
	for _, side := range []int{210, 160, 80, 31, 9, 1} {
		got := src.scan().fit(side)
		want := image.NewRGBA(image.Rect(0, 0, got.w, got.h))
		draw.CatmullRom.Scale(want, want.Rect, src.image(), image.Rect(0, 0, 211, 137), draw.Src, nil)
		worst := 0
		for i, v := range got.planes[0].pix {
			d := int(v) - int(want.Pix[i])
			worst = max(worst, d, -d)
		}
		if worst > 2 {
			t.Errorf("to %d: differs by up to %d levels", side, worst)
		}
	}
}

func TestResampleKeepsFlatAreas(t *testing.T) {
	for _, level := range []uint8{0, 1, 127, 254, 255} {
		p := plane{w: 97, h: 61, ch: 1, pix: make([]uint8, 97*61)}
		for i := range p.pix {
			p.pix[i] = level
		}
		for _, size := range []image.Point{{13, 7}, {97, 7}, {96, 60}, {1, 1}, {200, 90}} {
			for i, v := range resample(bytesRows(p.pix, p.w, p.h, 1, p.w), size.X, size.Y).pix {
				if v != level {
					t.Fatalf("%d became %d at %d of %v", level, v, i, size)
				}
			}
		}
	}
}

func TestFiltersAddUp(t *testing.T) {
	for size := 1; size < 70; size++ {
		for n := 1; n < 70; n++ {
			for i, f := range filters(size, n) {
				sum := int32(0)
				for _, w := range f.weights {
					sum += w
				}
				if sum != 1<<weightBits || f.first < 0 || f.first+len(f.weights) > size || len(f.weights) == 0 {
					t.Fatalf("%d to %d, sample %d: %+v adds up to %d", size, n, i, f, sum)
				}
			}
		}
	}
}

// The widest swing that filters can make stays within 32 bits and ends within 8.
func TestResampleDoesNotOverflow(t *testing.T) {
	p := plane{w: 64, h: 64, ch: 1, pix: make([]uint8, 64*64)}
	for i := range p.pix {
		if i/3%2 == i/64/3%2 {
			p.pix[i] = 255
		}
	}
	for size := 20; size < 64; size++ {
		got := resample(bytesRows(p.pix, 64, 64, 1, 64), size, size)
		want := image.NewGray(image.Rect(0, 0, size, size))
		draw.CatmullRom.Scale(want, want.Rect, &image.Gray{Pix: p.pix, Stride: 64, Rect: image.Rect(0, 0, 64, 64)}, image.Rect(0, 0, 64, 64), draw.Src, nil)
		for i, v := range got.pix {
			if d := int(v) - int(want.Pix[i]); d > 2 || d < -2 {
				t.Fatalf("%d pixels: %d instead of %d", size, v, want.Pix[i])
			}
		}
	}
}

func TestFitSize(t *testing.T) {
	for _, test := range []struct{ w, h, side, wantW, wantH int }{
		{4000, 3000, 1600, 1600, 1200}, {3000, 4000, 1600, 1200, 1600}, {1600, 1600, 1600, 1600, 1600},
		{1601, 1, 1600, 1601, 1}, {16384, 1, 320, 1280, 1}, {1080, 8000, 1600, 416, 3079}, {8000, 1080, 1600, 3079, 416}, {3200, 1600, 1600, 1600, 800}, {3300, 1600, 1600, 1625, 788}, {10, 20, 320, 10, 20}, {1, 1, 1, 1, 1},
	} {
		if w, h := fitSize(test.w, test.h, test.side); w != test.wantW || h != test.wantH {
			t.Errorf("%dx%d in %d: %dx%d", test.w, test.h, test.side, w, h)
		}
	}
}

// Every type that decoders return is read like its pixels say.
func TestScanReadsEveryType(t *testing.T) {
	rect := image.Rect(0, 0, 5, 3)
	ycc := func(r image.YCbCrSubsampleRatio) image.Image {
		m := image.NewYCbCr(rect, r)
		for _, p := range [][]uint8{m.Y, m.Cb, m.Cr} {
			for i := range p {
				p[i] = 90 // flat, so that resampling chroma changes nothing
			}
		}
		return m
	}
	paletted := image.NewPaletted(rect, color.Palette{color.NRGBA{9, 80, 200, 100}, color.White})
	for i := range paletted.Pix {
		paletted.Pix[i] = uint8(i % 3) // 2 is beyond the palette
	}
	alpha := image.NewNYCbCrA(rect, image.YCbCrSubsampleRatio420)
	for _, m := range []image.Image{
		filled(image.NewRGBA(rect)), filled(image.NewNRGBA(rect)), filled(image.NewRGBA64(rect)), filled(image.NewNRGBA64(rect)),
		filled(image.NewGray(rect)), filled(image.NewGray16(rect)), filled(image.NewCMYK(rect)), alpha,
		ycc(image.YCbCrSubsampleRatio420), ycc(image.YCbCrSubsampleRatio422), ycc(image.YCbCrSubsampleRatio444),
		ycc(image.YCbCrSubsampleRatio440), ycc(image.YCbCrSubsampleRatio411), ycc(image.YCbCrSubsampleRatio410),
	} {
		got := scanOf(m).fit(5).image()
		for y := range 3 {
			for x := range 5 {
				want := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
				have := color.RGBAModel.Convert(got.At(x, y)).(color.RGBA)
				if apartBy(want.R, have.R) > 1 || apartBy(want.G, have.G) > 1 || apartBy(want.B, have.B) > 1 || want.A != have.A {
					t.Errorf("%T at %d,%d: %v, want %v", m, x, y, have, want)
				}
			}
		}
	}
	got := scanOf(paletted).fit(5).planes[0].pix
	if want := []uint8{3, 31, 78, 100, 255, 255, 255, 255, 0, 0, 0, 0}; string(got[:12]) != string(want) {
		t.Errorf("palette read as %v, want %v", got[:12], want)
	}
}

func filled(m draw.Image) image.Image {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			m.Set(x, y, color.NRGBA{uint8(40 * x), uint8(60 * y), 200, uint8(255 - 10*x)})
		}
	}
	return m
}

func apartBy(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
