package community

import (
	"context"
	"errors"
	"strings"
	"time"

	"selfie/internal/store"
)

const (
	// UnusedFor is how long an upload is kept that no post and no draft shows.
	UnusedFor = 48 * time.Hour

	// asideFor is how long an upload that was set aside can still come back. A
	// post that was composed before is written long before it ends.
	asideFor = time.Hour
)

// UploadsSwept counts what a sweep did, or would do.
type UploadsSwept struct {
	Aside   int64 // set aside: with the next sweep, an hour on, they are gone
	Removed int64
	Bytes   int64 // as sent, of both
	Kept    int64 // old enough, and kept: a draft shows them, or a post did after all
}

// SweepUploads deletes the uploads that for 48 hours no post and no draft has
// shown, in two steps. First it sets one aside: from then on compose refuses it.
// An hour later it looks again, whether a post that was composed just before shows
// it, and deletes it when none does. So no post loses a picture, however the two
// interleave. Blobs are not its business: they go when no upload refers to them.
// It may run twice, beside itself, and die anywhere. A dry run writes nothing.
func (s *Service) SweepUploads(ctx context.Context, dry bool) (UploadsSwept, error) {
	var swept UploadsSwept
	shown := drafted{}
	old := store.Where("thread", nil).Between("created", nil, s.now()-millisOf(UnusedFor)).Order("created").Limit(200)
	err := s.uploads.Each(ctx, old, func(u *Upload) error {
		used, err := s.settleUse(ctx, u, shown, dry)
		switch {
		case err != nil:
			return err
		case used:
			swept.Kept++
			return nil
		case u.Aside == 0:
			swept.Aside++
		case u.Aside > s.now()-millisOf(asideFor):
			return nil
		default:
			swept.Removed++
		}
		swept.Bytes += u.Bytes
		if dry {
			return nil
		}
		return s.dropUnused(ctx, u)
	})
	return swept, err
}

func millisOf(d time.Duration) store.Millis { return store.Millis(d.Milliseconds()) }

// settleUse reports whether a post or a draft shows an upload that is no post's,
// and mends what is recorded of it.
func (s *Service) settleUse(ctx context.Context, u *Upload, drafts drafted, dry bool) (bool, error) {
	ref, thread, err := s.showing(ctx, u.ID)
	if err != nil {
		return false, err
	}
	if ref == nil {
		inDraft, err := drafts.show(ctx, s, u)
		if u.Taken != 0 {
			return false, err // a page that was open still has it in its text; nobody sees it there
		}
		if err != nil || !inDraft || u.Aside == 0 || dry {
			return inDraft, err
		}
	}
	if dry {
		return true, nil
	}
	_, err = s.uploads.Update(ctx, u.ID, func(u *Upload) error {
		if u.Post != nil {
			return store.ErrUnchanged
		}
		u.Post, u.Thread, u.Aside = ref, thread, 0
		u.giveBack(s.now())
		return nil
	})
	return true, store.IgnoreAbsent(err)
}

// dropUnused takes the next step towards an upload's end, if it still stands as it
// was judged.
func (s *Service) dropUnused(ctx context.Context, u *Upload) error {
	if u.Aside != 0 {
		err := s.uploads.Delete(ctx, u.ID, u.Rev)
		if errors.Is(err, store.ErrStale) {
			return nil // it has changed since; the next sweep judges it anew
		}
		return store.IgnoreAbsent(err)
	}
	_, err := s.uploads.Update(ctx, u.ID, func(now *Upload) error {
		if now.Post != nil || now.Aside != 0 {
			return store.ErrUnchanged
		}
		now.Aside = s.now()
		return nil
	})
	return store.IgnoreAbsent(err)
}

// showing finds a post that shows the upload, removed ones among them, by the
// posts' own index; nil when there is none.
func (s *Service) showing(ctx context.Context, upload string) (*Ref, string, error) {
	q := store.Where("images[]", upload)
	t, err := s.threads.First(ctx, q)
	if err == nil {
		return &Ref{AQuestion, t.ID}, t.ID, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, "", err
	}
	a, err := s.answers.First(ctx, q)
	if err == nil {
		return &Ref{AnAnswer, a.ID}, a.Thread, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, "", err
	}
	c, err := s.comments.First(ctx, q)
	if err == nil {
		return &Ref{AComment, c.ID}, c.Thread, nil
	}
	return nil, "", store.IgnoreAbsent(err)
}

// drafted remembers which uploads the drafts of one member show: candidates of a
// sweep come in the order of their creation, so those of one draft lie together.
type drafted map[string]map[string]bool

// remembered bounds the members whose drafts are remembered at once.
const remembered = 100

func (d drafted) show(ctx context.Context, s *Service, u *Upload) (bool, error) {
	shown, known := d[u.Owner]
	if !known {
		shown = map[string]bool{}
		err := s.drafts.Each(ctx, store.Where("member", u.Owner).Order("-updated").Limit(50), func(x *Draft) error {
			for _, id := range imagesNamed(x.Body) {
				shown[id] = true
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		if len(d) >= remembered {
			clear(d)
		}
		d[u.Owner] = shown
	}
	return shown[u.ID], nil
}

// imagesNamed lists what may be ids of uploads in a body that is not rendered yet.
func imagesNamed(body string) (ids []string) {
	for {
		_, rest, ok := strings.Cut(body, "/images/")
		if !ok {
			return ids
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
		if end < 0 {
			end = len(rest)
		}
		ids, body = append(ids, rest[:end]), rest[end:]
	}
}

// PicturesAmong returns those of the hashes that an upload refers to: the count of
// references by index, as far as a sweep of the blobs needs it. hashes ascend.
func (s *Service) PicturesAmong(ctx context.Context, hashes []string) (map[string]bool, error) {
	referred := map[string]bool{}
	for len(hashes) > 0 {
		page, err := s.uploads.Find(ctx, store.All().Between("hash", hashes[0], hashes[len(hashes)-1]).Order("hash").Limit(store.MaxLimit))
		if err != nil {
			return nil, err
		}
		for _, u := range page.Items {
			referred[u.Hash] = true
		}
		if page.Next == "" {
			break
		}
		last := page.Items[len(page.Items)-1].Hash // one picture may have been uploaded a thousand times
		for len(hashes) > 0 && hashes[0] <= last {
			hashes = hashes[1:]
		}
	}
	return referred, nil
}

// dropUploadsOf follows the closing of an account: uploads that no post shows are
// deleted, with purge those too that only earlier versions of a post showed, and
// the rest forget how their files were called.
func (s *Service) dropUploadsOf(ctx context.Context, member string, purge bool) error {
	return s.uploads.Each(ctx, store.Where("owner", member).Order("-created").Limit(200), func(u *Upload) error {
		ref, _, err := s.showing(ctx, u.ID)
		if err != nil {
			return err
		}
		if ref == nil && (u.Post == nil || purge) {
			return store.IgnoreAbsent(s.uploads.Delete(ctx, u.ID, 0))
		}
		_, err = s.uploads.Update(ctx, u.ID, func(u *Upload) error {
			if u.Name == "" {
				return store.ErrUnchanged
			}
			u.Name = ""
			return nil
		})
		return store.IgnoreAbsent(err)
	})
}
