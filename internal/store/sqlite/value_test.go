package sqlite

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestPackDoc(t *testing.T) {
	for _, test := range []struct{ doc, packed string }{
		{`{"a":"plain"}`, `{"a":"plain"}`},
		{`{"a":"\u0000"}`, `{"a":"\u0001\u0001"}`},
		{`{"a":"\u0001\u0000x"}`, `{"a":"\u0001\u0002\u0001\u0001x"}`},
		{`{"a":"\\u0000"}`, `{"a":"\\u0000"}`},
		{`{"a":"\\\u0000"}`, `{"a":"\\\u0001\u0001"}`},
		{`{"a":"\u0001\u0001"}`, `{"a":"\u0001\u0002\u0001\u0002"}`},
		{`{"a":"\u0002\u000b"}`, `{"a":"\u0002\u000b"}`},
	} {
		if got := packDoc([]byte(test.doc)); got != test.packed {
			t.Errorf("pack %s = %s", test.doc, got)
		}
		if got := unpackDoc(test.packed); string(got) != test.doc {
			t.Errorf("unpack %s = %s", test.packed, got)
		}
	}
}

// Documents come back byte for byte, and columns order as the strings do.
func FuzzEscape(f *testing.F) {
	f.Add("a\x00", "a\x01")
	f.Add(`\u0000`, `\\\x00`)
	f.Add("\x00\x00", "\x00")
	f.Add("\xff", "\x01\x02\x00")
	f.Fuzz(func(t *testing.T, a, b string) {
		doc, err := json.Marshal(map[string]string{a: b, "b": a})
		if err != nil {
			t.Fatal(err)
		}
		if got := unpackDoc(packDoc(doc)); !bytes.Equal(got, doc) {
			t.Errorf("%s came back as %s", doc, got)
		}
		if strings.Compare(a, b) != strings.Compare(bindString(a), bindString(b)) {
			t.Errorf("%q and %q change their order", a, b)
		}
	})
}
