package sqlite

import (
	"strings"

	"selfie/internal/store"
)

// statement is one SELECT with its arguments.
type statement struct {
	query string
	args  []any
}

// access is a plan bound to the index that serves it. Every statement it makes is
// one range of that index, named by INDEXED BY, so the planner cannot choose
// another one and an impossible one is an error.
type access struct {
	table *table
	index *index // nil: the primary one
	plan  store.Plan
	rest  []store.Field // the fields that order the range
	after []any         // the cursor's values of rest, nil at the start
	lo    *bound
	hi    *bound
}

// bound limits the first field of rest.
type bound struct {
	value  any
	strict bool
}

// newAccess prepares a plan. ok is false when its cursor lies behind its range.
func newAccess(t *table, p store.Plan) (a *access, ok bool, err error) {
	a = &access{table: t, plan: p, rest: p.Rest(), after: p.After}
	if p.Index != nil {
		if a.index, err = t.index(p); err != nil {
			return nil, false, err
		}
	}
	if a.unique() && len(a.rest) > 1 {
		a.rest = a.rest[:len(a.rest)-1] // no ties for the id to break
		if a.after != nil {
			a.after = a.after[:len(a.rest)]
		}
	}
	if p.Ranged {
		a.lo = &bound{value: p.From, strict: p.From == nil} // beyond null
		if p.To != nil {
			a.hi = &bound{value: p.To}
		}
	}
	return a, a.settleCursor(), nil
}

func (a *access) unique() bool { return a.index != nil && a.index.Unique }

// settleCursor leaves one bound on each side of the first field: two on one side
// would let the planner walk from the looser one. The cursor replaces the bound it
// lies beyond and yields to one it has not reached; false means that it lies
// behind the far one, where nothing is left.
func (a *access) settleCursor() bool {
	if a.after == nil {
		return true
	}
	near, far, sign := &a.lo, a.hi, 1
	if a.rest[0].Desc {
		near, far, sign = &a.hi, a.lo, -1
	}
	if far != nil && past(a.after[0], far, sign) {
		return false
	}
	if *near != nil && past(a.after[0], *near, -sign) {
		a.after = nil
		return true
	}
	*near = nil
	return true
}

// past reports whether v lies outside a bound, in the direction of sign.
func past(v any, b *bound, sign int) bool {
	d := store.Compare(v, b.value) * sign
	return d > 0 || (d == 0 && b.strict)
}

// pages are the statements of a page, in its order: the page is what they return
// one after another until it is full. Without a cursor there is one. Behind a
// cursor there is one for each run of fields that are walked in one direction,
// from the last run to the first: equal to the cursor before the run, beyond it
// within the run.
func (a *access) pages() []statement {
	if a.after == nil {
		return []statement{a.page(0, 0)}
	}
	var out []statement
	for end := len(a.rest); end > 0; {
		start := end - 1
		for start > 0 && a.rest[start-1].Desc == a.rest[end-1].Desc {
			start--
		}
		out = append(out, a.page(start, end))
		end = start
	}
	return out
}

// page is the statement for the run of rest from start to end (0, 0: all of it).
func (a *access) page(start, end int) statement {
	c := a.where(start == 0)
	for i, f := range a.rest[:start] {
		c.and(keyColumn(f)+" = ?", bindKey(f, a.after[i]))
	}
	if end > start {
		c.beyond(a, start, end)
	}
	c.anchor(a)
	var b strings.Builder
	b.WriteString(a.selectDocs())
	b.WriteString(c.String())
	b.WriteString(a.orderBy(start))
	// A bare bound LIMIT is one that SQLite plans by, and so prepares again.
	b.WriteString(" LIMIT +?")
	return statement{b.String(), c.args}
}

// orderBy orders by rest from start on. All fields of a unique index given, there
// is one document at most and nothing to order.
func (a *access) orderBy(start int) string {
	if a.unique() && len(a.plan.Eq) == len(a.index.Fields) {
		return ""
	}
	parts := make([]string, 0, len(a.rest))
	for _, f := range a.rest[start:] {
		parts = append(parts, keyColumn(f)+direction(f.Desc))
	}
	return " ORDER BY " + strings.Join(parts, ", ")
}

// count is the statement that counts the plan's documents.
func (a *access) count() statement {
	c := a.where(true)
	c.anchor(a)
	return statement{"SELECT count(*) FROM " + a.source() + c.String(), c.args}
}

func (a *access) selectDocs() string {
	if a.index != nil && a.index.list() {
		return "SELECT d.id, d.rev, d.doc FROM " + a.source() + " CROSS JOIN " + a.table.quoted + " AS d ON d.id = k.id"
	}
	return "SELECT k.id, k.rev, k.doc FROM " + a.source()
}

func (a *access) source() string {
	switch {
	case a.index == nil:
		return a.table.quoted + " AS k"
	case a.index.list():
		return a.index.quoted + " AS k"
	}
	return a.table.quoted + " AS k INDEXED BY " + a.index.quoted
}

// keyColumn names a field of an index; the id has a column of its own and is held
// there as it is.
func keyColumn(f store.Field) string {
	if f.Path == "id" {
		return "k.id"
	}
	return "k." + columnName(f.Path)
}

func bindKey(f store.Field, v any) any {
	if f.Path == "id" {
		return v
	}
	return bind(v)
}

// conditions are the terms of a WHERE clause.
type conditions struct {
	terms   []string
	args    []any
	bounded bool // a term bounds the index
}

func (c *conditions) and(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
	c.bounded = true
}

func (c *conditions) String() string { return " WHERE " + strings.Join(c.terms, " AND ") }

// where starts with the equalities and, when asked, the bounds.
func (a *access) where(bounds bool) *conditions {
	c := &conditions{}
	if a.index != nil {
		for i, v := range a.plan.Eq {
			c.and(keyColumn(a.index.Fields[i])+" = ?", bind(v))
		}
	}
	if !bounds {
		return c
	}
	if a.lo != nil {
		c.and(keyColumn(a.rest[0])+operator(" >", a.lo.strict), bind(a.lo.value))
	}
	if a.hi != nil {
		c.and(keyColumn(a.rest[0])+operator(" <", a.hi.strict), bind(a.hi.value))
	}
	return c
}

func operator(op string, strict bool) string {
	if strict {
		return op + " ?"
	}
	return op + "= ?"
}

// beyond compares the fields of a run with the cursor, as one row value.
func (c *conditions) beyond(a *access, start, end int) {
	var names []string
	var args []any
	for i := start; i < end; i++ {
		names = append(names, keyColumn(a.rest[i]))
		args = append(args, bindKey(a.rest[i], a.after[i]))
	}
	op := " > "
	if a.rest[start].Desc {
		op = " < "
	}
	if len(names) == 1 {
		c.and(names[0]+op+"?", args...)
		return
	}
	c.and("("+strings.Join(names, ", ")+")"+op+"("+marks(len(names))+")", args...)
}

// anchor makes a walk without bounds a search from the first key, and repeats the
// condition of a sparse index, which is what allows its use.
func (c *conditions) anchor(a *access) {
	if !c.bounded {
		least := nullSQL
		if a.index == nil {
			least = "''"
		}
		c.terms = append(c.terms, keyColumn(a.rest[0])+" >= "+least)
	}
	if a.index != nil && a.index.Sparse && !a.index.list() {
		c.terms = append(c.terms, present(keyColumn(a.index.Fields[0])))
	}
}
