package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// What the journeys share: one browser process and one build of the server.
var (
	chromium = &Chromium{}
	selfie   = &Binary{}
)

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	if err := selfie.Close(); err != nil {
		println(err.Error())
	}
	os.Exit(code)
}

// views are the devices of the journeys that forms suffice for.
var views = []View{Phone, Desktop, Phone.NoScript(), Desktop.NoScript()}

// each runs a journey on each of the views, every time on a community of its own.
func each(t *testing.T, views []View, story func(t *testing.T, s *Site, v View)) {
	for _, v := range views {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			if err := chromium.start(); err != nil {
				missing(t, err)
			}
			story(t, selfie.Serve(t), v)
		})
	}
}

// screenshot is a PNG picture of a window with a message, in one colour.
func screenshot(t *testing.T, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 400))
	for y := range 400 {
		for x := range 640 {
			img.Set(x, y, color.White)
			if y < 40 || (x > 120 && x < 520 && y > 140 && y < 260) {
				img.Set(x, y, c)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// file keeps bytes in a file of the test's.
func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
