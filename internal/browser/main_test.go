package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"selfie/media/s3test"
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

// home is where a site keeps its pictures.
type home bool

const (
	onDisk home = false
	onS3   home = true // and browsers fetch them from there
)

// venue is a view of a site with such a home.
type venue struct {
	view View
	home home
}

// eachHome is each, at venues.
func eachHome(t *testing.T, venues []venue, story func(t *testing.T, s *Site, v View)) {
	for _, at := range venues {
		name := at.view.Name
		if at.home == onS3 {
			name += "-s3"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := chromium.start(); err != nil {
				missing(t, err)
			}
			at.view.Name = name
			var env []string
			if at.home == onS3 {
				c := s3test.Start(t)
				env = []string{"SELFIE_S3_ENDPOINT=" + c.Endpoint, "SELFIE_S3_BUCKET=" + c.Bucket, "SELFIE_S3_ACCESS_KEY=" + c.AccessKey, "SELFIE_S3_SECRET_KEY=" + c.SecretKey, "SELFIE_S3_PLAIN=true", "SELFIE_S3_PRESIGN=true"}
			}
			story(t, selfie.Serve(t, env...), at.view)
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
