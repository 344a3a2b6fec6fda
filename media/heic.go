package media

import (
	"encoding/binary"
	"slices"
	"strings"
)

// HEIC is HEVC pictures in boxes (ISO/IEC 23008-12). Its decoder is libheif,
// compiled to WebAssembly and run in a process of its own (Child): nothing that it
// does wrong reaches this one, what it takes goes when it ends, and it can be
// killed. It turns the picture upright itself.

const (
	heicBytes      = 20   // what decoding takes, in its process, for a pixel of 8 bits, 4:2:0: measured at 24 megapixels; in proportion for others (10 bits: 35 to 54)
	heicHere       = 3    // what its pixels take here at most, decoded: 4:4:4
	maxTiles       = 1024 // of a grid: five times those of the largest picture accepted from a telephone
	spareBytes     = 1 << 20
	ordinaryWeight = 3
	referenceBytes = 96 // what the pictures take that another one may name: 16 of 6 bytes a pixel
)

// heicHeader reads what the primary item says of itself, holds it against what it
// is made of, and writes the file that is to be decoded. (The decoder's own reading
// of headers fails on boxes longer than 32 KB, as real ones are.)
func heicHeader(data []byte) (header, error) {
	f, err := readItems(data)
	if err != nil {
		return header{}, err
	}
	item, ok := f.primary()
	if !ok {
		return header{}, errHeader
	}
	pic, err := f.picture(item)
	if err != nil {
		return header{}, err
	}
	if pic.width < 1 || pic.height < 1 {
		return header{}, errHeader
	}
	c := heicCheck{items: &f, left: 2*len(data) + spareBytes, configs: map[int]coding{}, known: map[uint32]tile{},
		out: plainHEIC{from: &f, copied: map[int]uint16{}}}
	switch f.kinds[item] {
	case "":
		return header{}, errHeader
	case "hvc1":
		_, err = c.coded(item, pic)
	case "grid":
		err = c.grid(item, pic)
	default:
		return header{}, rareHEIC()
	}
	if err != nil {
		return header{}, err
	}
	h := header{orientation: 1, lossy: true, tone: c.tone, width: pic.width, height: pic.height, outside: c.cost(pic), cost: heicHere * int64(pic.width) * int64(pic.height), still: c.out.file(c.tiles)}
	return h, h.show(pic.shown)
}

// show takes what changes how the picture is shown into h.
func (h *header) show(props []box) error {
	turned := false
	for _, p := range props {
		switch p.kind {
		case "clap": // width and height as fractions; the decoder makes room for what they say
			if len(p.body) < 16 {
				return errHeader
			}
			w, h2 := fraction(p.body), fraction(p.body[8:])
			if w < 1 || w > h.width || h2 < 1 || h2 > h.height {
				return errHeader
			}
			h.width, h.height = w, h2
		case "irot":
			turned = turned != (len(p.body) > 0 && p.body[0]&1 == 1)
		case "colr":
			if c, ok := nclxColours(p.body); ok && string(p.body[:4]) == "nclx" {
				h.tone = c // it overrules what the coded picture says
			} else if len(p.body) > 4 && (string(p.body[:4]) == "prof" || string(p.body[:4]) == "rICC") {
				h.icc = p.body[4:min(len(p.body), 4+maxProfile)]
			}
		}
	}
	if turned {
		h.width, h.height = h.height, h.width
	}
	return nil
}

func fraction(b []byte) int {
	if d := binary.BigEndian.Uint32(b[4:]); d > 0 {
		return side(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(b)/d))
	}
	return 0
}

// heicCheck looks at all that decoding the primary item will touch, and writes it
// into out. It counts the pixels that are really coded, for what a size says is no
// more than a claim.
type heicCheck struct {
	items   *heicItems
	out     plainHEIC
	tiles   []uint16        // of the primary item, as out names them
	left    int             // bytes that the decoder may still read: a tile shown again, and its configuration, are read again
	configs map[int]coding  // by decoder configuration
	known   map[uint32]tile // those looked at
	pixels  int64           // coded, in all tiles, as ordinary ones
	tone    colours         // of the first picture
	largest int64           // of those that may name other pictures
}

type tile struct {
	id            uint16
	width, height int
	pixels        int64
	bytes         int
}

// count takes a picture that is decoded into account.
func (c *heicCheck) count(t tile) error {
	c.pixels += t.pixels
	if c.left -= t.bytes; c.left < 0 {
		return rareHEIC()
	}
	return nil
}

func (c *heicCheck) cost(pic picture) int64 {
	return heicBytes*max(int64(pic.width)*int64(pic.height), c.pixels) + referenceBytes*c.largest
}

// coded checks an item that is a picture by itself.
func (c *heicCheck) coded(item uint32, pic picture) (tile, error) {
	says, err := c.config(pic)
	if err != nil {
		return tile{}, err
	}
	data, err := c.items.bytes(item, c.left)
	if err != nil {
		return tile{}, err
	}
	inner, err := readPicture(data)
	if err != nil {
		return tile{}, err
	}
	says = says.with(inner.coding)
	pixels := says.pixels * says.weight / ordinaryWeight
	if inner.refers {
		c.largest = max(c.largest, pixels)
	}
	t := tile{c.out.add("hvc1", data, pic.places), pic.width, pic.height, pixels, len(data) + len(c.items.props[pic.coded-1].body)}
	return t, c.count(t)
}

// config returns how an item is coded by its decoder configuration, and no smaller
// than it says that it is.
func (c *heicCheck) config(pic picture) (coding, error) {
	if pic.coded == 0 || pic.width < 1 || pic.height < 1 {
		return coding{}, errHeader
	}
	says, ok := c.configs[pic.coded]
	if !ok {
		if says, ok = hevcConfig(c.items.props[pic.coded-1].body); !ok {
			return coding{}, errHeader
		}
		if len(c.configs) == 0 {
			c.tone = says.tone
		}
		c.configs[pic.coded] = says
	}
	return says.with(coding{pixels: int64(pic.width) * int64(pic.height)}), nil
}

// grid checks a picture made of tiles: the decoder makes room for what the grid
// says, whatever the size of the item is said to be.
func (c *heicCheck) grid(item uint32, pic picture) error {
	payload, err := c.items.bytes(item, c.left)
	if err != nil {
		return err
	}
	g, err := readGrid(payload)
	if err != nil {
		return err
	}
	list := c.items.derivedFrom(item)
	if g.width != pic.width || g.height != pic.height || len(list) != g.rows*g.columns {
		return errHeader
	}
	if len(list) > maxTiles {
		return rareHEIC()
	}
	ids := make([]uint16, len(list))
	var first tile
	for i, id := range list {
		t, err := c.tile(id)
		if err != nil {
			return err
		}
		if i == 0 {
			first = t
		}
		if t.width != first.width || t.height != first.height || !g.fits(t.width, t.height) {
			return errHeader
		}
		ids[i] = t.id
	}
	c.out.add("grid", payload[:min(len(payload), 12)], pic.places)
	c.tiles = ids
	return nil
}

// tile checks an item that a grid shows, for as often as it is shown.
func (c *heicCheck) tile(item uint32) (tile, error) {
	if t, ok := c.known[item]; ok {
		return t, c.count(t)
	}
	if kind := c.items.kinds[item]; kind == "" {
		return tile{}, errHeader
	} else if kind != "hvc1" {
		return tile{}, rareHEIC()
	}
	pic, err := c.items.picture(item)
	if err != nil {
		return tile{}, err
	}
	pic.places = slices.DeleteFunc(pic.places, func(i int) bool { // tiles lie as they are
		return strings.Contains("clap irot imir", c.items.props[i-1].kind)
	})
	t, err := c.coded(item, pic)
	c.known[item] = t
	return t, err
}
