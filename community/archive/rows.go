package archive

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// row is one <row …/> of a dump.
type row []xml.Attr

// text returns an attribute, "" when it is absent.
func (r row) text(name string) string {
	for _, a := range r {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number returns an attribute that is a whole number; ok is false when it is
// absent or none.
func (r row) number(name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(r.text(name), 10, 64)
	return n, err == nil
}

// count is number for what counts: 0 when absent or negative.
func (r row) count(name string) int64 {
	n, _ := r.number(name)
	return max(n, 0)
}

// dateForms are how dumps write dates; without a zone they are UTC.
var dateForms = []string{"2006-01-02T15:04:05.999999999", time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02"}

// date returns an attribute that is a date; ok is false when it is absent, none,
// or not after 1970.
func (r row) date(name string) (at store.Millis, ok bool) {
	s := r.text(name)
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			at = store.At(t)
			return at, at > 0
		}
	}
	return 0, false
}

// errNoFile says that a file of the dump is absent.
var errNoFile = errors.New("archive: no such file in the dump")

// rowsOf calls f with each row of a file, which is never in memory as a whole.
// at is called now and then with the bytes read so far. A file that does not
// exist is errNoFile; one that breaks off or is no dump is fault.Invalid with
// the number of good rows.
func rowsOf(ctx context.Context, path string, at func(bytes int64), f func(row) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errNoFile
	}
	if err != nil {
		return err
	}
	defer file.Close()
	counted := &counter{r: file}
	d := xml.NewDecoder(transform.NewReader(counted, transform.Chain(unicode.UTF8BOM.NewDecoder(), charRefs{})))
	rows := 0
	for ; ; rows++ {
		if rows%256 == 0 {
			at(counted.n)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		r, err := nextRow(d)
		if errors.Is(err, io.EOF) {
			at(counted.n)
			return nil
		}
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "%s is damaged or no Stack Exchange dump: it cannot be read on after %d rows.", path, rows)
		}
		if err := f(r); err != nil {
			return err
		}
	}
}

func nextRow(d *xml.Decoder) (row, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "row" {
			return row(e.Attr), nil
		}
	}
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// charRefs puts U+FFFD in place of characters that XML does not allow, raw or as
// a reference: real dumps hold "&#x1;", over which a decoder gives up.
type charRefs struct{ transform.NopResetter }

// maxRef is the length of the longest reference looked at, "&#x0010FFFF;".
const maxRef = 12

func (charRefs) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		out, size := src[nSrc:nSrc+1], 1
		switch c := src[nSrc]; {
		case c == '&':
			ref, whole := reference(src[nSrc:])
			if !whole && !atEOF && len(src)-nSrc < maxRef {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if whole && forbidden(ref) {
				out, size = []byte("\uFFFD"), len(ref)
			}
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			out = []byte("\uFFFD")
		}
		if nDst+len(out) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], out)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// reference returns the reference that s begins with; whole is false when its
// end is not in sight.
func reference(s []byte) (ref string, whole bool) {
	for i := range min(len(s), maxRef) {
		if s[i] == ';' {
			return string(s[:i+1]), true
		}
	}
	return "", false
}

// forbidden holds for "&#…;" of characters outside of XML 1.0's Char.
func forbidden(ref string) bool {
	digits, numeric := strings.CutPrefix(strings.TrimSuffix(ref, ";"), "&#")
	if !numeric {
		return false
	}
	base := 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil {
		return false
	}
	return !(n == '\t' || n == '\n' || n == '\r' || n >= 0x20 && n <= 0xD7FF || n >= 0xE000 && n <= 0xFFFD || n >= 0x10000 && n <= 0x10FFFF)
}
