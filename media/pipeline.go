package media

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"selfie/internal/fault"
)

// Limits bounds what one upload may cost. A zero field means its default.
type Limits struct {
	Bytes    int64         // of the upload: 10 MB
	Pixels   int           // width times height: 40,000,000
	Side     int           // pixels of the longer side: 16,384
	Memory   int64         // bytes that decoding may allocate, estimated from the header: 512 MB
	Decodes  int           // pictures decoded at once: 2; a heavy one is decoded alone
	Deadline time.Duration // for one picture, waiting included: 20 s
}

const (
	mb         = 1 << 20
	heavyBytes = 96 * mb // from here on a picture is decoded alone
	retryAfter = 5 * time.Second
)

func (l Limits) withDefaults() Limits {
	return Limits{
		Bytes:    cmp.Or(l.Bytes, 10*mb),
		Pixels:   cmp.Or(l.Pixels, 40_000_000),
		Side:     cmp.Or(l.Side, 16_384),
		Memory:   cmp.Or(l.Memory, 512*mb),
		Decodes:  cmp.Or(l.Decodes, 2),
		Deadline: cmp.Or(l.Deadline, 20*time.Second),
	}
}

// Names of the variants; "full" is another name of the largest.
const (
	Large = "1600"
	Small = "320"
	Full  = "full"
)

// variants are the stored sizes, largest first; side is the most pixels of the
// longer side. Nothing is ever scaled up.
var variants = []struct {
	name string
	side int
}{{Large, 1600}, {Small, 320}}

func variantName(name string) (string, bool) {
	if name == Full {
		return Large, true
	}
	return name, name == Large || name == Small
}

// Result is a processed picture. Hash is the SHA-256 (hex) of the large variant's
// bytes: the upload's own bytes never matter, so what differed only in metadata is
// one picture. Width and Height are those of the large variant, upright.
type Result struct {
	Hash          string
	Width, Height int
	Variants      []Variant // "1600", then "320"
	Animated      bool      // the upload moved; its first frame was kept
	DHash         DHash
	Look          Look
	Blur          string // a data URI of at most MaxBlur bytes; "" for a picture with holes
	Source        Source
}

// Variant is one encoded size of a picture. Bytes belong to the receiver.
type Variant struct {
	Name          string
	Width, Height int
	ContentType   string // image/jpeg or image/png
	Ext           string // jpg or png
	Bytes         []byte
}

// Source says what was uploaded: the format found in its bytes, its size upright
// in pixels and its size in bytes.
type Source struct {
	Type   string `json:"type"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Bytes  int    `json:"bytes"`
}

// Pipeline makes clean variants of uploads. It is safe for concurrent use and
// decodes no more pictures at once than its limits say.
type Pipeline struct {
	limits  Limits
	slots   *slots
	outside outside
}

// NewPipeline returns a pipeline within limits. It takes what is decoded outside
// this process once it is told how: With.
func NewPipeline(limits Limits) *Pipeline {
	l := limits.withDefaults()
	return &Pipeline{limits: l, slots: newSlots(l.Decodes), outside: newOutside(Decoders{})}
}

// Process reads one upload and returns its variants. declaredName is what the
// uploader called it; it names the picture in refusals and decides nothing.
//
// Kinds, each on the field "image" with a sentence for the uploader: TooLarge
// (bytes, pixels, side, memory), Unsupported (not a JPEG, PNG, GIF, WebP, HEIC or AVIF, a
// rare kind of one, or one without a decoder), Invalid (empty, damaged, cut short, or a header that lies),
// Unavailable (no turn before the deadline, cancelled, or a decoder outside this
// process did not start). A failure of r itself is returned as it is.
func (p *Pipeline) Process(ctx context.Context, r io.Reader, declaredName string) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, p.limits.Deadline)
	defer cancel()
	data, err := p.read(ctx, r)
	if err != nil {
		return Result{}, named(declaredName, err)
	}
	h, err := p.inspect(data)
	if err != nil {
		return Result{}, named(declaredName, err)
	}
	done, err := p.admit(ctx, h)
	if err != nil {
		return Result{}, busy(err)
	}
	defer done()
	result, err := p.process(ctx, data, h)
	return result, named(declaredName, err)
}

// admit waits for a picture's turn. One that is decoded outside waits for that
// first: meanwhile others go on here.
func (p *Pipeline) admit(ctx context.Context, h header) (done func(), _ error) {
	if h.outside == 0 {
		return p.slots.acquire(ctx, h.cost >= heavyBytes)
	}
	if err := take(ctx, p.outside.turn, 1); err != nil {
		return nil, err
	}
	here, err := p.slots.acquire(ctx, h.cost >= heavyBytes)
	if err != nil {
		give(p.outside.turn, 1)
		return nil, err
	}
	return func() { here(); give(p.outside.turn, 1) }, nil
}

func (p *Pipeline) process(ctx context.Context, data []byte, h header) (result Result, err error) {
	defer func() {
		if bug := recover(); bug != nil { // a decoder's bug must cost the uploader a picture, not everyone the server
			result, err = Result{}, damaged(fmt.Errorf("decoder panicked: %v", bug))
		}
	}()
	img, err := p.decode(ctx, data, h)
	if err != nil {
		return Result{}, decodeFault(err)
	}
	return render(ctx, img, h, len(data))
}

// render makes the variants, each from the one before it.
func render(ctx context.Context, img image.Image, h header, size int) (Result, error) {
	rows := scanOf(img)
	icc := slimProfile(h.icc, rows.model)
	result := Result{Animated: h.animated, Source: h.source(size)}
	orientation, tone := h.orientation, h.tone
	for _, v := range variants {
		if err := ctx.Err(); err != nil {
			return Result{}, decodeFault(err)
		}
		sized := rows.fit(v.side)
		tone.asJPEG(sized)
		sized = sized.orient(orientation)
		variant, err := encode(sized, h.lossy, icc)
		if err != nil {
			return Result{}, err
		}
		variant.Name = v.name
		result.Variants = append(result.Variants, variant)
		if v.name == Small {
			result.DHash, result.Look, result.Blur = dHash(sized), lookOf(sized), blurOf(sized)
		}
		rows, orientation, tone = sized.scan(), 1, colours{}
	}
	large := result.Variants[0]
	sum := sha256.Sum256(large.Bytes)
	result.Hash = hex.EncodeToString(sum[:])
	result.Width, result.Height = large.Width, large.Height
	return result, nil
}

// read returns the whole upload, or TooLarge as soon as it is longer than allowed.
func (p *Pipeline) read(ctx context.Context, r io.Reader) ([]byte, error) {
	var buf bytes.Buffer
	if sized, ok := r.(interface{ Len() int }); ok {
		buf.Grow(int(min(int64(sized.Len()), p.limits.Bytes)) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(&contextReader{ctx, r}, p.limits.Bytes+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "The upload did not finish in time. Try again.")
	case err != nil:
		return nil, err
	case int64(buf.Len()) > p.limits.Bytes:
		return nil, refuse(fault.TooLarge, "it is larger than %s; crop it or make it smaller.", megabytes(p.limits.Bytes))
	case buf.Len() == 0:
		return nil, refuse(fault.Invalid, "it is empty.")
	}
	return buf.Bytes(), nil
}

// contextReader ends a decoder that cannot be cancelled when its next bytes are
// due after the deadline. It hands out little at a time, because a few kilobytes
// of progressive JPEG can be minutes of work.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b[:min(len(b), 1024)])
}

func decodeFault(err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return wrap(err, fault.Invalid, "it takes too long to decode; save it again as an ordinary JPEG or PNG.")
	case errors.Is(err, context.Canceled):
		return fault.Wrap(err, fault.Unavailable, "The upload was cancelled.")
	case isUnsupported(err):
		return wrap(err, fault.Unsupported, "it is a rare kind of its format; save it again as an ordinary JPEG or PNG.")
	}
	return damaged(err)
}

func damaged(err error) error {
	return wrap(err, fault.Invalid, "it is damaged or was cut short; save it again and retry.")
}

func busy(err error) error {
	return &fault.Error{Kind: fault.Unavailable, RetryAfter: retryAfter, Err: err,
		Public: "Many pictures are being processed right now. Try again in a moment."}
}

func megabytes(n int64) string { return fmt.Sprintf("%g MB", float64(n)/mb) }
