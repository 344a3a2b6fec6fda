package media

import "math"

// resample returns src at w by h samples, by a separable Catmull-Rom filter (the
// cubic of Keys 1981 with a = -1/2) widened by the scale when it shrinks. It holds
// only as many filtered rows as the filter is high, so that its memory depends on
// the result and not on the source.
//
// Arithmetic is in integers: weights of 14 bits, rows between the two passes with
// 6 bits of fraction, both passes within 32 bits.
func resample(src rows, w, h int) plane {
	dst := plane{w: w, h: h, ch: src.ch, pix: make([]uint8, w*h*src.ch)}
	buf := make([]uint8, src.w*src.ch)
	if w == src.w && h == src.h {
		for y := range h {
			copy(dst.pix[y*w*src.ch:], src.row(y, buf))
		}
		return dst
	}
	across, down := filters(src.w, w), filters(src.h, h)
	ring := newRing(down, w*src.ch)
	sum := make([]int32, w*src.ch)
	next := 0
	for y, f := range down {
		for ; next < f.first+len(f.weights); next++ {
			filterRow(ring.row(next), src.row(next, buf), across, src.ch)
		}
		clear(sum)
		for i, weight := range f.weights {
			addRow(sum, ring.row(f.first+i), weight)
		}
		store(dst.pix[y*len(sum):], sum)
	}
	return dst
}

const (
	weightBits = 14
	rowBits    = 6
)

// filter is what one output sample is made of: weights of consecutive input
// samples from first on, with the sum 1 << weightBits.
type filter struct {
	first   int
	weights []int32
}

// filters returns the filter of each of n samples made from size.
func filters(size, n int) []filter {
	scale := float64(size) / float64(n)
	widen := max(scale, 1)
	all := make([]filter, n)
	for i := range all {
		centre := (float64(i)+0.5)*scale - 0.5
		first := max(0, int(math.Ceil(centre-2*widen)))
		last := min(size-1, int(math.Floor(centre+2*widen)))
		raw := make([]float64, 0, last-first+1)
		for j := first; j <= last; j++ {
			raw = append(raw, catmullRom((float64(j)-centre)/widen))
		}
		all[i] = filter{first, quantise(raw)}
	}
	return all
}

func catmullRom(t float64) float64 {
	t = math.Abs(t)
	switch {
	case t < 1:
		return (1.5*t-2.5)*t*t + 1
	case t < 2:
		return ((-0.5*t+2.5)*t-4)*t + 2
	}
	return 0
}

// quantise scales weights to integers that add up exactly; what rounding leaves
// goes to the largest, so that a flat area keeps its value.
func quantise(raw []float64) []int32 {
	total, largest := 0.0, 0
	for i, w := range raw {
		total += w
		if w > raw[largest] {
			largest = i
		}
	}
	out, left := make([]int32, len(raw)), int32(1<<weightBits)
	for i, w := range raw {
		out[i] = int32(math.Round(w / total * (1 << weightBits)))
		left -= out[i]
	}
	out[largest] += left
	return out
}

// ring keeps the latest filtered rows, as many as the highest filter reads.
type ring struct {
	rows  [][]int32
	width int
}

func newRing(down []filter, width int) ring {
	high := 0
	for _, f := range down {
		high = max(high, len(f.weights))
	}
	r := ring{rows: make([][]int32, high), width: width}
	for i := range r.rows {
		r.rows[i] = make([]int32, width)
	}
	return r
}

func (r ring) row(y int) []int32 { return r.rows[y%len(r.rows)] }

func filterRow(dst []int32, src []uint8, across []filter, channels int) {
	if channels == 4 {
		filterRow4(dst, src, across)
		return
	}
	const half = 1 << (weightBits - rowBits - 1)
	for x, f := range across {
		w, in := f.weights, src[f.first:][:len(f.weights)]
		sum, odd := int32(half), int32(0)
		for len(w) >= 4 && len(in) >= 4 { // two sums need not wait for each other; most of a photograph's resampling is here
			sum += int32(in[0])*w[0] + int32(in[1])*w[1]
			odd += int32(in[2])*w[2] + int32(in[3])*w[3]
			w, in = w[4:], in[4:]
		}
		for i, v := range in {
			sum += int32(v) * w[i]
		}
		dst[x] = (sum + odd) >> (weightBits - rowBits)
	}
}

func filterRow4(dst []int32, src []uint8, across []filter) {
	const half = 1 << (weightBits - rowBits - 1)
	for x, f := range across {
		in := src[f.first*4:][:len(f.weights)*4]
		r, g, b, a := int32(half), int32(half), int32(half), int32(half)
		for _, weight := range f.weights {
			p := in[:4:4]
			r += int32(p[0]) * weight
			g += int32(p[1]) * weight
			b += int32(p[2]) * weight
			a += int32(p[3]) * weight
			in = in[4:]
		}
		out := dst[x*4:][:4]
		out[0], out[1] = r>>(weightBits-rowBits), g>>(weightBits-rowBits)
		out[2], out[3] = b>>(weightBits-rowBits), a>>(weightBits-rowBits)
	}
}

func addRow(sum, row []int32, weight int32) {
	row = row[:len(sum)]
	for i := range sum {
		sum[i] += row[i] * weight
	}
}

// store rounds sums to samples; the filter's negative lobes can leave the range.
func store(dst []uint8, sum []int32) {
	const half = 1 << (weightBits + rowBits - 1)
	dst = dst[:len(sum)]
	for i, v := range sum {
		dst[i] = uint8(min(max((v+half)>>(weightBits+rowBits), 0), 255))
	}
}
