package media_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"image/png"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// zipped is what zlib makes of n equal bytes: a thousandth.
func zipped(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(make([]byte, n)) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// bombPNG inflates to more than its header has room for.
func bombPNG(w, h uint32, deflated []byte, interlace byte) []byte {
	ihdr := append(be32(w, h), 8, 2, 0, 0, interlace)
	return join([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", ihdr), pngChunk("IDAT", deflated), pngChunk("IEND", nil))
}

// progressiveJPEG is one coefficient a block, in scans that are each cut short or
// whole.
func progressiveJPEG(scans int) []byte { return scanBomb(64, 64, scans) }

// TestCorpus brings in what is odd and not refused: it comes out clean, small and
// as a picture, and costs no more memory than its pixels do.
func TestCorpus(t *testing.T) {
	shot, pic := pngOf(t, screenshot(240, 160)), jpegOf(t, photo(240, 160))
	huge := bytes.Repeat([]byte("Secret"), 10_000)
	many := pic
	for range 30 {
		many = withSegment(many, 0xe1, append([]byte("Exif\x00\x00"), huge[:60_000]...))
	}
	profiles := pic
	for i := range 40 {
		profiles = withSegment(profiles, 0xe2, append([]byte("ICC_PROFILE\x00\x01"), append([]byte{byte(i + 1)}, huge[:60_000]...)...))
	}
	bomb := zipped(40 << 20)
	frames := withChunk(shot, "acTL", be32(1000, 0))
	for i := range uint32(50) {
		frames = withChunk(frames, "fdAT", append(be32(i), huge[:20_000]...))
	}
	for name, data := range map[string][]byte{
		"zip in PNG":              withChunk(shot, "zIPa", join([]byte("PK\x03\x04"), huge)),
		"zip behind PNG":          join(shot, []byte("PK\x03\x04"), huge, []byte("PK\x05\x06"), make([]byte, 18)),
		"page in PNG":             withChunk(shot, "tEXt", []byte("a\x00<script>Secret()</script>")),
		"JPEG that is a script":   withSegment(pic, 0xfe, []byte("*/=Secret;/*")),
		"JPEG behind PNG":         join(shot, pic, huge),
		"huge EXIF":               many,
		"huge profile":            profiles,
		"profile that is a bomb":  withChunk(shot, "iCCP", join([]byte("Secret\x00\x00"), bomb)),
		"text that is a bomb":     withChunk(shot, "zTXt", join([]byte("Secret\x00\x00"), bomb)),
		"APNG of a thousand":      frames,
		"interlaced":              bombPNG(64, 48, zipped(64*48*3+200), 1),
		"more data than the size": bombPNG(64, 48, bomb, 0),
		"progressive, few scans":  progressiveJPEG(3),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			result, err := pipeline.Process(t.Context(), bytes.NewReader(data), "")
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(4*len(data)+16<<20) {
				t.Errorf("%d bytes of it cost %d bytes", len(data), spent)
			}
			if err != nil {
				f, ok := fault.As(err)
				if !ok || f.Kind != fault.Invalid || name != "more data than the size" && name != "interlaced" {
					t.Error(err)
				}
				return
			}
			for _, v := range result.Variants {
				decode(t, v)
				if bytes.Contains(v.Bytes, []byte("Secret")) || bytes.Contains(v.Bytes, []byte("PK\x03\x04")) || len(v.Bytes) > 100<<10 {
					t.Errorf("variant %s, of %d bytes, is not clean", v.Name, len(v.Bytes))
				}
			}
		})
	}
}

// TestCutAnywhere cuts pictures at many places: each is refused, or is one.
func TestCutAnywhere(t *testing.T) {
	interlaced := bombPNG(64, 48, zipped(64*48*3+6*60), 1)
	for name, data := range map[string][]byte{"JPEG": jpegOf(t, photo(64, 48)), "PNG": pngOf(t, screenshot(64, 48)), "interlaced": interlaced, "progressive": progressiveJPEG(5), "HEIC": heicSeeds()[0], "HEIC grid": heicSeeds()[3]} {
		for at := 1; at < len(data); at += 1 + len(data)/25 {
			result, err := pipeline.Process(t.Context(), bytes.NewReader(data[:at]), "")
			if f, ok := fault.As(err); err != nil && (!ok || f.Kind == fault.Internal) {
				t.Errorf("%s of %d bytes: %v", name, at, err)
			}
			if err == nil && len(result.Variants) != 2 {
				t.Errorf("%s of %d bytes: %+v", name, at, result)
			}
		}
	}
}

// TestFiftyAtOnce holds the heap below what two pictures at once need, and far
// below what fifty would.
func TestFiftyAtOnce(t *testing.T) {
	data := pngOf(t, screenshotOver(photo(400, 300))) // half a megabyte in memory, and its pieces
	p := media.NewPipeline(media.Limits{Deadline: 10 * time.Minute})
	runtime.GC()
	var start runtime.MemStats
	runtime.ReadMemStats(&start)
	var highest atomic.Uint64
	var work sync.WaitGroup
	for i := range 50 {
		work.Go(func() {
			if _, err := p.Process(t.Context(), bytes.NewReader(data), ""); err != nil {
				t.Error(err)
			}
			if i%5 == 0 { // others are at work meanwhile
				var m runtime.MemStats
				runtime.GC() // what lives, not what lies about
				runtime.ReadMemStats(&m)
				highest.Store(max(highest.Load(), m.HeapAlloc))
			}
		})
	}
	work.Wait()
	uploads := 51 * uint64(len(data)) // their own bytes are held while they wait
	if grown := highest.Load() - min(highest.Load(), start.HeapAlloc); grown > uploads+12<<20 {
		t.Errorf("the heap grew by %d MB, %d MB of it uploads", grown>>20, uploads>>20)
	}
}

func TestBlurAndLook(t *testing.T) {
	result := process(t, pngOf(t, screenshot(1280, 800)))
	raw, ok := strings.CutPrefix(result.Blur, "data:image/png;base64,")
	tiny, err := base64.StdEncoding.DecodeString(raw)
	if !ok || err != nil || len(result.Blur) > media.MaxBlur {
		t.Fatalf("%d bytes: %q", len(result.Blur), result.Blur)
	}
	if m, err := png.Decode(bytes.NewReader(tiny)); err != nil || m.Bounds().Dx() != 8 || m.Bounds().Dy() != 5 {
		t.Errorf("placeholder: %v, %v", m, err)
	}
	for _, data := range [][]byte{jpegOf(t, photo(500, 500)), pngOf(t, photo(1, 1)), pngOf(t, photo(9, 900))} {
		if blur := process(t, data).Blur; blur == "" || len(blur) > media.MaxBlur {
			t.Errorf("placeholder of %d bytes", len(blur))
		}
	}
	scaled, other := process(t, pngOf(t, screenshot(1280, 800))), process(t, jpegOf(t, photo(1280, 800)))
	if d := result.Look.Distance(scaled.Look); d != 0 {
		t.Errorf("the same picture is %d bits off", d)
	}
	if d := result.Look.Distance(other.Look); d < 60 {
		t.Errorf("another picture is only %d bits off", d)
	}
	var back media.Look
	if text, err := result.Look.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != result.Look {
		t.Errorf("%s came back as %s", text, back)
	}
	if back.UnmarshalText([]byte("12")) == nil || back.UnmarshalText([]byte(strings.Repeat("z", 64))) == nil {
		t.Error("rubbish was taken for a look")
	}
}

// heicSeeds are HEICs whose boxes are right.
func heicSeeds() [][]byte {
	config := hvcC(64, 64, 0)
	return [][]byte{
		heicOf(ispe(64, 64), config),
		heicOf(ispe(64, 64), hvcC(64, 64, 1), isoBox("irot", []byte{1})),
		heicOf(ispe(64, 64), config, isoBox("clap", be32(8, 1, 8, 1, 0, 1, 0, 1))),
		gridOf(100, 120, ispe(100, 120), ispe(64, 64), 2, 2, config),
	}
}

// FuzzHEIC varies the boxes, which are read before the decoder sees them.
func FuzzHEIC(f *testing.F) {
	for _, data := range heicSeeds() {
		f.Add(data)
	}
	small := media.NewPipeline(media.Limits{Pixels: 1 << 12, Memory: 1 << 20}).With(outside)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 12 {
			data = join(binary.BigEndian.AppendUint32(nil, uint32(min(len(data), 24))), []byte("ftypheic"), data[12:])
		}
		if _, err := small.Process(t.Context(), bytes.NewReader(data), ""); err != nil {
			if e, ok := fault.As(err); !ok || e.Kind == fault.Internal || e.Public == "" {
				t.Fatalf("%v is no fault with a sentence", err)
			}
		}
	})
}

// FuzzHEICBoxes reads boxes alone: in memory bounded by the upload, and what is
// written for the decoder says the same when it is read again.
func FuzzHEICBoxes(f *testing.F) {
	for _, data := range heicSeeds() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		says, still, err := media.ReadHEIC(data)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > uint64(100*len(data)+4<<20) {
			t.Fatalf("%d bytes cost %d", len(data), spent)
		}
		if err != nil {
			return
		}
		again, same, err := media.ReadHEIC(still)
		if err != nil || again != says || !bytes.Equal(same, still) {
			t.Fatalf("%s became %s: %v", says, again, err)
		}
	})
}
