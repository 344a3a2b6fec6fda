package media

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"

	"selfie/internal/fault"
)

const (
	exifMark = "Exif\x00\x00"
	iccMark  = "ICC_PROFILE\x00"

	// maxScans is far above the ten or so of real pictures. Each scan of a few bytes
	// may cost a pass over the whole picture, a tenth of a second at the size limit.
	maxScans = 60
)

// jpegHeader reads the segments (ITU-T T.81, annex B).
func jpegHeader(data []byte) (header, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, err
	}
	h := header{width: config.Width, height: config.Height, orientation: 1, lossy: true}
	h.cost = int64(h.width) * int64(h.height) * 3 * 5 // the dearest kind, unless the frame header below is found and says better
	scans := 0
	for marker, body := range jpegSegments(data) {
		switch {
		case marker == 0xda:
			if scans++; scans > maxScans {
				return header{}, refuse(fault.Invalid, "it is encoded in an unusual way; save it again as an ordinary JPEG or PNG.")
			}
		case marker == 0xc0 || marker == 0xc1 || marker == 0xc2:
			h.cost, h.floor = jpegCost(body, marker == 0xc2)
		case marker == 0xe1 && bytes.HasPrefix(body, []byte(exifMark)):
			h.orientation = exifOrientation(body[len(exifMark):])
		case marker == 0xe2 && bytes.HasPrefix(body, []byte(iccMark)) && len(body) > len(iccMark)+2:
			h.icc = append(h.icc, body[len(iccMark)+2:]...) // parts come in order in all but broken files, whose profile is then refused
		}
	}
	return h, nil
}

// jpegSegments yields each marker that has a body, up to the picture's end or to
// where the file stops making sense. Like the decoder it passes over whatever
// stands between segments, coded pixels above all, so that both see the same ones.
func jpegSegments(data []byte) func(yield func(byte, []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for rest := data[2:]; ; {
			at := bytes.IndexByte(rest, 0xff)
			if at < 0 || at+4 > len(rest) {
				return
			}
			rest = rest[at+1:]
			marker := rest[0]
			if marker == 0xff || marker == 0 || marker >= 0xd0 && marker <= 0xd7 { // filling, a coded 0xff, a restart
				continue
			}
			size := int(binary.BigEndian.Uint16(rest[1:]))
			if marker == 0xd9 || size < 2 || size > len(rest)-1 || !yield(marker, rest[3:1+size]) {
				return
			}
			rest = rest[1+size:]
		}
	}
}

// jpegCost estimates what decoding allocates: a byte a sample, four more for the
// coefficients that a progressive picture keeps, and four a pixel for CMYK. A
// complete scan spends at least one bit on each 8 by 8 block.
func jpegCost(frame []byte, progressive bool) (cost, floor int64) {
	if len(frame) < 6 {
		return 0, 0
	}
	height, width := int64(binary.BigEndian.Uint16(frame[1:])), int64(binary.BigEndian.Uint16(frame[3:]))
	sum, highest := int64(0), int64(1)
	components := int64(frame[5])
	for i := 6; i+3 <= len(frame); i += 3 {
		area := int64(frame[i+1]>>4) * int64(frame[i+1]&15)
		sum, highest = sum+area, max(highest, area)
	}
	cost = width * height * sum / highest
	if progressive {
		cost *= 5
	}
	if components == 4 {
		cost += width * height * 4
	}
	return cost, width * height / 64 / 8
}
