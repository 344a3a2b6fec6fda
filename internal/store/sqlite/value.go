package sqlite

import (
	"bytes"
	"math"
	"strings"
)

// null is how an indexed column writes null and absent: -Infinity sorts before
// every value that is indexed, equals itself in a UNIQUE index (as null does in
// MongoDB, and NULL does not in SQLite) and needs no NULL logic in ranges and
// row values. Floats are never indexed, so it stands for nothing else.
var null = math.Inf(-1)

const nullSQL = "-9e999"

// bind turns an indexed value (nil, bool, int64 or string) into what its column
// holds.
func bind(v any) any {
	switch v := v.(type) {
	case nil:
		return null
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case string:
		return bindString(v)
	}
	return v
}

// bindString writes a string as its column holds it: NUL, at which json_extract
// would stop, is escaped.
func bindString(s string) string {
	if strings.ContainsAny(s, "\x00\x01") {
		s = escape.Replace(s)
	}
	return s
}

// The escape keeps the order of bytes: 00 < 01 < 02... becomes 01 01 < 01 02 < 02...
var escape = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")

// packDoc applies the escape inside a JSON text; unpackDoc takes it back.
func packDoc(doc []byte) string {
	if !bytes.Contains(doc, []byte(`\u000`)) {
		return string(doc)
	}
	var b strings.Builder
	b.Grow(len(doc) + 16)
	eachEscape(string(doc), func(part string) int {
		switch {
		case strings.HasPrefix(part, `\u0000`):
			b.WriteString(`\u0001\u0001`)
			return 6
		case strings.HasPrefix(part, `\u0001`):
			b.WriteString(`\u0001\u0002`)
			return 6
		}
		return 0
	}, &b)
	return b.String()
}

func unpackDoc(doc string) []byte {
	if !strings.Contains(doc, `\u0001`) {
		return []byte(doc)
	}
	var b strings.Builder
	b.Grow(len(doc))
	eachEscape(doc, func(part string) int {
		switch {
		case strings.HasPrefix(part, `\u0001\u0001`):
			b.WriteString(`\u0000`)
			return 12
		case strings.HasPrefix(part, `\u0001\u0002`):
			b.WriteString(`\u0001`)
			return 12
		}
		return 0
	}, &b)
	return []byte(b.String())
}

// eachEscape copies a JSON text to b and offers every backslash to replace, which
// returns how many bytes it wrote another way; 0 copies the escape as it is. A
// backslash occurs in strings only, and pairs are stepped over, so `\\u0000` is
// no escape of NUL.
func eachEscape(doc string, replace func(string) int, b *strings.Builder) {
	for {
		i := strings.IndexByte(doc, '\\')
		if i < 0 || i+1 >= len(doc) {
			b.WriteString(doc)
			return
		}
		b.WriteString(doc[:i])
		n := replace(doc[i:])
		if n == 0 {
			n = 2
			b.WriteString(doc[i : i+2])
		}
		doc = doc[i+n:]
	}
}
