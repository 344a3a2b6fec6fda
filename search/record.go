package search

import (
	"encoding/binary"
	"errors"

	"selfie/search/quick"
)

// A record is what Bleve keeps of a document: its fingerprint in eight bytes, what
// is known of it beside its words, and each of its terms with its impact. Texts
// are a uvarint of their length in bytes and the bytes; other numbers are uvarints.

const printSize = 8

func appendRecord(b []byte, d *document, terms []quick.Posting) []byte {
	b = binary.BigEndian.AppendUint64(b, d.print)
	b = appendMark(b, d.mark)
	for _, t := range terms {
		b = append(appendText(b, t.Term), t.Impact)
	}
	return b
}

func appendMark(b []byte, m quick.Mark) []byte {
	for _, s := range []string{m.Group.Space, m.Group.Shelf, m.Author, m.Tongue} {
		b = appendText(b, s)
	}
	for _, n := range []uint64{uint64(m.Prior), uint64(m.Flags), uint64(m.Score), uint64(m.Day), uint64(m.At), uint64(len(m.Tags))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, t := range m.Tags {
		b = appendText(b, t)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errRecord = errors.New("search: a record in the index cannot be read")

// readRecord is the document of a record, whose strings lie in the record. Terms
// are appended to a list.
func readRecord(record string, terms []quick.Posting) (quick.Doc, error) {
	if len(record) < printSize {
		return quick.Doc{}, errRecord
	}
	r := recordReader{rest: record[printSize:]}
	d := quick.Doc{Print: printOf([]byte(record[:printSize])), Mark: quick.Mark{Group: quick.Group{Space: r.text(), Shelf: r.text()}, Author: r.text(), Tongue: r.text()}, Terms: terms}
	d.Prior, d.Flags, d.Score, d.Day, d.At = uint8(r.number()), uint16(r.number()), uint16(r.number()), uint16(r.number()), int64(r.number())
	for n := r.number(); n > 0 && !r.bad; n-- {
		d.Tags = append(d.Tags, r.text())
	}
	for len(r.rest) > 0 && !r.bad {
		d.Terms = append(d.Terms, quick.Posting{Term: r.text(), Impact: r.octet()})
	}
	if r.bad {
		return d, errRecord
	}
	return d, nil
}

// recordReader takes a record apart; once bad, it gives nothing more.
type recordReader struct {
	rest string
	bad  bool
}

func (r *recordReader) number() (n uint64) {
	for shift := 0; shift < 64; shift += 7 {
		b := r.octet()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.bad = true
	return 0
}

func (r *recordReader) octet() byte {
	if r.bad = r.bad || r.rest == ""; r.bad {
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *recordReader) text() string {
	n := r.number()
	if r.bad = r.bad || n > uint64(len(r.rest)); r.bad {
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// printOf is the fingerprint in a record, 0 in what is none.
func printOf(record []byte) uint64 {
	if len(record) < printSize {
		return 0
	}
	return binary.BigEndian.Uint64(record)
}
