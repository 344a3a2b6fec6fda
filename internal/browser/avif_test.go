package browser

import (
	"encoding/base64"
	"net/http"
	"testing"
)

// tinyAVIF is four by two pixels, smaller than any JPEG.
const tinyAVIF = "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAPptZXRhAAAAAAAAAChoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAbGli" +
	"YXZpZgAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAEeAAAAGAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAA" +
	"AAEAAGF2MDFDb2xvcgAAAAByaXBycAAAAFJpcGNvAAAAFGlzcGUAAAAAAAAABAAAAAIAAAAOcGl4aQAAAAABCAAAAAxhdjFDgQAc" +
	"AAAAABNjb2xybmNseAABAA0ABoAAAAAJaXJvdAEAAAAYaXBtYQAAAAAAAAABAAEFAQKDBIUAAAAgbWRhdBIACggYBD8sBDQagDIK" +
	"FkAAAQAlaFQYeA=="

// A picture that the server does not take is made one that it does, however much
// larger.
func TestAVIFBecomesWhatTheServerTakes(t *testing.T) {
	t.Parallel()
	s := selfie.Serve(t, "SELFIE_AVIF=off")
	far, wire := s.Wire(t)
	s.Admin(t).Space("brakes", "Brakes", "public", "")
	data, err := base64.StdEncoding.DecodeString(tinyAVIF)
	if err != nil {
		t.Fatal(err)
	}
	b := chromium.Open(t, far, Phone).As(s.Join(t, "Cara").over(far)).Allow(404)
	b.Visit("/ask").Upload("Screenshot", file(t, "tiny.avif", data)).done(1)
	if got := http.DetectContentType(wire.Files()[0]); got != "image/jpeg" {
		t.Errorf("it was sent as %s", got)
	}
}
