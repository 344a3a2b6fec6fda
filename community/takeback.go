package community

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// TakeBack ends an upload that no post shows: from now on it is not there, not
// even for its owner, whose drafts lose it. Only its owner may; doing it twice,
// or to one that is gone, is no fault. What was read in it is forgotten at once;
// its record and its bytes go with the sweep, so that a post which was composed
// just before, and is written just after, still has its picture.
//
// Kinds: Unauthorized for guests, NotFound for what is another's, Conflict when a
// post shows it, or did.
func (s *Service) TakeBack(ctx context.Context, by Actor, id string) error {
	if by.Guest() {
		return errSignIn
	}
	u, err := s.uploads.Get(ctx, id)
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	if u.Owner != by.ID {
		return absent("picture")
	}
	ref, _, err := s.showing(ctx, id)
	if err != nil {
		return err
	}
	if ref != nil || u.Post != nil {
		return errShown
	}
	_, err = s.uploads.Update(ctx, id, func(u *Upload) error {
		switch {
		case u.Post != nil:
			return errShown
		case u.Taken != 0:
			return store.ErrUnchanged
		}
		u.Taken, u.Unread, u.Reading, u.Alt, u.Name = s.now(), 0, nil, "", ""
		if u.Aside == 0 {
			u.Aside = u.Taken
		}
		return nil
	})
	if err != nil {
		return store.IgnoreAbsent(err)
	}
	return s.dropFromDrafts(ctx, by, id)
}

var errShown = fault.New(fault.Conflict, "A post shows this picture, so it cannot be taken back. Edit the post to take it out.")

// giveBack makes an upload whole that was taken back while a post came to show it.
func (u *Upload) giveBack(now store.Millis) {
	if u.Taken != 0 {
		u.Taken = 0
		u.ToBeRead(now)
	}
}

// dropFromDrafts takes a picture out of all that a member is writing.
func (s *Service) dropFromDrafts(ctx context.Context, by Actor, id string) error {
	var named []string
	err := s.drafts.Each(ctx, store.Where("member", by.ID).Order("-updated").Limit(50), func(d *Draft) error {
		if contains(imagesNamed(d.Body), id) {
			named = append(named, d.ID)
		}
		return nil
	})
	for _, draft := range named {
		_, failed := s.drafts.Update(ctx, draft, func(d *Draft) error {
			body := withoutImage(d.Body, id)
			if body == d.Body {
				return store.ErrUnchanged
			}
			d.Body, d.Updated = body, s.now()
			return nil
		})
		err = errors.Join(err, store.IgnoreAbsent(failed))
	}
	return err
}

// withoutImage takes each mark of a picture, ![alt](/images/ID) with or without a
// size, out of a text. A paragraph that was nothing else goes with it.
func withoutImage(body, id string) string {
	mark := regexp.MustCompile(`!\[[^\]\n]*\]\(/images/` + regexp.QuoteMeta(id) + `(/[a-z0-9]*)?\)`)
	for {
		at := mark.FindStringIndex(body)
		if at == nil {
			return body
		}
		before, after := body[:at[0]], body[at[1]:]
		if strings.TrimRight(before, "\n") != before || before == "" { // a line of its own
			before, after = strings.TrimRight(before, "\n"), strings.TrimLeft(after, "\n")
			if before != "" && after != "" {
				before += "\n\n"
			}
		}
		body = before + after
	}
}
