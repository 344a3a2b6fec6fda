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
	formatAVIF format = "image/avif"
)

const useOther = "send it as a JPEG or PNG"

// foreign formats are recognised only to refuse them with advice that helps.
var foreign = []struct {
	offset int
	magics []string
	advice string
}{
	{4, []string{"ftyp"}, "it is a video; send a picture of the moment that matters."},
	{0, []string{"BM"}, "BMP pictures are not accepted: " + useOther + "."},
	{0, []string{"II*\x00", "MM\x00*"}, "TIFF and raw camera pictures are not accepted: " + useOther + "."},
	{0, []string{"%PDF"}, "it is a PDF document; send a screenshot of the page."},
	{0, []string{"<svg", "<?xml", "<!DOCTYPE svg"}, "SVG drawings are not accepted: " + useOther + "."},
	{0, []string{"\x00\x00\x00\x0cJXL ", "\xff\x0a"}, "JPEG XL pictures are not accepted yet: " + useOther + "."},
}

// known finds out what an upload is, and refuses what is not decoded here.
func (o outside) known(data []byte) (format, error) {
	f, advice := sniff(data)
	switch {
	case f == formatHEIC && o.Child == nil:
		advice = "HEIC pictures are not accepted here: " + useOther + "."
	case f == formatAVIF && o.AVIF == nil:
		advice = "AVIF pictures are not accepted here: " + useOther + "."
	case f != "":
		return f, nil
	}
	return "", refuse(fault.Unsupported, "%s %s", advice, o.accepted())
}

// types are the media types that are accepted.
func (o outside) types() []string {
	list := []string{string(formatPNG), string(formatJPEG), string(formatGIF), string(formatWebP)}
	if o.AVIF != nil {
		list = append(list, string(formatAVIF))
	}
	if o.Child != nil {
		list = append(list, string(formatHEIC), "image/heif")
	}
	return list
}

// accepted says which formats are.
func (o outside) accepted() string {
	list := []string{"JPEG", "PNG", "GIF", "WebP"}
	if o.Child != nil {
		list = append(list, "HEIC")
	}
	if o.AVIF != nil {
		list = append(list, "AVIF")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last] + " are accepted."
}

// sniff tells the format of an upload, or for "" what to do with what it is.
func sniff(data []byte) (f format, advice string) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return formatJPEG, ""
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return formatPNG, ""
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return formatGIF, ""
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return formatWebP, ""
	}
	switch brands := brandsOf(data); {
	case strings.Contains(brands, "avif") || strings.Contains(brands, "avis"):
		return formatAVIF, ""
	case strings.Contains(brands, "hei") || strings.Contains(brands, "hevc") || strings.Contains(brands, "mif1"):
		return formatHEIC, ""
	}
	for _, f := range foreign {
		for _, magic := range f.magics {
			if len(data) >= f.offset && bytes.HasPrefix(data[f.offset:], []byte(magic)) {
				return "", f.advice
			}
		}
	}
	return "", "it is not a picture of a kind that is known here."
}

// brandsOf is what an ISO base media file says it is: its major brand and the
// compatible ones, because "mif1" is shared by AVIF and HEIC; "" for another file.
func brandsOf(data []byte) string {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return ""
	}
	return string(data[8:min(len(data), 64, max(16, int(data[3])))])
}
