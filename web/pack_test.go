package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/andybalholm/brotli"
)

// A compressor that packed other pages before gives the bytes of a fresh one:
// nothing of one reader's page is in another's.
func TestPackerBeginsAnew(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	used := newPacker(4, 5)
	for range 60 {
		page := somePage(r, r.IntN(200_000))
		fresh := newPacker(4, 5)
		br, gz := used.brotli(page), used.gzip(page)
		if !bytes.Equal(br, fresh.brotli(page)) || !bytes.Equal(gz, fresh.gzip(page)) {
			t.Fatalf("a page of %d bytes is packed otherwise by a compressor that was used", len(page))
		}
		unzip, err := gzip.NewReader(bytes.NewReader(gz))
		if err != nil {
			t.Fatal(err)
		}
		for name, from := range map[string]io.Reader{"br": brotli.NewReader(bytes.NewReader(br)), "gzip": unzip} {
			if back, err := io.ReadAll(from); err != nil || !bytes.Equal(back, page) {
				t.Fatalf("%s: a page of %d bytes comes back as %d, %v", name, len(page), len(back), err)
			}
		}
	}
}

// somePage repeats words, as pages do.
func somePage(r *rand.Rand, size int) []byte {
	words := make([][]byte, 50)
	for i := range words {
		words[i] = make([]byte, 3+r.IntN(12))
		for j := range words[i] {
			words[i][j] = byte('a' + r.IntN(26))
		}
	}
	var b []byte
	for len(b) < size {
		b = append(append(b, words[r.IntN(len(words))]...), ' ')
	}
	return b
}
