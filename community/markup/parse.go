package markup

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	maxBlockDepth = 24 // quotes and lists within one another; deeper markers are text
	maxHandle     = 30 // runes
	minHandle     = 2
)

// newParser is GFM without raw HTML: with no parser for it, `<router>` and all it
// holds is ordinary text, and the renderer escapes it.
func newParser() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(taskParser{extension.NewTaskCheckBoxParser()}, 0),
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(shortLink{parser.NewLinkParser()}, 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
			util.Prioritized(mentionParser{}, 600),
			util.Prioritized(extension.NewLinkifyParser(), 999),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
			util.Prioritized(fullTable{extension.NewTableParagraphTransformer()}, 200),
		),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
}

// shallow refuses to open a container below maxBlockDepth: a line of thirty
// thousand > would otherwise cost its square.
type shallow struct{ parser.BlockParser }

func (s shallow) Open(parent ast.Node, r text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		switch n.Kind() {
		case ast.KindBlockquote, ast.KindList:
			depth++
		}
	}
	if depth >= maxBlockDepth {
		return nil, parser.NoChildren
	}
	return s.BlockParser.Open(parent, r, pc)
}

// fullTable leaves as text a table that would get more than two cells for a byte of
// its source. Rows are padded to the width of the header, so a wide header over many
// empty rows would be squared; a table written out in full never comes close.
type fullTable struct{ parser.ParagraphTransformer }

func (t fullTable) Transform(p *ast.Paragraph, r text.Reader, pc parser.Context) {
	size, widest := 0, 0
	for i := range p.Lines().Len() {
		line := p.Lines().At(i)
		value := line.Value(r.Source())
		size += len(value)
		widest = max(widest, 1+bytes.Count(value, []byte{'|'}))
	}
	if widest*p.Lines().Len() > size*2 {
		return
	}
	t.ParagraphTransformer.Transform(p, r, pc)
}

// taskParser leaves an item that begins with the link [x](…) to the link parser.
type taskParser struct{ parser.InlineParser }

func (p taskParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if line, _ := block.PeekLine(); len(line) > 3 && !util.IsSpace(line[3]) {
		return nil
	}
	return p.InlineParser.Parse(parent, block, pc)
}

// shortLink does not look for the end of an address beyond what safeHref would
// admit: in a text of nothing but [a]( every link would be sought to its end.
type shortLink struct{ parser.InlineParser }

func (p shortLink) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if len(line) > 2+maxHrefSize && bytes.HasPrefix(line, []byte("](")) &&
		bytes.IndexAny(line[2:2+maxHrefSize], " \t\n)>") < 0 {
		return nil
	}
	return p.InlineParser.Parse(parent, block, pc)
}

// CloseBlock passes on what the parser looks for by assertion.
func (p shortLink) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := p.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// mention is @handle before anyone was asked whose it is (id is empty), and the
// link to the member afterwards.
type mention struct {
	ast.BaseInline
	segment text.Segment // with the @
	id      string
}

var kindMention = ast.NewNodeKind("Mention")

func (m *mention) Kind() ast.NodeKind            { return kindMention }
func (m *mention) Dump(source []byte, level int) { ast.DumpHelper(m, source, level, nil, nil) }

// mentionParser finds handles at the start of a word. Code never gets here, links
// are undone by the shaper, and e-mail addresses have a letter before the @.
type mentionParser struct{}

func (mentionParser) Trigger() []byte { return []byte{'@'} }

func (mentionParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if insideWord(block.PrecendingCharacter()) {
		return nil
	}
	line, segment := block.PeekLine()
	size := handleSize(line[1:])
	if size == 0 {
		return nil
	}
	block.Advance(1 + size)
	return &mention{segment: segment.WithStop(segment.Start + 1 + size)}
}

// insideWord says whether an @ after r belongs to an address, a path or a decorator
// rather than to a person.
func insideWord(r rune) bool {
	switch r {
	case '/', '.', '@', '#', '&', '=', '%', '+', '-', '\\', '$':
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// handleSize is the length in bytes of the handle that line starts with, or 0. A
// final . - _ is punctuation of the sentence, and @a/b or @a@b is something else.
func handleSize(line []byte) int {
	size, runes := 0, 0
	for size < len(line) && runes <= 2*maxHandle {
		r, n := utf8.DecodeRune(line[size:])
		if !handleRune(r) || (size == 0 && isPunct(r)) {
			break
		}
		size += n
		runes++
	}
	if size < len(line) && (line[size] == '/' || line[size] == '@') {
		return 0
	}
	return len(bytes.TrimRight(line[:size], "_-."))
}

func handleRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || isPunct(r) }

func isPunct(r rune) bool { return r == '_' || r == '-' || r == '.' }
