package media

import (
	"bytes"
	"encoding/binary"

	"selfie/internal/fault"
)

// Far above what a picture has: one extent an item.
const maxExtents = 4 * maxBoxes

// heicItems is what the boxes of a HEIC say of its items (ISO/IEC 14496-12, 8.11).
// Reading it takes memory in proportion to maxBoxes, and time to the upload.
type heicItems struct {
	data, idat []byte
	meta       []byte
	props      []box
	kinds      map[uint32]string
	places     map[uint32][]extent // of the items that have a kind
	properties map[uint32][]int    // places in props, from 1
}

// extent is a part of an item's data, in the file or in the idat box.
type extent struct {
	start, length uint64
	inner         bool
}

func readItems(data []byte) (heicItems, error) {
	_, meta := full(child(data, "meta"))
	iprp := child(meta, "iprp")
	f := heicItems{data: data, meta: meta, idat: child(meta, "idat"), props: boxes(child(iprp, "ipco")), kinds: itemKinds(meta)}
	if len(f.props) == 0 || len(f.kinds) == 0 {
		return f, errHeader
	}
	ok := f.readPlaces(child(meta, "iloc"))
	f.properties = map[uint32][]int{}
	for _, b := range boxes(iprp) {
		if b.kind == "ipma" {
			ok = f.readProperties(b.body) && ok
		}
	}
	if !ok {
		return f, errHeader
	}
	return f, nil
}

// itemKinds reads the types of items (8.11.6); those without one are no pictures.
func itemKinds(meta []byte) map[uint32]string {
	version, b := full(child(meta, "iinf"))
	r := reading{data: b}
	r.number(2 + 2*min(int(version), 1)) // how many: the boxes tell
	kinds := map[uint32]string{}
	for _, entry := range boxes(r.data) {
		version, b := full(entry.body)
		if entry.kind != "infe" || version < 2 || version > 3 {
			continue
		}
		r := reading{data: b}
		id := r.number(2 * (int(version) - 1))
		r.number(2)
		if kind := r.take(4); !r.bad {
			kinds[id] = string(kind)
		}
	}
	return kinds
}

// readPlaces reads where the data of items lies (8.11.3).
func (f *heicItems) readPlaces(iloc []byte) bool {
	version, b := full(iloc)
	r := reading{data: b}
	sizes := r.number(2)
	offset, length, base, index := int(sizes>>12), int(sizes>>8&15), int(sizes>>4&15), int(sizes&15)
	if version > 2 || length != 4 && length != 8 { // an extent without a length would be no bytes of this box, and so endless
		return false
	}
	if version == 0 {
		index = 0
	}
	wide := 2 + 2*(int(version)/2)
	f.places = map[uint32][]extent{}
	total := 0
	for range r.number(wide) {
		id, method := r.number(wide), uint32(0)
		if version > 0 {
			method = r.number(2) & 15
		}
		usable := r.number(2) == 0 && method < 2 && f.kinds[id] != "" // in this file
		start := r.long(base)
		if r.bad { // else a count alone could be hours
			return false
		}
		for range r.number(2) {
			r.long(index)
			e := extent{start + r.long(offset), r.long(length), method == 1}
			if total++; r.bad || total > maxExtents {
				return false
			}
			if usable {
				f.places[id] = append(f.places[id], e)
			}
		}
	}
	return !r.bad
}

// readProperties reads which properties items have (8.11.14).
func (f *heicItems) readProperties(ipma []byte) bool {
	version, b := full(ipma)
	if b == nil {
		return false
	}
	wide := ipma[3]&1 == 1
	r := reading{data: b}
	for range r.number(4) {
		id := r.number(2 + 2*min(int(version), 1))
		var list []int
		for range r.number(1) {
			place := r.number(1) & 0x7f
			if wide {
				place = place<<8 | r.number(1)
			}
			list = append(list, int(place))
		}
		if r.bad {
			return false
		}
		if f.kinds[id] != "" && f.properties[id] == nil {
			f.properties[id] = list
		}
	}
	return true
}

// primary is the item that the file is about (8.11.4).
func (f *heicItems) primary() (id uint32, ok bool) {
	version, b := full(child(f.meta, "pitm"))
	r := reading{data: b}
	id = r.number(2 + 2*min(int(version), 1))
	return id, !r.bad
}

// derivedFrom lists the items that an item is made of (8.11.12).
func (f *heicItems) derivedFrom(item uint32) (list []uint32) {
	version, b := full(child(f.meta, "iref"))
	wide := 2 + 2*min(int(version), 1)
	for _, reference := range boxes(b) {
		r := reading{data: reference.body}
		if reference.kind != "dimg" || r.number(wide) != item {
			continue
		}
		for range r.number(2) {
			list = append(list, r.number(wide))
		}
		if r.bad {
			return nil
		}
		return list
	}
	return nil
}

// bytes returns an item's data, of at most most bytes; it may lie in the upload.
func (f *heicItems) bytes(item uint32, most int) ([]byte, error) {
	var out []byte
	for _, e := range f.places[item] {
		from := f.data
		if e.inner {
			from = f.idat
		}
		end := e.start + e.length
		if e.start > uint64(len(from)) || e.length > uint64(len(from)) || end > uint64(len(from)) || len(out)+int(e.length) > most {
			return nil, errHeader
		}
		if part := from[e.start:end]; out == nil {
			out = part[:len(part):len(part)]
		} else {
			out = append(out, part...)
		}
	}
	return out, nil
}

// picture is one item, as far as decoding it depends on it.
type picture struct {
	width, height int
	coded         int   // the place of its decoder configuration among the properties, from 1; 0 for none
	places        []int // of all properties that decoding it needs, in their order
	shown         []box // what turns, cuts, colours and describes it
}

// picture reads an item's size, configuration and what changes how it is shown:
// the first property of each kind.
func (f *heicItems) picture(item uint32) (pic picture, err error) {
	seen := map[string]bool{}
	for _, i := range f.properties[item] {
		if i < 1 || i > len(f.props) {
			return pic, errHeader
		}
		p := f.props[i-1]
		kind := p.kind
		if kind == "colr" && bytes.HasPrefix(p.body, []byte("nclx")) {
			kind = "nclx"
		}
		if seen[kind] {
			continue
		}
		seen[kind] = true
		switch kind {
		case "ispe":
			if _, b := full(p.body); len(b) >= 8 {
				pic.width, pic.height = side(b), side(b[4:])
			}
		case "hvcC":
			pic.coded = i
		case "clap", "irot", "imir", "nclx", "pixi":
			pic.shown = append(pic.shown, p)
		case "colr": // the decoder heeds no profile
			pic.shown = append(pic.shown, p)
			continue
		default:
			continue
		}
		pic.places = append(pic.places, i)
	}
	return pic, nil
}

// heicGrid is a picture made of tiles (ISO/IEC 23008-12, 6.6.2.3).
type heicGrid struct{ columns, rows, width, height int }

func readGrid(payload []byte) (heicGrid, error) {
	r := reading{data: payload}
	version, flags := r.number(1), r.number(1)
	g := heicGrid{rows: int(r.number(1)) + 1, columns: int(r.number(1)) + 1}
	n := 2 + 2*int(flags&1)
	w, h := r.take(n), r.take(n)
	if r.bad || version != 0 {
		return g, errHeader
	}
	g.width, g.height = sideOf(w), sideOf(h)
	return g, nil
}

// fits tells whether tiles of a size cover the picture with no row or column left
// over.
func (g heicGrid) fits(width, height int) bool {
	return g.columns*width >= g.width && (g.columns-1)*width < g.width &&
		g.rows*height >= g.height && (g.rows-1)*height < g.height
}

// side reads a width or height; what no picture has is 1<<24.
func side(b []byte) int { return int(min(binary.BigEndian.Uint32(b), 1<<24)) }

func sideOf(b []byte) int {
	if len(b) == 2 {
		return int(binary.BigEndian.Uint16(b))
	}
	return side(b)
}

func rareHEIC() error {
	return refuse(fault.Unsupported, "it is a rare kind of HEIC; save it again as an ordinary JPEG or PNG.")
}
