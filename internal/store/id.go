package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// Ids are 16 characters of lower-case base32 (Crockford's alphabet, which
// sorts as its values do): 48 bits of milliseconds and 32 random ones for
// NewID, 80 bits of a SHA-256 for DeriveID.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID makes an id that sorts by time.
func NewID(now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	rand.Read(b[6:10])
	return idEncoding.EncodeToString(b[:10])
}

// DeriveID makes the id of a thing from its cause: the same parts give the same
// id, so that doing it twice is seen. Parts are kept apart.
func DeriveID(parts ...string) string {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return idEncoding.EncodeToString(h.Sum(nil)[:10])
}

// Token makes a secret of 256 random bits in 52 characters.
func Token() string {
	var b [32]byte
	rand.Read(b[:])
	return idEncoding.EncodeToString(b[:])
}
