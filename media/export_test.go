package media

import "fmt"

// ReadHEIC reads a HEIC's boxes for tests: what they say, and the file that would
// be decoded.
func ReadHEIC(data []byte) (says string, still []byte, err error) {
	h, err := heicHeader(data)
	return fmt.Sprintf("%d x %d for %d in %v", h.width, h.height, h.outside, h.tone), h.still, err
}

// ReadAVIF reads an AVIF's boxes for tests.
func ReadAVIF(data []byte) (width, height int, err error) {
	h, err := avifHeader(data)
	return h.width, h.height, err
}
