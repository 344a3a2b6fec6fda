package media

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"selfie/internal/apart"
	"selfie/internal/fault"
)

// AVIF is AV1 pictures in the boxes of HEIC (AV1 Image File Format 1.1). It is
// decoded by the program avifdec of libavif, which an operator may install: in a
// process and a folder of its own, into a PNG that is then read like any other.

const (
	avifBytes  = 12       // what decoding takes, in its process, for a pixel: 9 at 8 bits 4:2:0, 12 at 10 bits 4:4:4, measured at 12 megapixels
	avifHere   = 4        // what a pixel of the PNG takes here, decoded
	avifSpace  = 192 * mb // address space that the program has without a picture, and more
	avifFile   = 1 << 20  // of the PNG beside its pixels
	pngPrefix  = 64 << 10 // of the PNG, in which its size stands
	tempPrefix = "selfie-avif-"
)

// avifHeader reads what the primary item says of itself. Of a picture that moves
// that is its first frame.
func avifHeader(data []byte) (header, error) {
	f, err := readItems(data)
	if err != nil {
		return header{}, err
	}
	item, ok := f.primary()
	if !ok || f.kinds[item] == "" {
		return header{}, errHeader
	}
	pic, err := f.picture(item)
	if err != nil {
		return header{}, err
	}
	switch f.kinds[item] {
	case "av01":
	case "grid":
		payload, err := f.bytes(item, len(data))
		if err != nil {
			return header{}, err
		}
		g, err := readGrid(payload)
		if err != nil || g.width != pic.width || g.height != pic.height {
			return header{}, errHeader
		}
		if g.rows*g.columns > maxTiles {
			return header{}, rareAVIF()
		}
	default:
		return header{}, rareAVIF()
	}
	pixels := int64(pic.width) * int64(pic.height)
	h := header{width: pic.width, height: pic.height, outside: max(avifBytes*pixels, 1), cost: avifHere * pixels, lossy: true,
		animated: strings.Contains(brandsOf(data), "avis") && child(data, "moov") != nil}
	return h, h.showAVIF(pic.shown)
}

// showAVIF takes what changes how the picture is shown into h. What is to be cut
// off is not decoded by all programs alike, and may be there to be hidden.
func (h *header) showAVIF(props []box) error {
	turn, mirror, first := 0, 0, ""
	for _, p := range props {
		switch p.kind {
		case "clap":
			return rareAVIF()
		case "irot":
			turn, first = int(append(p.body, 0)[0]&3), cmp.Or(first, p.kind)
		case "imir":
			mirror, first = 1+int(append(p.body, 0)[0]&1), cmp.Or(first, p.kind)
		case "colr":
			if len(p.body) > 4 && (string(p.body[:4]) == "prof" || string(p.body[:4]) == "rICC") {
				h.icc = p.body[4:min(len(p.body), 4+maxProfile)]
			}
		}
	}
	if first == "imir" { // mirrored and then turned is turned the other way and then mirrored
		turn = (4 - turn) % 4
	}
	// By quarters to the left, and then mirrored: not, top to bottom, left to right.
	h.orientation = [4][3]int{{1, 4, 2}, {8, 5, 7}, {3, 2, 4}, {6, 7, 5}}[turn][mirror]
	return nil
}

func rareAVIF() error {
	return refuse(fault.Unsupported, "it is a rare kind of AVIF; save it again as an ordinary JPEG or PNG.")
}

// upright is the header of the picture turned.
func (h header) upright() header {
	if h.orientation >= 5 {
		h.width, h.height = h.height, h.width
	}
	h.orientation = 1
	return h
}

// avif decodes a picture, which leaves the program in the size of h.
func (o outside) avif(ctx context.Context, h header, data []byte) (img image.Image, err error) {
	dir, err := os.MkdirTemp("", tempPrefix) // for this user alone
	if err != nil {
		return nil, o.noRoom(err)
	}
	defer func() {
		if e := os.RemoveAll(dir); e != nil {
			o.Log.Warn("what was decoded stays behind", "folder", dir, "err", e)
		}
	}()
	from, to := filepath.Join(dir, "in.avif"), filepath.Join(dir, "out.png")
	if err := os.WriteFile(from, data, 0o600); err != nil {
		return nil, o.noRoom(err)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	command := append(o.Child[:len(o.Child):len(o.Child)], childRun, number(2*h.outside+avifSpace), seconds(ctx),
		number(h.cost+h.cost/64+avifFile+int64(h.height)), o.AVIF.program)
	command = append(command, "--jobs", "1", "--depth", "8", "--png-compress", "1", "--ignore-icc",
		"--size-limit", number(max(h.cost, 1<<16)), "--dimension-limit", "65536", "--", from, to)
	if err := o.run(ctx, "AVIF", apart.Job{Command: command, Env: []string{"LC_ALL=C"}, Dir: dir}, nil); err != nil {
		return nil, err
	}
	return readOwnPNG(ctx, to, image.Pt(h.width, h.height))
}

// noRoom is a fault of the machine's.
func (o outside) noRoom(err error) error {
	o.Log.Error("pictures cannot be decoded: there is no folder to do it in", "err", err)
	return &fault.Error{Kind: fault.Unavailable, RetryAfter: retryAfter, Err: err,
		Public: "Pictures of this kind cannot be read right now. Try again in a moment, or send a JPEG or PNG."}
}

// readOwnPNG reads a PNG that a decoder wrote, of the size that is expected: it is
// believed no more than an upload.
func readOwnPNG(ctx context.Context, path string, want image.Point) (image.Image, error) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() { // nothing that leads or waits elsewhere
		return nil, fmt.Errorf("%w: no file, %v", errPixels, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPixels, err)
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, pngPrefix))
	if err != nil || !bytes.HasPrefix(head, []byte(pngMagic)) {
		return nil, fmt.Errorf("%w: no PNG, %v", errPixels, err)
	}
	h, err := pngHeader(head)
	switch {
	case err != nil:
		return nil, err
	case image.Pt(h.width, h.height) != want:
		return nil, errHeader
	case h.cost > avifHere*int64(want.X)*int64(want.Y):
		return nil, errPixels
	}
	return png.Decode(io.MultiReader(bytes.NewReader(head), &contextReader{ctx, f}))
}
