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

	// maxScans is far above what encoders make, about 10, and above what the two
	// bytes of a scan's marker occur by chance in 10 MB of appended video, about 150.
	// Each scan may cost a pass over the whole picture for a few bytes of file.
	maxScans = 500
)

// jpegHeader reads the segments before the first scan (ITU-T T.81, annex B).
func jpegHeader(data []byte) (header, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return header{}, err
	}
	if bytes.Count(data, []byte{0xff, 0xda}) > maxScans {
		return header{}, refuse(fault.Invalid, "it is encoded in an unusual way; save it again as an ordinary JPEG or PNG.")
	}
	h := header{width: config.Width, height: config.Height, orientation: 1, lossy: true}
	h.cost = int64(h.width) * int64(h.height) * 3 * 5 // the dearest kind, unless the frame header below is found and says better
	for marker, body := range jpegSegments(data) {
		switch {
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

// jpegSegments yields each marker and body up to the first scan, or to where the
// file stops making sense.
func jpegSegments(data []byte) func(yield func(byte, []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for at := 2; at+4 <= len(data) && data[at] == 0xff; {
			marker := data[at+1]
			if marker == 0xff { // filling
				at++
				continue
			}
			if marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 { // stand alone
				at += 2
				continue
			}
			end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
			if marker == 0xda || marker == 0xd9 || end < at+4 || end > len(data) || !yield(marker, data[at+4:end]) {
				return
			}
			at = end
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
