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
const spareCompressors = 4

// The window holds any page. A wider one costs its whole width for each page of
// more than 64 KiB.
const packWindow = 18 // base 2 logarithm of bytes

// packer compresses pages. It may be used concurrently.
type packer struct{ br, gz spares }

func newPacker(brotliLevel, gzipLevel int) *packer {
	return &packer{
		br: newSpares(func() compressor {
			return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: brotliLevel, LGWin: packWindow})
		}),
		gz: newSpares(func() compressor {
			w, _ := gzip.NewWriterLevel(nil, gzipLevel) // fails for a level out of range only
			return w
		}),
	}
}

func (p *packer) brotli(b []byte) []byte { return p.br.pack(b) }
func (p *packer) gzip(b []byte) []byte   { return p.gz.pack(b) }

// compressor is one that can begin anew.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// spares are compressors of one kind and level.
type spares struct {
	fresh func() compressor
	idle  chan compressor
}

func newSpares(fresh func() compressor) spares {
	return spares{fresh, make(chan compressor, spareCompressors)}
}

func (s spares) pack(b []byte) []byte {
	var w compressor
	select {
	case w = <-s.idle:
	default:
		w = s.fresh()
	}
	out := bytes.NewBuffer(make([]byte, 0, len(b)/5+64))
	w.Reset(out)
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	w.Reset(nil) // out is the page's, and not to be held here
	select {
	case s.idle <- w:
	default:
	}
	return out.Bytes()
}
