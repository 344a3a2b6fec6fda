package community

import (
	"context"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Rereading says which pictures are to be read, and by what they get what an
// upload before these features lacks.
type Rereading struct {
	All bool // those that were read before, too: in another language, by a better program

	// Look computes the two hashes and the blurred placeholder of a stored picture.
	// NotFound says that its bytes are gone.
	Look func(ctx context.Context, u *Upload) (dhash, look, blur string, err error)

	Note func(Reread) // called after each upload; may be nil
}

// Reread counts what a pass over the uploads has done.
type Reread struct {
	Looked int64 // uploads
	Queued int64 // wait to be read now, and did not before
	Hashed int64 // got hashes, by which near duplicates are found
	Lost   int64 // have no bytes any more, or none that are a picture
}

// RereadUploads lets what was never read be read: uploads that were brought in
// otherwise, or are older than the reading of pictures. The latest come first, after
// all that comes in meanwhile. What was read stays until it is read anew. It writes
// what differs only, so it may be cut short, and run again and beside a server.
func (s *Service) RereadUploads(ctx context.Context, o Rereading) (Reread, error) {
	var done Reread
	err := s.uploads.Each(ctx, store.All().Limit(200), func(u *Upload) error {
		err := s.rereadOne(ctx, u, o, &done)
		done.Looked++
		if o.Note != nil {
			o.Note(done)
		}
		return err
	})
	return done, err
}

func (s *Service) rereadOne(ctx context.Context, u *Upload, o Rereading, done *Reread) error {
	if u.Taken != 0 || len(u.Variants) == 0 {
		return nil
	}
	dhash, look, blur := u.DHash, u.Look, u.Blur
	bare := dhash == "" || look == ""
	if bare {
		var err error
		dhash, look, blur, err = o.Look(ctx, u)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
			done.Lost++
			return nil
		}
		if err != nil {
			return err
		}
	}
	var queued bool
	_, err := s.uploads.Update(ctx, u.ID, func(u *Upload) error {
		queued = u.Taken == 0 && u.Unread == 0 && (u.Reading == nil || o.All)
		banded := len(u.Bands) == 0 && len(bandsOf(dhash)) > 0
		if !queued && !bare && !banded {
			return store.ErrUnchanged
		}
		u.DHash, u.Look, u.Blur, u.Bands = dhash, look, blur, bandsOf(dhash)
		if queued {
			u.Unread, u.Tries = max(1, u.Created), 0
		}
		return nil
	})
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	if queued {
		done.Queued++
	}
	if bare {
		done.Hashed++
	}
	return nil
}
