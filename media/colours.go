package media

// colours say how luma and chroma were made of red, green and blue (ITU-T H.273,
// 8.3). Zero means as in JPEG, which is what HEIC means when it says nothing (ISO/IEC
// 23000-22, 7.3.6.4): BT.601 in the full range.
type colours struct {
	matrix  byte // MatrixCoefficients
	limited bool // luma is 16 to 235 and chroma 16 to 240
}

// nclxColours reads a colour information property of that kind (ISO/IEC 14496-12,
// 12.1.5), its four letters included.
func nclxColours(body []byte) (c colours, ok bool) {
	if len(body) < 11 {
		return c, false
	}
	return colours{matrix: body[9], limited: body[10]&0x80 == 0}, true
}

// weights are what red and blue count in luma (H.273, table 4); those of BT.601 for
// what is unknown, unspecified or no matrix.
func (c colours) weights() (red, blue float64) {
	switch c.matrix {
	case 1:
		return 0.2126, 0.0722
	case 4:
		return 0.30, 0.11
	case 7:
		return 0.212, 0.087
	case 9, 10:
		return 0.2627, 0.0593
	}
	return 0.299, 0.114
}

// blend is a sum of samples, each times a factor in 65536ths, and what rounds it.
type blend struct{ luma, cb, cr, add int }

func (b blend) of(luma, cb, cr uint8) uint8 {
	return uint8(min(max(b.luma*int(luma)+b.cb*int(cb)+b.cr*int(cr)+b.add, 0)>>16, 255))
}

// toJPEG returns how luma, Cb and Cr as JPEG has them are made of those that c
// describes. Chroma depends on no luma, for gray is gray in all of them.
func (c colours) toJPEG() (luma, cb, cr blend) {
	const one = 1 << 16
	red, blue := c.weights()
	jRed, jBlue := colours{}.weights()
	green, jGreen := 1-red-blue, 1-jRed-jBlue
	lift, scale, chroma := 0.0, 1.0, 1.0
	if c.limited {
		lift, scale, chroma = 16, 255.0/219, 255.0/224
	}
	fromBlue, fromRed := 2*(1-blue)*chroma, 2*(1-red)*chroma
	inLuma := [2]float64{fromBlue * (jBlue - jGreen*blue/green), fromRed * (jRed - jGreen*red/green)}
	made := func(luma, cb, cr, middle float64) blend {
		return blend{int(luma * one), int(cb * one), int(cr * one), int((middle - 128*(cb+cr) - lift*luma + 0.5) * one)}
	}
	jCb, jCr := 2*(1-jBlue), 2*(1-jRed)
	return made(scale, inLuma[0], inLuma[1], 0),
		made(0, (fromBlue-inLuma[0])/jCb, -inLuma[1]/jCb, 128),
		made(0, -inLuma[0]/jCr, (fromRed-inLuma[1])/jCr, 128)
}

// asJPEG changes r, a picture whose colours c describes, into one as JPEG has them.
func (c colours) asJPEG(r raster) {
	red, blue := c.weights()
	if jRed, jBlue := (colours{}).weights(); r.model == modelRGBA || red == jRed && blue == jBlue && !c.limited {
		return
	}
	luma, toCb, toCr := c.toJPEG()
	y := r.planes[0]
	if r.model == modelGray {
		for i, v := range y.pix {
			y.pix[i] = luma.of(v, 128, 128)
		}
		return
	}
	cb, cr := r.planes[1], r.planes[2]
	for i, v := range y.pix {
		at := i/y.w/2*cb.w + i%y.w/2
		y.pix[i] = luma.of(v, cb.pix[at], cr.pix[at])
	}
	for i, b := range cb.pix {
		cb.pix[i], cr.pix[i] = toCb.of(0, b, cr.pix[i]), toCr.of(0, b, cr.pix[i])
	}
}
