// Package markup turns what members write into safe HTML, and back.
//
// Source is GitHub-flavoured Markdown with hard line breaks. The HTML passes one
// policy, and holds the ids of uploads and members only: never a name, never a
// signed URL. It is rendered when a post is written and stored beside Version.
package markup

import (
	"bytes"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
)

// Version is the renderer's version. It is stored beside the HTML, and HTML of
// an older version is rendered again from its source.
const Version = 3

// Options answer what the source alone cannot. A nil function is allowed. Both
// are called synchronously, at most once for each distinct argument.
type Options struct {
	// Image describes an upload that this post may show; ok is false for an upload
	// that is unknown or not the author's, and its alternative text is then shown
	// alone. When Image is nil, every well-formed id is shown, without a size.
	Image func(id string) (p Picture, ok bool)

	// Mention resolves a handle, as typed after the @, to a member's id. Ids are
	// letters, digits, - and _; any other leaves the handle as text. When Mention
	// is nil, nobody is mentioned.
	Mention func(handle string) (memberID string, ok bool)
}

// Picture is what a page must know of an upload to keep its place free and to
// choose among its sizes. What is zero is unknown and left out.
type Picture struct {
	Width, Height int    // pixels
	Sizes         []Size // smallest first
	Blur          string // a tiny picture as a data URI, to show until the real one is there
}

// Size is one size of an upload: /images/ID/Name, so many pixels wide.
type Size struct {
	Name  string
	Width int
}

// Rendered is one post made safe. The lists are in order of first appearance,
// without repeats, and hold only what HTML really shows.
type Rendered struct {
	HTML     string
	Text     string   // plain text for search and excerpts, see Text
	Images   []string // ids of uploads
	Mentions []string // ids of members
	Links    []string // hrefs as written to the HTML
}

// Renderer turns Markdown into safe HTML. It holds no state that changes: one
// serves any number of goroutines.
type Renderer struct {
	parser   parser.Parser
	renderer renderer.Renderer
	policy   *bluemonday.Policy
}

// New builds a Renderer. It costs about a millisecond: make one and keep it.
func New() *Renderer {
	return &Renderer{parser: newParser(), renderer: newHTML(), policy: newPolicy()}
}

// Render never fails: whatever is not markup is shown as the text it is. Raw HTML
// is such text. Work and output are bounded by a multiple of the source's length,
// which the caller limits.
func (r *Renderer) Render(source string, opt Options) Rendered {
	src := []byte(normalize(source))
	doc := r.parser.Parse(text.NewReader(src))
	s := newShaper(src, opt)
	s.shape(doc)
	var raw bytes.Buffer
	// The buffer cannot fail, and no node renderer here returns an error.
	_ = r.renderer.Render(&raw, src, doc)
	safe := r.policy.SanitizeReader(&raw).String()
	return Rendered{
		HTML:     safe,
		Text:     Text(safe),
		Images:   s.images.list,
		Mentions: s.mentions.list,
		Links:    s.links.list,
	}
}

// normalize makes line ends and encoding uniform, so that no later step has to
// know of a lone carriage return or a broken sequence.
func normalize(source string) string {
	source = strings.ToValidUTF8(source, "\uFFFD")
	source = strings.ReplaceAll(source, "\r\n", "\n")
	return strings.ReplaceAll(source, "\r", "\n")
}

// ordered is a set that remembers the order of insertion; its zero value is empty.
type ordered struct {
	list []string
	seen map[string]bool
}

func (o *ordered) add(s string) {
	if o.seen[s] {
		return
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[s] = true
	o.list = append(o.list, s)
}
