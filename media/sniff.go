package media

import (
	"bytes"

	"selfie/internal/fault"
)

// format is what an upload is, by its own first bytes.
type format string

const (
	formatJPEG format = "image/jpeg"
	formatPNG  format = "image/png"
	formatGIF  format = "image/gif"
	formatWebP format = "image/webp"
)

const (
	accepted = "JPEG, PNG, GIF and WebP are accepted."
	useOther = "send it as a JPEG or PNG; " + accepted
)

// foreign formats are recognised only to refuse them with advice that helps.
var foreign = []struct {
	offset int
	magics []string
	advice string
}{
	{4, []string{"ftypavif", "ftypavis"}, "AVIF pictures are not accepted yet: " + useOther},
	{4, []string{"ftypheic", "ftypheix", "ftyphevc", "ftyphevx", "ftypheim", "ftypheis", "ftypmif1", "ftypmsf1"},
		"iPhone HEIC pictures are not accepted yet: choose Settings, Camera, Formats, Most Compatible, or send a screenshot of it."},
	{4, []string{"ftyp"}, "it is a video; send a picture of the moment that matters. " + accepted},
	{0, []string{"BM"}, "BMP pictures are not accepted: " + useOther},
	{0, []string{"II*\x00", "MM\x00*"}, "TIFF and raw camera pictures are not accepted: " + useOther},
	{0, []string{"%PDF"}, "it is a PDF document; send a screenshot of the page. " + accepted},
	{0, []string{"<svg", "<?xml", "<!DOCTYPE svg"}, "SVG drawings are not accepted: " + useOther},
	{0, []string{"\x00\x00\x00\x0cJXL ", "\xff\x0a"}, "JPEG XL pictures are not accepted yet: " + useOther},
}

func sniff(data []byte) (format, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return formatJPEG, nil
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return formatPNG, nil
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return formatGIF, nil
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return formatWebP, nil
	}
	if isAVIF(data) {
		return "", refuse(fault.Unsupported, "%s", foreign[0].advice)
	}
	for _, f := range foreign {
		for _, magic := range f.magics {
			if len(data) >= f.offset && bytes.HasPrefix(data[f.offset:], []byte(magic)) {
				return "", refuse(fault.Unsupported, "%s", f.advice)
			}
		}
	}
	return "", refuse(fault.Unsupported, "it is not a picture of a kind that is known here. %s", accepted)
}

// isAVIF looks among the compatible brands too: the major brand "mif1" is shared
// by AVIF and HEIC.
func isAVIF(data []byte) bool {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return false
	}
	box := data[8:min(len(data), 64, max(16, int(data[3])))]
	return bytes.Contains(box, []byte("avif"))
}
