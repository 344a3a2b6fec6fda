package media

import (
	"image/color"
	"testing"
)

// told is what a camera makes of a colour (ITU-T H.273, 8.3.2), in eight bits.
func told(c colours, red, green, blue float64) (y, cb, cr uint8) {
	kr, kb := c.weights()
	luma := kr*red + (1-kr-kb)*green + kb*blue
	b, r := (blue-luma)/2/(1-kb), (red-luma)/2/(1-kr)
	if c.limited {
		return uint8(16.5 + luma*219/255), uint8(128.5 + b*224/255), uint8(128.5 + r*224/255)
	}
	return uint8(luma + 0.5), uint8(min(b+128.5, 255)), uint8(min(r+128.5, 255))
}

// However colours were told, they are the same ones in a JPEG.
func TestColours(t *testing.T) {
	for _, matrix := range []byte{0, 1, 2, 4, 5, 6, 7, 9, 10, 200} {
		for _, limited := range []bool{false, true} {
			c := colours{matrix, limited}
			for i := range 6 * 6 * 6 {
				red, green, blue := float64(i/36*51), float64(i/6%6*51), float64(i%6*51)
				y, cb, cr := told(c, red, green, blue)
				r := raster{modelYCC, 2, 1, []plane{{2, 1, 1, []uint8{y, y}}, {1, 1, 1, []uint8{cb}}, {1, 1, 1, []uint8{cr}}}}
				c.asJPEG(r)
				gotR, gotG, gotB := color.YCbCrToRGB(r.planes[0].pix[1], r.planes[1].pix[0], r.planes[2].pix[0])
				for _, d := range []float64{red - float64(gotR), green - float64(gotG), blue - float64(gotB)} {
					if max(d, -d) > 5 { // three roundings of chroma, which counts up to 1.8 times
						t.Fatalf("%+v: %v %v %v became %v %v %v", c, red, green, blue, gotR, gotG, gotB)
					}
				}
				if i%43 == 0 { // a gray
					dot := raster{modelGray, 1, 1, []plane{{1, 1, 1, []uint8{y}}}}
					if c.asJPEG(dot); max(float64(dot.planes[0].pix[0])-red, red-float64(dot.planes[0].pix[0])) > 1 {
						t.Fatalf("%+v: gray %v became %d", c, red, dot.planes[0].pix[0])
					}
				}
			}
		}
	}
}

// A property of the file overrules what the coded picture says.
func TestColoursOfHEIC(t *testing.T) {
	for _, test := range []struct {
		body string
		want colours
		ok   bool
	}{
		{"nclx\x00\x01\x00\x0d\x00\x01\x80", colours{1, false}, true},
		{"nclx\x00\x09\x00\x10\x00\x09\x00", colours{9, true}, true},
		{"nclx\x00\x09\x00\x10\x00\x09", colours{}, false},
	} {
		if c, ok := nclxColours([]byte(test.body)); c != test.want || ok != test.ok {
			t.Errorf("%q: %v, %t", test.body, c, ok)
		}
		h := header{tone: colours{6, true}}
		if err := h.show([]box{{"colr", []byte(test.body)}}); err != nil || h.tone != test.want && test.ok || !test.ok && h.tone != (colours{6, true}) {
			t.Errorf("%q: %+v, %v", test.body, h.tone, err)
		}
	}
}
