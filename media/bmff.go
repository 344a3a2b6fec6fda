package media

import "encoding/binary"

// box is one part of an ISO base media file (ISO/IEC 14496-12, 4.2).
type box struct {
	kind string
	body []byte
}

// boxes splits data up to where it stops making sense.
func boxes(data []byte) (list []box) {
	for len(data) >= 8 && len(list) < maxBoxes {
		size, head := uint64(binary.BigEndian.Uint32(data)), uint64(8)
		switch {
		case size == 1 && len(data) >= 16:
			size, head = binary.BigEndian.Uint64(data[8:]), 16
		case size == 0:
			size = uint64(len(data))
		}
		if size < head || size > uint64(len(data)) {
			return list
		}
		list = append(list, box{string(data[4:8]), data[head:size]})
		data = data[size:]
	}
	return list
}

// maxBoxes is far above what a picture has: one property a tile, and its own.
const maxBoxes = 4096

// child returns the body of the first box of a kind; nil when there is none.
func child(data []byte, kind string) []byte {
	for _, b := range boxes(data) {
		if b.kind == kind {
			return b.body
		}
	}
	return nil
}

// full returns the body of a box that begins with a version and flags.
func full(body []byte) (version byte, rest []byte) {
	if len(body) < 4 {
		return 0, nil
	}
	return body[0], body[4:]
}

// reading takes numbers off the front of data; past its end they are 0, and bad.
type reading struct {
	data []byte
	bad  bool
}

func (r *reading) number(bytes int) (n uint32) {
	if len(r.data) < bytes {
		r.data, r.bad = nil, true
		return 0
	}
	for _, b := range r.data[:bytes] {
		n = n<<8 | uint32(b)
	}
	r.data = r.data[bytes:]
	return n
}

// long is number for up to 8 bytes.
func (r *reading) long(bytes int) uint64 {
	if bytes > 4 {
		return uint64(r.number(bytes-4))<<32 | uint64(r.number(4))
	}
	return uint64(r.number(bytes))
}

func (r *reading) take(n int) []byte {
	if len(r.data) < n {
		r.data, r.bad = nil, true
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}
