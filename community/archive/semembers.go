package archive

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
)

// members imports the users, without an address or a password: nobody can sign
// in as one of them until an admin gives the account an address.
func (im *seImport) members(ctx context.Context) error {
	p := newPool(im.o.Workers, im.report.Of("members"), im.to.Members)
	claimed := map[string]bool{}
	return im.each(ctx, "Users.xml", p, func(ctx context.Context, r row) error {
		id, ok := r.number("Id")
		joined, dated := r.date("CreationDate")
		if !ok || !dated {
			p.tally.skip(badRow)
			return nil
		}
		m := im.memberOf(r, id, joined)
		handles := im.claim(claimed, m.Name, id)
		return p.add(ctx, m.ID, func(ctx context.Context) (bool, error) {
			im.about(m, r.text("AboutMe"))
			return im.svc.PutMember(ctx, m, handles...)
		})
	})
}

func (im *seImport) memberOf(r row, id int64, joined store.Millis) *community.Member {
	m := &community.Member{
		Meta: store.Meta{ID: im.site.id(user, id)}, Name: oneLine(r.text("DisplayName")), Role: community.Customer,
		Location: oneLine(r.text("Location")), Joined: joined, Origin: im.origin(id),
		Prefs: community.Prefs{MailAnswers: true, MailWatching: true, MailMentions: true},
	}
	m.Seen, _ = r.date("LastAccessDate")
	if m.Name == "" {
		m.Name = "user" + strconv.FormatInt(id, 10)
	}
	return m
}

// claim lists the handles for a user. Which of two users of one name gets the
// plain one is decided here, in the order of the dump, so that every run decides
// alike.
func (im *seImport) claim(claimed map[string]bool, name string, id int64) []string {
	var free []string
	for _, h := range community.HandlesFor(im.community, name, strconv.FormatInt(id, 10)) {
		if !claimed[h] {
			free = append(free, h)
		}
	}
	if len(free) == 0 {
		free = []string{"member-" + strings.TrimPrefix(strconv.FormatInt(id, 10), "-")}
	}
	claimed[free[0]] = true
	return free
}

func (im *seImport) about(m *community.Member, html string) {
	if html == "" {
		return
	}
	m.About = markup.FromHTMLWith(html, im.rewrite)
	m.AboutHTML = im.render.Render(m.About, markup.Options{Image: noPicture}).HTML
}

func noPicture(string) (markup.Picture, bool) { return markup.Picture{}, false }

// oneLine makes one clean line of a name or title: without control characters
// and marks that turn the direction of writing round.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff':
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
