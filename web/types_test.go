package web

import "testing"

// Pickers offer what the server takes, and no more.
func TestPickersOfferWhatIsTaken(t *testing.T) {
	p := newHouse(t).member("asker").get("/ask")
	if got := attr(p.first("input", "name", "pictures"), "accept"); got != "image/png,image/jpeg,image/gif,image/webp" {
		t.Errorf("without decoders they offer %q", got)
	}
	all := funcs(nil, []string{"image/png", "image/avif", "image/heic", "image/heif"})["types"].(func() string)
	if got := all(); got != "image/png,image/avif,image/heic,image/heif,.heic,.heif" {
		t.Errorf("with decoders they offer %q", got)
	}
}
