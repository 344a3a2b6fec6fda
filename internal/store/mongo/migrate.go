package mongo

import (
	"context"
	"errors"
	"fmt"
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

// migrate makes new indexes first, so that no query is without its own, unless
// an old one with the same fields and other options is in the way.
func (e *Engine) migrate(ctx context.Context, s *store.Schema) error {
	if err := e.db.CreateCollection(ctx, s.Name); err != nil && !hasCode(err, namespaceExists) {
		return err
	}
	have, err := e.indexNames(ctx, s)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(slices.Clone(s.Indexes), func(ix store.Index) bool { return slices.Contains(have, ix.Name()) })
	unknown := slices.DeleteFunc(have, func(name string) bool {
		return slices.ContainsFunc(s.Indexes, func(ix store.Index) bool { return ix.Name() == name })
	})
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

// create makes indexes one by one: FerretDB breaks over a list of which a rival
// has made some. It knows no partial indexes either, and gets them over all
// documents: an absent field is no value to its unique ones.
func (e *Engine) create(ctx context.Context, s *store.Schema, indexes []store.Index) error {
	for _, ix := range indexes {
		_, err := e.collection(s).Indexes().CreateOne(ctx, model(ix, partialOf(ix)))
		if hasCode(err, notImplemented) {
			_, err = e.collection(s).Indexes().CreateOne(ctx, model(ix, nil))
		}
		if err != nil {
			return fmt.Errorf("index %s: %w", ix.Name(), err)
		}
	}
	return nil
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

func model(ix store.Index, partial bson.D) driver.IndexModel {
	how := options.Index().SetName(ix.Name())
	if ix.Unique {
		how.SetUnique(true)
	}
	if partial != nil {
		how.SetPartialFilterExpression(partial)
	}
	return driver.IndexModel{Keys: keysOf(ix), Options: how}
}

// partialOf says which documents a sparse index holds: those that have the
// first field. MongoDB's own "sparse" would hold them for the last one, the id.
func partialOf(ix store.Index) bson.D {
	if !ix.Sparse {
		return nil
	}
	return bson.D{{Key: fieldKey(ix.Fields[0].Path), Value: bson.D{{Key: "$exists", Value: true}}}}
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
