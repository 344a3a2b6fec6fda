package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"selfie/internal/fault"
)

// header is what an upload says about itself before anything is decoded.
type header struct {
	format        format
	width, height int   // of the whole canvas, as stored
	cost          int64 // bytes that decoding allocates in this process
	outside       int64 // bytes that decoding takes in a process of its own; 0 when it needs none
	floor         int64 // no complete picture of this size has fewer bytes; 0 when the format sets no bound
	orientation   int   // EXIF, 1 to 8
	icc           []byte
	tone          colours // of luma and chroma, where the decoder leaves them as they were coded
	animated      bool
	lossy         bool            // the pixels went through JPEG or lossy WebP already
	frame         image.Rectangle // where the decoded frame lies on the canvas; empty when it is all of it
	still         []byte          // what to decode in place of the upload: one frame of a WebP, the checked parts of a HEIC
}

// inspect recognises the upload, reads its header and holds it against the limits.
func (p *Pipeline) inspect(data []byte) (header, error) {
	f, err := p.outside.known(data)
	if err != nil {
		return header{}, err
	}
	h, err := readHeader(f, data)
	if err != nil {
		return header{}, decodeFault(err)
	}
	if f == formatAVIF && p.outside.AVIF.turns {
		h = h.upright()
	}
	h.format = f
	return h, p.limits.check(h, len(data))
}

func readHeader(f format, data []byte) (header, error) {
	switch f {
	case formatJPEG:
		return jpegHeader(data)
	case formatPNG:
		return pngHeader(data)
	case formatGIF:
		return gifHeader(data)
	case formatHEIC:
		return heicHeader(data)
	case formatAVIF:
		return avifHeader(data)
	default:
		return webpHeader(data)
	}
}

func (l Limits) check(h header, size int) error {
	canvas := image.Rect(0, 0, h.width, h.height)
	switch {
	case h.width < 1 || h.height < 1 || !h.frame.In(canvas):
		return damaged(errHeader)
	case max(h.width, h.height) > l.Side:
		return refuse(fault.TooLarge, "it is %d × %d pixels; %d a side is the most that is accepted.", h.width, h.height, l.Side)
	case h.width*h.height > l.Pixels:
		return refuse(fault.TooLarge, "it has %.1f megapixels; %.4g is the most that is accepted.",
			float64(h.width)*float64(h.height)/1e6, float64(l.Pixels)/1e6)
	case h.floor > int64(size):
		return damaged(errHeader)
	case max(h.cost, h.outside) > l.Memory:
		return refuse(fault.TooLarge, "it would need %d MB of memory; save it again as an ordinary JPEG or an 8-bit PNG.", max(h.cost, h.outside)/mb)
	}
	return nil
}

var errHeader = errors.New("the header does not fit the file")

// source describes the upload, upright.
func (h header) source(size int) Source {
	s := Source{Type: string(h.format), Width: h.width, Height: h.height, Bytes: size}
	if h.orientation >= 5 {
		s.Width, s.Height = s.Height, s.Width
	}
	return s
}

// decode returns the picture, or its first frame, on its whole canvas. It stops
// soon after ctx ends.
func (p *Pipeline) decode(ctx context.Context, data []byte, h header) (image.Image, error) {
	if h.still != nil {
		data = h.still
	}
	img, err := p.decodeBytes(ctx, data, h)
	if err != nil {
		return nil, err
	}
	want := image.Rect(0, 0, h.width, h.height)
	if !h.frame.Empty() {
		want = h.frame
	}
	if img.Bounds().Size() != want.Size() {
		return nil, errHeader
	}
	if h.frame.Empty() {
		return img, nil
	}
	canvas := image.NewRGBA(image.Rect(0, 0, h.width, h.height))
	draw.Draw(canvas, h.frame, img, img.Bounds().Min, draw.Src)
	return canvas, nil
}

func (p *Pipeline) decodeBytes(ctx context.Context, data []byte, h header) (image.Image, error) {
	switch h.format {
	case formatHEIC:
		return p.outside.heic(ctx, h)
	case formatAVIF:
		return p.outside.avif(ctx, h, data)
	}
	return decoders[h.format](&contextReader{ctx, bytes.NewReader(data)})
}

var decoders = map[format]func(io.Reader) (image.Image, error){
	formatJPEG: jpeg.Decode,
	formatPNG:  png.Decode,
	formatGIF:  gif.Decode, // the first frame only
	formatWebP: webp.Decode,
}

func isUnsupported(err error) bool {
	var j jpeg.UnsupportedError
	var p png.UnsupportedError
	return errors.As(err, &j) || errors.As(err, &p)
}
