package markup

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// table writes a GFM table. Its first row is the header, since GFM has no table
// without one; a caption goes before it; shorter rows are filled up.
func (c *converter) table(n *html.Node, st style) []block {
	var out []block
	var rows [][]string
	var rules []string
	for _, part := range tableParts(n) {
		if part.DataAtom != atom.Tr {
			out = append(out, c.blocks(part, st)...)
			continue
		}
		var row []string
		for cell := part.FirstChild; cell != nil; cell = cell.NextSibling {
			if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th {
				continue
			}
			if len(row) >= len(rules) {
				rules = append(rules, alignment(cell))
			}
			row = append(row, c.flat(cell, st, true))
		}
		rows = append(rows, row)
	}
	if len(rules) == 0 {
		return out
	}
	return append(out, block{text: grid(rows, rules)})
}

// grid draws rows below the rules that set each column's alignment.
func grid(rows [][]string, rules []string) string {
	var b strings.Builder
	for i, row := range rows {
		for len(row) < len(rules) {
			row = append(row, "")
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("| " + strings.Join(rules, " | ") + " |\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// tableParts is a table's caption and rows, not those of tables in its cells.
func tableParts(n *html.Node) []*html.Node {
	var parts []*html.Node
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		switch child.DataAtom {
		case atom.Tr, atom.Caption:
			parts = append(parts, child)
		case atom.Thead, atom.Tbody, atom.Tfoot:
			parts = append(parts, tableParts(child)...)
		}
	}
	return parts
}

func alignment(cell *html.Node) string {
	how := attr(cell.Attr, "align")
	for _, rule := range strings.Split(attr(cell.Attr, "style"), ";") {
		if name, value, ok := strings.Cut(rule, ":"); ok && strings.TrimSpace(name) == "text-align" {
			how = strings.TrimSpace(value)
		}
	}
	switch strings.ToLower(how) {
	case "left":
		return ":---"
	case "center":
		return ":---:"
	case "right":
		return "---:"
	}
	return "---"
}
