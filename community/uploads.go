package community

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// AddUpload records a picture that the actor has put into the blob store. It
// is the actor's alone until a post shows it. The same file again, by its Sum,
// returns what KnownUpload finds.
func (s *Service) AddUpload(ctx context.Context, by Actor, u Upload) (*Upload, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	alt, err := line("alt", u.Alt, 0, 500)
	if err != nil {
		return nil, err
	}
	if u.Hash == "" || len(u.Variants) == 0 || len(u.Variants) > 4 || len(u.Blur) > MaxBlur {
		return nil, fault.New(fault.Invalid, "This is not a stored picture.")
	}
	if u.Sum != "" {
		if known, err := s.KnownUpload(ctx, by, u.Sum); !fault.Is(err, fault.NotFound) {
			return known, err
		}
	}
	if err := s.today(by, func(since store.Millis) (int64, error) {
		return s.uploads.Count(ctx, store.Where("owner", by.ID).Between("created", since, nil))
	}, 50, 300, "pictures"); err != nil {
		return nil, err
	}
	u.Meta, u.Box, u.Owner, u.Post, u.Thread, u.Alt, u.Created = store.Meta{}, outbox.Box{}, by.ID, nil, "", alt, s.now()
	if r := []rune(u.Name); len(r) > 120 {
		u.Name = string(r[:120])
	}
	u.ToBeRead(s.now())
	return s.insertUpload(ctx, by, u)
}

// insertUpload gives a file an id derived from who sent it and how often it was
// sent before, so that two requests with one file at once make one upload.
func (s *Service) insertUpload(ctx context.Context, by Actor, u Upload) (*Upload, error) {
	if u.Sum == "" {
		return &u, s.uploads.Insert(ctx, &u)
	}
	before, err := s.uploads.Count(ctx, store.Where("owner", u.Owner).And("sum", u.Sum))
	if err != nil {
		return nil, err
	}
	if before > 0 { // another request may have come first just now
		if known, err := s.KnownUpload(ctx, by, u.Sum); !fault.Is(err, fault.NotFound) {
			return known, err
		}
	}
	fresh := u
	u.ID = store.DeriveID("upload", u.Owner, u.Sum, strconv.FormatInt(before, 10))
	standing, inserted, err := s.uploads.Put(ctx, &u)
	if err != nil || inserted || s.usable(standing) {
		return standing, err
	}
	return &fresh, s.uploads.Insert(ctx, &fresh) // one in between was deleted, so the count met an old one
}

// knownFor is how long an unused upload is given out again. What is older may
// be swept away as an orphan before a post shows it.
const knownFor = day

func (s *Service) usable(u *Upload) bool {
	return u.Post == nil && u.Taken == 0 && u.Created > s.now()-knownFor
}

// KnownUpload returns the actor's own upload of the file with that SHA-256 (hex),
// if no post and no draft shows it yet; else fault.NotFound.
func (s *Service) KnownUpload(ctx context.Context, by Actor, sum string) (*Upload, error) {
	if err := s.active(by); err != nil {
		return nil, err
	}
	sum, err := CleanSum(sum)
	if err != nil {
		return nil, err
	}
	u, err := s.uploads.First(ctx, store.Where("owner", by.ID).And("sum", sum).Order("-created"))
	if err != nil {
		return nil, found(err, "picture")
	}
	if !s.usable(u) {
		return nil, absent("picture")
	}
	// One that a text names already is that text's: a second post would lose it
	// to the first, or show it after the first is gone.
	ref, _, err := s.showing(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	named, err := drafted{}.show(ctx, s, u)
	if err == nil && (named || ref != nil) {
		err = absent("picture")
	}
	if err != nil {
		return nil, err
	}
	return u, nil
}

// CleanSum returns a SHA-256 as its 64 lower-case hex digits.
func CleanSum(sum string) (string, error) {
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != sha256.Size {
		return "", fault.Field("sha256", "Give the SHA-256 of the file's bytes as 64 hex digits.")
	}
	return hex.EncodeToString(b), nil
}

// OwnUpload is Upload for its owner and for staff: those who may know more of a
// picture than it shows.
func (s *Service) OwnUpload(ctx context.Context, by Actor, id string) (*Upload, error) {
	u, err := s.Upload(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if by.Guest() || (u.Owner != by.ID && !by.Staff()) {
		return nil, absent("picture")
	}
	return u, nil
}

// Upload returns a picture that the actor may see: an unused one is its
// owner's, a used one follows the post that owns it. What an edit took out of the
// post, to black something out perhaps, is its owner's and the staff's again.
func (s *Service) Upload(ctx context.Context, by Actor, id string) (*Upload, error) {
	u, err := s.uploads.Get(ctx, id)
	if err != nil {
		return nil, found(err, "picture")
	}
	if u.Post == nil {
		if by.Guest() || (u.Owner != by.ID && !by.IsAdmin()) || u.Taken != 0 {
			return nil, absent("picture")
		}
		return u, nil
	}
	p, err := s.postFor(ctx, by, *u.Post)
	if fault.Is(err, fault.Internal) {
		return nil, err
	}
	if err != nil || (!contains(p.Post.Images, id) && u.Owner != by.ID && !by.Staff()) {
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
	if errors.Is(err, store.ErrNotFound) || (err == nil && (u.Owner != by.ID || u.Taken != 0)) {
		return nil, absent("picture")
	}
	if err != nil {
		return nil, err
	}
	return s.uploads.Update(ctx, id, func(u *Upload) error { u.Alt = alt; return nil })
}
