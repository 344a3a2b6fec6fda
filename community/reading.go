package community

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"selfie/internal/outbox"
	"selfie/internal/store"
)

// The text in pictures is read in the background, by whichever node can. An
// upload waits by its Unread; who takes it moves that moment ahead, so that it
// waits again if the taker dies.

const (
	readingTakes = 2 * 60 * 1000 // milliseconds after which a taken picture waits again
	maxTries     = 3             // at reading one picture
)

// NextPicture takes a picture whose text is to be read, the latest first, and
// names its largest variant's blob. The id is "" when none waits. A picture that
// was taken often enough, and never read, is given up. Who asks is known to read
// pictures from then on, for a while; see PicturesAreRead.
func (s *Service) NextPicture(ctx context.Context) (id, key string, err error) {
	if err := s.noteReader(ctx); err != nil {
		return "", "", err
	}
	for {
		next, err := s.uploads.First(ctx, store.All().Between("unread", 1, s.now()).Order("-unread"))
		if err != nil {
			return "", "", store.IgnoreAbsent(err)
		}
		if next.Tries >= maxTries || len(next.Variants) == 0 {
			if err := s.Unreadable(ctx, next.ID); err != nil {
				return "", "", err
			}
			continue
		}
		took := false
		_, err = s.uploads.Update(ctx, next.ID, func(u *Upload) error {
			if took = u.Rev == next.Rev; !took {
				return store.ErrUnchanged // a rival took it, or it was read
			}
			u.Unread, u.Tries = s.now()+readingTakes, u.Tries+1
			return nil
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return "", "", err
		}
		if err == nil && took {
			return next.ID, next.Variants[0].Key, nil
		}
	}
}

// PutBack is for a picture that was taken and not looked at: its turn comes again
// in a while, and no try is counted.
func (s *Service) PutBack(ctx context.Context, id string) error {
	_, err := s.uploads.Update(ctx, id, func(u *Upload) error {
		if u.Unread == 0 || u.Tries == 0 {
			return store.ErrUnchanged
		}
		u.Unread, u.Tries = s.now()+readingTakes, u.Tries-1
		return nil
	})
	return store.IgnoreAbsent(err)
}

// KeepText is KeepRead of a text in which there is nothing to mask.
func (s *Service) KeepText(ctx context.Context, id, text string) error {
	return s.KeepRead(ctx, id, text, text)
}

// KeepRead keeps what was read in a picture, at most MaxReading bytes of it, and
// the same with what should perhaps not be shown masked.
func (s *Service) KeepRead(ctx context.Context, id, text, masked string) error {
	r := Reading{Text: clip(text)}
	if masked != text {
		r.Masked = clip(masked)
	}
	return s.keepReading(ctx, id, r)
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "")
	for len(text) > MaxReading {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// Unreadable gives up reading a picture.
func (s *Service) Unreadable(ctx context.Context, id string) error {
	return s.keepReading(ctx, id, Reading{Failed: true})
}

func (s *Service) keepReading(ctx context.Context, id string, r Reading) error {
	_, err := s.uploads.Update(ctx, id, func(u *Upload) error {
		if u.Taken != 0 || u.Reading != nil && u.Unread == 0 {
			return store.ErrUnchanged
		}
		if u.Unread = 0; r.Failed && u.Reading != nil {
			return nil // it was read before: that stays
		}
		r.At = s.now()
		u.Reading = &r
		return s.emit(&u.Box, u.ID, outbox.Event{Kind: PictureRead, By: u.Owner, Thread: u.Thread})
	})
	return store.IgnoreAbsent(err)
}

// Unread counts the pictures whose text is still to be read.
func (s *Service) Unread(ctx context.Context) (int64, error) {
	return s.uploads.Count(ctx, store.All().Between("unread", 1, nil))
}
