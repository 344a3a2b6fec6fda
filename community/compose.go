package community

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"selfie/community/markup"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// The bounds of a post. FIELD numbers where a rival states one, else ours.
const (
	MaxTitle   = 150
	MinTitle   = 8
	MaxBody    = 30_000 // runes
	MaxComment = 2_000
	MaxTags    = 5
	MaxImages  = 10
	FreeLinks  = 2 // more than these need DoManyLinks
)

// idFor makes the id of a new post: derived from the form's idempotency key,
// so that a repeated submit finds the first; or new, without a key.
func (s *Service) idFor(kind Kind, by Actor, key string) (string, error) {
	if len(key) > 100 {
		return "", fault.Field("key", "An idempotency key has at most 100 bytes.")
	}
	if key == "" {
		return store.NewID(s.db.Now()), nil
	}
	return store.DeriveID(string(kind), by.ID, key), nil
}

// compose renders a body and checks its pictures and links. extra are uploads
// chosen in a form and not placed in the text: they are put at its end, so that
// a picture of a post always stands in its body.
func (s *Service) compose(ctx context.Context, by Actor, sp *Space, p *Post, ref Ref, body string, extra []string) (markup.Rendered, error) {
	body = placeImages(body, extra)
	r, sizes, err := s.renderBody(ctx, body, true, func(u *Upload) bool {
		return (u.Owner == by.ID || contains(p.Images, u.ID)) && (u.Post == nil || *u.Post == ref) && u.Aside == 0
	})
	if err != nil {
		return r, err
	}
	if err := checkImages(body, extra, sizes); err != nil {
		return r, err
	}
	if len(r.Images) > MaxImages {
		return r, fault.Field("body", "A post shows at most %d pictures; this one has %d.", MaxImages, len(r.Images))
	}
	if len(r.Links) > FreeLinks {
		if err := s.may.May(ctx, by, DoManyLinks, sp); err != nil {
			return r, err
		}
	}
	p.Body, p.HTML, p.Renderer, p.Images = body, r.HTML, markup.Version, r.Images
	return r, nil
}

func contains(list []string, id string) bool {
	for _, x := range list {
		if x == id {
			return true
		}
	}
	return false
}

// renderBody renders Markdown; usable says which uploads may be shown, mentions
// whether @handles are members of this place (in imported posts they are not).
// The map tells, for each upload id that was met, whether it was usable.
func (s *Service) renderBody(ctx context.Context, body string, mentions bool, usable func(*Upload) bool) (markup.Rendered, map[string]bool, error) {
	met := map[string]bool{}
	var failed error
	o := markup.Options{
		Image: func(id string) (markup.Picture, bool) {
			u, err := s.uploads.Get(ctx, id)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				failed = err
			}
			met[id] = err == nil && usable(u)
			if !met[id] {
				return markup.Picture{}, false
			}
			return u.Shown(), true
		},
		Mention: func(handle string) (string, bool) {
			m, err := s.members.First(ctx, store.Where("handle", strings.ToLower(handle)))
			if err != nil {
				if !errors.Is(err, store.ErrNotFound) {
					failed = err
				}
				return "", false
			}
			return m.ID, true
		},
	}
	if !mentions {
		o.Mention = nil
	}
	r := s.render.Render(body, o)
	return r, met, failed
}

func placeImages(body string, extra []string) string {
	for _, id := range extra {
		if address := "/images/" + id; !strings.Contains(body, address) {
			body = strings.TrimRight(body, "\n") + fmt.Sprintf("\n\n![screenshot](%s)", address)
		}
	}
	return strings.TrimLeft(body, "\n")
}

func checkImages(body string, extra []string, met map[string]bool) error {
	for id, ok := range met {
		if !ok {
			return fault.Field("body", "One picture cannot be used here (%s): it belongs to another post or was removed. Please upload it again.", id)
		}
	}
	for _, id := range extra {
		if _, ok := met[id]; !ok {
			return fault.Field("images", "There is no uploaded picture %q. Please upload it again.", id)
		}
	}
	return nil
}

// Preview renders a body as it would be posted, with the actor's own uploads.
func (s *Service) Preview(ctx context.Context, by Actor, body string) (string, error) {
	if err := s.active(by); err != nil {
		return "", err
	}
	body, err := prose("body", body, 0, MaxBody)
	if err != nil {
		return "", err
	}
	r, _, err := s.renderBody(ctx, body, true, func(u *Upload) bool { return u.Owner == by.ID && u.Taken == 0 })
	return r.HTML, err
}

// Rerender renders a stored post again with the present renderer, keeping the
// pictures it owns. It reports whether anything changed.
func (s *Service) rerender(ctx context.Context, p *Post) (bool, error) {
	if p.Renderer == markup.Version {
		return false, nil
	}
	r, _, err := s.renderBody(ctx, p.Body, p.Origin == nil, func(u *Upload) bool { return u.Owner == p.Author || contains(p.Images, u.ID) })
	if err != nil {
		return false, err
	}
	p.HTML, p.Renderer, p.Images = r.HTML, markup.Version, r.Images
	return true, nil
}

// emit adds an event to a document's box.
func (s *Service) emit(b *outbox.Box, id string, e outbox.Event) error {
	e.At = s.now()
	if !b.Emit(s.routes, id, e) {
		return fault.New(fault.Unavailable, "This thread is very busy. Please try again in a minute; what you typed is kept.")
	}
	return nil
}

func payload(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own plain structs
	}
	return b
}

// today bounds what one member writes in 24 hours, counted exactly by index.
// The numbers: newcomers as on Codidact and Stack Exchange (3 questions, 10
// answers on the first day), others wide enough for a busy helper.
func (s *Service) today(by Actor, count func(since store.Millis) (int64, error), first, later int64, what string) error {
	if by.Staff() {
		return nil
	}
	now := s.now()
	limit := later
	if now-by.Joined < day {
		limit = first
	}
	n, err := count(now - day)
	if err != nil || n < limit {
		return err
	}
	f := fault.New(fault.TooMany, "You have reached %d %s within a day, the most for now. Please come back tomorrow; your text is kept as a draft.", limit, what)
	f.RetryAfter = dayDuration
	return f
}
