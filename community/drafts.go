package community

import (
	"context"
	"errors"
	"regexp"

	"selfie/internal/fault"
	"selfie/internal/store"
)

var draftPlace = regexp.MustCompile(`^(ask|answer:[a-z0-9]{1,40}|edit:(question|answer|comment):[a-z0-9]{1,40})$`)

func draftID(member, place string) string { return store.DeriveID("draft", member, place) }

// SaveDraft keeps unfinished writing at a place; the last save wins.
func (s *Service) SaveDraft(ctx context.Context, by Actor, d Draft) error {
	if by.Guest() {
		return errSignIn
	}
	if !draftPlace.MatchString(d.Place) {
		return fault.Field("place", "A draft belongs to the ask form, an answer or an edit.")
	}
	if len(d.Title) > 4*MaxTitle || len(d.Body) > 4*MaxBody || len(d.Tags) > 1000 || len(d.Space) > 100 || len(d.Key) > 100 {
		return fault.New(fault.TooLarge, "This draft is larger than a post can be. Please shorten it.")
	}
	fresh := func() *Draft { return &Draft{Member: by.ID, Place: d.Place} }
	_, err := s.drafts.Upsert(ctx, draftID(by.ID, d.Place), fresh, func(have *Draft) error {
		have.Space, have.Title, have.Body, have.Tags = d.Space, d.Title, d.Body, d.Tags
		have.Private, have.Key, have.Updated = d.Private, d.Key, s.now()
		return nil
	})
	return err
}

// Draft returns what was kept at a place, or an empty draft.
func (s *Service) Draft(ctx context.Context, by Actor, place string) (*Draft, error) {
	if by.Guest() {
		return &Draft{Place: place}, nil
	}
	d, err := s.drafts.Get(ctx, draftID(by.ID, place))
	if errors.Is(err, store.ErrNotFound) {
		return &Draft{Member: by.ID, Place: place}, nil
	}
	return d, err
}

// DropDraft forgets a draft; it may be absent.
func (s *Service) DropDraft(ctx context.Context, by Actor, place string) error {
	if by.Guest() {
		return nil
	}
	return store.IgnoreAbsent(s.drafts.Delete(ctx, draftID(by.ID, place), 0))
}
