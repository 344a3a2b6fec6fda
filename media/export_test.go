package media

import "fmt"

// ReadHEIC reads a HEIC's boxes for tests: what they say, and the file that would
// be decoded.
func ReadHEIC(data []byte) (says string, still []byte, err error) {
	h, err := heicHeader(data)
	return fmt.Sprintf("%d x %d for %d in %v", h.width, h.height, h.outside, h.tone), h.still, err
}
