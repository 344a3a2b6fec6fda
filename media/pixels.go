package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// Pixels come out of a decoder's process as 16 bytes (pixelsMark, a kind, three
// zeros, width and height as 32 bits each, the highest byte first), then the
// planes row by row without padding, and no more.
const (
	pixelsMark = "pix1"
	pixelsHead = 16
)

// kindsOfPixels are the pictures that may come, by the byte that stands for them.
var kindsOfPixels = map[byte]func(image.Rectangle) image.Image{
	'g': func(r image.Rectangle) image.Image { return image.NewGray(r) },
	'0': func(r image.Rectangle) image.Image { return image.NewYCbCr(r, image.YCbCrSubsampleRatio420) },
	'2': func(r image.Rectangle) image.Image { return image.NewYCbCr(r, image.YCbCrSubsampleRatio422) },
	'4': func(r image.Rectangle) image.Image { return image.NewYCbCr(r, image.YCbCrSubsampleRatio444) },
	'n': func(r image.Rectangle) image.Image { return image.NewNRGBA(r) },
	'p': func(r image.Rectangle) image.Image { return image.NewRGBA(r) },
}

var errPixels = errors.New("what the decoder wrote is not the picture that was expected")

// kindOfPixels is the byte that stands for a picture.
func kindOfPixels(img image.Image) (byte, bool) {
	switch m := img.(type) {
	case *image.Gray:
		return 'g', true
	case *image.NRGBA:
		return 'n', true
	case *image.RGBA:
		return 'p', true
	case *image.YCbCr:
		kind, ok := map[image.YCbCrSubsampleRatio]byte{image.YCbCrSubsampleRatio420: '0',
			image.YCbCrSubsampleRatio422: '2', image.YCbCrSubsampleRatio444: '4'}[m.SubsampleRatio]
		return kind, ok
	}
	return 0, false
}

// rowsOfPixels calls each for every row of a picture's planes, in the order in
// which they travel. The picture begins at (0, 0).
func rowsOfPixels(img image.Image, each func(row []byte) error) error {
	size := img.Bounds().Size()
	plane := func(pix []byte, stride, width, height int) error {
		for y := range height {
			if err := each(pix[y*stride:][:width]); err != nil {
				return err
			}
		}
		return nil
	}
	switch m := img.(type) {
	case *image.Gray:
		return plane(m.Pix, m.Stride, size.X, size.Y)
	case *image.NRGBA:
		return plane(m.Pix, m.Stride, 4*size.X, size.Y)
	case *image.RGBA:
		return plane(m.Pix, m.Stride, 4*size.X, size.Y)
	case *image.YCbCr:
		cw, ch := chromaSize(m)
		if err := plane(m.Y, m.YStride, size.X, size.Y); err != nil {
			return err
		}
		if err := plane(m.Cb, m.CStride, cw, ch); err != nil {
			return err
		}
		return plane(m.Cr, m.CStride, cw, ch)
	}
	return errPixels
}

// writePixels writes a decoded picture for readPixels.
func writePixels(w io.Writer, img image.Image) error {
	kind, ok := kindOfPixels(img)
	if !ok {
		return fmt.Errorf("a picture of type %T does not travel", img)
	}
	size := img.Bounds().Size()
	head := append([]byte(pixelsMark), kind, 0, 0, 0)
	head = binary.BigEndian.AppendUint32(head, uint32(size.X))
	head = binary.BigEndian.AppendUint32(head, uint32(size.Y))
	buf := bufio.NewWriterSize(w, 64<<10)
	if _, err := buf.Write(head); err != nil {
		return err
	}
	err := rowsOfPixels(img, func(row []byte) error {
		_, err := buf.Write(row)
		return err
	})
	return errors.Join(err, buf.Flush())
}

// readPixels reads what writePixels wrote, of a picture that is known to have this
// size. The writer is believed nothing: a picture of another size, cut short or
// with anything behind it is errPixels, and no more memory is taken than the size
// needs at four bytes a pixel.
func readPixels(r io.Reader, width, height int) (image.Image, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head := make([]byte, pixelsHead)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, fmt.Errorf("%w: %w", errPixels, err)
	}
	room := kindsOfPixels[head[4]]
	if string(head[:4]) != pixelsMark || room == nil || head[5]|head[6]|head[7] != 0 ||
		binary.BigEndian.Uint32(head[8:]) != uint32(width) || binary.BigEndian.Uint32(head[12:]) != uint32(height) {
		return nil, fmt.Errorf("%w: %q", errPixels, head)
	}
	img := room(image.Rect(0, 0, width, height))
	err := rowsOfPixels(img, func(row []byte) error {
		_, err := io.ReadFull(in, row)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPixels, err)
	}
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more than it", errPixels)
	}
	return img, nil
}
