package media

import (
	"fmt"
	"math/bits"
	"strconv"
)

// DHash is a picture's difference hash: its luma at 9 by 8, one bit for each
// neighbouring pair, set where the left one is brighter, from the top left in the
// highest bit (N. Krawetz, "Kind of Like That", 2013). Similar pictures have a
// small Distance. Its text, in JSON too, is 16 hex digits, because 64 bits do not
// fit in JSON numbers everywhere.
type DHash uint64

// Distance is the number of bits, 0 to 64, in which the hashes differ. Up to about
// 6 means the same picture scaled, recompressed or slightly cut.
func (d DHash) Distance(e DHash) int { return bits.OnesCount64(uint64(d ^ e)) }

// String returns 16 hex digits.
func (d DHash) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// MarshalText returns 16 hex digits.
func (d DHash) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *DHash) UnmarshalText(text []byte) error {
	v, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil || len(text) != 16 {
		return fmt.Errorf("media: %q is not a difference hash of 16 hex digits", text)
	}
	*d = DHash(v)
	return nil
}

func dHash(r raster) DHash {
	p := resample(luma(r), 9, 8)
	var hash DHash
	for y := range 8 {
		for x := range 8 {
			hash <<= 1
			if p.pix[y*9+x] > p.pix[y*9+x+1] {
				hash |= 1
			}
		}
	}
	return hash
}

// luma reads r's brightness (ITU-R BT.601), transparent parts as white.
func luma(r raster) rows {
	p := r.planes[0]
	if p.ch == 1 {
		return bytesRows(p.pix, p.w, p.h, 1, p.w)
	}
	return rows{p.w, p.h, 1, func(y int, buf []uint8) []uint8 {
		row := p.pix[y*p.w*4:][:p.w*4]
		for x := range p.w {
			c := row[x*4:][:4]
			buf[x] = uint8((299*int(c[0])+587*int(c[1])+114*int(c[2]))/1000 + 255 - int(c[3]))
		}
		return buf
	}}
}
