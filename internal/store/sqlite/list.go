package sqlite

import (
	"encoding/json"
	"fmt"
	"strings"

	"selfie/internal/store"
)

// entries are the rows of the side tables that a document asks for: for each list
// index its distinct rows, each a key of bound values without the id.
type entries [][]entry

type entry []any

func (t *table) entries(doc []byte) (entries, error) {
	if len(t.lists) == 0 {
		return nil, nil
	}
	var tree map[string]json.RawMessage
	if err := json.Unmarshal(doc, &tree); err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", t.name, err)
	}
	all := make(entries, len(t.lists))
	for i, ix := range t.lists {
		rows, err := ix.entries(tree)
		if err != nil {
			return nil, fmt.Errorf("sqlite: %s.%s: %w", t.name, ix.short, err)
		}
		all[i] = rows
	}
	return all, nil
}

func (ix *index) entries(tree map[string]json.RawMessage) ([]entry, error) {
	elements, err := elements(tree, ix.Fields[0].Path)
	if err != nil {
		return nil, err
	}
	rest := make(entry, 0, len(ix.Fields))
	for _, f := range ix.Fields[1:] {
		v, err := store.Lookup(tree, f.Path)
		if err != nil {
			return nil, err
		}
		rest = append(rest, bind(v))
	}
	var rows []entry
	seen := map[any]bool{}
	for _, v := range elements {
		if seen[v] || v == nil {
			continue
		}
		seen[v] = true
		rows = append(rows, append(entry{bind(v)}, rest...))
	}
	return rows, nil
}

// elements reads the list at a path; a missing one has none.
func elements(tree map[string]json.RawMessage, path string) ([]any, error) {
	head, tail, nested := strings.Cut(path, ".")
	raw, ok := tree[head]
	if !ok {
		return nil, nil
	}
	if nested {
		var sub map[string]json.RawMessage
		if err := json.Unmarshal(raw, &sub); err != nil {
			return nil, err
		}
		return elements(sub, tail)
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(raw, &raws); err != nil {
		return nil, err
	}
	values := make([]any, len(raws))
	for i := range raws {
		v, err := store.Lookup(map[string]json.RawMessage{"": raws[i]}, "")
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// change brings the side tables from one set of entries to another; either may be
// nil. What stays is not touched.
func (t *table) change(tx *session, id string, from, to entries) error {
	for i, ix := range t.lists {
		if from != nil {
			for _, row := range without(from[i], to, i) {
				if err := tx.exec(ix.deleteSQL(), append(row[:len(row):len(row)], id)...); err != nil {
					return err
				}
			}
		}
		if to != nil {
			for _, row := range without(to[i], from, i) {
				if err := tx.exec(ix.insertSQL(), append(row[:len(row):len(row)], id)...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// without lists the rows that are not among those of the i-th index in others.
func without(rows []entry, others entries, i int) []entry {
	if others == nil {
		return rows
	}
	var out []entry
	for _, row := range rows {
		if !contains(others[i], row) {
			out = append(out, row)
		}
	}
	return out
}

func contains(rows []entry, row entry) bool {
next:
	for _, r := range rows {
		for i := range r {
			if r[i] != row[i] {
				continue next
			}
		}
		return true
	}
	return false
}

func (ix *index) insertSQL() string {
	return fmt.Sprintf("INSERT INTO %s (%s, id) VALUES (%s)", ix.quoted, ix.columns(false, false), marks(len(ix.Fields)+1))
}

func (ix *index) deleteSQL() string {
	var b strings.Builder
	fmt.Fprintf(&b, "DELETE FROM %s WHERE id = ?%d", ix.quoted, len(ix.Fields)+1)
	for i, f := range ix.Fields {
		fmt.Fprintf(&b, " AND %s = ?%d", columnName(f.Path), i+1)
	}
	return b.String()
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
