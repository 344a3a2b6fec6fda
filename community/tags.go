package community

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// CleanTag brings a tag to its one spelling: lower case, dashes for spaces,
// letters, digits and +#.- only, at most 35 runes. "" when nothing is left.
func CleanTag(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToLower(norm.NFC.String(strings.TrimSpace(s))) {
		if r == ' ' || r == '_' {
			r = '-'
		}
		if (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || strings.ContainsRune("+#.-", r)) && n < 35 {
			b.WriteRune(r)
			n++
		}
	}
	return strings.Trim(b.String(), "-.")
}

// SplitTags reads tags as typed in one field: apart by comma or white space.
func SplitTags(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
}

func cleanTags(tags []string) ([]string, error) {
	clean := []string{}
	for _, t := range tags {
		if strings.TrimSpace(t) == "" {
			continue
		}
		c := CleanTag(t)
		if c == "" {
			return nil, fault.Field("tags", "A tag is made of letters, digits, dots and dashes: %q is not.", t)
		}
		clean = append(clean, c)
	}
	slices.Sort(clean)
	clean = slices.Compact(clean)
	if len(clean) > MaxTags {
		return nil, fault.Field("tags", "At most %d tags: keep the ones that matter most.", MaxTags)
	}
	return clean, nil
}

// mayTag checks that tags nobody used yet may be made by the actor.
func (s *Service) mayTag(ctx context.Context, by Actor, sp *Space, tags []string) error {
	known, err := s.tags.GetMany(ctx, tags)
	if err != nil {
		return err
	}
	for _, t := range tags {
		if known[t] == nil {
			return s.may.May(ctx, by, DoCreateTag, sp)
		}
	}
	return nil
}

// Tags lists the tags of public threads, the most used first.
func (s *Service) Tags(ctx context.Context, _ Actor, cursor string, limit int) (store.Page[Tag], error) {
	return page(s.tags.Find(ctx, store.All().Between("threads", 1, nil).Order("-threads").After(cursor).Limit(limit)))
}

// Tag returns a tag by name. A tag that only private threads carry is absent.
func (s *Service) Tag(ctx context.Context, _ Actor, name string) (*Tag, error) {
	t, err := s.tags.Get(ctx, CleanTag(name))
	if err != nil {
		return nil, found(err, "tag")
	}
	if t.Threads == 0 {
		return nil, absent("tag")
	}
	return t, nil
}

// recountTags counts the open threads of each tag over the public spaces.
func (s *Service) recountTags(ctx context.Context, tags []string) error {
	spaces, err := s.everySpace(ctx)
	if err != nil {
		return err
	}
	for _, name := range tags {
		if _, err := s.recountTag(ctx, name, spaces); err != nil {
			return err
		}
	}
	return nil
}

// recountEveryTag follows a space whose readers changed.
func (s *Service) recountEveryTag(ctx context.Context) error {
	spaces, err := s.everySpace(ctx)
	if err != nil {
		return err
	}
	return s.tags.Each(ctx, store.All(), func(t *Tag) error {
		_, err := s.recountTag(ctx, t.ID, spaces)
		return err
	})
}

func (s *Service) recountTag(ctx context.Context, name string, spaces []*Space) (changed bool, err error) {
	var n int64
	for _, sp := range spaces {
		if sp.Visibility != Public {
			continue
		}
		c, err := s.threads.Count(ctx, store.Where("tags[]", name).And("space", sp.ID).And("stats.shelf", OnOpen))
		if err != nil {
			return false, err
		}
		n += c
	}
	old, err := s.tags.Get(ctx, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	if old != nil && old.Threads == n {
		return false, nil
	}
	_, err = s.tags.Upsert(ctx, name, func() *Tag { return &Tag{} }, func(t *Tag) error { t.Threads = n; return nil })
	return true, err
}
