package media

import (
	"image"
	"image/color"
	"math"
)

// model says what a raster's planes mean.
type model int

const (
	modelGray model = iota // one plane of one channel
	modelYCC               // Y, Cb, Cr; the last two at half width and height (JPEG's 4:2:0)
	modelRGBA              // one plane of four channels, colours premultiplied by alpha
)

// plane is w by h samples of ch interleaved 8-bit channels, without padding.
type plane struct {
	w, h, ch int
	pix      []uint8
}

// raster is a picture in memory, w by h pixels.
type raster struct {
	model  model
	w, h   int
	planes []plane
}

// rows reads a plane of w by h samples row by row, top down. row may return its
// own memory or fill buf, which holds w*ch bytes.
type rows struct {
	w, h, ch int
	row      func(y int, buf []uint8) []uint8
}

// scan is a picture that is read row by row, so that a decoded picture of any type
// is resampled without a whole converted copy of it.
type scan struct {
	model model
	w, h  int
	rows  []rows
}

func (r raster) scan() scan {
	s := scan{model: r.model, w: r.w, h: r.h}
	for _, p := range r.planes {
		s.rows = append(s.rows, bytesRows(p.pix, p.w, p.h, p.ch, p.w*p.ch))
	}
	return s
}

func bytesRows(pix []uint8, w, h, ch, stride int) rows {
	return rows{w, h, ch, func(y int, _ []uint8) []uint8 { return pix[y*stride:][:w*ch] }}
}

// scanOf reads a decoded picture. Its bounds must begin at (0, 0).
func scanOf(img image.Image) scan {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	switch m := img.(type) {
	case *image.Gray:
		return scan{modelGray, w, h, []rows{bytesRows(m.Pix, w, h, 1, m.Stride)}}
	case *image.YCbCr:
		cw, ch := chromaSize(m)
		return scan{modelYCC, w, h, []rows{
			bytesRows(m.Y, w, h, 1, m.YStride),
			bytesRows(m.Cb, cw, ch, 1, m.CStride),
			bytesRows(m.Cr, cw, ch, 1, m.CStride),
		}}
	default:
		return scan{modelRGBA, w, h, []rows{{w, h, 4, rgbaRow(img)}}}
	}
}

// chromaSize returns the size of m's Cb and Cr planes in samples.
func chromaSize(m *image.YCbCr) (w, h int) {
	last := m.Rect.Max.Sub(image.Pt(1, 1))
	i := m.COffset(last.X, last.Y)
	return i%m.CStride + 1, i/m.CStride + 1
}

// rgbaRow returns the row reader of a picture that is neither gray nor planar.
func rgbaRow(img image.Image) func(y int, buf []uint8) []uint8 {
	w := img.Bounds().Dx()
	switch m := img.(type) {
	case *image.RGBA:
		return bytesRows(m.Pix, w, 0, 4, m.Stride).row
	case *image.NRGBA:
		return func(y int, buf []uint8) []uint8 { return premultiply(buf, m.Pix[y*m.Stride:][:w*4]) }
	case *image.Paletted:
		table := paletteTable(m.Palette)
		return func(y int, buf []uint8) []uint8 {
			for x, i := range m.Pix[y*m.Stride:][:w] {
				copy(buf[x*4:], table[i][:])
			}
			return buf
		}
	default: // 16 bits a channel, CMYK, planar with alpha: every type of the standard library reads pixels so
		m64 := img.(image.RGBA64Image)
		return func(y int, buf []uint8) []uint8 {
			for x := range w {
				c, out := m64.RGBA64At(x, y), buf[x*4:][:4]
				out[0], out[1], out[2], out[3] = uint8(c.R>>8), uint8(c.G>>8), uint8(c.B>>8), uint8(c.A>>8)
			}
			return buf
		}
	}
}

func premultiply(dst, src []uint8) []uint8 {
	for i := 0; i < len(src); i += 4 {
		s, d := src[i:i+4:i+4], dst[i:i+4:i+4]
		if s[3] == 255 {
			copy(d, s)
			continue
		}
		a := uint32(s[3])
		for c := range 3 {
			d[c] = uint8((uint32(s[c])*a + 127) / 255)
		}
		d[3] = s[3]
	}
	return dst
}

// paletteTable has an entry for every index, so that one beyond the palette is
// transparent instead of a panic.
func paletteTable(p color.Palette) (table [256][4]uint8) {
	for i, c := range p[:min(len(p), 256)] {
		r, g, b, a := c.RGBA()
		table[i] = [4]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}
	}
	return table
}

// fit returns the picture with its longer side at most side pixels, never larger
// than it is.
func (s scan) fit(side int) raster {
	w, h := fitSize(s.w, s.h, side)
	r := raster{model: s.model, w: w, h: h}
	for i, plane := range s.rows {
		if i == 0 {
			r.planes = append(r.planes, resample(plane, w, h))
		} else {
			r.planes = append(r.planes, resample(plane, (w+1)/2, (h+1)/2))
		}
	}
	if s.model == modelRGBA {
		clampToAlpha(r.planes[0].pix)
	}
	return r
}

// longest is how much longer than others the longer side of a long picture may be.
const longest = 4

// fitSize is the size of a picture whose longer side is at most side. One longer
// than two to one has as many pixels as if it were two to one: of a screenshot of
// a whole page, eight screens high, a strip without legible text would be left.
func fitSize(w, h, side int) (int, int) {
	longer, shorter := float64(max(w, h)), float64(min(w, h))
	scale := float64(side) / longer
	if longer > 2*shorter {
		scale = max(scale, min(float64(side)/math.Sqrt(2*longer*shorter), longest*float64(side)/longer))
	}
	if scale >= 1 {
		return w, h
	}
	scaled := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	return scaled(w), scaled(h)
}

// clampToAlpha restores what resampling with negative weights may break: no
// premultiplied colour above its alpha.
func clampToAlpha(pix []uint8) {
	for i := 0; i < len(pix); i += 4 {
		p := pix[i : i+4 : i+4]
		if p[3] != 255 {
			p[0], p[1], p[2] = min(p[0], p[3]), min(p[1], p[3]), min(p[2], p[3])
		}
	}
}

// image returns r as the standard library's type; it shares r's memory.
func (r raster) image() image.Image {
	rect := image.Rect(0, 0, r.w, r.h)
	p := r.planes[0]
	switch r.model {
	case modelGray:
		return &image.Gray{Pix: p.pix, Stride: r.w, Rect: rect}
	case modelYCC:
		return &image.YCbCr{Y: p.pix, Cb: r.planes[1].pix, Cr: r.planes[2].pix,
			YStride: r.w, CStride: r.planes[1].w, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: rect}
	default:
		return &image.RGBA{Pix: p.pix, Stride: r.w * 4, Rect: rect}
	}
}
