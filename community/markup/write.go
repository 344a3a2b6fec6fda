package markup

import (
	"bytes"
	"fmt"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// newHTML writes shaped documents. Our own writers come last in number and
// therefore win.
func newHTML() renderer.Renderer {
	return renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(html.NewRenderer(html.WithHardWraps()), 1000),
		util.Prioritized(extension.NewStrikethroughHTMLRenderer(), 500),
		util.Prioritized(extension.NewTableHTMLRenderer(
			extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500),
		util.Prioritized(ownHTML{}, 100),
	))
}

type ownHTML struct{}

func (ownHTML) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindMention, writeMention)
	reg.Register(kindShot, writeShot)
	reg.Register(kindTask, writeTask)
	reg.Register(kindTableFrame, writeTableFrame)
	reg.Register(ast.KindCodeBlock, writeCode)
	reg.Register(ast.KindFencedCodeBlock, writeCode)
}

// shot is an uploaded picture; inLink when the author made it the text of a link,
// which cannot hold another.
type shot struct {
	ast.BaseInline
	id      string
	picture Picture
	alt     string // escaped
	inLink  bool
}

// task is the box of a task list. It is a sign and no input: nothing happens when
// it is pressed.
type task struct {
	ast.BaseInline
	done bool
}

// tableFrame lets a wide table scroll on a phone, with the keyboard too.
type tableFrame struct{ ast.BaseBlock }

var (
	kindShot       = ast.NewNodeKind("Shot")
	kindTask       = ast.NewNodeKind("Task")
	kindTableFrame = ast.NewNodeKind("TableFrame")
)

func (n *shot) Kind() ast.NodeKind       { return kindShot }
func (n *task) Kind() ast.NodeKind       { return kindTask }
func (n *tableFrame) Kind() ast.NodeKind { return kindTableFrame }

func (n *shot) Dump(source []byte, level int)       { ast.DumpHelper(n, source, level, nil, nil) }
func (n *task) Dump(source []byte, level int)       { ast.DumpHelper(n, source, level, nil, nil) }
func (n *tableFrame) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

func writeMention(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		id := n.(*mention).id
		fmt.Fprintf(w, `%s%s" href="/members/%s">@%s</a>`, mentionStart, id, id, id)
	}
	return ast.WalkSkipChildren, nil
}

func writeShot(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkSkipChildren, nil
	}
	n := node.(*shot)
	alt := n.alt
	if alt == "" {
		alt = "Image" // a link needs a name, and this one holds nothing else
	}
	if !n.inLink {
		fmt.Fprintf(w, `<a class="shot" href="/images/%s/full">`, n.id)
	}
	fmt.Fprintf(w, `<img src="/images/%s/1600" alt="%s"`, n.id, alt)
	writeSizes(w, n.id, n.picture)
	_, _ = w.WriteString(` loading="lazy" decoding="async">`)
	if !n.inLink {
		_, _ = w.WriteString(`</a>`)
	}
	return ast.WalkSkipChildren, nil
}

// shotSizes tells how wide a picture is shown: as wide as the text, which leaves
// a phone's window little and ends at 46 rem. It must be told before the style
// sheet is there.
const (
	shotSizes = "(min-width: 46rem) 43rem, calc(100vw - 4rem)"
	shotWidth = 43 * 16 // CSS pixels
)

// The size of a picture in a text, in CSS pixels: a tall one is shown smaller than
// it is, to leave room for words beside it on a screen, but no narrower than can be
// made out. It stands in the attributes, so that its place is free before it comes.
const (
	tallest   = 640
	narrowest = 200
)

func shownSize(p Picture) (width, height int) {
	if p.Height*min(p.Width, shotWidth) <= tallest*p.Width || p.Width <= narrowest {
		return p.Width, p.Height
	}
	width = max(narrowest, p.Width*tallest/p.Height)
	return width, (p.Height*width + p.Width/2) / p.Width
}

func writeSizes(w util.BufWriter, id string, p Picture) {
	sizes := shotSizes
	if p.Width > 0 && p.Height > 0 {
		width, height := shownSize(p)
		fmt.Fprintf(w, ` width="%d" height="%d"`, width, height)
		if width < p.Width {
			sizes = fmt.Sprintf("%dpx", width)
		}
	}
	if len(p.Sizes) > 1 {
		_, _ = w.WriteString(` srcset="`)
		for i, s := range p.Sizes {
			if i > 0 {
				_, _ = w.WriteString(", ")
			}
			fmt.Fprintf(w, "/images/%s/%s %dw", id, s.Name, s.Width)
		}
		fmt.Fprintf(w, `" sizes="%s"`, sizes)
	}
	if p.Blur != "" {
		fmt.Fprintf(w, ` data-blur="%s"`, util.EscapeHTML([]byte(p.Blur)))
	}
}

func writeTask(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		sign := "☐"
		if n.(*task).done {
			sign = "☑"
		}
		fmt.Fprintf(w, `<span class="task">%s</span> `, sign)
	}
	return ast.WalkSkipChildren, nil
}

func writeTableFrame(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(`<div class="table-scroll" tabindex="0" role="region" aria-label="Table">` + "\n")
	} else {
		_, _ = w.WriteString("</div>\n")
	}
	return ast.WalkContinue, nil
}

// writeCode makes the block focusable, since it scrolls sideways.
func writeCode(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkSkipChildren, nil
	}
	_, _ = w.WriteString(`<pre tabindex="0"><code`)
	if f, ok := n.(*ast.FencedCodeBlock); ok {
		if lang := bytes.ToLower(f.Language(source)); languagePattern.Match(lang) {
			fmt.Fprintf(w, ` class="language-%s"`, lang)
		}
	}
	_ = w.WriteByte('>')
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		html.DefaultWriter.RawWrite(w, line.Value(source))
	}
	_, _ = w.WriteString("</code></pre>\n")
	return ast.WalkSkipChildren, nil
}
