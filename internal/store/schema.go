package store

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Schema declares a collection to the engines.
type Schema struct {
	Name    string // letters and underscore; also the table's name
	Indexes []Index
}

// Index is an ordered list of fields. A field is a JSON path with dots; a
// leading "-" means descending; a trailing "[]" (first field only) indexes each
// element of a list. Indexed values are strings, integers, booleans or null,
// one kind a field; null and absent are the same, and sort first. A path leads
// through objects only, and nothing in a list index is found by null.
//
// The id is the implicit last field, in the direction of the last one named.
type Index struct {
	Fields []Field
	Unique bool // no two documents share the values, null among them; not for a list
	Sparse bool // holds only documents whose first field is neither null nor absent
}

// Field is one field of an index.
type Field struct {
	Path string // "stats.activity"
	Desc bool
	List bool // each element of the list at Path
}

// String writes the field as it is declared.
func (f Field) String() string {
	s := f.Path
	if f.Desc {
		s = "-" + s
	}
	if f.List {
		s += "[]"
	}
	return s
}

// On declares an index over fields written "path", "-path" or "path[]".
func On(fields ...string) Index {
	var ix Index
	for i, f := range fields {
		desc := strings.HasPrefix(f, "-")
		list := strings.HasSuffix(f, "[]")
		if list && i > 0 {
			panic("store: only the first field of an index may be a list: " + f)
		}
		ix.Fields = append(ix.Fields, Field{strings.TrimSuffix(strings.TrimPrefix(f, "-"), "[]"), desc, list})
	}
	return ix
}

// OnUnique declares a unique index.
func OnUnique(fields ...string) Index { ix := On(fields...); ix.Unique = true; return ix }

// OnSparse declares a sparse index.
func OnSparse(fields ...string) Index { ix := On(fields...); ix.Sparse = true; return ix }

// OnUniqueSparse declares an index that is unique among the documents it holds.
func OnUniqueSparse(fields ...string) Index { ix := OnUnique(fields...); ix.Sparse = true; return ix }

// Name is stable for a declaration: it changes when the fields or flags do, so
// that a migration is "make the missing names, drop the unknown ones".
func (ix Index) Name() string {
	parts := make([]string, 0, len(ix.Fields)+1)
	for _, f := range ix.Fields {
		p := strings.ReplaceAll(f.Path, ".", "_")
		if f.Desc {
			p += "_desc"
		}
		if f.List {
			p += "_each"
		}
		parts = append(parts, p)
	}
	name := strings.Join(parts, "__")
	if ix.Unique {
		name += "__u"
	}
	if ix.Sparse {
		name += "__s"
	}
	return name
}

// IDDesc is the direction of the implicit id at the end of the index.
func (ix Index) IDDesc() bool {
	return len(ix.Fields) > 0 && ix.Fields[len(ix.Fields)-1].Desc
}

func (s *Schema) validate() error {
	if s.Name == "" || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return fmt.Errorf("store: bad collection name %q", s.Name)
	}
	seen := map[string]bool{}
	for _, ix := range s.Indexes {
		if len(ix.Fields) == 0 || seen[ix.Name()] {
			return fmt.Errorf("store: %s: empty or repeated index %q", s.Name, ix.Name())
		}
		if err := ix.validate(); err != nil {
			return fmt.Errorf("store: %s: index %q: %w", s.Name, ix.Name(), err)
		}
		seen[ix.Name()] = true
	}
	return nil
}

// pathShape is what the engines can name in their own languages.
var pathShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$`)

// validate refuses what the two engines would not do alike.
func (ix Index) validate() error {
	seen := map[string]bool{}
	for i, f := range ix.Fields {
		switch {
		case !pathShape.MatchString(f.Path):
			return fmt.Errorf("bad path %q", f.Path)
		case f.Path == "id":
			return errors.New("the id is in every index already")
		case seen[f.Path]:
			return fmt.Errorf("%q is named twice", f.Path)
		case f.List && (i > 0 || f.Desc):
			return fmt.Errorf("the list %q can only be the first field, ascending", f.Path)
		case f.List && ix.Unique:
			return fmt.Errorf("a list (%q) cannot be unique", f.Path)
		}
		seen[f.Path] = true
	}
	return nil
}
