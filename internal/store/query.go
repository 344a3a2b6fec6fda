package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf8"
)

// Query asks for documents by one index: equality on its leading fields, an
// optional range on the next, the index's order, a keyset cursor and a limit.
// The zero Query walks the whole collection by id. Queries are values: every
// method returns a changed copy.
type Query struct {
	eq      []term
	rng     *bounds
	order   []string
	reverse bool
	after   string
	limit   int
}

type term struct {
	path  string
	value any
}

type bounds struct {
	path     string
	from, to any // inclusive; nil means open
}

// DefaultLimit is the page size of a query that names none; MaxLimit bounds it.
const (
	DefaultLimit = 20
	MaxLimit     = 1000
)

// Where starts a query with an equality.
func Where(path string, value any) Query { return Query{}.And(path, value) }

// All starts a query over everything in the order of id, or of Order.
func All() Query { return Query{} }

// And adds an equality.
func (q Query) And(path string, value any) Query {
	q.eq = append(q.eq[:len(q.eq):len(q.eq)], term{path, value})
	return q
}

// Between keeps values from <= path <= to; nil leaves a side open. path must be
// the field that follows the equalities in the index. Null lies in no range.
func (q Query) Between(path string, from, to any) Query {
	q.rng = &bounds{path, from, to}
	return q
}

// Order names the fields after the equalities, as the index declares them, or
// all with the opposite direction.
func (q Query) Order(fields ...string) Query { q.order = fields; return q }

// Reverse walks the other way round.
func (q Query) Reverse() Query { q.reverse = !q.reverse; return q }

// After continues behind the document a cursor names. "" is the beginning.
func (q Query) After(cursor string) Query { q.after = cursor; return q }

// Limit sets the page size, 1 to MaxLimit.
func (q Query) Limit(n int) Query { q.limit = n; return q }

// Plan is a query resolved to one index, as the engines execute it.
type Plan struct {
	Index   *Index // nil: the primary index, by id
	Eq      []any  // values of the index's leading fields
	From    any    // inclusive bound on field len(Eq); nil open
	To      any
	Ranged  bool  // field len(Eq) has a bound and is not null
	Reverse bool  // walk the index backwards
	After   []any // values of the fields behind Eq, then the id; nil: from the start
	Limit   int   // 1..MaxLimit+1
}

// Rest lists the fields behind the equalities, with the direction in which the
// plan walks them; the id comes last.
func (p Plan) Rest() []Field {
	var rest []Field
	idDesc := false
	if p.Index != nil {
		rest = append(rest, p.Index.Fields[len(p.Eq):]...)
		idDesc = p.Index.IDDesc()
	}
	rest = append(rest, Field{Path: "id", Desc: idDesc})
	if p.Reverse {
		for i := range rest {
			rest[i].Desc = !rest[i].Desc
		}
	}
	return rest
}

// Plan resolves the query against the schema: ErrNoIndex when no index serves
// it, ErrCursor when the cursor is not one of this query's.
func (q Query) Plan(s *Schema) (Plan, error) {
	p := Plan{Reverse: q.reverse, Limit: clamp(q.limit)}
	if err := q.choose(s, &p); err != nil {
		return p, err
	}
	if q.rng != nil {
		var err1, err2 error
		p.Ranged = true
		p.From, err1 = normal(q.rng.from)
		p.To, err2 = normal(q.rng.to)
		if err1 != nil || err2 != nil {
			return p, fmt.Errorf("%w: %s: bounds of a kind that is not indexed", ErrNoIndex, s.Name)
		}
	}
	if q.after != "" {
		after, err := openCursor(q.after, p, s)
		if err != nil {
			return p, err
		}
		p.After = after
	}
	return p, nil
}

func clamp(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}

func (q Query) choose(s *Schema, p *Plan) error {
	if len(q.eq) == 0 && q.rng == nil && len(q.order) == 0 {
		return nil
	}
	for i := range s.Indexes {
		ix := &s.Indexes[i]
		eq, ok := q.leading(ix)
		if !ok || !q.rangeFits(ix) {
			continue
		}
		flip, ok := q.orderFits(ix)
		if !ok || !q.absenceFits(ix, eq) {
			continue
		}
		p.Index, p.Eq = ix, eq
		p.Reverse = p.Reverse != flip
		return nil
	}
	return fmt.Errorf("%w: %s: %s", ErrNoIndex, s.Name, q.describe())
}

func (q Query) leading(ix *Index) ([]any, bool) {
	if len(q.eq) > len(ix.Fields) {
		return nil, false
	}
	values := make([]any, len(q.eq))
	for i := range q.eq {
		f := ix.Fields[i]
		found := false
		for _, t := range q.eq {
			if t.path == strings.TrimPrefix(f.String(), "-") {
				v, err := normal(t.value)
				if err != nil {
					return nil, false
				}
				values[i], found = v, true
			}
		}
		if !found {
			return nil, false
		}
	}
	return values, true
}

func (q Query) rangeFits(ix *Index) bool {
	if q.rng == nil {
		return true
	}
	return len(q.eq) < len(ix.Fields) && ix.Fields[len(q.eq)].Path == q.rng.path && !ix.Fields[len(q.eq)].List
}

// orderFits reports whether the index continues in the asked order, and
// whether it must be walked backwards for it.
func (q Query) orderFits(ix *Index) (flip, ok bool) {
	rest := ix.Fields[len(q.eq):]
	if len(rest) > 0 && rest[0].List {
		return false, false // a walk over elements would meet a document twice
	}
	if len(q.order) == 0 {
		return false, true
	}
	if len(q.order) > len(rest) {
		return false, false
	}
	for i, name := range q.order {
		desc := strings.HasPrefix(name, "-")
		if rest[i].Path != strings.TrimPrefix(name, "-") {
			return false, false
		}
		if i > 0 && flip != (desc != rest[i].Desc) {
			return false, false
		}
		flip = desc != rest[i].Desc
	}
	return flip, true
}

// absenceFits keeps an index from answering for documents it does not hold: a
// sparse one those without its first field, a list's those without elements.
func (q Query) absenceFits(ix *Index, eq []any) bool {
	if !ix.Sparse && !ix.Fields[0].List {
		return true
	}
	if len(eq) > 0 {
		return eq[0] != nil
	}
	return q.rng != nil || len(q.order) > 0 // asked for by name: the sparse set is what is meant
}

func (q Query) describe() string {
	var b strings.Builder
	for _, t := range q.eq {
		fmt.Fprintf(&b, "%s=? ", t.path)
	}
	if q.rng != nil {
		fmt.Fprintf(&b, "%s in range ", q.rng.path)
	}
	fmt.Fprintf(&b, "order %v", q.order)
	return b.String()
}

// normal brings a value to the kinds that are indexed: nil, bool, int64, string,
// as the document's codec writes it (so never by a String method).
func normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64:
		return v, nil
	case string:
		if utf8.ValidString(v) {
			return v, nil
		}
	case int:
		return int64(v), nil
	case Millis:
		return int64(v), nil
	}
	b, err := json.Marshal(v) // named types, pointers, broken UTF-8
	if err != nil {
		return nil, err
	}
	return decodeValue(b)
}

func decodeValue(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		return v.Int64()
	}
	return nil, fmt.Errorf("store: %T is not an indexed kind", v)
}

// A cursor is the values of the last document behind the equalities, its id,
// and a check of which index and direction they belong to.
type cursorBody struct {
	Check  uint32 `json:"c"`
	Values []any  `json:"v"`
}

func (p Plan) check(s *Schema) uint32 {
	name := "id"
	if p.Index != nil {
		name = p.Index.Name()
	}
	return crc32.ChecksumIEEE(fmt.Appendf(nil, "%s/%s/%d/%t", s.Name, name, len(p.Eq), p.Reverse))
}

// CursorOf makes the cursor that continues a plan behind doc.
func (p Plan) CursorOf(s *Schema, doc Raw) (string, error) {
	values, err := p.keyOf(doc)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(cursorBody{p.check(s), values})
	return base64.RawURLEncoding.EncodeToString(b), err
}

// maxCursor bounds what is decoded for a stranger. It leaves room for indexed
// values of some 10,000 bytes, in JSON at its widest.
const maxCursor = 128 << 10

func openCursor(cursor string, p Plan, s *Schema) ([]any, error) {
	if len(cursor) > maxCursor {
		return nil, ErrCursor
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, ErrCursor
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var body cursorBody
	if d.Decode(&body) != nil || body.Check != p.check(s) || len(body.Values) != len(p.Rest()) {
		return nil, ErrCursor
	}
	for i, v := range body.Values {
		if n, ok := v.(json.Number); ok {
			if body.Values[i], err = n.Int64(); err != nil {
				return nil, ErrCursor
			}
			continue
		}
		if _, err := normal(v); err != nil {
			return nil, ErrCursor
		}
	}
	if _, ok := body.Values[len(body.Values)-1].(string); !ok {
		return nil, ErrCursor
	}
	return body.Values, nil
}

// keyOf reads the values of Rest from a document.
func (p Plan) keyOf(doc Raw) ([]any, error) {
	var tree map[string]json.RawMessage
	if err := json.Unmarshal(doc.JSON, &tree); err != nil {
		return nil, err
	}
	rest := p.Rest()
	values := make([]any, len(rest))
	for i, f := range rest {
		v, err := Lookup(tree, f.Path)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// Lookup reads the indexed value at a dotted path of a decoded document; absent is nil.
func Lookup(tree map[string]json.RawMessage, path string) (any, error) {
	head, tail, nested := strings.Cut(path, ".")
	raw, ok := tree[head]
	if !ok || len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	if nested {
		var sub map[string]json.RawMessage
		if json.Unmarshal(raw, &sub) != nil {
			return nil, nil
		}
		return Lookup(sub, tail)
	}
	return decodeValue(raw)
}

// Compare orders two indexed values as every engine does: null, then false and
// true, then integers, then strings by their bytes.
func Compare(a, b any) int {
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra - rb
	}
	switch a := a.(type) {
	case bool:
		return boolInt(a) - boolInt(b.(bool))
	case int64:
		switch b := b.(int64); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
	case string:
		return strings.Compare(a, b.(string))
	}
	return 0
}

func rank(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case int64:
		return 2
	}
	return 3
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
