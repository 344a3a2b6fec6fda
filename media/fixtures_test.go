package media_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
)

// photo is a smooth scene under sensor noise.
func photo(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			noise := random.IntN(17) - 8
			level := func(v float64) uint8 { return uint8(min(max(int(v)+noise, 0), 255)) }
			m.SetRGBA(x, y, color.RGBA{
				level(128 + 100*math.Sin(7*fx+3*fy)), level(128 + 90*math.Sin(5*fy-2*fx)), level(90 + 120*fx*fy), 255})
		}
	}
	return m
}

// screenshot is a window: bars, a sidebar, lines of small dark marks on white.
func screenshot(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	fill := func(r image.Rectangle, c color.Color) { draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src) }
	fill(m.Rect, color.White)
	fill(image.Rect(0, 0, w, h/16), color.RGBA{40, 60, 110, 255})
	fill(image.Rect(0, h/16, w/5, h), color.RGBA{235, 238, 243, 255})
	random := rand.New(rand.NewPCG(3, 4))
	for y := h / 12; y+12 < h; y += 18 {
		for x := w/5 + 12; x+8 < w && random.IntN(60) > 0; x += 8 {
			if random.IntN(6) > 0 {
				fill(image.Rect(x, y, x+1+random.IntN(5), y+2+random.IntN(9)), color.RGBA{30, 30, 35 + uint8(random.IntN(3))*60, 255})
			}
		}
	}
	return m
}

func jpegOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, m, &jpeg.Options{Quality: 92}); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func pngOf(tb testing.TB, m image.Image) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// withSegment inserts a JPEG segment after SOI.
func withSegment(data []byte, marker byte, body []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return join(data[:2], head, body, data[2:])
}

// withChunk inserts a PNG chunk after IHDR.
func withChunk(data []byte, kind string, body []byte) []byte {
	return join(data[:33], pngChunk(kind, body), data[33:])
}

func pngChunk(kind string, body []byte) []byte {
	sealed := append([]byte(kind), body...)
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	return binary.BigEndian.AppendUint32(append(out, sealed...), crc32.ChecksumIEEE(sealed))
}

// hollowPNG claims a size and holds next to nothing.
func hollowPNG(w, h uint32, depth, colour, interlace byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(nil, w)
	ihdr = binary.BigEndian.AppendUint32(ihdr, h)
	ihdr = append(ihdr, depth, colour, 0, 0, interlace)
	idat := []byte("\x78\x9c\x03\x00\x00\x00\x00\x01")
	return join([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", ihdr), pngChunk("IDAT", idat), pngChunk("IEND", nil))
}

// exif returns TIFF data with an orientation, a maker's name and a place.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	out := []byte("MM")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		out = []byte("II")
	}
	entry := func(tag, kind uint16, count, value uint32) {
		out = order.AppendUint16(out, tag)
		out = order.AppendUint16(out, kind)
		out = order.AppendUint32(out, count)
		if kind == 3 {
			out = order.AppendUint16(out, uint16(value))
			out = append(out, 0, 0)
		} else {
			out = order.AppendUint32(out, value)
		}
	}
	out = order.AppendUint16(out, 42)
	out = order.AppendUint32(out, 8)
	out = order.AppendUint16(out, 3)
	entry(0x010f, 2, 12, 50)                 // Make, at 50
	entry(0x0112, 3, 1, uint32(orientation)) // Orientation
	entry(0x8825, 4, 1, 62)                  // GPS directory, at 62
	out = order.AppendUint32(out, 0)         // no second directory
	out = append(out, "SecretMaker\x00"...)  // 50
	out = order.AppendUint16(out, 1)         // 62
	entry(0x001d, 2, 11, 80)                 // GPSDateStamp
	out = order.AppendUint32(out, 0)         // end
	return append(out, "SecretPlace\x00"...)
}

// frameVP8L is a lossless WebP frame of two colours, by the shortest codes there
// are (WebP Lossless Bitstream, chapters 3 to 6): a bit of green a pixel, or none
// at all when dark is nil, which makes a picture of any size from 20 bytes.
func frameVP8L(w, h int, dark func(x, y int) bool) []byte {
	b := &bitWriter{out: []byte{0x2f}}
	b.put(uint32(w-1), 14)
	b.put(uint32(h-1), 14)
	b.put(0, 1+3+1+1+1) // no alpha, version 0, no transform, no cache, one group of codes
	green := []uint32{200}
	if dark != nil {
		green = []uint32{20, 200}
	}
	for _, symbols := range [][]uint32{green, {100}, {50}, {255}, {0}} { // green, red, blue, alpha, distance
		b.put(1, 1)
		b.put(uint32(len(symbols)-1), 1)
		b.put(1, 1)
		for _, s := range symbols {
			b.put(s, 8)
		}
	}
	for i := 0; dark != nil && i < w*h; i++ {
		if dark(i%w, i/w) {
			b.put(0, 1)
		} else {
			b.put(1, 1)
		}
	}
	b.put(0, 32)
	return b.out
}

type bitWriter struct {
	out  []byte
	bits int
}

func (b *bitWriter) put(v uint32, n int) {
	for i := range n {
		if b.bits == 0 {
			b.out = append(b.out, 0)
		}
		b.out[len(b.out)-1] |= byte(v>>i&1) << b.bits
		b.bits = (b.bits + 1) % 8
	}
}

// frameVP8 is a lossy WebP key frame whose coded decisions are all zero (RFC 6386,
// chapter 9): predictions without residue.
func frameVP8(w, h int) []byte {
	const first = 4000
	tag := uint32(1<<4 | first<<5)
	out := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a}
	out = binary.LittleEndian.AppendUint16(out, uint16(w))
	out = binary.LittleEndian.AppendUint16(out, uint16(h))
	return append(out, make([]byte, first+4000)...)
}

func riffChunk(kind string, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	out = append(out, body...)
	return append(out, make([]byte, len(body)&1)...)
}

func webpOf(chunks ...[]byte) []byte {
	return riffChunk("RIFF", append([]byte("WEBP"), join(chunks...)...))
}

func vp8x(flags byte, w, h int) []byte {
	return riffChunk("VP8X", join([]byte{flags, 0, 0, 0}, le24(w-1), le24(h-1)))
}

// anmf is one animation frame at (x, y), both even.
func anmf(x, y, w, h int, chunks ...[]byte) []byte {
	return riffChunk("ANMF", join(le24(x/2), le24(y/2), le24(w-1), le24(h-1), le24(100), []byte{0}, join(chunks...)))
}

func le24(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }

// scanBomb is a progressive JPEG of n scans that each pass over all of its blocks
// for a few bytes.
func scanBomb(w, h uint16, n int) []byte {
	frame := binary.BigEndian.AppendUint16([]byte{8}, h)
	frame = append(binary.BigEndian.AppendUint16(frame, w), 1, 1, 0x11, 0)
	out := []byte{0xff, 0xd8}
	out = withSegment(out, 0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...))
	out = join(out, withSegment([]byte{0xff, 0xd8}, 0xc2, frame)[2:])
	out = join(out, withSegment([]byte{0xff, 0xd8}, 0xc4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0xe0))[2:])
	scan := withSegment([]byte{0xff, 0xd8}, 0xda, []byte{1, 1, 0, 1, 63, 0})[2:]
	scan = append(scan, make([]byte, 20+2*(int(w)*int(h)/64>>14))...)          // each 15 zero bits: no change to 16,384 blocks
	padding := withSegment([]byte{0xff, 0xd8}, 0xfe, make([]byte, 60_000))[2:] // so that it is not hollow
	return join(out, padding, bytes.Repeat(scan, n), []byte{0xff, 0xd9})
}
