package search

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"

	"selfie/internal/fault"
)

// maxDepth bounds how far a list of hits can be paged.
const maxDepth = 1000

var errCursor = fault.New(fault.Invalid, "This page of the results is no longer there. Start the search again.")

// A cursor is a place in the list of one query: two bytes, and eight that bind
// them to the words that were typed.
func cursorAt(q string, place int) string {
	b := binary.BigEndian.AppendUint16(nil, uint16(place))
	return base64.RawURLEncoding.EncodeToString(append(b, bind(q, b)...))
}

// placeOf reads a cursor of this query; one that is damaged or another query's
// is Invalid.
func placeOf(q, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != 10 || string(bind(q, b[:2])) != string(b[2:]) {
		return 0, errCursor
	}
	place := int(binary.BigEndian.Uint16(b))
	if place == 0 || place >= maxDepth {
		return 0, errCursor
	}
	return place, nil
}

func bind(q string, place []byte) []byte {
	h := fnv.New64a()
	h.Write([]byte("search\x00"))
	h.Write(place)
	h.Write([]byte(q))
	return h.Sum(nil)
}
