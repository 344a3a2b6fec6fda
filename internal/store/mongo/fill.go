package mongo

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"selfie/internal/store"
)

// fillAll makes every field of a unique index present, as null, since not
// every server takes absent values for equal. The first field of a sparse
// index stays absent: that keeps the document out of it.
func fillAll(s *store.Schema, tree bson.D) bson.D {
	for _, ix := range s.Indexes {
		for i, f := range ix.Fields {
			if ix.Unique && !(ix.Sparse && i == 0) {
				tree = fill(tree, strings.Split(fieldKey(f.Path), "."))
			}
		}
	}
	return tree
}

func fill(doc bson.D, path []string) bson.D {
	for i, e := range doc {
		if e.Key != path[0] {
			continue
		}
		inner, isObject := e.Value.(bson.D)
		switch {
		case len(path) == 1:
			return doc
		case isObject && !isMark(inner):
			doc[i].Value = fill(inner, path[1:])
			return doc
		case e.Value != nil:
			return doc // the path leads through objects only
		}
		doc[i].Key = hidden + e.Key
		break
	}
	return append(doc, bson.E{Key: made + path[0], Value: true}, bson.E{Key: path[0], Value: nulls(path[1:])})
}

// nulls nests a null in objects.
func nulls(path []string) any {
	if len(path) == 0 {
		return nil
	}
	return bson.D{{Key: path[0], Value: nulls(path[1:])}}
}

// isMark says that a document stands for a list or a number.
func isMark(doc bson.D) bool {
	return len(doc) == 1 && (doc[0].Key == listKey || doc[0].Key == textKey)
}
