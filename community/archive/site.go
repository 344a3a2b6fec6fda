package archive

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"selfie/internal/store"
)

// site is the community that a dump was made from.
type site struct {
	name  string   // "router.meta"
	hosts []string // lower case, the present one first
}

// ownDomains are the sites that do not stand below stackexchange.com.
var ownDomains = map[string]string{
	"stackoverflow": "stackoverflow.com", "serverfault": "serverfault.com", "superuser": "superuser.com", "askubuntu": "askubuntu.com",
	"stackapps": "stackapps.com", "mathoverflow": "mathoverflow.net", "meta": "meta.stackexchange.com",
}

const network = ".stackexchange.com"

// newSite knows a site by the name of its dump: "router", "router.meta",
// "router.meta.stackexchange.com", "stackoverflow.com". Of each there is one name,
// so that ids stay the same however a folder is called.
func newSite(dump string, hosts ...string) site {
	name := strings.TrimSuffix(strings.ToLower(dump), network)
	for short, domain := range ownDomains {
		if base := strings.TrimSuffix(name, ".meta"); base == domain || base == strings.TrimSuffix(domain, network) {
			name = short + strings.TrimPrefix(name, base)
		}
	}
	if name, found := strings.CutPrefix(name, "meta."); found && !strings.HasSuffix(name, ".meta") && name != "meta" {
		return newSite(name+".meta", hosts...)
	}
	s := site{name: name}
	for _, h := range append(hosts, hostsOf(name)...) {
		if h = strings.ToLower(h); !slices.Contains(s.hosts, h) {
			s.hosts = append(s.hosts, h)
		}
	}
	return s
}

// hostsOf lists where a site is and was: metas once stood in front.
func hostsOf(name string) []string {
	base, meta := strings.CutSuffix(name, ".meta")
	domain, own := ownDomains[base]
	switch {
	case own && meta:
		return []string{"meta." + domain}
	case own:
		return []string{domain, "www." + domain}
	case meta:
		return []string{base + ".meta" + network, "meta." + base + network}
	}
	return []string{base + network}
}

// source is what Origin names.
func (s site) source() string { return "stackexchange:" + s.name }

// id derives a document's id from the dump's, so that links can be made without
// looking anything up.
func (s site) id(kind string, n int64) string {
	return store.DeriveID("se", s.name, kind, strconv.FormatInt(n, 10))
}

// The kinds of ids.
const (
	user     = "user"
	question = "question"
	answer   = "answer"
	comment  = "comment"
	vote     = "vote"
)

// target is what an address of the site leads to.
type target struct {
	kind string // user; question for any post; comment; tag
	id   int64  // of the user, the post or the comment
	on   int64  // of the post with the comment
	tag  string
}

// absolute resolves an address found in a post. ok is false for one that is no
// address.
func (s site) absolute(raw string) (u *url.URL, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return nil, false
	}
	return (&url.URL{Scheme: "https", Host: s.hosts[0], Path: "/"}).ResolveReference(u), true
}

// target reads an address of this site. ok is false for any other, and for pages
// that no import brings.
func (s site) target(u *url.URL) (t target, ok bool) {
	if u.Scheme != "https" && u.Scheme != "http" || !slices.Contains(s.hosts, strings.ToLower(u.Hostname())) {
		return t, false
	}
	if m := commentAnchor.FindStringSubmatch(u.Fragment); m != nil {
		return target{kind: comment, id: number(m[1]), on: number(m[2])}, true
	}
	parts := strings.Split(strings.Trim(path.Clean("/"+u.Path), "/"), "/")
	if len(parts) < 2 {
		return t, false
	}
	if parts[0] == "questions" && parts[1] == "tagged" && len(parts) == 3 && !strings.ContainsAny(parts[2], " +") {
		return target{kind: "tag", tag: parts[2]}, true
	}
	id := number(parts[1])
	switch parts[0] {
	case "users":
		t = target{kind: user, id: id}
	case "q", "a":
		t = target{kind: question, id: id}
	case "questions":
		t = target{kind: question, id: id}
		if within := answerOf(parts, u.Fragment); within > 0 {
			t.id = within
		}
	}
	return t, t.kind != "" && (t.id > 0 || t.kind == user && t.id == -1)
}

// answerOf finds the answer in /questions/1/title/2 or /questions/1/title#2.
func answerOf(parts []string, fragment string) int64 {
	if n := number(fragment); n > 0 {
		return n
	}
	if len(parts) > 3 {
		return number(parts[3])
	}
	return 0
}

var commentAnchor = regexp.MustCompile(`^comment([0-9]+)_([0-9]+)$`)

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
