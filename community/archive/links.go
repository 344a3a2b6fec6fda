package archive

import (
	"net/url"
	"regexp"
	"strings"

	"selfie/community"
)

// rewrite makes an address in a post local when it leads to something that is
// imported with it, and else whole.
func (im *seImport) rewrite(raw string) string {
	u, ok := im.site.absolute(raw)
	if !ok || strings.HasPrefix(raw, localPicture) {
		return raw
	}
	if local, ours := im.local(u); ours {
		if local != "" {
			im.links.add(&im.links.Written)
			return local
		}
		im.links.skip("what they lead to is not in the dump; left as they are")
	}
	if u.Scheme == "https" || u.Scheme == "http" {
		if had, err := url.Parse(raw); err == nil && had.Host != "" {
			return raw // as it was written
		}
		return u.String()
	}
	return raw
}

// local returns the page here for an address of the site; "" when what it leads
// to is not in the dump. ours is false for addresses of other sites, and for
// pages of the site that have no counterpart.
func (im *seImport) local(u *url.URL) (page string, ours bool) {
	t, ours := im.site.target(u)
	if !ours {
		return "", false
	}
	switch t.kind {
	case user:
		if id := im.member(t.id); id != "" {
			return "/members/" + id, true
		}
	case question:
		return im.localPost(t.id, ""), true
	case comment:
		return im.localPost(t.on, im.site.id(comment, t.id)), true
	case "tag":
		if tag := community.CleanTag(t.tag); tag != "" {
			return "/tags/" + url.PathEscape(tag), true
		}
	}
	return "", true
}

func (im *seImport) localPost(id int64, anchor string) string {
	of, p, ok := im.thread(id)
	if !ok {
		return ""
	}
	page := "/threads/" + im.site.id(question, of)
	if anchor == "" && p.kind == typeAnswer {
		anchor = im.site.id(answer, id)
	}
	if anchor != "" {
		page += "#post-" + anchor
	}
	return page
}

// commentAddress finds, in this order: code, which stays; the address of a link;
// a bare address.
var commentAddress = regexp.MustCompile("`[^`]+`" + `|\]\(\s*([^\s)]+)|\bhttps?://[^\s<>"'()\[\]]+`)

// commentBody turns the text of a comment into Markdown. Comments know links,
// emphasis and code only: what else would be a block here is escaped.
func (im *seImport) commentBody(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for i, line := range lines {
		lines[i] = inlineOnly(strings.Trim(line, " \t"))
	}
	return commentAddress.ReplaceAllStringFunc(strings.TrimSpace(strings.Join(lines, "\n")), func(found string) string {
		switch {
		case found[0] == '`':
			return found
		case found[0] == ']':
			return "](" + im.rewrite(strings.TrimLeft(found[2:], " \t\n"))
		}
		address := strings.TrimRight(found, ".,;:!?*_")
		if local := im.rewrite(address); local != address {
			return "[" + address + "](" + local + ")" + found[len(address):]
		}
		return found
	})
}

var (
	blockStart = regexp.MustCompile("^(?:#{1,6}(?:\\s|$)|>|[-+*](?:\\s|$)|(?:[-*_=|:]\\s*){2,}$|=+$|```|~~~|\\[[^\\]]+\\]:|\\|)")
	listNumber = regexp.MustCompile(`^([0-9]{1,9})([.)])(\s|$)`)
)

// inlineOnly escapes what would make a line begin a block.
func inlineOnly(line string) string {
	if listNumber.MatchString(line) {
		return listNumber.ReplaceAllString(line, `$1\$2$3`)
	}
	if blockStart.MatchString(line) {
		return `\` + line
	}
	return line
}
