package media

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

const (
	typeJPEG, extJPEG = "image/jpeg", "jpg"
	typePNG, extPNG   = "image/png", "png"

	jpegQuality = 82
	pngFavour   = 2        // how much larger than JPEG a flat picture may be as PNG, whose text stays sharp
	pngAnyway   = 48 << 10 // bytes; a flat picture this small is kept as PNG whatever JPEG makes of it
	flatShare   = 0.25     // of neighbouring pixels alike, from which a picture counts as flat
)

var extensions = []string{extPNG, extJPEG}

// encode chooses the format by content. Transparent pictures are PNG. What was
// lossy already, and what has the noise of a photograph, is JPEG. Flat pictures,
// screenshots above all, are PNG unless JPEG is less than half of it.
func encode(r raster, lossy bool, icc []byte) (Variant, error) {
	img := r.image()
	rgba, _ := img.(*image.RGBA)
	opaque := rgba == nil || rgba.Opaque()
	if opaque && (lossy || !flat(r)) {
		return encodeJPEG(img, icc)
	}
	lossless, err := encodePNG(img, icc)
	if err != nil || !opaque || len(lossless.Bytes) <= pngAnyway {
		return lossless, err
	}
	small, err := encodeJPEG(img, icc)
	if err != nil || len(small.Bytes)*pngFavour < len(lossless.Bytes) {
		return small, err
	}
	return lossless, nil
}

// flat samples every eighth row for neighbours that are equal.
func flat(r raster) bool {
	p := r.planes[0]
	equal, seen := 0, 0
	for y := 0; y < p.h; y += 8 {
		row := p.pix[y*p.w*p.ch:][:p.w*p.ch]
		for x := p.ch; x < len(row); x += p.ch {
			seen++
			if bytes.Equal(row[x:x+p.ch], row[x-p.ch:x]) {
				equal++
			}
		}
	}
	return float64(equal) >= flatShare*float64(seen)
}

func encodeJPEG(img image.Image, icc []byte) (Variant, error) {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return Variant{}, err
	}
	return variantOf(img, typeJPEG, extJPEG, withJPEGProfile(buf.Bytes(), icc)), nil
}

func encodePNG(img image.Image, icc []byte) (Variant, error) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, palettise(img)); err != nil {
		return Variant{}, err
	}
	return variantOf(img, typePNG, extPNG, withPNGProfile(buf.Bytes(), icc)), nil
}

func variantOf(img image.Image, contentType, ext string, data []byte) Variant {
	size := img.Bounds().Size()
	return Variant{Width: size.X, Height: size.Y, ContentType: contentType, Ext: ext, Bytes: data}
}

// palettise returns img with a palette when it has at most 256 colours, which
// PNG stores in a third of the space; otherwise img itself.
func palettise(img image.Image) image.Image {
	m, ok := img.(*image.RGBA)
	if !ok {
		return img
	}
	out := image.NewPaletted(m.Rect, nil)
	index := make(map[[4]uint8]uint8, 256)
	var last [4]uint8
	var lastIndex uint8
	for i := range out.Pix {
		c := [4]uint8(m.Pix[i*4:])
		if i == 0 || c != last {
			at, seen := index[c]
			if !seen {
				if len(index) == 256 {
					return img
				}
				at = uint8(len(index))
				index[c] = at
				out.Palette = append(out.Palette, color.RGBA{c[0], c[1], c[2], c[3]})
			}
			last, lastIndex = c, at
		}
		out.Pix[i] = lastIndex
	}
	return out
}
