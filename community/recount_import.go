package community

import (
	"context"
	"strings"

	"selfie/internal/store"
)

// What archives need beside the bare collections: the recounts that followers
// would make, and the rules for what must be unique. Nothing here emits events.

// Recount makes a post's derived numbers exact, and reports whether they were
// not. An absent post is fine.
func (s *Service) Recount(ctx context.Context, ref Ref) (changed bool, err error) {
	switch ref.Kind {
	case AQuestion:
		changed, err = s.recountThreadIf(ctx, ref.ID, true)
	case AnAnswer:
		changed, err = s.recountAnswerIf(ctx, ref.ID)
	case AComment:
		changed, err = s.recountCommentIf(ctx, ref.ID)
	}
	return changed, store.IgnoreAbsent(err)
}

// RecountMember does the same for a member; it counts by the answers' own
// numbers, so it comes after them.
func (s *Service) RecountMember(ctx context.Context, id string) (changed bool, err error) {
	changed, err = s.recountMemberIf(ctx, id)
	return changed, store.IgnoreAbsent(err)
}

// RecountTags counts the open threads of each tag, and makes the tags that no
// document stands for yet.
func (s *Service) RecountTags(ctx context.Context, tags []string) error {
	return s.recountTags(ctx, tags)
}

// CarryInterests brings the interests of a duplicate to its original, as the
// follower of MarkedDup does.
func (s *Service) CarryInterests(ctx context.Context, thread string) error {
	return s.carry(ctx, thread)
}

// HandlesFor lists the handles that a member from elsewhere may get, the nicest
// first. tail is what the source calls the member; it makes the handle unique
// where the name does not. community is Settings.Name.
func HandlesFor(community, name, tail string) []string {
	tail = handleBase("id" + tail)[len("id"):]
	base := handleFor(name, Customer, community)
	if base == "" {
		return []string{"member-" + strings.TrimLeft(tail, "-_")}
	}
	return []string{base, strings.TrimRight(cut(base, maxHandle-1-len(tail)), "-_") + "-" + strings.TrimLeft(tail, "-_")}
}

// PutMember inserts a member under the first of the handles that is free, or one
// made from the last. It reports false when the member's id is taken already,
// and an ExistsError of another index as it is. Without handles the member gets
// none.
func (s *Service) PutMember(ctx context.Context, m *Member, handles ...string) (inserted bool, err error) {
	for _, m.Handle = range handles {
		if _, inserted, err = s.members.Put(ctx, m); !taken(err, "handle") {
			return inserted, err
		}
	}
	if len(handles) == 0 {
		m.Handle = ""
		_, inserted, err = s.members.Put(ctx, m)
		return inserted, err
	}
	err = withHandle(handles[len(handles)-1], func(handle string) error {
		m.Handle = handle
		_, inserted, err = s.members.Put(ctx, m)
		return err
	})
	return inserted, err
}

// AdoptSettings takes over an archive's settings while those here are as they
// were born. Secrets and dates stay. It reports whether it wrote.
func (s *Service) AdoptSettings(ctx context.Context, from *Settings) (changed bool, err error) {
	born := defaultSettings(s.db.Now())
	_, err = s.settings.Update(ctx, settingsID, func(c *Settings) error {
		changed = false
		if !sameSettings(c, born) || sameSettings(c, from) {
			return store.ErrUnchanged
		}
		c.Name, c.Tagline, c.SignUp, c.StaleAfter = from.Name, from.Tagline, from.SignUp, from.StaleAfter
		changed = true
		return nil
	})
	return changed, err
}

func sameSettings(a, b *Settings) bool {
	return a.Name == b.Name && a.Tagline == b.Tagline && a.SignUp == b.SignUp && a.StaleAfter == b.StaleAfter
}

// AdoptSpace inserts an archive's space. The one that Start made gives way while
// nobody has touched it. It reports whether it wrote.
func (s *Service) AdoptSpace(ctx context.Context, from *Space) (changed bool, err error) {
	if _, inserted, err := s.spaces.Put(ctx, from); err != nil || inserted || from.ID != firstSpace {
		return inserted, err
	}
	_, err = s.spaces.Update(ctx, from.ID, func(sp *Space) error {
		changed = false
		if sp.Rev != 1 || sp.Name == from.Name && sp.About == from.About && sp.Visibility == from.Visibility &&
			sp.Position == from.Position && sp.Archived == from.Archived {
			return store.ErrUnchanged
		}
		meta := sp.Meta
		*sp = *from
		sp.Meta, changed = meta, true
		return nil
	})
	return changed, err
}

// firstSpace is the id of the space that Start makes.
const firstSpace = "general"
