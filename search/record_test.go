package search

import (
	"reflect"
	"slices"
	"testing"

	"selfie/search/quick"
)

func aDocument() (*document, []quick.Posting) {
	d := &document{at: 5, print: 1 << 60, mark: quick.Mark{
		Group: quick.Group{Space: "general", Shelf: "open"}, Author: "m1", Tongue: "de", Prior: 7,
		Facts: quick.Facts{Flags: 5, Score: 1 << 15, Day: 20_000, At: 1_790_000_000_000, Tags: []string{"wifi", "日本"}},
	}}
	return d, []quick.Posting{{Term: "router", Impact: 255}, {Term: "überlang", Impact: 1}, {Term: "無線", Impact: 9}}
}

func TestRecordsAreReadAsWritten(t *testing.T) {
	d, terms := aDocument()
	record := appendRecord(nil, d, terms)
	got, err := readRecord(string(record), nil)
	if err != nil || !reflect.DeepEqual(got.Mark, d.mark) || !slices.Equal(got.Terms, terms) || got.Print != d.print {
		t.Fatalf("%+v, %v", got, err)
	}
	if printOf(record) != d.print {
		t.Errorf("fingerprint %d", printOf(record))
	}
}

// FuzzRecord: whatever the bytes are, reading them ends, and what it gives is
// written as bytes that read the same.
func FuzzRecord(f *testing.F) {
	d, terms := aDocument()
	record := appendRecord(nil, d, terms)
	f.Add(record)
	f.Add(record[:len(record)-1])
	f.Add(append(record[:40:40], 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, record []byte) {
		read, err := readRecord(string(record), nil)
		if err != nil {
			return
		}
		again, err := readRecord(string(appendRecord(nil, &document{print: printOf(record), mark: read.Mark}, read.Terms)), nil)
		if err != nil || !reflect.DeepEqual(again, read) {
			t.Fatalf("%+v, then %+v, %v", read, again, err)
		}
	})
}
