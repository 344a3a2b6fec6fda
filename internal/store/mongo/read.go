package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"selfie/internal/store"
)

// Get reads one document.
func (e *Engine) Get(ctx context.Context, s *store.Schema, id string) (store.Raw, error) {
	ctx, done, err := e.begin(ctx, callDeadline)
	if err != nil {
		return store.Raw{}, err
	}
	defer done()
	return e.get(ctx, s, id)
}

func (e *Engine) get(ctx context.Context, s *store.Schema, id string) (store.Raw, error) {
	doc, err := e.collection(s).FindOne(ctx, byID(id)).Raw()
	if errors.Is(err, driver.ErrNoDocuments) {
		return store.Raw{}, store.ErrNotFound
	}
	if err != nil {
		return store.Raw{}, e.fail(ctx, s, "read", err)
	}
	return decode(s, doc)
}

func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }

// GetMany reads documents by id.
func (e *Engine) GetMany(ctx context.Context, s *store.Schema, ids []string) ([]store.Raw, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	return e.find(ctx, s, filter, options.Find().SetBatchSize(int32(len(ids))))
}

// Find reads the documents of a plan by the plan's index alone.
func (e *Engine) Find(ctx context.Context, s *store.Schema, p store.Plan) ([]store.Raw, error) {
	return e.find(ctx, s, filterOf(p), options.Find().
		SetSort(sortOf(p)).
		SetHint(hintOf(p)).
		SetLimit(int64(p.Limit)).
		SetBatchSize(int32(p.Limit)))
}

func (e *Engine) find(ctx context.Context, s *store.Schema, filter bson.D, how *options.FindOptionsBuilder) ([]store.Raw, error) {
	ctx, done, err := e.begin(ctx, callDeadline)
	if err != nil {
		return nil, err
	}
	defer done()
	cursor, err := e.collection(s).Find(ctx, filter, how)
	if err != nil {
		return nil, e.fail(ctx, s, "find", err)
	}
	defer cursor.Close(ctx)
	var found []store.Raw
	for cursor.Next(ctx) {
		doc, err := decode(s, cursor.Current)
		if err != nil {
			return nil, err
		}
		found = append(found, doc)
	}
	return found, e.fail(ctx, s, "find", cursor.Err())
}

// Count counts the documents of a plan over the plan's index.
func (e *Engine) Count(ctx context.Context, s *store.Schema, p store.Plan) (int64, error) {
	ctx, done, err := e.begin(ctx, callDeadline)
	if err != nil {
		return 0, err
	}
	defer done()
	p.After = nil
	n, err := e.collection(s).CountDocuments(ctx, filterOf(p), options.Count().SetHint(hintOf(p)))
	return n, e.fail(ctx, s, "count", err)
}
