package markup

import (
	"html"
	"strings"
)

// FormerMember is shown for a member whose account is closed.
const FormerMember = "former member"

// mentionStart is how a mention begins in stored HTML. Nothing a member types can
// produce it: raw HTML is escaped.
const mentionStart = `<a class="mention" data-member="`

// FillMentions writes the present name of each mentioned member into stored HTML,
// which holds ids only, so that a rename is one write. Name is called once for each
// mention; an empty name is shown as FormerMember. HTML without mentions is
// returned as it is, without a copy.
func FillMentions(stored string, name func(id string) string) string {
	if !strings.Contains(stored, mentionStart) {
		return stored
	}
	var b strings.Builder
	b.Grow(len(stored) + 64)
	for {
		before, rest, found := strings.Cut(stored, mentionStart)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		id, body, ok := cutMention(rest)
		b.WriteString(mentionStart)
		if !ok {
			stored = rest
			continue
		}
		b.WriteString(rest[:body.start])
		b.WriteString(html.EscapeString(shownName(name(id))))
		stored = rest[body.stop:]
	}
}

func shownName(name string) string {
	if name == "" {
		return FormerMember
	}
	return "@" + name
}

type span struct{ start, stop int }

// cutMention finds the id and the text of a mention in what follows mentionStart.
func cutMention(rest string) (id string, body span, ok bool) {
	id, _, ok = strings.Cut(rest, `"`)
	body.start = strings.IndexByte(rest, '>') + 1
	body.stop = strings.Index(rest, "</a>")
	return id, body, ok && body.start > 0 && body.stop >= body.start
}
