package media_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// withAVIF is a pipeline that takes AVIF.
func withAVIF(tb testing.TB, l media.Limits) *media.Pipeline {
	tb.Helper()
	avif, state := media.FindAVIF(tb.Context(), outside.Child, "")
	if avif == nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(state.Says)
		}
		tb.Skip("NOT RUN: AVIF pictures; install with: apt-get install libavif-bin")
	}
	l.Deadline = cmp.Or(l.Deadline, 5*time.Minute)
	return media.NewPipeline(l).With(media.Decoders{Child: outside.Child, AVIF: avif})
}

// avifOf lets avifenc, which comes with avifdec, encode pictures as one.
func avifOf(tb testing.TB, args []string, pictures ...image.Image) []byte {
	tb.Helper()
	dir := tb.TempDir()
	out := filepath.Join(dir, "out.avif")
	args = append([]string{"--speed", "9", "--jobs", "1"}, args...)
	for i, m := range pictures {
		path := filepath.Join(dir, string(rune('a'+i))+".png")
		if err := os.WriteFile(path, pngOf(tb, m), 0o600); err != nil {
			tb.Fatal(err)
		}
		args = append(args, path)
	}
	if said, err := exec.Command("avifenc", append(args, out)...).CombinedOutput(); err != nil {
		tb.Fatalf("%v: %s", err, said)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// corners is a picture that looks otherwise turned or mirrored in any way.
func corners(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range []color.RGBA{{200, 0, 0, 255}, {0, 160, 0, 255}, {0, 0, 200, 255}, {250, 250, 250, 255}} {
		draw.Draw(m, image.Rect(i%2*w/2, i/2*h/2, (i%2+1)*w/2, (i/2+1)*h/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return m
}

func TestAVIF(t *testing.T) {
	p := withAVIF(t, media.Limits{})
	holes := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	draw.Draw(holes, image.Rect(0, 0, 32, 48), image.NewUniform(color.NRGBA{0, 0, 200, 255}), image.Point{}, draw.Src)
	shot := corners(640, 480)
	for name, test := range map[string]struct {
		data  []byte
		want  image.Image
		moved bool
	}{
		"plain":        {avifOf(t, nil, shot), shot, false},
		"subsampled":   {avifOf(t, []string{"--yuv", "420", "--range", "limited"}, shot), shot, false},
		"BT.709":       {avifOf(t, []string{"--cicp", "1/13/1"}, shot), shot, false},
		"ten bits":     {avifOf(t, []string{"--depth", "10"}, shot), shot, false},
		"lossless":     {avifOf(t, []string{"--lossless"}, shot), shot, false},
		"with holes":   {avifOf(t, nil, holes), holes, false},
		"grid":         {avifOf(t, []string{"--grid", "2x2"}, shot), shot, false},
		"moving":       {avifOf(t, []string{"--fps", "2"}, shot, photo(640, 480)), shot, true},
		"odd of size":  {avifOf(t, nil, corners(37, 23)), corners(37, 23), false},
		"with profile": {withProfile(t, shot), shot, false},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := p.Process(t.Context(), bytes.NewReader(test.data), "")
			if err != nil {
				t.Fatal(err)
			}
			size := test.want.Bounds().Size()
			if result.Source != (media.Source{Type: "image/avif", Width: size.X, Height: size.Y, Bytes: len(test.data)}) || result.Animated != test.moved {
				t.Errorf("source %+v, moved %t", result.Source, result.Animated)
			}
			got := decode(t, result.Variants[0])
			for _, at := range []image.Point{{size.X / 4, size.Y / 4}, {size.X * 3 / 4, size.Y / 4}, {size.X / 4, size.Y * 3 / 4}, {size.X * 3 / 4, size.Y * 3 / 4}} {
				if worst := unlike(got.At(at.X, at.Y), test.want.At(at.X, at.Y)); worst > 24 { // of a JPEG in the end
					t.Errorf("at %v it is %v, not %v", at, got.At(at.X, at.Y), test.want.At(at.X, at.Y))
				}
			}
			if name == "with profile" != bytes.Contains(result.Variants[0].Bytes, []byte("acsp")) {
				t.Error("the colour profile is not what it was")
			}
		})
	}
}

func unlike(a, b color.Color) (worst int) {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	for _, d := range []int{int(ar>>8) - int(br>>8), int(ag>>8) - int(bg>>8), int(ab>>8) - int(bb>>8), int(aa>>8) - int(ba>>8)} {
		worst = max(worst, d, -d)
	}
	return worst
}

// TestAVIFUpright has each way of turning and mirroring, as they are written and
// the other way round.
func TestAVIFUpright(t *testing.T) {
	p := withAVIF(t, media.Limits{})
	const w, h = 96, 64
	upright := corners(w, h)
	for o := 1; o <= 8; o++ {
		sw, sh := w, h
		if o >= 5 {
			sw, sh = h, w
		}
		stored := image.NewRGBA(image.Rect(0, 0, sw, sh))
		for y := range h {
			for x := range w {
				sx, sy := storedAs[o](x, y, w, h)
				stored.Set(sx, sy, upright.At(x, y))
			}
		}
		args := map[int]string{1: "", 2: "--imir 1", 3: "--irot 2", 4: "--imir 0", 5: "--irot 1 --imir 0", 6: "--irot 3", 7: "--irot 3 --imir 0", 8: "--irot 1"}[o]
		data := avifOf(t, strings.Fields(args), stored)
		result, err := p.Process(t.Context(), bytes.NewReader(data), "")
		if err != nil {
			t.Fatal(err)
		}
		got := decode(t, result.Variants[0])
		for _, at := range []image.Point{{w / 4, h / 4}, {w * 3 / 4, h / 4}, {w / 4, h * 3 / 4}} {
			if got.Bounds() != upright.Rect || unlike(got.At(at.X, at.Y), upright.At(at.X, at.Y)) > 24 || result.Source.Width != w {
				t.Fatalf("%q: %v at %v is %v, not %v", args, got.Bounds(), at, got.At(at.X, at.Y), upright.At(at.X, at.Y))
			}
		}
	}
}

// withProfile is an AVIF with the colour profile that tests have.
func withProfile(t *testing.T, m image.Image) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile.icc")
	if err := os.WriteFile(path, profile("RGB "), 0o600); err != nil {
		t.Fatal(err)
	}
	return avifOf(t, []string{"--icc", path}, m)
}

// Nothing that a file or its decoder does is more than a sentence, and nothing of
// it stays behind.
func TestHostileAVIF(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	p := withAVIF(t, media.Limits{})
	good := avifOf(t, nil, photo(640, 480))
	is := func(old, new []byte) []byte { return bytes.ReplaceAll(good, old, new) }
	size := be32(640, 480)
	item := func(kind string, props [][]byte, data []byte) []byte {
		file := heicFile(props, heicItem{kind: kind, props: []int{1, 2}[:len(props)], data: data})
		return bytes.Replace(file, []byte("mif1heic"), []byte("mif1avif"), 1)
	}
	for name, test := range map[string]struct {
		data []byte
		kind fault.Kind
		says string
	}{
		"huge":                   {is(size, be32(100_000, 100_000)), fault.TooLarge, "16384 a side"},
		"41 megapixels":          {is(size, be32(6404, 6404)), fault.TooLarge, "41.0 megapixels"},
		"smaller":                {is(size, be32(64, 48)), fault.Invalid, "damaged"},
		"no size":                {is([]byte("ispe"), []byte("free")), fault.Invalid, "damaged"},
		"cut":                    {good[:len(good)*2/3], fault.Invalid, "damaged"},
		"rubbish inside":         {append(bytes.Clone(good[:bytes.Index(good, []byte("mdat"))+4]), bytes.Repeat([]byte{0x5a}, len(good))...), fault.Invalid, "damaged"},
		"no picture":             {item("av01", [][]byte{ispe(64, 64)}, []byte("nothing")), fault.Invalid, "damaged"},
		"HEIC inside":            {item("hvc1", [][]byte{ispe(64, 64), hvcC(64, 64, 0)}, slice()), fault.Unsupported, "rare kind of AVIF"},
		"cut to a part":          {item("av01", [][]byte{ispe(64, 64), isoBox("clap", be32(8, 1, 8, 1, 0, 1, 0, 1))}, nil), fault.Unsupported, "rare kind of AVIF"},
		"a grid of another size": {item("grid", [][]byte{ispe(64, 64)}, []byte{0, 0, 0, 0, 0, 64, 0, 65}), fault.Invalid, "damaged"},
		"countless tiles":        {item("grid", [][]byte{ispe(64, 64)}, []byte{0, 0, 99, 99, 0, 64, 0, 64}), fault.Unsupported, "rare kind of AVIF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := p.Process(t.Context(), bytes.NewReader(test.data), "")
			if f, ok := fault.As(err); !ok || f.Kind != test.kind || !strings.Contains(f.Public, test.says) || f.Field != "image" {
				t.Errorf("got %v, want %s saying %q", err, test.kind, test.says)
			}
		})
	}
	if left, err := os.ReadDir(temp); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "selfie") }) {
		t.Errorf("%v is left, %v", left, err)
	}
}

// Programs in place of avifdec.
func TestRogueAVIF(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	good := withAVIF(t, media.Limits{})
	data := avifOf(t, nil, corners(64, 48))
	if _, err := good.Process(t.Context(), bytes.NewReader(data), ""); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, script := range map[string]string{
		"does nothing": "exit 0", "fails": "exit 1", "writes no PNG": "echo rubbish >$out", "links": "ln -s /etc/passwd $out",
		"makes a folder": "mkdir $out", "waits": "mkfifo $out", "leaves much": "head -c 100000000 /dev/zero >$out",
	} {
		path := filepath.Join(dir, name)
		text := "#!/bin/sh\n[ $1 = --version ] && exec avifdec --version\nfor out; do :; done\n" + script + "\n"
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		if a, state := media.FindAVIF(t.Context(), outside.Child, path); a != nil || state.On || !strings.Contains(state.Says, "does not decode") {
			t.Errorf("%s: %+v", name, state)
		}
	}
	for _, program := range []string{"/nowhere/avifdec", media.NoAVIF} {
		a, state := media.FindAVIF(t.Context(), outside.Child, program)
		if a != nil || !strings.HasPrefix(state.Says, "off") {
			t.Errorf("%s: %+v", program, state)
		}
		_, err := media.NewPipeline(media.Limits{}).With(media.Decoders{Child: outside.Child, AVIF: a}).Process(t.Context(), bytes.NewReader(data), "")
		if f, ok := fault.As(err); !ok || f.Kind != fault.Unsupported || !strings.Contains(f.Public, "AVIF pictures are not accepted here") || strings.Contains(f.Public, "and AVIF") {
			t.Error(err)
		}
	}
	old := filepath.Join(temp, "selfie-avif-1234")
	if err := os.MkdirAll(filepath.Join(old, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	media.FindAVIF(t.Context(), outside.Child, "")
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("what a server left behind stays: %v", err)
	}
}

// FuzzAVIF varies the boxes, which are read before any decoder sees them.
func FuzzAVIF(f *testing.F) {
	seed := func(kind string, data []byte, props ...[]byte) {
		list := []int{1, 2, 3}[:len(props)]
		f.Add(bytes.Replace(heicFile(props, heicItem{kind: kind, props: list, data: data}), []byte("mif1heic"), []byte("mif1avif"), 1))
	}
	seed("av01", []byte("nothing"), ispe(64, 64))
	seed("av01", nil, ispe(64, 64), isoBox("irot", []byte{1}), isoBox("imir", []byte{1}))
	seed("grid", []byte{0, 0, 1, 1, 0, 64, 0, 64}, ispe(64, 64))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 12 {
			data = join(binary.BigEndian.AppendUint32(nil, uint32(min(len(data), 24))), []byte("ftypavif"), data[12:])
		}
		if width, height, err := media.ReadAVIF(data); err != nil {
			if _, ok := fault.As(err); !ok && err.Error() == "" {
				t.Fatal(err)
			}
		} else if width < 0 || height < 0 || width > 1<<24 || height > 1<<24 {
			t.Fatalf("%d x %d", width, height)
		}
	})
}
