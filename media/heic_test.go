package media_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"selfie/internal/fault"
	"selfie/media"
)

func isoBox(kind string, parts ...[]byte) []byte {
	body := join(parts...)
	return join(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), []byte(kind), body)
}

func be32(list ...uint32) (out []byte) {
	for _, n := range list {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	return out
}

// heicOf is the boxes of a HEIC whose primary item has the properties, and no
// picture.
func heicOf(props ...[]byte) []byte {
	places := []byte{byte(len(props))}
	for i := range props {
		places = append(places, byte(i+1))
	}
	return join(
		isoBox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")),
		isoBox("meta", be32(0),
			isoBox("pitm", be32(0), []byte{0, 1}),
			isoBox("iprp", isoBox("ipco", props...), isoBox("ipma", be32(0, 1), []byte{0, 1}, places)),
			bytes.Repeat([]byte{0, 0, 0, 8, 'f', 'r', 'e', 'e'}, 40)),
		isoBox("mdat", make([]byte, 100)))
}

func ispe(w, h uint32) []byte { return isoBox("ispe", be32(0, w, h)) }

// hvcC holds a sequence parameter set of a size, with sub-layers and a zero run
// that needs emulation prevention.
func hvcC(w, h uint32, layers int) []byte {
	b := &msbWriter{}
	b.put(0, 4)
	b.put(uint32(layers), 3)
	b.put(1, 1)
	b.put(0x01600000, 32) // profile; 96 bits with the level
	b.put(0x03000000, 32)
	b.put(0x0000005d, 32)
	if layers > 0 {
		for i := range 8 {
			flags := uint32(0)
			if i < layers {
				flags = 3
			}
			b.put(flags, 2)
		}
		for range layers * (88 + 8) / 32 {
			b.put(0, 32)
		}
	}
	b.golomb(0)
	b.golomb(1)
	b.golomb(w)
	b.golomb(h)
	b.put(0, 16)
	nal := append([]byte{33 << 1, 1}, prevented(b.out)...)
	return isoBox("hvcC", make([]byte, 22), []byte{1, 33, 0, 1}, binary.BigEndian.AppendUint16(nil, uint16(len(nal))), nal)
}

type msbWriter struct {
	out  []byte
	bits int
}

func (b *msbWriter) put(v uint32, n int) {
	for i := range n {
		if b.bits%8 == 0 {
			b.out = append(b.out, 0)
		}
		b.out[b.bits/8] |= byte(v>>(n-1-i)&1) << (7 - b.bits%8)
		b.bits++
	}
}

func (b *msbWriter) golomb(v uint32) {
	n := 0
	for (v+1)>>n > 1 {
		n++
	}
	b.put(0, n)
	b.put(v+1, n+1)
}

// prevented escapes what would look like a start code (ITU-T H.265, 7.4.2).
func prevented(data []byte) (out []byte) {
	zeros := 0
	for _, c := range data {
		if zeros >= 2 && c <= 3 {
			out, zeros = append(out, 3), 0
		}
		out = append(out, c)
		zeros++
		if c != 0 {
			zeros = 0
		}
	}
	return out
}

// TestHostileHEIC is refused by what its boxes say, before a decoder sees it.
func TestHostileHEIC(t *testing.T) {
	prof := isoBox("colr", []byte("prof"), make([]byte, 1<<20))
	for name, test := range map[string]struct {
		data []byte
		kind fault.Kind
		says string
	}{
		"huge":                       {heicOf(ispe(100_000, 100_000)), fault.TooLarge, "16384 a side"},
		"beyond what there is":       {heicOf(ispe(1<<32-1, 1<<32-1)), fault.TooLarge, "16384 a side"},
		"1 x 65535":                  {heicOf(ispe(1, 65535)), fault.TooLarge, "1 × 65535"},
		"on its side":                {heicOf(ispe(65535, 1), isoBox("irot", []byte{1})), fault.TooLarge, "1 × 65535"},
		"41 megapixels":              {heicOf(ispe(6404, 6404)), fault.TooLarge, "41.0 megapixels"},
		"no size":                    {heicOf(ispe(0, 0)), fault.Invalid, "damaged"},
		"coded larger than it says":  {heicOf(ispe(10, 10), hvcC(16384, 16384, 0)), fault.TooLarge, "MB of memory"},
		"coded larger, in layers":    {heicOf(ispe(10, 10), hvcC(16384, 16384, 1)), fault.TooLarge, "MB of memory"},
		"another item is huge":       {heicOf(ispe(10, 10), ispe(30_000, 30_000), ispe(10, 10)), fault.TooLarge, "MB of memory"},
		"a property that is not":     {bytes.Replace(heicOf(ispe(10, 10)), []byte{1, 1, 0, 0, 0, 8, 'f', 'r'}, []byte{1, 9, 0, 0, 0, 8, 'f', 'r'}, 1), fault.Invalid, "damaged"},
		"no boxes":                   {isoBox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")), fault.Invalid, "damaged"},
		"no primary item":            {bytes.Replace(heicOf(ispe(10, 10)), []byte("pitm"), []byte("free"), 1), fault.Invalid, "damaged"},
		"nothing inside":             {heicOf(ispe(64, 64), hvcC(64, 64, 0)), fault.Invalid, "damaged"},
		"a profile larger than life": {heicOf(ispe(64, 64), prof), fault.Invalid, "damaged"},
		"AVIF":                       {bytes.Replace(heicOf(ispe(10, 10)), []byte("mif1heic"), []byte("mif1avif"), 1), fault.Unsupported, "AVIF"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pipeline.Process(t.Context(), bytes.NewReader(test.data), "")
			f, ok := fault.As(err)
			if !ok || f.Kind != test.kind || !strings.Contains(f.Public, test.says) || f.Field != "image" {
				t.Errorf("got %v, want %s saying %q", err, test.kind, test.says)
			}
		})
	}
}

// sample is a real file, out of the decoder's own tests.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gen2brain/heic").Output()
	var data []byte
	if err == nil {
		data, err = os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", name))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip("NOT RUN: HEIC files of the decoder's module; install with: go mod download github.com/gen2brain/heic")
	}
	return data
}

func TestHEIC(t *testing.T) {
	data := sample(t, "test8.heic")
	result := process(t, data)
	if result.Source != (media.Source{Type: "image/heic", Width: 512, Height: 512, Bytes: len(data)}) || result.Variants[0].Ext != "jpg" {
		t.Errorf("source %+v as %s", result.Source, result.Variants[0].Ext)
	}
	decode(t, result.Variants[0])
	for _, v := range result.Variants {
		if bytes.Contains(v.Bytes, []byte("Exif")) || bytes.Contains(v.Bytes, []byte("ftyp")) {
			t.Errorf("variant %s holds more than pixels", v.Name)
		}
	}
	if gray := process(t, sample(t, "gray.heic")); gray.Width != 512 {
		t.Errorf("gray: %+v", gray.Source)
	}
	size := be32(512, 512)
	for name, bad := range map[string][]byte{
		"cut":        data[:len(data)/2],
		"cut early":  data[:600],
		"smaller":    bytes.Replace(data, size, be32(100, 100), -1),
		"larger":     bytes.Replace(data, size, be32(2000, 2000), -1),
		"long":       bytes.Replace(data, size, be32(1, 16000), -1),
		"no samples": append(bytes.Clone(data[:len(data)-8000]), make([]byte, 8000)...),
	} {
		result, err := pipeline.Process(t.Context(), bytes.NewReader(bad), "")
		if f, ok := fault.As(err); err != nil && (!ok || f.Kind != fault.Invalid || f.Public == "") {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && name != "no samples" { // what is missing there is gray
			t.Errorf("%s: was taken as %+v", name, result.Source)
		}
	}
}

func BenchmarkHEIC(b *testing.B) { benchmark(b, sample(b, "test.heic")) }
