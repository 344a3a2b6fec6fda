package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
)

const (
	maxProfile    = 1 << 20 // bytes of a profile that is looked at
	maxKept       = 32 << 10
	profileHeader = 128
)

// profileTags are the tags that turn a matrix or gray profile's numbers into
// colour (ICC.1:2022, 8.3 and 8.4), by model. Every other tag is left behind:
// profiles made by systems carry a monitor's name and serial number.
var profileTags = map[model][]string{
	modelGray: {"wtpt", "kTRC"},
	modelYCC:  {"wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"},
	modelRGBA: {"wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"},
}

// slimProfile returns a colour profile rebuilt from p's colour tags alone, nil
// when p is none, is not for pictures of this model, or works by tables instead of
// a matrix.
func slimProfile(p []byte, m model) []byte {
	space := "RGB "
	if m == modelGray {
		space = "GRAY"
	}
	if len(p) < profileHeader+4 || string(p[36:40]) != "acsp" || string(p[16:20]) != space || string(p[20:24]) != "XYZ " {
		return nil
	}
	var tags []chunk
	for _, name := range profileTags[m] {
		body := colourTag(profileTag(p, name))
		if body == nil {
			return nil
		}
		tags = append(tags, chunk{name, body})
	}
	if body := colourTag(profileTag(p, "chad")); body != nil {
		tags = append(tags, chunk{"chad", body})
	}
	return buildProfile(p, append(tags, labels(p[8])...))
}

// profileTag returns the bytes that the tag table gives to name.
func profileTag(p []byte, name string) []byte {
	table := p[profileHeader+4:]
	for range min(binary.BigEndian.Uint32(p[profileHeader:]), 100) {
		if len(table) < 12 {
			return nil
		}
		offset, size := int64(binary.BigEndian.Uint32(table[4:])), int64(binary.BigEndian.Uint32(table[8:]))
		if string(table[:4]) == name {
			if offset+size > int64(len(p)) {
				return nil
			}
			return p[offset : offset+size]
		}
		table = table[12:]
	}
	return nil
}

// colourTag returns exactly the numbers of a tag (ICC.1:2022, chapter 10), nil for
// a type that holds anything else.
func colourTag(b []byte) []byte {
	if len(b) < 12 {
		return nil
	}
	size := 0
	switch string(b[:4]) {
	case "XYZ ":
		size = 20
	case "sf32":
		size = 8 + 9*4
	case "curv":
		size = 12 + 2*int(min(binary.BigEndian.Uint32(b[8:]), 4096))
	case "para":
		if kind := binary.BigEndian.Uint16(b[8:]); kind < 5 {
			size = 12 + 4*[]int{1, 3, 4, 5, 7}[kind]
		}
	}
	if size == 0 || size > len(b) {
		return nil
	}
	return b[:size]
}

// labels are the two texts that every profile must have, in the form of its major
// version.
func labels(version byte) []chunk {
	if version >= 4 {
		text := append([]byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS\x00\x00\x00\x06\x00\x00\x00\x1c"), "\x00R\x00G\x00B"...)
		return []chunk{{"desc", text}, {"cprt", text}}
	}
	desc := append([]byte("desc\x00\x00\x00\x00\x00\x00\x00\x04RGB\x00"), make([]byte, 78)...)
	return []chunk{{"desc", desc}, {"cprt", []byte("text\x00\x00\x00\x00RGB\x00")}}
}

// buildProfile writes a profile of the tags with the header fields of p that
// matter: version, class, spaces, intent and illuminant.
func buildProfile(p []byte, tags []chunk) []byte {
	out := make([]byte, profileHeader, 4<<10)
	for _, keep := range [][2]int{{8, 24}, {36, 40}, {64, 80}} {
		copy(out[keep[0]:keep[1]], p[keep[0]:keep[1]])
	}
	out = binary.BigEndian.AppendUint32(out, uint32(len(tags)))
	offset := len(out) + 12*len(tags)
	var bodies []byte
	for _, t := range tags {
		out = append(out, t.kind...)
		out = binary.BigEndian.AppendUint32(out, uint32(offset+len(bodies)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.body)))
		bodies = append(bodies, t.body...)
		bodies = append(bodies, make([]byte, -len(t.body)&3)...)
	}
	out = append(out, bodies...)
	if len(out) > maxKept {
		return nil
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

// withJPEGProfile inserts the profile as the first segment after SOI.
func withJPEGProfile(data, profile []byte) []byte {
	if profile == nil {
		return data
	}
	segment := []byte{0xff, 0xe2}
	segment = binary.BigEndian.AppendUint16(segment, uint16(2+len(iccMark)+2+len(profile)))
	segment = append(append(segment, iccMark...), 1, 1)
	return splice(data, 2, append(segment, profile...))
}

// withPNGProfile inserts the profile after IHDR.
func withPNGProfile(data, profile []byte) []byte {
	if profile == nil {
		return data
	}
	var body bytes.Buffer
	body.WriteString("iCCPicc\x00\x00")
	z := zlib.NewWriter(&body)
	z.Write(profile) // into memory: cannot fail
	z.Close()
	block := binary.BigEndian.AppendUint32(nil, uint32(body.Len()-4))
	block = append(block, body.Bytes()...)
	block = binary.BigEndian.AppendUint32(block, crc32.ChecksumIEEE(body.Bytes()))
	const afterIHDR = len(pngMagic) + 25
	return splice(data, afterIHDR, block)
}

func splice(data []byte, at int, insert []byte) []byte {
	out := make([]byte, 0, len(data)+len(insert))
	out = append(append(out, data[:at]...), insert...)
	return append(out, data[at:]...)
}
