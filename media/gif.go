package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
)

// gifHeader reads the canvas, the first frame's place on it, and whether another
// frame follows (GIF89a, sections 18 to 26).
func gifHeader(data []byte) (header, error) {
	config, err := gif.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, err
	}
	h := header{width: config.Width, height: config.Height, orientation: 1}
	h.cost = int64(h.width) * int64(h.height)
	canvas := image.Rect(0, 0, h.width, h.height)
	frames := 0
	for frame := range gifFrames(data) {
		frames++
		if frames == 1 && frame != canvas {
			h.frame, h.cost = frame, h.cost*5
		}
		h.animated = frames > 1
		if h.animated {
			break
		}
	}
	return h, nil
}

// gifFrames yields the rectangle of each frame up to the trailer, or to where the
// file stops making sense.
func gifFrames(data []byte) func(yield func(image.Rectangle) bool) {
	return func(yield func(image.Rectangle) bool) {
		at := 13 + gifTable(data, 10)
		for at < len(data) {
			switch data[at] {
			case 0x21: // extension
				at = gifBlocks(data, at+2)
			case 0x2c: // image descriptor
				if at+10 > len(data) {
					return
				}
				d := data[at+1:]
				x, y := int(binary.LittleEndian.Uint16(d)), int(binary.LittleEndian.Uint16(d[2:]))
				w, h := int(binary.LittleEndian.Uint16(d[4:])), int(binary.LittleEndian.Uint16(d[6:]))
				if !yield(image.Rect(x, y, x+w, y+h)) {
					return
				}
				at = gifBlocks(data, at+10+gifTable(data, at+9)+1)
			default:
				return
			}
		}
	}
}

// gifTable returns the bytes of the colour table that the flags at that offset
// announce.
func gifTable(data []byte, flags int) int {
	if flags >= len(data) || data[flags]&0x80 == 0 {
		return 0
	}
	return 3 << (data[flags]&7 + 1)
}

// gifBlocks returns the offset after a run of sub-blocks.
func gifBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}
