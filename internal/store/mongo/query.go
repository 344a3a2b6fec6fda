package mongo

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
)

// idIndex is the name of the index every collection has.
const idIndex = "_id_"

// hintOf names the one index a plan may use.
func hintOf(p store.Plan) string {
	if p.Index == nil {
		return idIndex
	}
	return p.Index.Name()
}

// step is one field of a plan's order.
type step struct {
	key      string
	desc     bool
	nullable bool
}

// stepsOf is the order of a plan behind its equalities. A unique index needs
// no id to break ties, and does not hold it.
func stepsOf(p store.Plan) []step {
	rest := p.Rest()
	if p.Index != nil && p.Index.Unique && len(rest) > 1 {
		rest = rest[:len(rest)-1]
	}
	var steps []step
	for i, f := range rest {
		key := fieldKey(f.Path)
		held := i == 0 && (p.Ranged || p.Index != nil && p.Index.Sparse && len(p.Eq) == 0)
		steps = append(steps, step{key, f.Desc, !held && key != "_id"})
	}
	return steps
}

// sortOf writes the order of a plan. The one document that all fields of a
// unique index name needs none.
func sortOf(p store.Plan) bson.D {
	order := bson.D{}
	if p.Index != nil && p.Index.Unique && len(p.Eq) == len(p.Index.Fields) {
		return order
	}
	for _, st := range stepsOf(p) {
		order = append(order, bson.E{Key: st.key, Value: direction(st.desc)})
	}
	return order
}

func direction(desc bool) int32 {
	if desc {
		return -1
	}
	return 1
}

// filterOf writes the documents of a plan: the equalities, the bounds of the
// first field of the order, and what lies behind the cursor. The cursor bounds
// that first field as well, though the alternatives imply it: with them alone
// the server would read everything that the cursor skips.
func filterOf(p store.Plan) bson.D {
	filter := bson.D{}
	for i, v := range p.Eq {
		filter = append(filter, bson.E{Key: fieldKey(p.Index.Fields[i].Path), Value: v})
	}
	steps := stepsOf(p)
	if b := boundsOf(p, steps); len(b) > 0 {
		filter = append(filter, bson.E{Key: steps[0].key, Value: b})
	}
	if p.After != nil && len(steps) > 1 {
		filter = append(filter, beyond(steps, p.After))
	}
	return filter
}

// boundsOf bounds the first field of the order by the range and the cursor.
func boundsOf(p store.Plan, steps []step) bson.D {
	lo, hi := limit{"$gte", p.From}, limit{"$lte", p.To}
	var ops bson.D
	if p.After != nil {
		ops = cursorBound(steps[0], p.After[0], len(steps) == 1, &lo, &hi)
	}
	ops = append(append(lo.ops(), hi.ops()...), ops...)
	if len(ops) > 0 {
		return ops
	}
	if p.Index != nil && p.Index.Sparse && len(p.Eq) == 0 {
		return bson.D{{Key: "$exists", Value: true}} // or the server would not trust the index
	}
	if p.Ranged {
		return bson.D{{Key: "$ne", Value: nil}}
	}
	return nil
}

// limit is one side of a range; a nil value leaves it open.
type limit struct {
	op    string
	value any
}

func (l limit) ops() bson.D {
	if l.value == nil {
		return nil
	}
	return bson.D{{Key: l.op, Value: l.value}}
}

// cursorBound narrows a side of the range to the cursor's value, or returns
// what cannot be said as a side. alone: there is no further field to decide
// among equals, so the value itself is passed already.
func cursorBound(st step, v any, alone bool, lo, hi *limit) bson.D {
	switch {
	case v == nil && !st.nullable: // a forged cursor
		return bson.D{{Key: "$exists", Value: true}, {Key: "$in", Value: bson.A{}}}
	case st.desc && v == nil && alone:
		return bson.D{{Key: "$in", Value: bson.A{}}}
	case st.desc && v == nil:
		return bson.D{{Key: "$eq", Value: nil}}
	case st.desc && st.nullable:
		return bson.D{{Key: "$not", Value: bson.D{{Key: pick(alone, "$gte", "$gt"), Value: v}}}}
	case st.desc:
		if hi.value == nil || store.Compare(v, hi.value) <= 0 {
			*hi = limit{pick(alone, "$lt", "$lte"), v}
		}
	case v == nil && alone:
		return bson.D{{Key: "$ne", Value: nil}}
	case v != nil:
		if lo.value == nil || store.Compare(v, lo.value) >= 0 {
			*lo = limit{pick(alone, "$gt", "$gte"), v}
		}
	}
	return nil
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// beyond writes "behind the cursor" as alternatives: equal in the first i
// fields and behind it in the next.
func beyond(steps []step, after []any) bson.E {
	either := bson.A{}
	var equal bson.D
	for i, st := range steps {
		if op := behind(st, after[i]); op != nil {
			branch := append(append(bson.D{}, equal...), bson.E{Key: st.key, Value: op})
			either = append(either, branch)
		}
		equal = append(equal, bson.E{Key: st.key, Value: after[i]})
	}
	if len(either) == 0 {
		return bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}
	}
	return bson.E{Key: "$or", Value: either}
}

// behind is what follows v in one field. A comparison by < or > never meets
// null, which sorts before everything, so null is spelled out.
func behind(st step, v any) bson.D {
	switch {
	case !st.desc && v == nil:
		return bson.D{{Key: "$ne", Value: nil}}
	case !st.desc:
		return bson.D{{Key: "$gt", Value: v}}
	case v == nil:
		return nil
	case st.nullable:
		return bson.D{{Key: "$not", Value: bson.D{{Key: "$gte", Value: v}}}}
	}
	return bson.D{{Key: "$lt", Value: v}}
}
