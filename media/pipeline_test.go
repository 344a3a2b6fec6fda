package media_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

var pipeline = media.NewPipeline(media.Limits{Deadline: 5 * time.Minute}) // with a decoder by TestMain

func process(tb testing.TB, data []byte) media.Result {
	tb.Helper()
	result, err := pipeline.Process(tb.Context(), bytes.NewReader(data), "picture")
	if err != nil {
		tb.Fatal(err)
	}
	return result
}

func decode(tb testing.TB, v media.Variant) image.Image {
	tb.Helper()
	read := map[string]func(io.Reader) (image.Image, error){"image/jpeg": jpeg.Decode, "image/png": png.Decode}[v.ContentType]
	m, err := read(bytes.NewReader(v.Bytes))
	if err != nil {
		tb.Fatalf("variant %s does not decode: %v", v.Name, err)
	}
	if m.Bounds() != image.Rect(0, 0, v.Width, v.Height) {
		tb.Errorf("variant %s says %dx%d and is %v", v.Name, v.Width, v.Height, m.Bounds())
	}
	return m
}

func gifOf(tb testing.TB, frames ...*image.Paletted) []byte {
	tb.Helper()
	g := gif.GIF{Image: frames, Delay: make([]int, len(frames)), Config: image.Config{Width: 64, Height: 48}}
	var buf bytes.Buffer
	if err := gif.EncodeAll(&buf, &g); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func uniform(r image.Rectangle, c color.Color) *image.Paletted {
	m := image.NewPaletted(r, palette.WebSafe)
	draw.Draw(m, r, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

func TestProcess(t *testing.T) {
	translucent := image.NewNRGBA(image.Rect(0, 0, 400, 300))
	draw.Draw(translucent, image.Rect(50, 50, 200, 200), image.NewUniform(color.NRGBA{200, 30, 30, 128}), image.Point{}, draw.Src)
	deep := image.NewNRGBA64(image.Rect(0, 0, 300, 200))
	draw.Draw(deep, deep.Rect, image.NewUniform(color.NRGBA64{60000, 30000, 1000, 65535}), image.Point{}, draw.Src)
	gray := image.NewGray(image.Rect(0, 0, 2000, 1000))
	draw.Draw(gray, gray.Rect, photo(2000, 1000), image.Point{}, draw.Src)
	alpha := riffChunk("ALPH", append([]byte{0}, bytes.Repeat([]byte{99}, 40*30)...))
	checks := func(x, y int) bool { return x/8%2 == y/8%2 }
	for _, test := range []struct {
		name         string
		data         []byte
		large, small image.Point
		types        string // of the large variant and the small one
	}{
		{"JPEG", jpegOf(t, photo(2001, 1501)), image.Pt(1600, 1200), image.Pt(320, 240), "jpg jpg"},
		{"gray JPEG", jpegOf(t, gray), image.Pt(1600, 800), image.Pt(320, 160), "jpg jpg"},
		{"small JPEG", jpegOf(t, photo(33, 17)), image.Pt(33, 17), image.Pt(33, 17), "jpg jpg"},
		{"PNG screenshot", pngOf(t, screenshot(1280, 800)), image.Pt(1280, 800), image.Pt(320, 200), "png png"},
		{"large PNG screenshot", pngOf(t, screenshot(2560, 1600)), image.Pt(1600, 1000), image.Pt(320, 200), "png png"},
		{"PNG photo", pngOf(t, photo(900, 1700)), image.Pt(847, 1600), image.Pt(169, 320), "jpg jpg"},
		{"translucent PNG", pngOf(t, translucent), image.Pt(400, 300), image.Pt(320, 240), "png png"},
		{"16-bit PNG", pngOf(t, deep), image.Pt(300, 200), image.Pt(300, 200), "png png"},
		{"one pixel", pngOf(t, photo(1, 1)), image.Pt(1, 1), image.Pt(1, 1), "png png"},
		{"thin", pngOf(t, screenshot(16384, 1)), image.Pt(6400, 1), image.Pt(1280, 1), "png png"},
		{"tall", jpegOf(t, photo(3, 9000)), image.Pt(2, 6400), image.Pt(1, 1280), "jpg jpg"},
		{"GIF", gifOf(t, uniform(image.Rect(0, 0, 64, 48), color.White)), image.Pt(64, 48), image.Pt(64, 48), "png png"},
		{"lossless WebP", webpOf(riffChunk("VP8L", frameVP8L(640, 400, checks))), image.Pt(640, 400), image.Pt(320, 200), "png png"},
		{"lossy WebP", webpOf(riffChunk("VP8 ", frameVP8(640, 400))), image.Pt(640, 400), image.Pt(320, 200), "jpg jpg"},
		{"lossy WebP with alpha", webpOf(vp8x(1<<4, 40, 30), alpha, riffChunk("VP8 ", frameVP8(40, 30))), image.Pt(40, 30), image.Pt(40, 30), "png png"},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := process(t, test.data)
			if len(result.Variants) != 2 || result.Variants[0].Name != "1600" || result.Variants[1].Name != "320" {
				t.Fatalf("variants %+v", result.Variants)
			}
			if got := result.Variants[0].Ext + " " + result.Variants[1].Ext; got != test.types {
				t.Errorf("encoded as %s, want %s", got, test.types)
			}
			if got := decode(t, result.Variants[0]).Bounds().Size(); got != test.large || result.Width != got.X || result.Height != got.Y {
				t.Errorf("large variant is %v (result says %dx%d), want %v", got, result.Width, result.Height, test.large)
			}
			if got := decode(t, result.Variants[1]).Bounds().Size(); got != test.small {
				t.Errorf("small variant is %v, want %v", got, test.small)
			}
			if result.Animated || !media.ValidHash(result.Hash) || result.Source.Bytes != len(test.data) {
				t.Errorf("animated %t, hash %q, source %+v", result.Animated, result.Hash, result.Source)
			}
		})
	}
}

// An opaque screenshot that needs no scaling loses nothing.
func TestScreenshotStaysExact(t *testing.T) {
	want := screenshot(1280, 800)
	got := decode(t, process(t, pngOf(t, want)).Variants[0])
	if worst := difference(got, want); worst != 0 {
		t.Errorf("pixels differ by up to %d", worst)
	}
}

// difference returns the largest difference of any channel of any pixel.
func difference(a, b image.Image) (worst int) {
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			ar, ag, ab, aa := a.At(x, y).RGBA()
			br, bg, bb, ba := b.At(x, y).RGBA()
			for _, d := range []int{int(ar>>8) - int(br>>8), int(ag>>8) - int(bg>>8), int(ab>>8) - int(bb>>8), int(aa>>8) - int(ba>>8)} {
				worst = max(worst, d, -d)
			}
		}
	}
	return worst
}

// storedAs places upright pixels where a camera stores them (TIFF 6.0, tag 274:
// which sides of the scene the stored row 0 and column 0 are).
var storedAs = map[int]func(x, y, w, h int) (int, int){
	1: func(x, y, w, h int) (int, int) { return x, y },
	2: func(x, y, w, h int) (int, int) { return w - 1 - x, y },
	3: func(x, y, w, h int) (int, int) { return w - 1 - x, h - 1 - y },
	4: func(x, y, w, h int) (int, int) { return x, h - 1 - y },
	5: func(x, y, w, h int) (int, int) { return y, x },
	6: func(x, y, w, h int) (int, int) { return y, w - 1 - x },
	7: func(x, y, w, h int) (int, int) { return h - 1 - y, w - 1 - x },
	8: func(x, y, w, h int) (int, int) { return h - 1 - y, x },
}

func TestOrientation(t *testing.T) {
	const w, h = 480, 320
	upright := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(upright, upright.Rect, image.NewUniform(color.RGBA{250, 250, 250, 255}), image.Point{}, draw.Src)
	draw.Draw(upright, image.Rect(0, 0, w/2, h/2), image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(upright, image.Rect(w/2, 0, w, h/4), image.NewUniform(color.RGBA{0, 0, 200, 255}), image.Point{}, draw.Src)
	isDark := func(x, y int) bool { return x < w/2 && y < h/2 || x < w/8 }
	var webps []image.Image
	for o := 1; o <= 8; o++ {
		sw, sh := w, h
		if o >= 5 {
			sw, sh = h, w
		}
		stored, dark := image.NewRGBA(image.Rect(0, 0, sw, sh)), map[image.Point]bool{}
		for y := range h {
			for x := range w {
				sx, sy := storedAs[o](x, y, w, h)
				stored.Set(sx, sy, upright.At(x, y))
				dark[image.Pt(sx, sy)] = isDark(x, y)
			}
		}
		little, big := exif(binary.LittleEndian, uint16(o)), exif(binary.BigEndian, uint16(o))
		inPNG := process(t, withChunk(pngOf(t, stored), "eXIf", little))
		if worst := difference(decode(t, inPNG.Variants[0]), upright); worst != 0 {
			t.Errorf("PNG with orientation %d differs by %d", o, worst)
		}
		inJPEG := process(t, withSegment(jpegOf(t, stored), 0xe1, append([]byte("Exif\x00\x00"), big...)))
		if worst := difference(decode(t, inJPEG.Variants[0]), upright); worst > 24 {
			t.Errorf("JPEG with orientation %d differs by %d", o, worst)
		}
		if inJPEG.Source.Width != w || inJPEG.Source.Height != h {
			t.Errorf("orientation %d: source %+v is not upright", o, inJPEG.Source)
		}
		frame := frameVP8L(sw, sh, func(x, y int) bool { return dark[image.Pt(x, y)] })
		inWebP := process(t, webpOf(vp8x(1<<3, sw, sh), riffChunk("VP8L", frame), riffChunk("EXIF", big)))
		webps = append(webps, decode(t, inWebP.Variants[0]))
		if worst := difference(webps[o-1], webps[0]); worst != 0 {
			t.Errorf("WebP with orientation %d differs by %d", o, worst)
		}
	}
	for _, nonsense := range []uint16{0, 9, 65535} {
		result := process(t, withChunk(pngOf(t, upright), "eXIf", exif(binary.BigEndian, nonsense)))
		if difference(decode(t, result.Variants[0]), upright) != 0 {
			t.Errorf("orientation %d changed the picture", nonsense)
		}
	}
}

// Whatever rides along with the pixels ends here, and never makes two pictures of
// one.
func TestNothingRidesAlong(t *testing.T) {
	plainJPEG, plainPNG := jpegOf(t, photo(300, 200)), pngOf(t, screenshot(300, 200))
	frame := riffChunk("VP8L", frameVP8L(64, 64, func(x, y int) bool { return x > y }))
	page := []byte("<html><script>Secret()</script></html>")
	place := exif(binary.BigEndian, 1)
	for name, test := range map[string]struct{ plain, loaded []byte }{
		"EXIF in JPEG":     {plainJPEG, withSegment(plainJPEG, 0xe1, append([]byte("Exif\x00\x00"), place...))},
		"XMP in JPEG":      {plainJPEG, withSegment(plainJPEG, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00<Secret/>"))},
		"page in comment":  {plainJPEG, withSegment(plainJPEG, 0xfe, page)},
		"page after JPEG":  {plainJPEG, join(plainJPEG, page)},
		"IPTC in JPEG":     {plainJPEG, withSegment(plainJPEG, 0xed, []byte("Photoshop 3.0\x00Secret"))},
		"broken profile":   {plainJPEG, withSegment(plainJPEG, 0xe2, []byte("ICC_PROFILE\x00\x01\x01Secret"))},
		"EXIF in PNG":      {plainPNG, withChunk(plainPNG, "eXIf", place)},
		"text in PNG":      {plainPNG, withChunk(plainPNG, "tEXt", []byte("Comment\x00Secret"))},
		"own chunk in PNG": {plainPNG, withChunk(plainPNG, "seCr", []byte("Secret"))},
		"zip after PNG":    {plainPNG, join(plainPNG, []byte("PK\x03\x04Secret"))},
		"EXIF in WebP":     {webpOf(frame), webpOf(vp8x(1<<3, 64, 64), frame, riffChunk("EXIF", place))},
		"XMP in WebP":      {webpOf(frame), webpOf(vp8x(1<<2, 64, 64), frame, riffChunk("XMP ", []byte("Secret")))},
		"page after WebP":  {webpOf(frame), join(webpOf(frame), page)},
	} {
		t.Run(name, func(t *testing.T) {
			plain, loaded := process(t, test.plain), process(t, test.loaded)
			if !bytes.Contains(test.loaded, []byte("Secret")) {
				t.Fatal("the fixture carries nothing")
			}
			for _, v := range loaded.Variants {
				for _, trace := range []string{"Secret", "Exif", "script", "PK\x03\x04"} {
					if bytes.Contains(v.Bytes, []byte(trace)) {
						t.Errorf("variant %s still holds %q", v.Name, trace)
					}
				}
			}
			if plain.Hash != loaded.Hash {
				t.Error("the load made another picture of it")
			}
		})
	}
}

func TestFirstFrameOfWhatMoves(t *testing.T) {
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	full := image.Rect(0, 0, 64, 48)
	still := riffChunk("VP8L", frameVP8L(64, 48, nil))
	other := riffChunk("VP8L", frameVP8L(64, 48, func(x, y int) bool { return true }))
	anim := riffChunk("ANIM", make([]byte, 6))
	small := riffChunk("VP8L", frameVP8L(20, 10, nil))
	apng := withChunk(pngOf(t, uniform(full, red)), "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0})
	solid, clearColour := color.RGBA{100, 200, 50, 255}, color.RGBA{}
	for _, test := range []struct {
		name          string
		data          []byte
		animated      bool
		centre, edge  color.RGBA // at (32, 24) and (1, 1)
		width, height int
	}{
		{"GIF", gifOf(t, uniform(full, red), uniform(full, blue)), true, red, red, 64, 48},
		{"GIF, second frame in part", gifOf(t, uniform(full, red), uniform(image.Rect(10, 10, 60, 40), blue)), true, red, red, 64, 48},
		{"GIF, first frame in part", gifOf(t, uniform(image.Rect(10, 10, 60, 40), blue)), false, blue, clearColour, 64, 48},
		{"APNG", apng, true, red, red, 64, 48},
		{"WebP", webpOf(vp8x(1<<1, 64, 48), anim, anmf(0, 0, 64, 48, still), anmf(0, 0, 64, 48, other)), true, solid, solid, 64, 48},
		{"WebP of one frame in part", webpOf(vp8x(1<<1, 64, 48), anim, anmf(24, 20, 20, 10, small)), false, solid, clearColour, 64, 48},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := process(t, test.data)
			m := decode(t, result.Variants[0])
			if result.Animated != test.animated || result.Width != test.width || result.Height != test.height {
				t.Errorf("animated %t, %dx%d", result.Animated, result.Width, result.Height)
			}
			for at, want := range map[image.Point]color.RGBA{{X: 32, Y: 24}: test.centre, {X: 1, Y: 1}: test.edge} {
				if got := color.RGBAModel.Convert(m.At(at.X, at.Y)); got != want {
					t.Errorf("%v at %v, want %v", got, at, want)
				}
			}
		})
	}
}

// hostile are uploads that must be refused, most of them before any decoding.
func hostile(tb testing.TB) map[string]struct {
	data []byte
	kind fault.Kind
	says string
} {
	goodJPEG, goodPNG := jpegOf(tb, photo(200, 100)), pngOf(tb, screenshot(200, 100))
	goodGIF := gifOf(tb, uniform(image.Rect(0, 0, 64, 48), color.White))
	wideGIF := bytes.Clone(goodGIF)
	binary.LittleEndian.PutUint16(wideGIF[6:], 65535)
	tallJPEG := bytes.Clone(goodJPEG)
	binary.BigEndian.PutUint16(tallJPEG[bytes.Index(tallJPEG, []byte{0xff, 0xc0})+5:], 65535)
	largeJPEG := bytes.Clone(goodJPEG)
	copy(largeJPEG[bytes.Index(largeJPEG, []byte{0xff, 0xc0})+5:], []byte{0x18, 0x00, 0x18, 0x00})
	frame := riffChunk("VP8L", frameVP8L(64, 48, nil))
	cutWebP := webpOf(riffChunk("VP8L", frameVP8L(64, 48, func(x, y int) bool { return x > y })))[:200]
	return map[string]struct {
		data []byte
		kind fault.Kind
		says string
	}{
		"empty":                  {nil, fault.Invalid, "empty"},
		"text":                   {[]byte("hello"), fault.Unsupported, "not a picture"},
		"page":                   {[]byte("<html>"), fault.Unsupported, "not a picture"},
		"SVG":                    {[]byte("<svg onload=x>"), fault.Unsupported, "SVG"},
		"HEIC, name alone":       {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), fault.Invalid, "damaged"},
		"AVIF":                   {[]byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"), fault.Unsupported, "AVIF"},
		"AVIF as mif1":           {[]byte("\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avifmiaf"), fault.Unsupported, "AVIF"},
		"video":                  {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00"), fault.Unsupported, "video"},
		"PDF":                    {[]byte("%PDF-1.7"), fault.Unsupported, "PDF"},
		"BMP":                    {[]byte("BM\x00\x00"), fault.Unsupported, "BMP"},
		"TIFF":                   {[]byte("II*\x00"), fault.Unsupported, "TIFF"},
		"magic alone, JPEG":      {[]byte("\xff\xd8\xff"), fault.Invalid, "damaged"},
		"magic alone, PNG":       {goodPNG[:8], fault.Invalid, "damaged"},
		"magic alone, GIF":       {goodGIF[:6], fault.Invalid, "damaged"},
		"magic alone, WebP":      {webpOf(), fault.Invalid, "damaged"},
		"cut JPEG":               {goodJPEG[:len(goodJPEG)/2], fault.Invalid, "damaged"},
		"cut PNG":                {goodPNG[:len(goodPNG)/2], fault.Invalid, "damaged"},
		"cut GIF":                {goodGIF[:len(goodGIF)/2], fault.Invalid, "damaged"},
		"cut WebP":               {cutWebP, fault.Invalid, "damaged"},
		"11 MB":                  {join(goodPNG, make([]byte, 11<<20)), fault.TooLarge, "larger than 10 MB"},
		"bomb PNG":               {hollowPNG(100_000, 100_000, 8, 6, 0), fault.TooLarge, "16384 a side"},
		"bomb PNG, huge":         {hollowPNG(1<<31-1, 1<<31-1, 16, 6, 1), fault.Unsupported, "rare kind"},
		"41 megapixels":          {hollowPNG(6404, 6404, 8, 6, 0), fault.TooLarge, "41.0 megapixels; 40"},
		"hollow PNG":             {hollowPNG(6000, 6000, 8, 6, 0), fault.Invalid, "damaged"},
		"1 x 65535":              {hollowPNG(1, 65535, 8, 2, 0), fault.TooLarge, "1 × 65535"},
		"0 x 1":                  {hollowPNG(0, 1, 8, 2, 0), fault.Invalid, "damaged"},
		"wide GIF":               {wideGIF, fault.TooLarge, "65535"},
		"tall JPEG":              {tallJPEG, fault.TooLarge, "65535"},
		"hollow JPEG":            {largeJPEG, fault.Invalid, "damaged"},
		"scan bomb":              {scanBomb(5000, 5000, 61), fault.Invalid, "unusual"},
		"WebP canvas too small":  {webpOf(vp8x(0, 10, 10), frame), fault.Invalid, "damaged"},
		"WebP canvas too large":  {webpOf(vp8x(0, 1<<24, 1<<24), frame), fault.TooLarge, "16777216"},
		"WebP without a frame":   {webpOf(vp8x(0, 10, 10)), fault.Invalid, "damaged"},
		"WebP frame off canvas":  {webpOf(vp8x(2, 64, 48), anmf(60, 0, 64, 48, frame)), fault.Invalid, "damaged"},
		"JPEG without a frame":   {join(goodJPEG[:2], []byte{0xff, 0xd9}), fault.Invalid, "damaged"},
		"polyglot starts as zip": {join([]byte("PK\x03\x04"), goodPNG), fault.Unsupported, "not a picture"},
	}
}

func TestHostile(t *testing.T) {
	for name, test := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := pipeline.Process(t.Context(), bytes.NewReader(test.data), "")
			runtime.ReadMemStats(&after)
			f, ok := fault.As(err)
			if !ok || f.Kind != test.kind || !strings.Contains(f.Public, test.says) || f.Field != "image" {
				t.Errorf("got %v, want %s saying %q", err, test.kind, test.says)
			}
			if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(2*len(test.data)+4<<20) {
				t.Errorf("refusing %d bytes cost %d bytes", len(test.data), spent)
			}
		})
	}
}

func TestRefusalNamesThePicture(t *testing.T) {
	for declared, want := range map[string]string{
		`C:\holiday\IMG_1.heic`:    "“IMG_1.heic” cannot be used: it is empty.",
		"../../x\x00\n.png":        "“x.png” cannot be used: it is empty.",
		"":                         "This picture cannot be used: it is empty.",
		"%s%d.png":                 "“%s%d.png” cannot be used: it is empty.",
		strings.Repeat("ä", 100):   "“" + strings.Repeat("ä", 60) + "…” cannot be used: it is empty.",
		"\u202egnp.exe\xff\u200b/": "This picture cannot be used: it is empty.",
	} {
		_, err := pipeline.Process(t.Context(), strings.NewReader(""), declared)
		if f, ok := fault.As(err); !ok || f.Public != want {
			t.Errorf("%q: got %v, want %q", declared, err, want)
		}
	}
}

func TestLimitsAreConfigurable(t *testing.T) {
	data := pngOf(t, screenshot(200, 100))
	for name, limits := range map[string]media.Limits{
		"bytes": {Bytes: 100}, "pixels": {Pixels: 199 * 100}, "side": {Side: 199}, "memory": {Memory: 1000},
	} {
		_, err := media.NewPipeline(limits).Process(t.Context(), bytes.NewReader(data), "")
		if !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestReadersAndContexts(t *testing.T) {
	broken := errors.New("the line went dead")
	_, err := pipeline.Process(t.Context(), io.MultiReader(strings.NewReader("GIF89a"), errorReader{broken}), "x")
	if err != broken {
		t.Errorf("a failing reader: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pipeline.Process(ctx, bytes.NewReader(pngOf(t, photo(9, 9))), "x"); !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Unavailable) {
		t.Errorf("a cancelled context: got %v", err)
	}
}

// A decoder that is given little work by the byte still ends soon after the
// deadline.
func TestDeadlineEndsDecoding(t *testing.T) {
	slow := scanBomb(3000, 3000, 50)
	if _, err := pipeline.Process(t.Context(), bytes.NewReader(slow), ""); err != nil {
		t.Fatalf("the fixture is refused for another reason: %v", err)
	}
	hasty := media.NewPipeline(media.Limits{Deadline: 5 * time.Millisecond})
	_, err := hasty.Process(t.Context(), bytes.NewReader(slow), "")
	if f, ok := fault.As(err); !errors.Is(err, context.DeadlineExceeded) || !ok || f.Public == "" {
		t.Errorf("got %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// profile is a Display P3 profile in outline, with the tag in which systems keep a
// monitor's serial number.
func profile(space string) []byte {
	xyz := append([]byte("XYZ \x00\x00\x00\x00"), make([]byte, 12)...)
	curve := []byte("para\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x33\x33")
	tags := []struct {
		name string
		body []byte
	}{
		{"wtpt", xyz}, {"rXYZ", xyz}, {"gXYZ", xyz}, {"bXYZ", xyz}, {"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve}, {"kTRC", curve},
		{"mmod", []byte("mmodSecretSerial")}, {"desc", []byte("textSecretMonitor")},
	}
	head := make([]byte, 128)
	copy(head[8:], "\x04\x00\x00\x00mntr"+space+"XYZ ")
	copy(head[36:], "acspSecretVendor")
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var bodies []byte
	for _, tag := range tags {
		table = append(table, tag.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(132+12*len(tags)+len(bodies)))
		table = binary.BigEndian.AppendUint32(table, uint32(len(tag.body)))
		bodies = append(bodies, tag.body...)
	}
	return join(head, table, bodies)
}

func TestColourProfileIsCarriedAndCleaned(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(profile("RGB "))
	z.Close()
	gray := image.NewGray(image.Rect(0, 0, 100, 100))
	mark := []byte("ICC_PROFILE\x00\x01\x01")
	for name, test := range map[string]struct {
		data  []byte
		trace string
	}{
		"JPEG":         {withSegment(jpegOf(t, photo(100, 100)), 0xe2, append(mark, profile("RGB ")...)), "acsp"},
		"gray JPEG":    {withSegment(jpegOf(t, gray), 0xe2, append(mark, profile("GRAY")...)), "kTRC"},
		"PNG to PNG":   {withChunk(pngOf(t, screenshot(100, 100)), "iCCP", append([]byte("Secret\x00\x00"), packed.Bytes()...)), "iCCP"},
		"PNG to JPEG":  {withChunk(pngOf(t, photo(100, 100)), "iCCP", append([]byte("Secret\x00\x00"), packed.Bytes()...)), "acsp"},
		"WebP":         {webpOf(vp8x(1<<5, 16, 16), riffChunk("ICCP", profile("RGB ")), riffChunk("VP8 ", frameVP8(16, 16))), "acsp"},
		"not for gray": {withSegment(jpegOf(t, gray), 0xe2, append(mark, profile("RGB ")...)), ""},
		"CMYK":         {withSegment(jpegOf(t, photo(100, 100)), 0xe2, append(mark, profile("CMYK")...)), ""},
	} {
		for _, v := range process(t, test.data).Variants {
			decode(t, v)
			if bytes.Contains(v.Bytes, []byte("Secret")) {
				t.Errorf("%s, %s: the profile's owner shows", name, v.Name)
			}
			if has := bytes.Contains(v.Bytes, []byte("acsp")) || bytes.Contains(v.Bytes, []byte("iCCP")); has != (test.trace != "") {
				t.Errorf("%s, %s: profile carried: %t", name, v.Name, has)
			}
			if !bytes.Contains(v.Bytes, []byte(test.trace)) {
				t.Errorf("%s, %s: no %s", name, v.Name, test.trace)
			}
		}
	}
}

func TestDHashTellsPicturesApart(t *testing.T) {
	base := photo(1000, 700)
	cropped := base.SubImage(image.Rect(10, 5, 995, 695)).(*image.RGBA)
	moved := image.NewRGBA(image.Rect(0, 0, 985, 690))
	draw.Draw(moved, moved.Rect, cropped, cropped.Rect.Min, draw.Src)
	first := process(t, pngOf(t, base)).DHash
	for name, data := range map[string][]byte{"recompressed": jpegOf(t, base), "slightly cut": jpegOf(t, moved)} {
		if d := first.Distance(process(t, data).DHash); d > 6 {
			t.Errorf("%s: %d bits away", name, d)
		}
	}
	if d := first.Distance(process(t, pngOf(t, screenshot(1000, 700))).DHash); d < 12 {
		t.Errorf("a screenshot is only %d bits from a photo", d)
	}
}

// FuzzProcess: whatever the bytes, the pipeline returns a fault with a sentence, or
// variants within its limits that decode and that it takes again as they are.
func FuzzProcess(f *testing.F) {
	for _, test := range hostile(f) {
		if len(test.data) < 1<<16 {
			f.Add(test.data)
		}
	}
	still := riffChunk("VP8L", frameVP8L(16, 16, func(x, y int) bool { return x > y }))
	mark := []byte("ICC_PROFILE\x00\x01\x01")
	f.Add(withSegment(jpegOf(f, photo(40, 30)), 0xe2, append(mark, profile("RGB ")...)))
	f.Add(withChunk(pngOf(f, photo(9, 9)), "eXIf", exif(binary.LittleEndian, 6)))
	f.Add(gifOf(f, uniform(image.Rect(10, 10, 60, 40), color.White)))
	f.Add(webpOf(vp8x(2, 16, 16), anmf(0, 0, 16, 16, still), anmf(0, 0, 16, 16, still)))
	f.Add(webpOf(riffChunk("VP8 ", frameVP8(16, 16))))
	small := media.NewPipeline(media.Limits{Pixels: 1 << 18, Side: 2048, Memory: 8 << 20})
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := small.Process(t.Context(), bytes.NewReader(data), "fuzz")
		if err != nil {
			if e, ok := fault.As(err); !ok || e.Kind == fault.Internal || e.Public == "" {
				t.Fatalf("%v is no fault with a sentence", err)
			}
			return
		}
		for _, v := range result.Variants {
			decode(t, v)
		}
		if _, err := small.Process(t.Context(), bytes.NewReader(result.Variants[0].Bytes), ""); err != nil {
			t.Fatalf("its own result is refused: %v", err)
		}
	})
}

// benchmark reports processor time beside the clock's, which others on the machine
// stretch.
func benchmark(b *testing.B, data []byte) {
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		process(b, data)
	}
	b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkJPEG12Megapixels(b *testing.B)  { benchmark(b, jpegOf(b, photo(4000, 3000))) }
func BenchmarkPNGScreenshot1280(b *testing.B) { benchmark(b, pngOf(b, screenshot(1280, 800))) }
func BenchmarkPNGScreenshot2560(b *testing.B) { benchmark(b, pngOf(b, screenshot(2560, 1600))) }
func BenchmarkPNGPhoto12Megapixels(b *testing.B) {
	benchmark(b, pngOf(b, screenshotOver(photo(4000, 3000))))
}

// screenshotOver quietens a photograph's noise, so that its PNG stays below 10 MB.
func screenshotOver(m *image.RGBA) *image.RGBA {
	for i := range m.Pix {
		m.Pix[i] |= 0x1f
	}
	return m
}
