package media

import "bytes"

// Kinds of HEVC network units (ITU-T H.265, table 7-1): up to 31 they are pieces of
// pictures, of which these begin afresh.
const (
	nalBLA  = 16 // the first that needs no other picture
	nalIDR  = 19 // 19 and 20 name no other either
	nalCRA  = 21
	nalVCL  = 31
	nalSPS  = 33
	nalHead = 2 // bytes
)

func nalKind(nal []byte) byte { return nal[0] >> 1 & 0x3f }

// coding is what a sequence parameter set says of the pictures that follow it.
type coding struct {
	pixels int64
	weight int64 // of a pixel: half bytes of samples, 3 for the ordinary 8 bits of 4:2:0
	tone   colours
}

// with is the dearer of two in each respect, in c's colours.
func (c coding) with(d coding) coding {
	return coding{max(c.pixels, d.pixels), max(c.weight, d.weight), c.tone}
}

// hevcConfig is the most that an HEVC decoder configuration (ISO/IEC 14496-15,
// 8.3.3.1) announces in its sequence parameter sets, which are known by their own
// headers, as by the decoder. It is not ok with pieces of pictures in it, with a
// set that cannot be read, and with none.
func hevcConfig(config []byte) (most coding, ok bool) {
	r := reading{data: config}
	r.take(22)
	for range r.number(1) {
		r.number(1) // what kind of units it says follow
		for range r.number(2) {
			nal := r.take(int(r.number(2)))
			if r.bad || len(nal) < nalHead || nalKind(nal) <= nalVCL {
				return coding{}, false
			}
			if nalKind(nal) == nalSPS {
				c := readSPS(nal)
				if c.pixels == 0 {
					return coding{}, false
				}
				most = c.with(most)
			}
		}
	}
	return most, most.pixels > 0 && !r.bad
}

// onePicture is what the data of an item holds beside the picture itself.
type onePicture struct {
	coding      // by parameters of its own, as Sony's cameras repeat them: they overrule the configuration's
	refers bool // to pictures that are not there, for which the decoder makes room
}

// readPicture makes sure that data is one picture that needs no other. Lengths have
// four bytes, whatever the configuration says: the decoder expects so.
func readPicture(data []byte) (pic onePicture, err error) {
	r := reading{data: data}
	pictures := 0
	for len(r.data) > 0 {
		nal := r.take(int(r.number(4)))
		if r.bad || len(nal) < nalHead {
			return pic, errHeader
		}
		switch kind := nalKind(nal); {
		case kind == nalSPS:
			c := readSPS(nal)
			if c.pixels == 0 {
				return pic, errHeader
			}
			pic.coding = pic.with(c)
		case kind < nalBLA, kind > nalCRA && kind <= nalVCL:
			return pic, rareHEIC()
		case kind <= nalVCL:
			pic.refers = pic.refers || kind != nalIDR && kind != nalIDR+1
			if len(nal) > nalHead && nal[nalHead]&0x80 != 0 { // the first piece
				pictures++
			}
		}
	}
	switch {
	case pictures == 0:
		return pic, errHeader
	case pictures > 1:
		return pic, rareHEIC()
	}
	return pic, nil
}

// readSPS reads a sequence parameter set (ITU-T H.265, 7.3.2.2); no pixels for one
// that cannot be read.
func readSPS(nal []byte) coding {
	if len(nal) < 3 {
		return coding{}
	}
	b := bitReader{data: bytes.ReplaceAll(nal, []byte{0, 0, 3}, []byte{0, 0})} // emulation prevention
	b.skip(8 * nalHead)
	b.skip(4)
	layers := int(b.read(3))
	b.skip(1 + 96) // nesting; profile, tier and level
	b.skipLayers(layers)
	b.golomb() // its id
	chroma := b.golomb()
	if chroma == 3 {
		b.skip(1)
	}
	w, h := b.golomb(), b.golomb()
	if b.read(1) == 1 { // the part to show
		for range 4 {
			b.golomb()
		}
	}
	deep := max(b.golomb(), b.golomb()) > 0
	if b.at > 8*len(b.data) || chroma > 3 {
		return coding{}
	}
	weight := []int64{3, 3, 4, 6}[chroma]
	if deep {
		weight *= 2
	}
	tone, ok := b.tone(layers)
	if !ok || b.at > 8*len(b.data) {
		tone = colours{}
	}
	return coding{int64(min(w, 1<<24)) * int64(min(h, 1<<24)), weight, tone}
}

// tone reads on from the bit depths to what is said of colours (ITU-T H.265,
// E.2.1). It is not ok with what stills do not have before it: scaling lists and
// sets of reference pictures that are told by others.
func (b *bitReader) tone(layers int) (c colours, ok bool) {
	b.golomb()
	times := 1
	if b.read(1) == 1 {
		times += layers
	}
	for range 3*times + 6 {
		b.golomb()
	}
	if b.read(1) == 1 && b.read(1) == 1 { // scaling lists of its own
		return c, false
	}
	b.skip(2)
	if b.read(1) == 1 { // PCM
		b.skip(8)
		b.golomb()
		b.golomb()
		b.skip(1)
	}
	if !b.skipReferences() || b.read(1) == 1 { // long-term ones
		return c, false
	}
	b.skip(2)
	if b.read(1) == 0 {
		return c, true
	}
	if b.read(1) == 1 && b.read(8) == 255 { // the shape of a pixel
		b.skip(32)
	}
	if b.read(1) == 1 {
		b.skip(1)
	}
	if b.read(1) == 1 {
		b.skip(3)
		c.limited = b.read(1) == 0
		if b.read(1) == 1 {
			b.skip(16)
			c.matrix = byte(b.read(8))
		}
	}
	return c, true
}

// skipReferences passes over the sets of short-term reference pictures (7.3.7).
func (b *bitReader) skipReferences() bool {
	const most = 16 // pictures that may be referred to
	sets := b.golomb()
	for i := range min(sets, 65) {
		if i > 0 && b.read(1) == 1 {
			return false
		}
		for range min(b.golomb(), most) + min(b.golomb(), most) {
			b.golomb() // how far
			b.skip(1)  // whether it is used
		}
	}
	return sets <= 64
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
