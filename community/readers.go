package community

import (
	"context"
	"errors"

	"selfie/internal/store"
)

// readers says when one of the nodes last looked for pictures to read: of several
// nodes some may have the program for it, and whoever waits for a text asks any.
type readers struct {
	store.Meta
	Seen store.Millis `json:"seen"`
}

const (
	readersID  = "pictures"
	readerSays = 60 * 1000  // milliseconds between two notes of one node
	readerGone = 150 * 1000 // milliseconds after which nobody is thought to read
)

// noteReader notes that this node reads pictures, once a minute.
func (s *Service) noteReader(ctx context.Context) error {
	now := s.now()
	if said := store.Millis(s.readerSaid.Load()); said <= now && now < said+readerSays {
		return nil
	}
	_, err := s.readers.Upsert(ctx, readersID, func() *readers { return &readers{} }, func(r *readers) error {
		if r.Seen > now-readerSays/2 && r.Seen <= now {
			return store.ErrUnchanged // another node said so just now
		}
		r.Seen = now
		return nil
	})
	if err == nil {
		s.readerSaid.Store(int64(now))
	}
	return err
}

// PicturesAreRead reports whether any node reads the text in pictures now.
func (s *Service) PicturesAreRead(ctx context.Context) (bool, error) {
	r, err := s.readers.Get(ctx, readersID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Seen > s.now()-readerGone, err
}
