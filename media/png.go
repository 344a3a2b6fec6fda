package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image/png"
	"io"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// pngHeader reads the chunks (PNG third edition, chapter 11).
func pngHeader(data []byte) (header, error) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, err
	}
	h := header{width: config.Width, height: config.Height, orientation: 1}
	for kind, body := range pngChunks(data) {
		switch kind {
		case "IHDR":
			h.cost, h.floor = pngCost(body)
		case "iCCP":
			h.icc = pngProfile(body)
		case "eXIf":
			h.orientation = exifOrientation(body)
		case "acTL":
			h.animated = true
		}
	}
	return h, nil
}

// pngChunks yields each chunk up to the picture's end, or to where the file stops
// making sense. Sums are left to the decoder.
func pngChunks(data []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for rest := data[len(pngMagic):]; len(rest) >= 12; {
			size := int64(binary.BigEndian.Uint32(rest))
			kind := string(rest[4:8])
			if size > int64(len(rest)-12) || kind == "IEND" || !yield(kind, rest[8:8+size]) {
				return
			}
			rest = rest[12+size:]
		}
	}
}

// pngCost estimates what decoding allocates, twice when interlaced, and the least
// file that holds such a picture: deflate shrinks to no less than a 1032nd.
func pngCost(ihdr []byte) (cost, floor int64) {
	if len(ihdr) < 13 {
		return 0, 0
	}
	width, height := int64(binary.BigEndian.Uint32(ihdr)), int64(binary.BigEndian.Uint32(ihdr[4:]))
	depth, colour, interlaced := int64(ihdr[8]), ihdr[9], ihdr[12] != 0
	channels := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
	perPixel := int64(4)
	switch {
	case depth == 16:
		perPixel = 8
	case colour == 3:
		perPixel = 1
	}
	cost = width * height * perPixel
	if interlaced {
		cost *= 2
	}
	return cost, width * height * depth * channels / 8 / 1032
}

// pngProfile inflates an iCCP chunk: a name, NUL, the method 0, zlib data.
func pngProfile(body []byte) []byte {
	_, rest, ok := bytes.Cut(body, []byte{0})
	if !ok || len(rest) < 1 || rest[0] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(rest[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(z, maxProfile))
	if err != nil {
		return nil
	}
	return profile
}
