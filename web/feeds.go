package web

import (
	"encoding/xml"
	"time"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/community/markup"
	"selfie/internal/store"
)

const atomType = "application/atom+xml; charset=utf-8"

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title     string   `xml:"title"`
	ID        string   `xml:"id"`
	Link      atomLink `xml:"link"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Author    string   `xml:"author>name"`
	Content   atomText `xml:"content"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func (s *Server) feedHome(c *fiber.Ctx, rq *request) error {
	return s.feed(c, rq, "", "/", community.Filter{Sort: community.ByNewest})
}

func (s *Server) feedSpace(c *fiber.Ctx, rq *request) error {
	sp, err := s.community.Space(rq.ctx, rq.actor, c.Params("id"))
	if err != nil {
		return err
	}
	return s.feed(c, rq, sp.Name, "/spaces/"+sp.ID, community.Filter{Space: sp.ID, Sort: community.ByNewest})
}

func (s *Server) feedTag(c *fiber.Ctx, rq *request) error {
	name, err := pathValue(c, "name")
	if err != nil {
		return err
	}
	tag, err := s.community.Tag(rq.ctx, rq.actor, name)
	if err != nil {
		return err
	}
	return s.feed(c, rq, tag.ID, tagURL(tag.ID), community.Filter{Tag: tag.ID})
}

// feed is an Atom feed of the newest questions, of what the asker may read:
// feed readers come as guests.
func (s *Server) feed(c *fiber.Ctx, rq *request, title, path string, f community.Filter) error {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	page, err := s.community.Threads(rq.ctx, rq.actor, f, "", listSize)
	if err != nil {
		return err
	}
	feed := &atomFeed{Title: settings.Name, ID: s.absolute(path), Links: []atomLink{{"self", s.absolute(c.Path())}, {"alternate", s.absolute(path)}}}
	if title != "" {
		feed.Title = title + " – " + settings.Name
	}
	if err := s.feedEntries(rq, feed, page.Items); err != nil {
		return err
	}
	latest := settings.Created
	for _, t := range page.Items {
		latest = max(latest, t.Created, t.Edited)
	}
	feed.Updated = rfc3339(latest)
	body, err := xml.Marshal(feed)
	if err != nil {
		return err
	}
	return s.finish(c, rq, fiber.StatusOK, append([]byte(xml.Header), body...), atomType)
}

func (s *Server) feedEntries(rq *request, feed *atomFeed, threads []*community.Thread) error {
	var ids, bodies []string
	for _, t := range threads {
		ids, bodies = append(ids, t.Author), append(bodies, t.HTML)
	}
	known, err := s.peopleOf(rq.ctx, ids, bodies...)
	if err != nil {
		return err
	}
	for _, t := range threads {
		url := s.absolute(threadURL(t.ID))
		feed.Entries = append(feed.Entries, atomEntry{
			Title: t.Title, ID: url, Link: atomLink{Href: url}, Author: known.of(t.Author).Name,
			Published: rfc3339(t.Created), Updated: rfc3339(max(t.Created, t.Edited)),
			Content: atomText{"html", string(known.fill(t.HTML))},
		})
	}
	return nil
}

func rfc3339(m store.Millis) string { return m.Time().Format(time.RFC3339) }

// qaPage is the thread as schema.org/QAPage, for search engines.
func (s *Server) qaPage(v *threadView, st *threadState) any {
	question := map[string]any{
		"@type": "Question", "name": v.Title, "text": cut(markup.Text(string(v.HTML)), 3000), "answerCount": v.Count, "upvoteCount": v.Score,
		"datePublished": rfc3339(v.Created.At), "author": person(s, v.Author),
	}
	var suggested []any
	for _, a := range v.Answers {
		answer := map[string]any{
			"@type": "Answer", "text": cut(markup.Text(string(a.HTML)), 3000), "upvoteCount": a.Score, "datePublished": rfc3339(a.Created.At),
			"url": s.absolute(v.URL) + "#post-" + a.ID, "author": person(s, a.Author),
		}
		if a.Accepted != nil {
			question["acceptedAnswer"] = answer
		} else {
			suggested = append(suggested, answer)
		}
	}
	if len(suggested) > 0 {
		question["suggestedAnswer"] = suggested
	}
	return map[string]any{"@context": "https://schema.org", "@type": "QAPage", "mainEntity": question}
}

func person(s *Server, m memberView) map[string]any {
	p := map[string]any{"@type": "Person", "name": m.Name}
	if m.URL != "" {
		p["url"] = s.absolute(m.URL)
	}
	return p
}
