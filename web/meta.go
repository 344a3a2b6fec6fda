package web

import (
	"encoding/xml"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// health answers whether the store can be read.
func (s *Server) health(c *fiber.Ctx, rq *request) error {
	if _, err := s.community.Settings(rq.ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The store does not answer.")
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(map[string]string{"status": "ok"})
}

func (s *Server) robots(c *fiber.Ctx, _ *request) error {
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.Type("txt", "utf-8").SendString("User-agent: *\nDisallow: /ask\nDisallow: /search\nDisallow: /sign-in\nDisallow: /sign-up\n" +
		"Disallow: /settings\nDisallow: /posts/\nDisallow: /*/live\n\nSitemap: " + s.absolute("/sitemap.xml") + "\n")
}

// manifest lets a phone put the community on its home screen.
func (s *Server) manifest(c *fiber.Ctx, rq *request) error {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	err = c.JSON(map[string]any{
		"name": settings.Name, "short_name": settings.Name, "description": settings.Tagline,
		"start_url": "/", "scope": "/", "display": "standalone", "background_color": "#f6f4ef", "theme_color": "#0e5a6b",
		"icons":     []map[string]string{{"src": s.assets.url("logo.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}},
		"shortcuts": []map[string]string{{"name": "Ask a question", "url": "/ask"}, {"name": "Unanswered questions", "url": "/?show=unanswered"}},
	})
	c.Set(fiber.HeaderContentType, "application/manifest+json")
	return err
}

func (s *Server) openSearch(c *fiber.Ctx, rq *request) error {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	type link struct {
		Type     string `xml:"type,attr"`
		Template string `xml:"template,attr"`
	}
	body, err := xml.Marshal(struct {
		XMLName     xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
		ShortName   string
		Description string
		URL         link `xml:"Url"`
	}{ShortName: cut(settings.Name, 16), Description: settings.Tagline, URL: link{"text/html", s.absolute("/search") + "?q={searchTerms}"}})
	if err != nil {
		return err
	}
	return s.finish(c, rq, fiber.StatusOK, append([]byte(xml.Header), body...), "application/opensearchdescription+xml")
}

// A part of the site map holds the questions of one space and month, so that
// listing the parts reads one thread a space.
const (
	sitemapMonths = 240    // of a space
	sitemapSize   = 10_000 // questions of a month
)

type sitemapURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

type sitemapIndex struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Parts   []sitemapURL `xml:"sitemap"`
}

type sitemapSet struct {
	XMLName xml.Name     `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitemapURL `xml:"url"`
}

// sitemap lists the parts of the site map: the months of each public space.
func (s *Server) sitemap(c *fiber.Ctx, rq *request) error {
	spaces, err := s.community.Spaces(rq.ctx, community.Actor{})
	if err != nil {
		return err
	}
	var index sitemapIndex
	for _, sp := range spaces {
		oldest, err := s.community.Oldest(rq.ctx, community.Actor{}, sp.ID)
		if err != nil {
			return err
		}
		base := s.absolute("/sitemap/" + url.PathEscape(sp.ID) + ".xml?month=")
		month := monthOf(s.now())
		for n := 0; oldest != 0 && n < sitemapMonths && !month.AddDate(0, 1, 0).Before(oldest.Time()); n++ {
			index.Parts = append(index.Parts, sitemapURL{Loc: base + month.Format("2006-01")})
			month = month.AddDate(0, -1, 0)
		}
	}
	return s.xml(c, rq, index)
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func (s *Server) sitemapPart(c *fiber.Ctx, rq *request) error {
	id, ok := strings.CutSuffix(c.Params("space"), ".xml")
	month, err := time.Parse("2006-01", c.Query("month", s.now().UTC().Format("2006-01")))
	if !ok || err != nil {
		return errNoPage
	}
	f := community.Filter{Space: id, Sort: community.ByNewest, From: store.At(month), To: store.At(month.AddDate(0, 1, 0)) - 1}
	set := sitemapSet{URLs: []sitemapURL{}}
	for cursor := ""; len(set.URLs) < sitemapSize; {
		page, err := s.community.Threads(rq.ctx, community.Actor{}, f, cursor, 500)
		if err != nil {
			return err
		}
		for _, t := range page.Items {
			last := max(t.Stats.Activity, t.Edited)
			set.URLs = append(set.URLs, sitemapURL{s.absolute(threadURL(t.ID)), last.Time().Format(time.RFC3339)})
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return s.xml(c, rq, set)
}

func (s *Server) xml(c *fiber.Ctx, rq *request, v any) error {
	body, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	return s.finish(c, rq, fiber.StatusOK, append([]byte(xml.Header), body...), "application/xml; charset=utf-8")
}

// pathValue reads a part of the path that may be escaped.
func pathValue(c *fiber.Ctx, name string) (string, error) {
	v, err := url.PathUnescape(c.Params(name))
	if err != nil {
		return "", errNoPage
	}
	return v, nil
}

func tagURL(name string) string { return "/tags/" + url.PathEscape(name) }
