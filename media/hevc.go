package media

import "bytes"

// hevcPixels is the largest picture that an HEVC decoder configuration (ISO/IEC
// 14496-15, 8.3.3.1) announces: the area in its sequence parameter sets. Sets
// that cannot be read count as nothing: the decoder cannot read them either.
func hevcPixels(config []byte) (most int64) {
	const nalSPS = 33
	r := reading{data: config}
	r.take(22)
	for range r.number(1) {
		kind := r.number(1) & 0x3f
		for range r.number(2) {
			nal := r.take(int(r.number(2)))
			if r.bad {
				return most
			}
			if kind == nalSPS {
				most = max(most, spsPixels(nal))
			}
		}
	}
	return most
}

// spsPixels reads width times height from a sequence parameter set (ITU-T H.265,
// 7.3.2.2), or 0.
func spsPixels(nal []byte) int64 {
	if len(nal) < 3 {
		return 0
	}
	b := bitReader{data: bytes.ReplaceAll(nal[2:], []byte{0, 0, 3}, []byte{0, 0})} // emulation prevention
	b.skip(4)
	layers := int(b.read(3))
	b.skip(1 + 96) // nesting; profile, tier and level
	b.skipLayers(layers)
	b.golomb() // its id
	if b.golomb() == 3 {
		b.skip(1)
	}
	w, h := b.golomb(), b.golomb()
	if b.at > 8*len(b.data) {
		return 0
	}
	return int64(min(w, 1<<24)) * int64(min(h, 1<<24))
}

// bitReader reads numbers of any length, highest bit first; past the end there are
// zeros.
type bitReader struct {
	data []byte
	at   int
}

func (b *bitReader) read(n int) (v uint32) {
	for range n {
		v <<= 1
		if i := b.at / 8; i < len(b.data) {
			v |= uint32(b.data[i]>>(7-b.at%8)) & 1
		}
		b.at++
	}
	return v
}

func (b *bitReader) skip(n int) { b.at += n }

// skipLayers passes over the levels of temporal sub-layers (7.3.3).
func (b *bitReader) skipLayers(layers int) {
	if layers == 0 {
		return
	}
	var profiles, levels int
	for i := range 8 {
		p, l := int(b.read(1)), int(b.read(1))
		if i < layers {
			profiles, levels = profiles+p, levels+l
		}
	}
	b.skip(88*profiles + 8*levels)
}

// golomb reads an unsigned Exp-Golomb code (9.2).
func (b *bitReader) golomb() uint32 {
	zeros := 0
	for b.read(1) == 0 {
		if zeros++; zeros > 31 {
			return 1<<32 - 1
		}
	}
	return 1<<zeros - 1 + b.read(zeros)
}
