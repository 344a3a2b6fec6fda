package media

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/bits"
)

// Look is a finer difference hash than DHash: luma at 17 by 16, 256 bits, from
// the top left in the highest bit of the first byte. It tells apart what DHash
// takes for one picture, as two windows of one program. Its text is 64 hex digits.
type Look [32]byte

// Distance is the number of bits, 0 to 256, in which the hashes differ. Up to
// about 20 means the same picture scaled or recompressed.
func (l Look) Distance(o Look) (n int) {
	for i := range l {
		n += bits.OnesCount8(l[i] ^ o[i])
	}
	return n
}

// String returns 64 hex digits.
func (l Look) String() string { return hex.EncodeToString(l[:]) }

// MarshalText returns 64 hex digits.
func (l Look) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Look) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(l) {
		return fmt.Errorf("media: %q is not a look of 64 hex digits", text)
	}
	copy(l[:], b)
	return nil
}

func lookOf(r raster) (l Look) {
	p := resample(luma(r), 17, 16)
	for i := range 256 {
		x, y := i%16, i/16
		if p.pix[y*17+x] > p.pix[y*17+x+1] {
			l[i/8] |= 0x80 >> (i % 8)
		}
	}
	return l
}

// blurSide is the longer side of a placeholder in pixels. At 8, the worst PNG is
// 280 bytes, and its data URI below MaxBlur.
const blurSide = 8

// MaxBlur is the longest data URI of a placeholder, in bytes.
const MaxBlur = 400

// blurOf returns a tiny version of an opaque picture as a data URI, to be shown
// large and smooth until the picture is there; "" for one with holes.
func blurOf(r raster) string {
	img := r.scan().fit(blurSide).image()
	tiny := image.NewNRGBA(img.Bounds())
	for y := range tiny.Rect.Dy() {
		for x := range tiny.Rect.Dx() {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			if c.A < 255 {
				return ""
			}
			tiny.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, tiny); err != nil { // a buffer takes everything
		return ""
	}
	uri := "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
	if len(uri) > MaxBlur {
		return ""
	}
	return uri
}
