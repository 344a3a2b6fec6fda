package media_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// heicItem is one item of a HEIC that tests write.
type heicItem struct {
	kind   string
	props  []int // places among the file's, from 1
	data   []byte
	dimg   []uint16
	inIdat bool
}

// heicFile writes a HEIC; its first item, with the id 1, is the primary one.
func heicFile(props [][]byte, items ...heicItem) []byte {
	be := binary.BigEndian
	ftyp := isoBox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic"))
	n := uint16(len(items))
	iinf, iloc, ipma := be.AppendUint16(be32(0), n), be.AppendUint16(append(be32(1<<24), 0x44, 0), n), be32(0, uint32(n))
	var mdat, idat, iref []byte
	for i, item := range items {
		id := be.AppendUint16(nil, uint16(i+1))
		iinf = append(iinf, isoBox("infe", be32(2<<24), id, []byte{0, 0}, []byte(item.kind), []byte{0})...)
		at, method := len(ftyp)+8+len(mdat), byte(0)
		if item.inIdat {
			at, method = len(idat), 1
			idat = append(idat, item.data...)
		} else {
			mdat = append(mdat, item.data...)
		}
		iloc = join(iloc, id, []byte{0, method, 0, 0, 0, 1}, be32(uint32(at), uint32(len(item.data))))
		ipma = append(append(ipma, id...), byte(len(item.props)))
		for _, p := range item.props {
			ipma = append(ipma, byte(p))
		}
		if item.dimg != nil {
			list := be.AppendUint16(id, uint16(len(item.dimg)))
			for _, to := range item.dimg {
				list = be.AppendUint16(list, to)
			}
			iref = append(iref, isoBox("dimg", list)...)
		}
	}
	return join(ftyp, isoBox("mdat", mdat),
		isoBox("meta", be32(0), isoBox("hdlr", be32(0, 0), []byte("pict"), make([]byte, 13)),
			isoBox("pitm", be32(0), []byte{0, 1}), isoBox("iinf", iinf), isoBox("iloc", iloc), isoBox("idat", idat),
			isoBox("iref", be32(0), iref), isoBox("iprp", isoBox("ipco", props...), isoBox("ipma", ipma))),
		bytes.Repeat([]byte{0, 0, 0, 8, 'f', 'r', 'e', 'e'}, 40))
}

// unit is a network unit of HEVC, behind its length.
func unit(kind byte, body ...byte) []byte {
	return join(be32(uint32(len(body)+2)), []byte{kind << 1, 1}, body)
}

// slice is the beginning of a picture that holds no more.
func slice() []byte { return unit(19, 0x80, 0) }

// heicOf is a HEIC of one item with the properties, and a picture cut short.
func heicOf(props ...[]byte) []byte {
	list := []int{}
	for i := range props {
		list = append(list, i+1)
	}
	return heicFile(props, heicItem{kind: "hvc1", props: list, data: slice()})
}

// gridOf is a grid that says it is of a size, of one tile shown again and again.
func gridOf(width, height uint32, says, tile []byte, columns, rows int, config []byte) []byte {
	payload := join([]byte{0, 1, byte(rows - 1), byte(columns - 1)}, be32(width, height))
	return heicFile([][]byte{says, tile, config},
		heicItem{kind: "grid", props: []int{1}, data: payload, dimg: slices.Repeat([]uint16{2}, columns*rows), inIdat: true},
		heicItem{kind: "hvc1", props: []int{2, 3}, data: slice()})
}

func ispe(w, h uint32) []byte { return isoBox("ispe", be32(0, w, h)) }

func hvcC(w, h uint32, layers int) []byte {
	nal := sequence(w, h, layers)
	return isoBox("hvcC", make([]byte, 22), []byte{1, 33, 0, 1}, binary.BigEndian.AppendUint16(nil, uint16(len(nal))), nal)
}

// sequence is a sequence parameter set of a size, with sub-layers and a zero run
// that needs emulation prevention.
func sequence(w, h uint32, layers int) []byte {
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
	b.put(0, 1)
	b.golomb(0) // 8 bits
	b.golomb(0)
	b.put(0, 16)
	return append([]byte{33 << 1, 1}, prevented(b.out)...)
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

// hostileHEIC is one that must be refused, and how.
type hostileHEIC struct {
	data []byte
	kind fault.Kind
	says string
}

// TestHostileHEIC is refused by what its boxes say, before a decoder sees it.
func TestHostileHEIC(t *testing.T) {
	for _, cases := range []map[string]hostileHEIC{hostileItems(), hostileGrids(), hostileStreams()} {
		for name, test := range cases {
			t.Run(name, func(t *testing.T) {
				_, err := pipeline.Process(t.Context(), bytes.NewReader(test.data), "")
				f, ok := fault.As(err)
				if !ok || f.Kind != test.kind || !strings.Contains(f.Public, test.says) || f.Field != "image" {
					t.Errorf("got %v, want %s saying %q", err, test.kind, test.says)
				}
			})
		}
	}
}

// hostileItems lie about one picture.
func hostileItems() map[string]hostileHEIC {
	small := hvcC(64, 64, 0)
	prof := isoBox("colr", []byte("prof"), make([]byte, 1<<20))
	return map[string]hostileHEIC{
		"huge":                       {heicOf(ispe(100_000, 100_000), small), fault.TooLarge, "16384 a side"},
		"beyond what there is":       {heicOf(ispe(1<<32-1, 1<<32-1), small), fault.TooLarge, "16384 a side"},
		"1 x 65535":                  {heicOf(ispe(1, 65535), small), fault.TooLarge, "1 × 65535"},
		"on its side":                {heicOf(ispe(65535, 1), small, isoBox("irot", []byte{1})), fault.TooLarge, "1 × 65535"},
		"41 megapixels":              {heicOf(ispe(6404, 6404), small), fault.TooLarge, "41.0 megapixels"},
		"no size":                    {heicOf(ispe(0, 0), small), fault.Invalid, "damaged"},
		"coded larger than it says":  {heicOf(ispe(10, 10), hvcC(16384, 16384, 0)), fault.TooLarge, "MB of memory"},
		"coded larger, in layers":    {heicOf(ispe(10, 10), hvcC(16384, 16384, 1)), fault.TooLarge, "MB of memory"},
		"cut larger than it is":      {heicOf(ispe(10, 10), small, isoBox("clap", be32(60_000, 1, 60_000, 1, 0, 1, 0, 1))), fault.Invalid, "damaged"},
		"a property that is not":     {heicFile([][]byte{ispe(10, 10)}, heicItem{kind: "hvc1", props: []int{1, 9}, data: slice()}), fault.Invalid, "damaged"},
		"no configuration":           {heicOf(ispe(10, 10)), fault.Invalid, "damaged"},
		"no boxes":                   {isoBox("ftyp", []byte("heic\x00\x00\x00\x00mif1heic")), fault.Invalid, "damaged"},
		"no primary item":            {bytes.Replace(heicOf(ispe(10, 10), small), []byte("pitm"), []byte("free"), 1), fault.Invalid, "damaged"},
		"nothing inside":             {heicOf(ispe(64, 64), small), fault.Invalid, "damaged"},
		"a profile larger than life": {heicOf(ispe(64, 64), small, prof), fault.Invalid, "damaged"},
		"another kind of item":       {bytes.ReplaceAll(heicOf(ispe(64, 64), small), []byte("hvc1"), []byte("av01")), fault.Unsupported, "rare kind of HEIC"},
	}
}

// hostileGrids lie about tiles.
func hostileGrids() map[string]hostileHEIC {
	small := hvcC(64, 64, 0)
	return map[string]hostileHEIC{
		"a grid larger than it says": {gridOf(32768, 32768, ispe(64, 64), ispe(512, 512), 64, 64, hvcC(512, 512, 0)), fault.Invalid, "damaged"},
		"a grid as large as it says": {gridOf(32768, 32768, ispe(32768, 32768), ispe(1024, 1024), 32, 32, hvcC(1024, 1024, 0)), fault.TooLarge, "a side"},
		"a grid of countless tiles":  {gridOf(4096, 4096, ispe(4096, 4096), ispe(64, 64), 64, 64, small), fault.Unsupported, "rare kind of HEIC"},
		"a grid of one long tile": {heicFile([][]byte{ispe(1024, 1024), ispe(64, 64), small},
			heicItem{kind: "grid", props: []int{1}, data: []byte{0, 0, 15, 15, 4, 0, 4, 0}, dimg: slices.Repeat([]uint16{2}, 256)},
			heicItem{kind: "hvc1", props: []int{2, 3}, data: join(slice(), unit(39, make([]byte, 100_000)...))}), fault.Unsupported, "rare kind of HEIC"},
		"a grid of 268 megapixels":       {gridOf(16384, 16384, ispe(16384, 16384), ispe(512, 512), 32, 32, hvcC(512, 512, 0)), fault.TooLarge, "268.4 megapixels"},
		"a grid of tiles coded larger":   {gridOf(128, 128, ispe(128, 128), ispe(64, 64), 2, 2, hvcC(4096, 4096, 0)), fault.TooLarge, "MB of memory"},
		"a grid with a column left over": {gridOf(128, 128, ispe(128, 128), ispe(64, 64), 3, 2, small), fault.Invalid, "damaged"},
		"a grid with a column too few":   {gridOf(129, 128, ispe(129, 128), ispe(64, 64), 2, 2, small), fault.Invalid, "damaged"},
		"a grid with a tile too many": {heicFile([][]byte{ispe(64, 64), small},
			heicItem{kind: "grid", props: []int{1}, data: []byte{0, 0, 0, 0, 0, 64, 0, 64}, dimg: []uint16{2, 2}},
			heicItem{kind: "hvc1", props: []int{1, 2}, data: slice()}), fault.Invalid, "damaged"},
		"a grid of grids": {heicFile([][]byte{ispe(64, 64), small},
			heicItem{kind: "grid", props: []int{1}, data: []byte{0, 0, 0, 0, 0, 64, 0, 64}, dimg: []uint16{2}},
			heicItem{kind: "grid", props: []int{1}, data: []byte{0, 0, 0, 0, 0, 64, 0, 64}, dimg: []uint16{1}}), fault.Unsupported, "rare kind of HEIC"},
	}
}

// hostileStreams lie in what is coded, or about where it is.
func hostileStreams() map[string]hostileHEIC {
	small := hvcC(64, 64, 0)
	coded := func(units ...[]byte) []byte {
		return heicFile([][]byte{ispe(64, 64), small}, heicItem{kind: "hvc1", props: []int{1, 2}, data: join(units...)})
	}
	one := heicOf(ispe(64, 64), small)
	at := bytes.Index(one, []byte("iloc")) - 4 // its 30 bytes
	return map[string]hostileHEIC{
		"larger by its own parameters": {coded(unit(33, sequence(16384, 16384, 0)[2:]...), slice()), fault.TooLarge, "MB of memory"},
		"parameters nobody can read":   {coded(unit(33, 1, 2, 3), slice()), fault.Invalid, "damaged"},
		"two pictures in one":          {coded(slice(), slice()), fault.Unsupported, "rare kind of HEIC"},
		"a picture after others":       {coded(unit(1, 0x80)), fault.Unsupported, "rare kind of HEIC"},
		"no picture":                   {coded(unit(39, 1)), fault.Invalid, "damaged"},
		"a unit cut short":             {coded(slice(), be32(1<<31)), fault.Invalid, "damaged"},
		"may name other pictures": {heicFile([][]byte{ispe(4096, 3072), hvcC(4096, 3072, 0)},
			heicItem{kind: "hvc1", props: []int{1, 2}, data: unit(21, 0x80)}), fault.TooLarge, "MB of memory"},
		"a configuration that lies about its kind": {heicOf(ispe(10, 10), bytes.Replace(hvcC(16384, 16384, 0), []byte{1, 33, 0, 1}, []byte{1, 32, 0, 1}, 1)), fault.TooLarge, "MB of memory"},
		"a picture in the configuration":           {heicOf(ispe(10, 10), bytes.Replace(small, []byte{33 << 1, 1}, []byte{19 << 1, 1}, 1)), fault.Invalid, "damaged"},
		"extents without a length":                 {bytes.Replace(heicOf(ispe(10, 10), small), []byte{0x44, 0, 0, 1}, []byte{0x04, 0, 0xff, 0xff}, 1), fault.Invalid, "damaged"},
		"items without end":                        {slices.Replace(bytes.Clone(one), at, at+30, join(isoBox("iloc", be32(2<<24), []byte{0x44, 0}, be32(1<<32-1)), isoBox("free", be32(0)))...), fault.Invalid, "damaged"},
		"data beyond the file":                     {bytes.Replace(heicOf(ispe(10, 10), small), be32(32, 8), be32(32, 1<<31), 1), fault.Invalid, "damaged"},
		"AVIF":                                     {bytes.Replace(heicOf(ispe(10, 10), small), []byte("mif1heic"), []byte("mif1avif"), 1), fault.Unsupported, "AVIF"},
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
	testHEICGrid(t)
	if says, _, err := media.ReadHEIC(sample(t, "test12.heic")); says != "512 x 512 for 10485760 in {6 false}" {
		t.Errorf("12 bits: %s, %v", says, err)
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

// testHEICGrid takes a real grid of nine tiles, and none that says otherwise than
// its item.
func testHEICGrid(t *testing.T) {
	t.Helper()
	data := sample(t, "test.heic")
	if grid := process(t, data); grid.Source.Width != 1346 || grid.Source.Height != 1346 {
		t.Errorf("grid: %+v", grid.Source)
	}
	payload := []byte{0, 0, 2, 2, 5, 0x42, 5, 0x42}
	if _, still, err := media.ReadHEIC(data); err != nil || bytes.Contains(still, []byte("Exif")) || !bytes.Contains(still, payload) {
		t.Errorf("for the decoder: %d bytes, %v", len(still), err)
	}
	for _, other := range [][]byte{{0, 0, 2, 2, 0x7f, 0xff, 0x7f, 0xff}, {0, 0, 2, 3, 5, 0x42, 5, 0x42}, {0, 1, 2, 2, 5, 0x42, 5, 0x42}} {
		_, err := pipeline.Process(t.Context(), bytes.NewReader(bytes.Replace(data, payload, other, 1)), "")
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid {
			t.Errorf("% x: %v", other, err)
		}
	}
}

func BenchmarkHEIC(b *testing.B) { benchmark(b, sample(b, "test.heic")) }
