package markup

import (
	"bufio"
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

const (
	maxInlineDepth = 16 // emphasis within emphasis; browsers and parsers stop at 512 elements
	maxMentions    = 50 // links to members in one post
	maxHandles     = 100
)

// shaper rewrites a parsed document into the one that may be shown, and notes what
// it shows. One serves one rendering.
type shaper struct {
	source  []byte
	opt     Options
	handles map[string]string // handle -> member id, "" when nobody's
	asked   map[string]asked
	// Reference definitions repeat one long address at three bytes a use, so what all
	// hrefs and titles may take together is bounded by the source.
	budget                  int
	mentioned               int
	images, mentions, links ordered
}

type asked struct {
	Picture
	ok bool
}

func newShaper(source []byte, opt Options) *shaper {
	return &shaper{source: source, opt: opt, handles: map[string]string{}, asked: map[string]asked{},
		budget: 3*len(source) + maxHrefSize}
}

func (s *shaper) shape(doc ast.Node) { s.children(doc, place{}) }

// place is where in the document a node stands.
type place struct {
	inLink bool
	inline int // depth of emphasis
}

func (s *shaper) children(parent ast.Node, at place) {
	for n := parent.FirstChild(); n != nil; {
		n = s.node(parent, n, at)
	}
}

// node shapes n and returns the node to go on with, which is a child of n when n
// gave way to its children.
func (s *shaper) node(parent, n ast.Node, at place) ast.Node {
	switch n := n.(type) {
	case *ast.Heading:
		n.Level = min(n.Level+2, 6) // the page owns h1 and h2
	case *east.Table:
		defer wrapTable(parent, n)
	case *east.TaskCheckBox:
		return s.swap(parent, n, &task{done: n.IsChecked})
	case *mention:
		return s.mention(parent, n, at)
	case *ast.AutoLink:
		return s.autoLink(parent, n, at)
	case *ast.Link:
		if at.inLink || !s.admit(n) {
			return unwrap(parent, n)
		}
		at.inLink = true
	case *ast.Image:
		return s.image(parent, n, at)
	case *ast.Emphasis, *east.Strikethrough:
		if at.inline++; at.inline > maxInlineDepth {
			return unwrap(parent, n)
		}
	}
	s.children(n, at)
	return n.NextSibling()
}

// swap puts fresh in place of old and goes on after it.
func (s *shaper) swap(parent, old, fresh ast.Node) ast.Node {
	next := old.NextSibling()
	parent.ReplaceChild(parent, old, fresh)
	return next
}

// unwrap puts n's children in place of n and goes on with the first of them.
func unwrap(parent, n ast.Node) ast.Node {
	first := n.FirstChild()
	if first == nil {
		first = n.NextSibling()
	}
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		n.RemoveChild(n, c)
		parent.InsertBefore(parent, n, c)
	}
	parent.RemoveChild(parent, n)
	return first
}

func wrapTable(parent ast.Node, table *east.Table) {
	frame := &tableFrame{}
	parent.ReplaceChild(parent, table, frame)
	frame.AppendChild(frame, table)
}

// admit decides on a link and marks it as a member's.
func (s *shaper) admit(n *ast.Link) bool {
	href, ok := safeHref(n.Destination, true)
	if !ok || !s.spend(len(href)+len(n.Title)) {
		return false
	}
	s.note(n, href)
	return true
}

func (s *shaper) spend(bytes int) bool {
	if bytes > s.budget {
		return false
	}
	s.budget -= bytes
	return true
}

func (s *shaper) note(n ast.Node, href string) {
	n.SetAttributeString("rel", []byte(linkRel))
	s.links.add(href)
}

func (s *shaper) autoLink(parent ast.Node, n *ast.AutoLink, at place) ast.Node {
	dest := n.URL(s.source)
	if n.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(bytes.ToLower(dest), []byte("mailto:")) {
		dest = append([]byte("mailto:"), dest...)
	}
	href, ok := safeHref(dest, false)
	if !ok || at.inLink {
		return s.swap(parent, n, plainText(string(n.Label(s.source))))
	}
	s.note(n, href)
	return n.NextSibling()
}

// image shows an upload, turns a remote picture into a link to it (its host would
// otherwise learn who reads), and leaves the text of anything else.
func (s *shaper) image(parent ast.Node, n *ast.Image, at place) ast.Node {
	if m := imagePattern.FindSubmatch(n.Destination); m != nil {
		return s.upload(parent, n, string(m[1]), at)
	}
	href, ok := safeHref(n.Destination, true)
	if !ok || strings.HasPrefix(href, "mailto:") || strings.HasPrefix(href, "/") {
		return unwrap(parent, n)
	}
	if s.alt(n) == "" {
		n.AppendChild(n, plainText("image ("+hostOf(href)+")"))
	}
	if at.inLink || !s.spend(len(href)) {
		return unwrap(parent, n)
	}
	link := ast.NewLink()
	link.Destination = n.Destination
	s.note(link, href)
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		n.RemoveChild(n, c)
		link.AppendChild(link, c)
	}
	at.inLink = true
	next := s.swap(parent, n, link)
	s.children(link, at)
	return next
}

func hostOf(href string) string {
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func plainText(value string) ast.Node {
	n := ast.NewString([]byte(value))
	n.SetRaw(true)
	return n
}

func (s *shaper) upload(parent ast.Node, n *ast.Image, id string, at place) ast.Node {
	known, met := s.asked[id]
	if !met {
		known.ok = true
		if s.opt.Image != nil {
			known.Picture, known.ok = s.opt.Image(id)
		}
		s.asked[id] = known
	}
	if !known.ok {
		return unwrap(parent, n)
	}
	s.images.add(id)
	return s.swap(parent, n, &shot{id: id, picture: known.Picture, alt: s.alt(n), inLink: at.inLink})
}

// alt is the text of a picture's description, escaped for an attribute.
func (s *shaper) alt(n ast.Node) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch c := c.(type) {
		case *ast.Text:
			html.DefaultWriter.Write(w, c.Segment.Value(s.source))
			if c.SoftLineBreak() || c.HardLineBreak() {
				_ = w.WriteByte(' ')
			}
		case *ast.String:
			html.DefaultWriter.RawWrite(w, c.Value)
		case *ast.AutoLink:
			html.DefaultWriter.RawWrite(w, c.Label(s.source))
		case *mention:
			html.DefaultWriter.RawWrite(w, c.segment.Value(s.source))
		}
		return ast.WalkContinue, nil
	})
	_ = w.Flush()
	return strings.TrimSpace(b.String())
}

// mention asks whose handle it is, the longest first: in "@ann.thanks" the member
// may be ann.thanks or ann.
func (s *shaper) mention(parent ast.Node, n *mention, at place) ast.Node {
	handle := string(n.segment.Value(s.source)[1:])
	for try := handle; try != "" && !at.inLink && s.mentioned < maxMentions; try = shorter(try) {
		id := s.resolve(try)
		if id == "" {
			continue
		}
		s.mentioned++
		s.mentions.add(id)
		stop := n.segment.Start + 1 + len(try)
		rest := text.NewSegment(stop, n.segment.Stop)
		n.segment, n.id = n.segment.WithStop(stop), id
		if !rest.IsEmpty() {
			parent.InsertAfter(parent, n, ast.NewTextSegment(rest))
		}
		return n.NextSibling()
	}
	return s.swap(parent, n, ast.NewTextSegment(n.segment))
}

// shorter cuts the last part off a handle, and is empty when there is no other.
func shorter(handle string) string {
	i := strings.LastIndexAny(handle, "_-.")
	if i < 0 {
		return ""
	}
	return strings.TrimRight(handle[:i], "_-.")
}

func (s *shaper) resolve(handle string) string {
	if n := utf8.RuneCountInString(handle); n < minHandle || n > maxHandle || s.opt.Mention == nil {
		return ""
	}
	id, asked := s.handles[handle]
	if asked || len(s.handles) >= maxHandles {
		return id
	}
	id, ok := s.opt.Mention(handle)
	if !ok || !memberPattern.MatchString(id) {
		id = ""
	}
	s.handles[handle] = id
	return id
}
