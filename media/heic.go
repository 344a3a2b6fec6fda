package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"io"

	"github.com/gen2brain/heic"
)

// HEIC is HEVC pictures in boxes (ISO/IEC 23008-12). Its decoder is libheif,
// compiled to WebAssembly: nothing that it does wrong reaches this process. It
// turns the picture upright itself, heeds no context, and keeps the memory it
// ever took until it ends; so it runs one picture at a time, in its own instance.

// heicBytes is what decoding takes for a pixel: measured 20 at 12 megapixels.
const heicBytes = 20

// heicTurn lets one HEIC picture be decoded in this process. It is given back
// when the decoder ends, even if nobody waits for it any more.
type heicTurn chan struct{}

// heicHeader reads what the primary item says about itself. The decoder's own
// reading of it fails on files whose boxes are longer than 32 KB, as real ones'
// are. What any item claims counts as cost: a small claim beside a large coded
// picture must not pass.
func heicHeader(data []byte) (header, error) {
	_, meta := full(child(data, "meta"))
	props := boxes(child(child(meta, "iprp"), "ipco"))
	primary, ok := primaryItem(meta)
	if !ok || len(props) == 0 {
		return header{}, errHeader
	}
	h := header{orientation: 1, lossy: true}
	turned := false
	for _, i := range propertiesOf(child(child(meta, "iprp"), "ipma"), primary) {
		if i < 1 || i > len(props) {
			return header{}, errHeader
		}
		turned = h.apply(props[i-1]) != turned
	}
	if turned {
		h.width, h.height = h.height, h.width
	}
	h.cost = heicBytes * max(int64(h.width)*int64(h.height), largestCoded(props))
	return h, nil
}

// apply takes one property of the primary item into h, and reports whether it
// turns the picture on its side.
func (h *header) apply(p box) (turns bool) {
	switch p.kind {
	case "ispe":
		if _, b := full(p.body); len(b) >= 8 {
			h.width, h.height = side(b), side(b[4:])
		}
	case "clap": // width and height as fractions
		if len(p.body) >= 16 {
			w, h2 := fraction(p.body), fraction(p.body[8:])
			if w > 0 && w <= h.width && h2 > 0 && h2 <= h.height {
				h.width, h.height = w, h2
			}
		}
	case "irot":
		return len(p.body) > 0 && p.body[0]&1 == 1
	case "colr":
		if len(p.body) > 4 && (string(p.body[:4]) == "prof" || string(p.body[:4]) == "rICC") {
			h.icc = p.body[4:min(len(p.body), 4+maxProfile)]
		}
	}
	return false
}

// side reads a width or height; what no picture has is 0.
func side(b []byte) int {
	if v := binary.BigEndian.Uint32(b); v < 1<<24 {
		return int(v)
	}
	return 1 << 24
}

func fraction(b []byte) int {
	if d := binary.BigEndian.Uint32(b[4:]); d > 0 {
		return side(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(b)/d))
	}
	return 0
}

func primaryItem(meta []byte) (id uint32, ok bool) {
	version, b := full(child(meta, "pitm"))
	r := reading{data: b}
	if version == 0 {
		id = r.number(2)
	} else {
		id = r.number(4)
	}
	return id, !r.bad
}

// propertiesOf lists the places, from 1, of an item's properties (8.11.14).
func propertiesOf(ipma []byte, item uint32) (list []int) {
	version, b := full(ipma)
	if b == nil {
		return nil
	}
	wide := ipma[3]&1 == 1
	r := reading{data: b}
	for range r.number(4) {
		id := r.number(2 + 2*min(int(version), 1))
		for range r.number(1) {
			place := r.number(1) & 0x7f
			if wide {
				place = place<<8 | r.number(1)
			}
			if id == item {
				list = append(list, int(place))
			}
		}
		if r.bad {
			return nil
		}
	}
	return list
}

// largestCoded is the most pixels that any item claims, in its properties or in
// the parameters of its coder.
func largestCoded(props []box) (most int64) {
	for _, p := range props {
		switch p.kind {
		case "ispe":
			if _, b := full(p.body); len(b) >= 8 {
				most = max(most, int64(side(b))*int64(side(b[4:])))
			}
		case "hvcC":
			most = max(most, hevcPixels(p.body))
		}
	}
	return most
}

// decode decodes in the decoder's own time, and gives up waiting when ctx ends.
func (t heicTurn) decode(ctx context.Context, data []byte) (image.Image, error) {
	if err := take(ctx, t, 1); err != nil {
		return nil, err
	}
	type result struct {
		img image.Image
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer give(t, 1)
		img, err := safeHEIC(bytes.NewReader(data))
		done <- result{img, err}
	}()
	select {
	case r := <-done:
		return r.img, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("HEIC: %w", ctx.Err())
	}
}

func safeHEIC(r io.Reader) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("HEIC decoder panicked: %v", p)
		}
	}()
	return heic.Decode(r)
}
