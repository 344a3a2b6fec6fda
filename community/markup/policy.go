package markup

import (
	"net/url"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/util"
)

const (
	linkRel     = "nofollow ugc noopener"
	imageID     = `[a-z0-9]{10,40}`
	memberID    = `[A-Za-z0-9_-]{1,64}`
	language    = `[a-z0-9][a-z0-9_+#.-]{0,29}`
	maxHrefSize = 2048 // bytes; what browsers and proxies agree to carry
)

var (
	// A path that starts with // or /\ names another host to a browser.
	hrefPattern     = regexp.MustCompile(`^(?:(?i:https?)://[^\s/?#\\]\S*|(?i:mailto):\S+|/|/[^/\\\s]\S*)$`)
	imagePattern    = regexp.MustCompile(`^/images/(` + imageID + `)$`)
	memberPattern   = regexp.MustCompile(`^` + memberID + `$`)
	languagePattern = regexp.MustCompile(`^` + language + `$`)
)

// newPolicy is the one list of what stored HTML may hold. Whatever the Markdown
// renderer or a future change to it emits, nothing else reaches a page.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "blockquote", "ul", "ol", "li",
		"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
	allow := func(attr, pattern string, elements ...string) {
		p.AllowAttrs(attr).Matching(regexp.MustCompile(`^(?:` + pattern + `)$`)).OnElements(elements...)
	}
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.AllowAttrs("href").Matching(hrefPattern).OnElements("a")
	p.AllowAttrs("title").OnElements("a")
	allow("rel", linkRel, "a")
	allow("class", "mention|shot", "a")
	allow("data-member", memberID, "a")
	allow("src", "/images/"+imageID+"/1600", "img")
	p.AllowAttrs("alt").OnElements("img")
	allow("width", `[1-9][0-9]{0,5}`, "img")
	allow("height", `[1-9][0-9]{0,5}`, "img")
	source := "/images/" + imageID + "/[0-9]{2,4} [1-9][0-9]{0,4}w"
	allow("srcset", source+"(?:, "+source+"){0,3}", "img")
	allow("sizes", regexp.QuoteMeta(shotSizes)+"|[1-9][0-9]{0,3}px", "img")
	allow("data-blur", `data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]{1,600}`, "img")
	allow("loading", "lazy", "img")
	allow("decoding", "async", "img")
	allow("class", "language-"+language, "code")
	allow("tabindex", "0", "pre", "div")
	allow("class", "table-scroll", "div")
	allow("role", "region", "div")
	allow("aria-label", "Table", "div")
	allow("class", "task", "span")
	allow("start", `[0-9]{1,9}`, "ol")
	allow("align", "left|right|center", "th", "td")
	return p
}

// safeHref gives the href as the policy will write it to the HTML, and whether a link may
// carry it. A refused link keeps its text.
func safeHref(dest []byte, resolve bool) (string, bool) {
	href := string(util.URLEscape(dest, resolve))
	if len(href) > maxHrefSize || !hrefPattern.MatchString(href) {
		return "", false
	}
	u, err := url.Parse(href)
	if err != nil {
		return "", false
	}
	return u.String(), u.Scheme == "" || u.Host != "" || u.Opaque != ""
}
