package media

import (
	"bytes"
	"encoding/binary"
)

// plainHEIC is a HEIC written anew with nothing but what was checked: the primary
// item, its tiles and the properties that decoding needs. The decoder sees this
// file and never the upload, so the two cannot read one box in two ways, and
// thumbnails, alpha, depth and camera data do not reach it at all.
type plainHEIC struct {
	from             *heicItems
	mdat             bytes.Buffer
	infe, iloc, ipma []byte
	props            []byte
	copied           map[int]uint16 // properties of the upload by place, as written here
	items            uint16
}

const ftypPlain = "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"

// add writes an item with the properties at places of the upload, and returns its
// id. There are at most maxBoxes of either.
func (p *plainHEIC) add(kind string, data []byte, places []int) uint16 {
	be := binary.BigEndian
	p.items++
	p.infe = append(p.infe, boxOf("infe", []byte{2, 0, 0, 0}, be.AppendUint16(nil, p.items), []byte{0, 0}, []byte(kind), []byte{0})...)
	p.iloc = append(be.AppendUint16(p.iloc, p.items), 0, 0, 0, 1) // this file, one extent
	p.iloc = be.AppendUint32(p.iloc, uint32(len(ftypPlain)+8+p.mdat.Len()))
	p.iloc = be.AppendUint32(p.iloc, uint32(len(data)))
	p.mdat.Write(data)
	p.ipma = append(be.AppendUint16(p.ipma, p.items), byte(len(places)))
	for _, i := range places {
		if p.copied[i] == 0 {
			p.props = append(p.props, boxOf(p.from.props[i-1].kind, p.from.props[i-1].body)...)
			p.copied[i] = uint16(len(p.copied) + 1)
		}
		p.ipma = be.AppendUint16(p.ipma, p.copied[i]|1<<15) // essential
	}
	return p.items
}

// file returns the whole; the last item added is the primary one, made of tiles
// when there are any.
func (p *plainHEIC) file(tiles []uint16) []byte {
	be, none := binary.BigEndian, make([]byte, 4)
	count := be.AppendUint16(nil, p.items)
	var iref []byte
	if len(tiles) > 0 {
		dimg := be.AppendUint16(be.AppendUint16(nil, p.items), uint16(len(tiles)))
		for _, id := range tiles {
			dimg = be.AppendUint16(dimg, id)
		}
		iref = boxOf("iref", none, boxOf("dimg", dimg))
	}
	return bytes.Join([][]byte{[]byte(ftypPlain), boxOf("mdat", p.mdat.Bytes()), boxOf("meta", none,
		boxOf("hdlr", none, none, []byte("pict"), make([]byte, 13)),
		boxOf("pitm", none, count),
		boxOf("iloc", none, []byte{0x44, 0}, count, p.iloc),
		boxOf("iinf", none, count, p.infe),
		boxOf("iprp", boxOf("ipco", p.props), boxOf("ipma", []byte{0, 0, 0, 1}, be.AppendUint32(nil, uint32(p.items)), p.ipma)),
		iref)}, nil)
}

func boxOf(kind string, parts ...[]byte) []byte {
	out := append(make([]byte, 4, 8), kind...)
	for _, b := range parts {
		out = append(out, b...)
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}
