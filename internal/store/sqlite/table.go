package sqlite

import (
	"fmt"
	"strings"

	"selfie/internal/store"
)

// table is the compiled form of a schema. Names hold a dot or a dollar sign,
// which no collection's name does, so none can collide.
type table struct {
	name    string
	quoted  string
	columns []column // one a path of an ordinary index
	indexes []*index
	lists   []*index          // those of indexes that are over a list
	unique  map[string]string // the columns SQLite names in a violation -> Index.Name
}

// column is the VIRTUAL generated column of an indexed path.
type column struct{ name, def string }

// index is a declared index, or the side table that stands for one over a list.
type index struct {
	store.Index
	short  string // Index.Name
	quoted string
	ddl    ddl
}

// ddl makes one thing of sqlite_schema, whose sql column then equals text.
type ddl struct{ kind, name, text string }

func compile(s *store.Schema) *table {
	t := &table{name: s.Name, quoted: quote(s.Name), unique: map[string]string{}}
	seen := map[string]bool{}
	for i := range s.Indexes {
		ix := t.compileIndex(s.Indexes[i])
		t.indexes = append(t.indexes, ix)
		if ix.list() {
			t.lists = append(t.lists, ix)
			continue
		}
		for _, f := range ix.Fields {
			if !seen[f.Path] {
				seen[f.Path] = true
				t.columns = append(t.columns, newColumn(f.Path))
			}
		}
	}
	return t
}

func (t *table) compileIndex(declared store.Index) *index {
	name := t.name + "." + declared.Name()
	ix := &index{Index: declared, short: declared.Name(), quoted: quote(name)}
	ix.ddl = ddl{"index", name, ix.ordinary(t.quoted)}
	if ix.list() {
		ix.ddl = ddl{"table", name, ix.side()}
	}
	if ix.Unique {
		t.unique[t.violation(ix)] = ix.short
	}
	return ix
}

func (ix *index) list() bool { return ix.Fields[0].List }

// ordinary is the statement of an ordinary index. A unique one needs no id: no
// two entries are equal without it.
func (ix *index) ordinary(on string) string {
	unique, where := "", ""
	if ix.Unique {
		unique = "UNIQUE "
	}
	if ix.Sparse {
		where = " WHERE " + present(columnName(ix.Fields[0].Path))
	}
	return fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)%s", unique, ix.quoted, on, ix.columns(true, !ix.Unique), where)
}

// side is the statement of a side table, which is its own index.
func (ix *index) side() string {
	return fmt.Sprintf("CREATE TABLE %s (%s, id TEXT NOT NULL, PRIMARY KEY (%s)) WITHOUT ROWID",
		ix.quoted, ix.columns(false, false), ix.columns(true, true))
}

// present is the condition of a sparse index. IS NOT is no bound that the planner
// could take in place of the one that matters.
func present(column string) string { return column + " IS NOT " + nullSQL }

func (ix *index) columns(directions, id bool) string {
	var parts []string
	for _, f := range ix.Fields {
		parts = append(parts, columnName(f.Path)+direction(directions && f.Desc))
	}
	if id {
		parts = append(parts, "id"+direction(directions && ix.IDDesc()))
	}
	return strings.Join(parts, ", ")
}

// violation is how SQLite names the columns of a broken unique index.
func (t *table) violation(ix *index) string {
	parts := make([]string, len(ix.Fields))
	for i, f := range ix.Fields {
		parts[i] = t.name + ".$." + f.Path
	}
	return strings.Join(parts, ", ")
}

func newColumn(path string) column {
	return column{
		name: "$." + path,
		def: fmt.Sprintf("%s GENERATED ALWAYS AS (ifnull(json_extract(doc, '$.%s'), %s)) VIRTUAL",
			columnName(path), path, nullSQL),
	}
}

func columnName(path string) string { return quote("$." + path) }

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return ""
}

// quote needs no escape: the contract admits neither names nor paths with quotes.
func quote(name string) string { return `"` + name + `"` }

// index finds the compiled form of a plan's index.
func (t *table) index(p store.Plan) (*index, error) {
	name := p.Index.Name()
	for _, ix := range t.indexes {
		if ix.short == name {
			return ix, nil
		}
	}
	return nil, fmt.Errorf("%w: %s has no index %s", store.ErrNoIndex, t.name, name)
}
