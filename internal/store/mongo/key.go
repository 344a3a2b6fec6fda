package mongo

import (
	"strconv"
	"strings"
)

// MongoDB gives dots, dollar signs and empty or repeated keys a meaning, ends
// a key at NUL, and moves _id to the front. So a key is written with those
// bytes, and the sign itself, as %xx; and these marks, which no written key
// can equal, say what BSON or an index could not:
const (
	emptyKey = "%z" // the key ""
	hidden   = "%n" // before a key: its null, kept out of sight of an index
	made     = "%m" // before a key: the next element, of that key, was absent
	listKey  = "%l" // the only key: its value is a list that stands in a list
	textKey  = "%t" // the only key: its value is the text of a number
)

func escapeKey(key string) string {
	switch {
	case key == "":
		return emptyKey
	case key == "_id":
		return "%5fid"
	case !strings.ContainsAny(key, "%.$\x00"):
		return key
	}
	var b strings.Builder
	for i := range len(key) {
		switch c := key[i]; c {
		case '%', '.', '$', 0:
			b.WriteString("%" + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unescapeKey(key string) string {
	if key == emptyKey {
		return ""
	}
	key = strings.TrimPrefix(key, hidden)
	if !strings.Contains(key, "%") {
		return key
	}
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		if key[i] == '%' && i+2 < len(key) {
			if c, err := strconv.ParseUint(key[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(key[i])
	}
	return b.String()
}

// fieldKey is where a declared path stands in the documents.
func fieldKey(path string) string {
	if path == "id" {
		return "_id"
	}
	return path // a declared path has no byte that escapeKey would change
}
