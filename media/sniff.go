package media

import (
	"bytes"
	"strings"

	"selfie/internal/fault"
)

// format is what an upload is, by its own first bytes.
type format string

const (
	formatJPEG format = "image/jpeg"
	formatPNG  format = "image/png"
	formatGIF  format = "image/gif"
	formatWebP format = "image/webp"
	formatHEIC format = "image/heic"
)

const (
	accepted = "JPEG, PNG, GIF, WebP and HEIC are accepted."
	useOther = "send it as a JPEG or PNG; " + accepted

	adviceHEIC = "HEIC pictures are not accepted here: send it as a JPEG or PNG."
	adviceAVIF = "AVIF pictures are not accepted yet: " + useOther
)

// foreign formats are recognised only to refuse them with advice that helps.
var foreign = []struct {
	offset int
	magics []string
	advice string
}{
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
	switch brands := brandsOf(data); {
	case strings.Contains(brands, "avif") || strings.Contains(brands, "avis"):
		return "", refuse(fault.Unsupported, "%s", adviceAVIF)
	case strings.Contains(brands, "hei") || strings.Contains(brands, "hevc") || strings.Contains(brands, "mif1"):
		return formatHEIC, nil
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

// brandsOf is what an ISO base media file says it is: its major brand and the
// compatible ones, because "mif1" is shared by AVIF and HEIC; "" for another file.
func brandsOf(data []byte) string {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return ""
	}
	return string(data[8:min(len(data), 64, max(16, int(data[3])))])
}
