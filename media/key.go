package media

import (
	"regexp"
	"strings"

	"selfie/internal/fault"
)

const maxKey = 200 // bytes; leaves room for a prefix below S3's 1024 and a file system's 255 a name

var (
	keyPattern  = regexp.MustCompile(`^([a-z0-9_-]+/)*[a-z0-9_-]+\.[a-z0-9]+$`)
	hashPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Key returns where the named variant of a picture is stored:
// "ab/cdef.../1600.jpg" for a hash (64 hex digits) that begins with "abcdef". The
// first level keeps directories at a 256th of the whole.
func Key(hash, variant, ext string) string {
	return hash[:2] + "/" + hash[2:] + "/" + variant + "." + ext
}

// ParseKey takes a key that Key made apart. ok is false for every other key.
func ParseKey(key string) (hash, variant, ext string, ok bool) {
	parts := strings.Split(key, "/")
	if CheckKey(key) != nil || len(parts) != 3 || len(parts[0]) != 2 {
		return "", "", "", false
	}
	hash = parts[0] + parts[1]
	variant, ext, _ = strings.Cut(parts[2], ".")
	return hash, variant, ext, ValidHash(hash)
}

// ValidHash reports whether s is a picture's hash: 64 lower-case hex digits.
func ValidHash(s string) bool { return hashPattern.MatchString(s) }

// CheckKey returns fault.Invalid unless key is one or more names joined by "/", of
// lower-case letters, digits, "_" and "-", the last and only the last with an
// extension, 200 bytes at most. So a key cannot leave its root, means the same on
// a file system that ignores case, and is never the directory of another key.
func CheckKey(key string) error {
	if len(key) > maxKey || !keyPattern.MatchString(key) {
		return fault.Field("key", "This is not the name of a stored picture.")
	}
	return nil
}

// TypeOf returns the media type that key's extension names, by a fixed table and
// never by the machine's, so that every node serves alike.
func TypeOf(key string) string {
	switch key[strings.LastIndexByte(key, '.')+1:] {
	case extJPEG:
		return typeJPEG
	case extPNG:
		return typePNG
	default:
		return "application/octet-stream"
	}
}
