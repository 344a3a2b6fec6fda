package web

import (
	"bytes"
	"compress/gzip"
	"io"

	"github.com/andybalholm/brotli"
)

// A compressor begins with a megabyte of tables, which cost more than packing a
// page does: those that packed one pack the next. At most so many of a kind wait
// for it.
const spareParts = 4

// The window holds any page. A wider one costs its whole width for each page of
// more than 64 KiB.
const packWindow = 18 // base 2 logarithm of bytes

// packer compresses pages. It may be used concurrently.
type packer struct{ br, gz spares[compressor] }

func newPacker(brotliLevel, gzipLevel int) *packer {
	return &packer{
		br: newSpares[compressor](func() compressor {
			return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: brotliLevel, LGWin: packWindow})
		}),
		gz: newSpares[compressor](func() compressor {
			w, _ := gzip.NewWriterLevel(nil, gzipLevel) // fails for a level out of range only
			return w
		}),
	}
}

func (p *packer) brotli(b []byte) []byte { return pack(p.br, b) }
func (p *packer) gzip(b []byte) []byte   { return pack(p.gz, b) }

func pack(with spares[compressor], b []byte) []byte {
	w := with.take()
	out := bytes.NewBuffer(make([]byte, 0, len(b)/5+64))
	w.Reset(out)
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	w.Reset(nil) // out is the page's, and not to be held here
	with.give(w)
	return out.Bytes()
}

// compressor is one that can begin anew.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// spares are things that cost more to make than to use, and wait to be used
// again.
type spares[T any] struct {
	fresh func() T
	idle  chan T
}

func newSpares[T any](fresh func() T) spares[T] {
	return spares[T]{fresh, make(chan T, spareParts)}
}

func (s spares[T]) take() T {
	select {
	case t := <-s.idle:
		return t
	default:
		return s.fresh()
	}
}

func (s spares[T]) give(t T) {
	select {
	case s.idle <- t:
	default:
	}
}

// sheets are buffers that pages are written in. A page that outgrew its sheet by
// far keeps it.
type sheets struct{ spares[*bytes.Buffer] }

const (
	sheetSize = 64 << 10 // bytes; most pages are smaller
	maxSheet  = 256 << 10
)

func newSheets() sheets {
	return sheets{newSpares(func() *bytes.Buffer { return bytes.NewBuffer(make([]byte, 0, sheetSize)) })}
}

func (s sheets) give(b *bytes.Buffer) {
	if b.Cap() <= maxSheet {
		b.Reset()
		s.spares.give(b)
	}
}
