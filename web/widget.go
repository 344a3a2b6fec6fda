package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
	"selfie/search/deflection"
)

// The widget is a frame on pages of the company's other sites. It has no
// cookies and nobody is signed in there: whatever the browser sends, its
// requests are a guest's, so that a page around it cannot make a member do
// anything. Only the sites that the operator names may show it.

// widgetPolicy is contentPolicy for the frame, but for who may show it.
const widgetPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "

// checkOrigins refuses what is not the origin of a site.
func checkOrigins(list []string) error {
	for _, o := range list {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || o != u.Scheme+"://"+u.Host || strings.ContainsAny(o, "*;, '\"") {
			return fmt.Errorf("web: widget origin %q: give it like https://shop.example.com, without a path or a star", o)
		}
	}
	return nil
}

// framed wraps a handler of the widget: rate limit, no other site's forms, and
// always a guest. There is nothing where no site may show it.
func (s *Server) framed(class limitClass, h handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		rq := *s.of(c)
		if len(s.conf.WidgetOrigins) == 0 || s.search == nil || s.deflection == nil {
			return errNoPage
		}
		if err := s.limits.admit(class, &rq); err != nil {
			return err
		}
		if c.Method() == fiber.MethodPost && !s.sameOrigin(c) {
			return errForged
		}
		rq.actor, rq.token, rq.flash = community.Actor{}, "", ""
		return h(c, &rq)
	}
}

func (s *Server) widgetRoutes() {
	s.fiber.Get("/widget.js", s.framed(unlimited, s.widgetScript))
	s.fiber.Get("/widget", s.framed(unlimited, s.widget))
	s.fiber.Post("/widget/look", asJSON(s.framed(limitPreview, s.widgetLook)))
	s.fiber.Post("/widget/act", asJSON(s.framed(limitVote, s.widgetAct)))
	s.fiber.Post("/widget/go", s.framed(limitVote, s.widgetGo))
	s.getPage("/admin/widget", unlimited, admin(s.adminWidget))
}

// asJSON lets errors be problem documents.
func asJSON(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(wantsJSON, true)
		return h(c)
	}
}

// widgetScript is what another site's page loads; it keeps the address, so it
// must ask again after a while.
func (s *Server) widgetScript(c *fiber.Ctx, _ *request) error {
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return s.sendAsset(c, s.assets.files["widget/loader.js"], "public, max-age=3600")
}

// widgetData is the frame.
type widgetData struct {
	Site, Space, Query, Theme string
	Agents                    bool // there are agents to talk to
}

func (s *Server) widget(c *fiber.Ctx, rq *request) error {
	settings, err := s.community.Settings(rq.ctx)
	if err != nil {
		return err
	}
	d := &widgetData{Site: settings.Name, Space: cut(c.Query("space"), 80), Query: cut(c.Query("q"), 200), Agents: s.cases != nil}
	if theme := c.Query("theme"); theme == "dark" || theme == "light" {
		d.Theme = theme
	}
	body, err := s.pages.part("widget-page", d)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, widgetPolicy+strings.Join(s.conf.WidgetOrigins, " "))
	c.Response().Header.Del(fiber.HeaderXFrameOptions) // knows no lists; the policy above is for every browser since 2016
	return s.finish(c, rq, fiber.StatusOK, body, "text/html; charset=utf-8")
}

// frameVisitor is the secret that the frame keeps on the site around it.
func frameVisitor(c *fiber.Ctx) string {
	if v := value(c, "visitor"); !untracked(c) && len(v) == len(store.Token()) {
		return v
	}
	return ""
}

// widgetLook finds what answers what is typed, as a piece of the frame.
func (s *Server) widgetLook(c *fiber.Ctx, rq *request) error {
	q := cut(c.FormValue("q"), 200)
	rows, _, err := s.lookFor(c, rq, q, "", value(c, "space"))
	if err != nil {
		return err
	}
	html, err := s.pages.part("widget-offers", rows)
	if err != nil {
		return err
	}
	who, answer := frameVisitor(c), fiber.Map{"count": len(rows), "html": string(html)}
	if who == "" && !untracked(c) {
		who = store.Token()
		answer["visitor"], answer["days"] = who, int(deflection.VisitorLife.Hours()/24)
	}
	a, err := s.deflection.Typed(rq.ctx, who, rq.actor, deflection.Typing{Attempt: value(c, "attempt"), Surface: deflection.OnWidget, Query: q, Shown: shownOf(rows)})
	if err != nil {
		s.logger(c, rq).Warn("attempt not recorded", "error", err) // the frame does without
	}
	if a != nil {
		answer["attempt"] = a.ID
	}
	return c.JSON(answer)
}

// saidData is what the frame says after a press.
type saidData struct {
	Solved                 bool
	Author, Thread, Answer string
}

// widgetAct takes that an answer was opened, solved it, or did not.
func (s *Server) widgetAct(c *fiber.Ctx, rq *request) error {
	act, who, attempt, d := value(c, "act"), frameVisitor(c), value(c, "attempt"), saidData{Thread: value(c, "thread"), Answer: value(c, "answer")}
	says := "Thank you for telling."
	switch act {
	case "opened":
		if _, err := s.deflection.Opened(rq.ctx, who, rq.actor, attempt, d.Thread); err != nil {
			return err
		}
		return c.JSON(fiber.Map{})
	case "solved":
		a, err := s.deflection.Solved(rq.ctx, who, rq.actor, attempt, d.Thread, d.Answer)
		if err != nil {
			return err
		}
		known, err := s.peopleOf(rq.ctx, []string{a.Solved.Author})
		if err != nil {
			return err
		}
		if d.Solved, says = true, "Wonderful!"; a.Solved.Author != "" {
			d.Author = known.of(a.Solved.Author).Name
		}
	case "not-yet":
		if _, err := s.deflection.NotYet(rq.ctx, who, rq.actor, attempt, d.Thread); err != nil {
			return err
		}
	default:
		return fault.Field("act", "There is only opened, solved and not-yet.")
	}
	html, err := s.pages.part("widget-said", d)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"html": string(html), "says": says})
}

// widgetGo leads from the frame to the community's own pages, in a window of
// their own: the attempt goes along, under the secret that the browser has here.
func (s *Server) widgetGo(c *fiber.Ctx, rq *request) error {
	attempt := value(c, "attempt")
	if attempt != "" {
		if err := s.deflection.HandOver(rq.ctx, frameVisitor(c), s.newVisitor(c), attempt); err != nil {
			attempt = "" // it is over; nothing typed depends on it
		}
	}
	title, space := queryEscape(cut(c.FormValue("title"), 150)), queryEscape(cut(value(c, "space"), 80))
	switch value(c, "to") {
	case "thread":
		return back(c, threadURL(queryEscape(cut(value(c, "thread"), 60)))+"?via="+queryEscape(attempt))
	case "agent":
		return back(c, "/ask?agent=1&title="+title+"&space="+space+"&attempt="+queryEscape(attempt))
	}
	return back(c, "/ask?title="+title+"&space="+space+"&attempt="+queryEscape(attempt))
}

// widgetAdmin shows the admin what to paste where.
type widgetAdmin struct {
	Base    string
	Origins []string
	Spaces  []*community.Space
	Size    int // of all that a page around it loads, in bytes
}

func (s *Server) adminWidget(c *fiber.Ctx, rq *request) error {
	d := &widgetAdmin{Base: s.base.String(), Origins: s.conf.WidgetOrigins}
	all, err := s.community.Spaces(rq.ctx, community.Actor{})
	if err != nil {
		return err
	}
	d.Spaces = slices.DeleteFunc(all, func(sp *community.Space) bool { return sp.Archived })
	for _, name := range []string{"widget/loader.js", "widget/frame.js", "widget/frame.css"} {
		d.Size += len(s.assets.files[name].plain)
	}
	return s.show(c, rq, "admin-widget", "Widget", d, adminPage)
}
