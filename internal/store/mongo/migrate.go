package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"selfie/internal/store"
)

// The server's error codes that are part of the protocol here.
const (
	namespaceNotFound = 26
	indexNotFound     = 27
	namespaceExists   = 48
	optionsConflict   = 85
	keySpecsConflict  = 86
	notImplemented    = 238
	duplicateKey      = 11000
)

func hasCode(err error, codes ...int) bool {
	var server driver.ServerError
	return errors.As(err, &server) && slices.ContainsFunc(codes, server.HasErrorCode)
}

// Migrate makes missing collections and indexes and drops unknown indexes.
// Every step asks for a state, not for a change, so nodes may run it at once.
func (e *Engine) Migrate(ctx context.Context, schemas []*store.Schema) error {
	ctx, done, err := e.begin(ctx, migrateDeadline)
	if err != nil {
		return err
	}
	defer done()
	for _, s := range schemas {
		if err := e.migrate(ctx, s); err != nil {
			return e.fail(ctx, s, "migrate", err)
		}
	}
	return nil
}

func (e *Engine) migrate(ctx context.Context, s *store.Schema) error {
	if err := e.db.CreateCollection(ctx, s.Name); err != nil && !hasCode(err, namespaceExists) {
		return err
	}
	have, err := e.indexNames(ctx, s)
	if err != nil {
		return err
	}
	var missing []store.Index
	unknown := have
	for _, ix := range s.Indexes {
		if !slices.Contains(have, ix.Name()) {
			missing = append(missing, ix)
		}
		unknown = slices.DeleteFunc(slices.Clone(unknown), func(name string) bool { return name == ix.Name() })
	}
	// New ones first, so that no query is without its index, unless an old
	// one with the same fields and other options is in the way.
	err = e.create(ctx, s, missing)
	inTheWay := hasCode(err, optionsConflict, keySpecsConflict)
	if err != nil && !inTheWay {
		return err
	}
	if err := e.drop(ctx, s, unknown); err != nil || !inTheWay {
		return err
	}
	return e.create(ctx, s, missing)
}

// indexNames lists the indexes that exist, but for the one on _id.
func (e *Engine) indexNames(ctx context.Context, s *store.Schema) ([]string, error) {
	specs, err := e.collection(s).Indexes().ListSpecifications(ctx)
	var names []string
	for _, spec := range specs {
		if spec.Name != idIndex {
			names = append(names, spec.Name)
		}
	}
	return names, err
}

func (e *Engine) create(ctx context.Context, s *store.Schema, indexes []store.Index) error {
	if len(indexes) == 0 {
		return nil
	}
	_, err := e.collection(s).Indexes().CreateMany(ctx, models(indexes, true))
	if hasCode(err, notImplemented) {
		_, err = e.collection(s).Indexes().CreateMany(ctx, models(indexes, false))
	}
	return err
}

func (e *Engine) drop(ctx context.Context, s *store.Schema, names []string) error {
	for _, name := range names {
		err := e.collection(s).Indexes().DropOne(ctx, name)
		if err != nil && !hasCode(err, indexNotFound, namespaceNotFound) {
			return err
		}
	}
	return nil
}

// models writes the declarations. A sparse index is one over the documents
// that have the first field: MongoDB's own "sparse" would hold a document for
// its last field, the id. A server without partial indexes gets an index over
// all documents: an absent field must then be no value to its unique indexes.
func models(indexes []store.Index, partial bool) []driver.IndexModel {
	var list []driver.IndexModel
	for _, ix := range indexes {
		how := options.Index().SetName(ix.Name())
		if ix.Unique {
			how.SetUnique(true)
		}
		if ix.Sparse && partial {
			first := fieldKey(ix.Fields[0].Path)
			how.SetPartialFilterExpression(bson.D{{Key: first, Value: bson.D{{Key: "$exists", Value: true}}}})
		}
		list = append(list, driver.IndexModel{Keys: keysOf(ix), Options: how})
	}
	return list
}

// keysOf lists the fields of an index. The id ends it, to order equals, but
// not a unique one, where it would make every entry differ.
func keysOf(ix store.Index) bson.D {
	var keys bson.D
	for _, f := range ix.Fields {
		keys = append(keys, bson.E{Key: fieldKey(f.Path), Value: direction(f.Desc)})
	}
	if !ix.Unique {
		keys = append(keys, bson.E{Key: "_id", Value: direction(ix.IDDesc())})
	}
	return keys
}
