package media

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/webp"
)

// chunk is one part of a RIFF container.
type chunk struct {
	kind string
	body []byte
}

// webpHeader reads the container (WebP Container Specification) and puts the one
// frame that will be shown into a container of its own, so that only its pixels
// reach the decoder and no other chunk can contradict them.
func webpHeader(data []byte) (header, error) {
	h := header{orientation: 1}
	var frame []chunk
	for _, c := range riffChunks(data[12:]) {
		switch c.kind {
		case "VP8X":
			if len(c.body) >= 10 {
				h.width, h.height = uint24(c.body[4:])+1, uint24(c.body[7:])+1
			}
		case "ICCP":
			h.icc = c.body[:min(len(c.body), maxProfile)]
		case "EXIF":
			h.orientation = exifOrientation(bytes.TrimPrefix(c.body, []byte(exifMark)))
		case "ALPH", "VP8 ", "VP8L":
			frame = append(frame, c)
		case "ANMF":
			h.animated = h.animated || frame != nil
			if frame == nil && len(c.body) >= 16 {
				h.frame.Min = image.Pt(2*uint24(c.body), 2*uint24(c.body[3:]))
				frame = riffChunks(c.body[16:])
			}
		}
	}
	return h.withStill(frame)
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// withStill completes h with the frame's own size and container.
func (h header) withStill(frame []chunk) (header, error) {
	var alpha, pixels *chunk
	for i := range frame {
		switch frame[i].kind {
		case "ALPH":
			alpha = &frame[i]
		case "VP8 ", "VP8L":
			pixels = &frame[i]
		}
	}
	if pixels == nil {
		return h, errHeader
	}
	h.still = riff(*pixels)
	config, err := webp.DecodeConfig(bytes.NewReader(h.still))
	if err != nil {
		return h, err
	}
	h.lossy = pixels.kind == "VP8 "
	if h.lossy && alpha != nil {
		h.still = riff(extended(config.Width, config.Height), *alpha, *pixels)
	}
	return h.placed(config.Width, config.Height), nil
}

// placed sets canvas, frame and cost for a frame of w by h pixels.
func (h header) placed(w, ht int) header {
	if h.width == 0 {
		h.width, h.height = w, ht
	}
	h.frame.Max = h.frame.Min.Add(image.Pt(w, ht))
	canvas := image.Rect(0, 0, h.width, h.height)
	pixels := int64(w) * int64(ht)
	h.cost = pixels * 8 // lossless: the pixels, and once more while transforms are undone
	if h.lossy {
		h.cost = pixels * 5 / 2
	}
	if h.frame == canvas {
		h.frame = image.Rectangle{}
	} else {
		h.cost += int64(h.width) * int64(h.height) * 4
	}
	return h
}

// riffChunks splits data up to where it stops making sense. Bodies of odd length
// are padded.
func riffChunks(data []byte) (chunks []chunk) {
	for len(data) >= 8 {
		size := int64(binary.LittleEndian.Uint32(data[4:]))
		if size > int64(len(data)-8) {
			break
		}
		chunks = append(chunks, chunk{string(data[:4]), data[8 : 8+size]})
		data = data[min(int64(len(data)), 8+size+size&1):]
	}
	return chunks
}

// riff returns a WebP file of the chunks.
func riff(chunks ...chunk) []byte {
	body := []byte("WEBP")
	for _, c := range chunks {
		body = append(body, c.kind...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(c.body)))
		body = append(body, c.body...)
		if len(c.body)%2 == 1 {
			body = append(body, 0)
		}
	}
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)))
	return append(out, body...)
}

// extended returns the chunk that announces alpha for a canvas of w by h.
func extended(w, h int) chunk {
	const alphaFlag = 1 << 4
	w, h = w-1, h-1
	return chunk{"VP8X", []byte{alphaFlag, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}}
}
