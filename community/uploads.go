package community

import (
	"context"
	"errors"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// AddUpload records a picture that the actor has put into the blob store. It
// is the actor's alone until a post shows it.
func (s *Service) AddUpload(ctx context.Context, by Actor, u Upload) (*Upload, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	alt, err := line("alt", u.Alt, 0, 500)
	if err != nil {
		return nil, err
	}
	if u.Hash == "" || len(u.Variants) == 0 || len(u.Variants) > 4 {
		return nil, fault.New(fault.Invalid, "This is not a stored picture.")
	}
	if err := s.today(by, func(since store.Millis) (int64, error) {
		return s.uploads.Count(ctx, store.Where("owner", by.ID).Between("created", since, nil))
	}, 50, 300, "pictures"); err != nil {
		return nil, err
	}
	u.Meta, u.Owner, u.Post, u.Thread, u.Alt, u.Created = store.Meta{}, by.ID, nil, "", alt, s.now()
	if r := []rune(u.Name); len(r) > 120 {
		u.Name = string(r[:120])
	}
	return &u, s.uploads.Insert(ctx, &u)
}

// Upload returns a picture that the actor may see: an unused one is its
// owner's, a used one follows the post that owns it.
func (s *Service) Upload(ctx context.Context, by Actor, id string) (*Upload, error) {
	u, err := s.uploads.Get(ctx, id)
	if err != nil {
		return nil, found(err, "picture")
	}
	if u.Post == nil {
		if by.Guest() || (u.Owner != by.ID && !by.IsAdmin()) {
			return nil, absent("picture")
		}
		return u, nil
	}
	if _, err := s.postFor(ctx, by, *u.Post); err != nil {
		if fault.Is(err, fault.Internal) {
			return nil, err
		}
		return nil, absent("picture")
	}
	return u, nil
}

// Uploads returns those of the pictures that the actor owns or that belong to
// the given thread, which the caller has seen.
func (s *Service) Uploads(ctx context.Context, by Actor, ids []string) (map[string]*Upload, error) {
	seen := map[string]*Upload{}
	for _, id := range ids {
		u, err := s.Upload(ctx, by, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		seen[id] = u
	}
	return seen, nil
}

// SetAlt describes a picture for those who do not see it; its owner may.
func (s *Service) SetAlt(ctx context.Context, by Actor, id, alt string) (*Upload, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	alt, err := line("alt", alt, 0, 500)
	if err != nil {
		return nil, err
	}
	u, err := s.uploads.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) || (err == nil && u.Owner != by.ID) {
		return nil, absent("picture")
	}
	if err != nil {
		return nil, err
	}
	return s.uploads.Update(ctx, id, func(u *Upload) error { u.Alt = alt; return nil })
}
