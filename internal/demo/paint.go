package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The colours of Lumen's pages.
var (
	white = color.RGBA{255, 255, 255, 255}
	paper = color.RGBA{243, 245, 248, 255}
	rule  = color.RGBA{221, 226, 233, 255}
	ink   = color.RGBA{32, 38, 50, 255}
	faint = color.RGBA{104, 114, 130, 255}
	brand = color.RGBA{20, 94, 140, 255}
	red   = color.RGBA{205, 42, 48, 255}
	amber = color.RGBA{226, 142, 20, 255}
	green = color.RGBA{32, 142, 84, 255}
	night = color.RGBA{24, 28, 36, 255}
)

// sheet is a picture in the making. The canvas is no embedded field: drawing
// takes its fast way for an *image.RGBA alone.
type sheet struct {
	canvas *image.RGBA
	faces  map[string]font.Face
	err    error
}

func newSheet(w, h int, back color.Color) *sheet {
	s := &sheet{canvas: image.NewRGBA(image.Rect(0, 0, w, h)), faces: map[string]font.Face{}}
	draw.Draw(s.canvas, s.canvas.Rect, image.NewUniform(back), image.Point{}, draw.Src)
	return s
}

// spot is a part of the sheet that a shape is cut out of: a rasterizer pays for
// its whole area.
type spot struct {
	*vector.Rasterizer
	x, y float32
}

func newSpot(x, y, w, h float32) spot {
	x, y = float32(math.Floor(float64(x))), float32(math.Floor(float64(y)))
	return spot{vector.NewRasterizer(int(w)+3, int(h)+3), x, y}
}

func (p spot) move(x, y float32) { p.MoveTo(x-p.x, y-p.y) }
func (p spot) to(x, y float32)   { p.LineTo(x-p.x, y-p.y) }
func (p spot) turn(ax, ay, bx, by, x, y float32) {
	p.CubeTo(ax-p.x, ay-p.y, bx-p.x, by-p.y, x-p.x, y-p.y)
}

func (s *sheet) fill(p spot, c color.Color) {
	p.ClosePath()
	mask := image.NewAlpha(image.Rectangle{Max: p.Size()})
	p.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	at := mask.Rect.Add(image.Pt(int(p.x), int(p.y)))
	draw.DrawMask(s.canvas, at, image.NewUniform(c), image.Point{}, mask, image.Point{}, draw.Over)
}

// box fills a rectangle with round corners.
func (s *sheet) box(x, y, w, h, r float32, c color.Color) {
	k := r * 0.4477 // from a corner to where a cubic's handle makes a quarter circle
	p := newSpot(x, y, w, h)
	p.move(x+r, y)
	p.to(x+w-r, y)
	p.turn(x+w-k, y, x+w, y+k, x+w, y+r)
	p.to(x+w, y+h-r)
	p.turn(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h)
	p.to(x+r, y+h)
	p.turn(x+k, y+h, x, y+h-k, x, y+h-r)
	p.to(x, y+r)
	p.turn(x, y+k, x+k, y, x+r, y)
	s.fill(p, c)
}

func (s *sheet) disc(x, y, r float32, c color.Color) { s.box(x-r, y-r, 2*r, 2*r, r, c) }

// card is a white box with a border.
func (s *sheet) card(x, y, w, h float32) {
	s.box(x, y, w, h, 12, rule)
	s.box(x+1.5, y+1.5, w-3, h-3, 11, white)
}

// stroke draws a line of a width.
func (s *sheet) stroke(x1, y1, x2, y2, width float32, c color.Color) {
	dx, dy := x2-x1, y2-y1
	long := float32(math.Hypot(float64(dx), float64(dy)))
	nx, ny := -dy/long*width/2, dx/long*width/2
	p := newSpot(min(x1, x2)-width, min(y1, y2)-width, abs(dx)+2*width, abs(dy)+2*width)
	p.move(x1+nx, y1+ny)
	p.to(x2+nx, y2+ny)
	p.to(x2-nx, y2-ny)
	p.to(x1-nx, y1-ny)
	s.fill(p, c)
}

// arc draws part of a half ring, clockwise from the left; 1 is the whole half.
func (s *sheet) arc(x, y, r, width float32, part float64, c color.Color) {
	const steps = 60
	p := newSpot(x-r-width, y-r-width, 2*(r+width), r+2*width)
	p.move(x-r-width/2, y)
	for i := 1; i <= steps; i++ {
		a := math.Pi * part * float64(i) / steps
		p.to(x-(r+width/2)*cos(a), y-(r+width/2)*sin(a))
	}
	for i := steps; i >= 0; i-- {
		a := math.Pi * part * float64(i) / steps
		p.to(x-(r-width/2)*cos(a), y-(r-width/2)*sin(a))
	}
	s.fill(p, c)
}

func abs(x float32) float32 { return max(x, -x) }
func cos(a float64) float32 { return float32(math.Cos(a)) }
func sin(a float64) float32 { return float32(math.Sin(a)) }

// write puts text with its base line at y. style is "", "bold" or "mono".
func (s *sheet) write(x, y int, size float64, style string, c color.Color, text string) {
	if f := s.face(size, style); f != nil {
		d := font.Drawer{Dst: s.canvas, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
		d.DrawString(text)
	}
}

// centre is write around x.
func (s *sheet) centre(x, y int, size float64, style string, c color.Color, text string) {
	if f := s.face(size, style); f != nil {
		s.write(x-font.MeasureString(f, text).Round()/2, y, size, style, c, text)
	}
}

func (s *sheet) face(size float64, style string) font.Face {
	key := fmt.Sprint(style, size)
	if f := s.faces[key]; f != nil || s.err != nil {
		return f
	}
	ttf := map[string][]byte{"": goregular.TTF, "bold": gobold.TTF, "mono": gomono.TTF}[style]
	parsed, err := opentype.Parse(ttf)
	if err == nil {
		s.faces[key], err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	}
	s.err = err
	return s.faces[key]
}

func (s *sheet) png() ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	var b bytes.Buffer
	err := png.Encode(&b, s.canvas)
	return b.Bytes(), err
}
