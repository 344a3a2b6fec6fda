package community

import (
	"slices"

	"selfie/community/markup"
)

// Shown is what the text around a picture tells of it.
func (u *Upload) Shown() markup.Picture {
	p := markup.Picture{Width: u.Width, Height: u.Height, Blur: u.Blur}
	width := 0
	for _, v := range slices.Backward(u.Variants) {
		if v.Width > width { // a small picture has sizes that are alike
			p.Sizes = append(p.Sizes, markup.Size{Name: v.Name, Width: v.Width})
			width = v.Width
		}
	}
	return p
}
