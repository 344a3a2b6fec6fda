package media

// orient returns the picture upright, for an EXIF orientation from 1 to 8 (TIFF 6.0,
// tag 274: where row 0 and column 0 of the stored picture belong). Other values
// mean 1.
func (r raster) orient(orientation int) raster {
	if orientation < 2 || orientation > 8 {
		return r
	}
	out := raster{model: r.model, w: r.w, h: r.h}
	if orientation >= 5 {
		out.w, out.h = r.h, r.w
	}
	for _, p := range r.planes {
		out.planes = append(out.planes, p.orient(orientation))
	}
	return out
}

// orient walks the upright plane in order and the stored one by steps: from where
// it begins, how far for one pixel to the right, how far for one down.
func (p plane) orient(orientation int) plane {
	w, h := p.w, p.h
	begin, right, down := 0, 1, w
	switch orientation {
	case 2: // mirrored left to right
		begin, right, down = w-1, -1, w
	case 3: // upside down
		begin, right, down = w*h-1, -1, -w
	case 4: // mirrored top to bottom
		begin, right, down = w*(h-1), 1, -w
	case 5: // mirrored along the diagonal
		begin, right, down = 0, w, 1
	case 6: // lies on its left side
		begin, right, down = w*(h-1), -w, 1
	case 7: // mirrored along the other diagonal
		begin, right, down = w*h-1, -w, -1
	case 8: // lies on its right side
		begin, right, down = w-1, w, -1
	}
	out := plane{w: w, h: h, ch: p.ch, pix: make([]uint8, 0, len(p.pix))}
	if orientation >= 5 {
		out.w, out.h = h, w
	}
	for y := range out.h {
		at := begin + y*down
		for range out.w {
			out.pix = append(out.pix, p.pix[at*p.ch:][:p.ch]...)
			at += right
		}
	}
	return out
}
