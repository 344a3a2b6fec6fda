package search

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// maxDepth bounds how far a list of hits can be paged.
const maxDepth = 1000

var errCursor = fault.New(fault.Invalid, "This page of the results is no longer there. Start the search again.")

// place is where a list goes on: about where it was, without what was asked after
// the list was begun, and without what was shown. Threads may have moved by a
// few since.
type place struct {
	at    int
	began store.Millis
	shown []uint32 // tagOf each
}

// shownBits are how much a cursor says of a thread that was shown: so little
// that deep in a list, one of ten thousand threads is left out by mistake.
const shownBits = 24

// tagOf tells a thread from most others.
func tagOf(id string) uint32 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return uint32(h.Sum64() >> (64 - shownBits))
}

// A cursor is a place in the list of one query: two bytes, six of the moment,
// three for each thread shown, and eight that bind them to the words typed.
func cursorAt(q string, p place) string {
	b := binary.BigEndian.AppendUint16(nil, uint16(p.at))
	b = append(b, binary.BigEndian.AppendUint64(nil, uint64(p.began))[2:]...)
	for _, tag := range p.shown {
		b = append(b, byte(tag>>16), byte(tag>>8), byte(tag))
	}
	return base64.RawURLEncoding.EncodeToString(append(b, bind(q, b)...))
}

// placeOf reads a cursor of this query; one that is damaged or another query's
// is Invalid. now begins the list that has no cursor yet.
func placeOf(q, cursor string, now store.Millis) (p place, err error) {
	if cursor == "" {
		return place{began: now}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 16 || len(b) > 16+3*maxDepth || (len(b)-16)%3 != 0 {
		return p, errCursor
	}
	b, sum := b[:len(b)-8], b[len(b)-8:]
	if string(bind(q, b)) != string(sum) {
		return p, errCursor
	}
	p.at = int(binary.BigEndian.Uint16(b))
	p.began = store.Millis(binary.BigEndian.Uint64(append([]byte{0, 0}, b[2:8]...)))
	for rest := b[8:]; len(rest) > 0; rest = rest[3:] {
		p.shown = append(p.shown, uint32(rest[0])<<16|uint32(rest[1])<<8|uint32(rest[2]))
	}
	if p.at == 0 || p.at >= maxDepth {
		return p, errCursor
	}
	return p, nil
}

func bind(q string, b []byte) []byte {
	h := fnv.New64a()
	h.Write([]byte("search\x00"))
	h.Write(b)
	h.Write([]byte{0})
	h.Write([]byte(q))
	return h.Sum(nil)
}
