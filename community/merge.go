package community

import (
	"context"
	"encoding/json"

	"selfie/internal/store"
)

// A list over many spaces is one stream a space, each in the list's order. A
// page shows few of each: it takes a handful of every stream, and more only of
// those that it used up. (store.Merge reads a whole page of each.)

// spareRows is how many rows more than its share are read of a stream at once.
const spareRows = 3

// threadStream is what was read of a stream and not taken yet.
type threadStream struct {
	query store.Query
	rows  []*Thread
	next  string // cursor of what was not read; "" when all was
}

func (st *threadStream) read(ctx context.Context, threads *store.Collection[Thread]) error {
	list, err := threads.Find(ctx, st.query)
	st.rows, st.next, st.query = list.Items, list.Next, st.query.After(list.Next)
	return err
}

// mergeThreads returns one page of the union of streams that share nothing, each
// by key and then by id, both falling. Their cursors are those of each stream.
func (s *Service) mergeThreads(ctx context.Context, streams []store.Query, cursor string, limit int, key func(*Thread) int64) (store.Page[Thread], error) {
	var list store.Page[Thread]
	if len(streams) == 0 {
		return list, nil
	}
	if limit <= 0 {
		limit = store.DefaultLimit
	}
	limit = min(limit, store.MaxLimit)
	if len(streams) == 1 {
		return s.threads.Find(ctx, streams[0].After(cursor).Limit(limit))
	}
	open := make([]*threadStream, len(streams))
	for i, q := range streams {
		open[i] = &threadStream{query: q.After(cursor).Limit(limit/len(streams) + spareRows)}
		if err := open[i].read(ctx, s.threads); err != nil {
			return list, err
		}
	}
	for {
		first := foremost(open, key)
		if first == nil {
			return list, nil
		}
		if len(list.Items) == limit {
			var err error
			list.Next, err = s.threadCursor(streams[0], list.Items[limit-1])
			return list, err
		}
		list.Items = append(list.Items, first.rows[0])
		if first.rows = first.rows[1:]; len(first.rows) == 0 && first.next != "" {
			if err := first.read(ctx, s.threads); err != nil {
				return list, err
			}
		}
	}
}

// foremost is the stream whose next row comes first; nil when all are at their end.
func foremost(open []*threadStream, key func(*Thread) int64) (first *threadStream) {
	for _, st := range open {
		if len(st.rows) == 0 {
			continue
		}
		if first == nil {
			first = st
			continue
		}
		a, b := st.rows[0], first.rows[0]
		if ka, kb := key(a), key(b); ka > kb || ka == kb && a.ID > b.ID {
			first = st
		}
	}
	return first
}

// threadCursor continues a stream like q, and so all of them, behind t.
func (s *Service) threadCursor(q store.Query, t *Thread) (string, error) {
	p, err := q.Plan(s.threads.Schema())
	if err != nil {
		return "", err
	}
	doc, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	return p.CursorOf(s.threads.Schema(), store.Raw{ID: t.ID, Rev: t.Rev, JSON: doc})
}
