package mongo

import (
	"context"
	"errors"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"selfie/internal/store"
)

// taken says which unique index, or "id", refused the document: as the server
// names it, else by looking for the document that stands in the way. When that
// has gone meanwhile it is errAgain, since the write did not happen.
// fresh: the document was to be inserted, so its id may be the reason.
func (e *Engine) taken(ctx context.Context, s *store.Schema, tree bson.D, fresh bool, refused error) error {
	name := namedIndex(s, refused)
	if name == "" {
		var err error
		if name, err = e.obstacle(ctx, s, tree, fresh); err != nil {
			return err
		}
	}
	if name == "" {
		return errAgain
	}
	return &store.ExistsError{Collection: s.Name, Index: name}
}

// refusesDouble reports whether the server refused a write for a unique index.
// FerretDB says so of an insert only; of a replace it shows SQLite's own words.
func refusesDouble(err error) bool {
	return driver.IsDuplicateKeyError(err) || err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed")
}

// namedIndex reads the index from "E11000 duplicate key error collection:
// db.threads index: slug__u dup key: …"; "" when it is none that is declared.
func namedIndex(s *store.Schema, refused error) string {
	_, rest, _ := strings.Cut(refusal(refused), " index: ")
	name, _, _ := strings.Cut(rest, " dup key")
	if name == idIndex {
		return "id"
	}
	for _, ix := range s.Indexes {
		if ix.Unique && ix.Name() == name {
			return name
		}
	}
	return ""
}

func refusal(err error) string {
	var write driver.WriteException
	if errors.As(err, &write) {
		for _, w := range write.WriteErrors {
			if w.Code == duplicateKey {
				return w.Message
			}
		}
	}
	var command driver.CommandError
	if errors.As(err, &command) {
		return command.Message
	}
	return ""
}

// obstacle looks for the document that holds the id or the unique values.
func (e *Engine) obstacle(ctx context.Context, s *store.Schema, tree bson.D, fresh bool) (string, error) {
	encoded, err := bson.Marshal(tree)
	if err != nil {
		return "", e.fail(ctx, s, "encode", err)
	}
	doc := bson.Raw(encoded)
	if fresh {
		if found, err := e.exists(ctx, s, byID(doc.Lookup("_id").StringValue())); err != nil || found {
			return "id", err
		}
	}
	for _, ix := range s.Indexes {
		if !ix.Unique || ix.Sparse && doc.Lookup(strings.Split(ix.Fields[0].Path, ".")...).IsZero() {
			continue
		}
		if found, err := e.exists(ctx, s, rivals(ix, doc)); err != nil || found {
			return ix.Name(), err
		}
	}
	return "", nil
}

func (e *Engine) exists(ctx context.Context, s *store.Schema, filter bson.D) (bool, error) {
	err := e.collection(s).FindOne(ctx, filter).Err()
	if errors.Is(err, driver.ErrNoDocuments) {
		return false, nil
	}
	return err == nil, e.fail(ctx, s, "read", err)
}

// rivals finds other documents with the values that doc has in an index.
func rivals(ix store.Index, doc bson.Raw) bson.D {
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$ne", Value: doc.Lookup("_id")}}}}
	for _, f := range ix.Fields {
		e := bson.E{Key: fieldKey(f.Path)}
		if v := doc.Lookup(strings.Split(e.Key, ".")...); !v.IsZero() {
			e.Value = v
		}
		filter = append(filter, e)
	}
	return filter
}
