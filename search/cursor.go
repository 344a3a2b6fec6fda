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

// place is where a list goes on: behind the last hit shown, at or near the place
// it had, without what was asked after the list was begun.
type place struct {
	at    int
	began store.Millis
	last  string // id of the thread shown last
}

const maxLast = 64 // bytes of an id

// A cursor is a place in the list of one query: two bytes, six of the moment,
// the id, and eight that bind them to the words that were typed.
func cursorAt(q string, p place) string {
	b := binary.BigEndian.AppendUint16(nil, uint16(p.at))
	b = append(b, binary.BigEndian.AppendUint64(nil, uint64(p.began))[2:]...)
	b = append(b, p.last...)
	return base64.RawURLEncoding.EncodeToString(append(b, bind(q, b)...))
}

// placeOf reads a cursor of this query; one that is damaged or another query's
// is Invalid. now begins the list that has no cursor yet.
func placeOf(q, cursor string, now store.Millis) (p place, err error) {
	if cursor == "" {
		return place{began: now}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 16 || len(b) > 16+maxLast {
		return p, errCursor
	}
	b, sum := b[:len(b)-8], b[len(b)-8:]
	if string(bind(q, b)) != string(sum) {
		return p, errCursor
	}
	p.at, p.last = int(binary.BigEndian.Uint16(b)), string(b[8:])
	p.began = store.Millis(binary.BigEndian.Uint64(append([]byte{0, 0}, b[2:8]...)))
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
